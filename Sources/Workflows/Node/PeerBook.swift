package import DICOM
import Foundation
import Pathway
package import Storage

/// A peer with its name, and whose it is.
package struct KnownPeer<Peer: Hashable & Sendable>: Hashable, Sendable {
    package let name: String
    package let peer: Peer
    package let organisation: Int64
}

/// The peers of a data folder, each as its latest version says.
///
/// A change holds within ``lifeSeconds``, for associations that stand, too.
package actor PeerBook {
    private let folder: DataFolder
    private var known: [KnownPeer<DicomPeer>] = []
    private var readAt: ContinuousClock.Instant?
    private var accounts: [String: AccountRecord] = [:]

    /// For how long what was read is believed, in seconds.
    static let lifeSeconds = 2.0

    package init(folder: DataFolder) { self.folder = folder }

    /// Returns all peers, by name; one that cannot be understood any more is left out.
    ///
    /// - Throws: `StorageError`.
    package func all() async throws -> [KnownPeer<DicomPeer>] {
        if let readAt, ContinuousClock.now - readAt < .seconds(Self.lifeSeconds) { return known }
        let only = try await folder.records.onlyOrganisation()
        var found: [KnownPeer<DicomPeer>] = []
        for record in try await folder.records.latestSettings(.dicomPeer) {
            let bytes = try await folder.objects.bytes(of: record.content)
            let table = try? SettingTable(
                String(decoding: bytes, as: UTF8.self), kind: .dicomPeer, name: record.name)
            guard case .dicomPeer(let peer)? = table else { continue }
            var organisation = record.organisation
            if organisation == nil, let name = peer.organisation {
                organisation = try await folder.accounts.organisation(called: name)?.id
            }
            // Without its owner it may do nothing.
            guard let owner = organisation ?? only else { continue }
            found.append(KnownPeer(name: record.name, peer: peer, organisation: owner))
        }
        (known, readAt) = (found, .now)
        return found
    }

    /// Returns those that speak DICOM's own protocol.
    ///
    /// - Throws: `StorageError`.
    package func nodes() async throws -> [KnownPeer<NodePeer>] {
        try await all().compactMap { known in
            guard case .node(let node) = known.peer else { return nil }
            return KnownPeer(name: known.name, peer: node, organisation: known.organisation)
        }
    }

    /// Returns the peer of a name.
    ///
    /// - Parameters:
    ///   - name: As its setting is called.
    ///   - organisation: Whose; `nil` for a person at the machine.
    /// - Returns: The peer.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func peer(
        _ name: String, of organisation: Int64?
    ) async throws -> KnownPeer<DicomPeer> {
        let found = try await all().filter {
            $0.name == name && (organisation == nil || $0.organisation == organisation)
        }
        guard let peer = found.first, found.count == 1 else {
            throw WorkflowError.notFound(kind: "DICOM peer", name: name)
        }
        return peer
    }

    /// Returns the one peer whose request it can be, by title, address and certificate.
    package func peer(
        asking request: AssociationRequest
    ) async throws -> KnownPeer<NodePeer>? {
        let address = NumericAddress(request.address)
        let found = try await nodes().filter {
            $0.peer.title == request.callingTitle && $0.peer.address == address
                && $0.peer.fingerprint == request.fingerprint
                && ($0.peer.fingerprint != nil) == request.isTLS
        }
        return found.count == 1 ? found[0] : nil
    }

    /// Returns the account in whose name a peer acts; it is made when there is none.
    ///
    /// - Throws: `StorageError`.
    package func account(of known: KnownPeer<NodePeer>) async throws -> AccountRecord {
        // People's logins have no colon.
        let login = "dicom:\(known.organisation):\(known.name)"
        if let account = accounts[login] { return account }
        let account = try await folder.accounts.machine(
            login: login, fullName: "DICOM peer \(known.name)", organisation: known.organisation,
            by: "node")
        accounts[login] = account
        return account
    }
}
