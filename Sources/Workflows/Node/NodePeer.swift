package import DICOM

/// Another DICOM node as an administrator has described it: who it is, where, and what it may do.
package struct NodePeer: Hashable, Sendable {
    /// What a peer may ask of us.
    package enum Permission: String, Hashable, Sendable, CaseIterable {
        case store, query, retrieve
    }

    /// AE title, at most 16 characters.
    package let title: String
    /// Where it calls from, and where it listens.
    package let address: NumericAddress
    /// Where it listens; `nil` for one that only calls.
    package let port: Int?
    package let permissions: Set<Permission>
    /// Names of the peers to which it may have instances sent (C-MOVE).
    package let destinations: Set<String>
    /// SHA-256 of its certificate in lower-case hexadecimal; `nil` for no TLS.
    package let fingerprint: String?
    /// Whose peer it is, by name; needed of the machine's own where there are several organisations.
    package let organisation: String?

    static let keys = [
        "title", "address", "port", "may", "destinations", "fingerprint", "organisation",
    ]

    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ table: PeerTable) throws {
        guard let title = table["title"], title.isPlainTitle else {
            throw PeerTable.refusal(
                "The peer needs its AE title, 1 to 16 plain characters; one of DICOMweb its 'url'.")
        }
        guard let address = table["address"].flatMap(NumericAddress.init) else {
            throw PeerTable.refusal("The peer needs its numeric address, such as 10.1.2.3.")
        }
        port = try table["port"].map { text in
            guard let port = Int(text), (1 ... 65535).contains(port) else {
                throw PeerTable.refusal("'port' is a number from 1 to 65535.")
            }
            return port
        }
        fingerprint = try table.fingerprint()
        (self.title, self.address) = (title, address)
        permissions = try table.permissions("may", usual: [.store])
        destinations = Set(table.words("destinations"))
        organisation = table["organisation"]
        guard destinations.isEmpty || permissions.contains(.retrieve) else {
            throw PeerTable.refusal("'destinations' are for a peer that may retrieve.")
        }
    }

    /// Where it listens; `nil` for one that only calls.
    package var listeningAddress: PeerAddress? {
        port.map {
            PeerAddress(title: title, host: address.text, port: $0, fingerprint: fingerprint)
        }
    }
}
