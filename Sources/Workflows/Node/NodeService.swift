package import DICOM
import Foundation
package import Storage
import Synchronization

/// What our DICOM node does for its peers: who may ask for what, and where instances go.
///
/// An empty list of peers refuses all. A peer sees what programs of its organisation see
/// (``ImageIndex``), and nothing else.
package final class NodeService: DicomNodeDelegate {
    private let folder: DataFolder
    private let title: String
    let book: PeerBook
    private let intake: NodeIntake
    private let log: @Sendable (String) -> Void
    /// When a refusal was last written down, by its words.
    private let refusals = Mutex<[String: ContinuousClock.Instant]>([:])

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - title: Our AE title.
    ///   - intake: Takes instances over.
    ///   - log: Told of refusals, without patient data.
    package init(
        folder: DataFolder, title: String, intake: NodeIntake,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.folder, self.title, self.intake, self.log) = (folder, title, intake, log)
        book = PeerBook(folder: folder)
    }

    /// Gives the intake what an earlier run has left in the inbox.
    ///
    /// - Throws: `DicomError`, `StorageError`.
    package func takeLeftovers(of inbox: InstanceInbox) async throws {
        for (label, path) in try inbox.leftovers() {
            guard let id = Self.account(label) else { continue }
            await intake.add(path, of: try await folder.accounts.account(id))
        }
    }

    private static func label(_ account: AccountRecord) -> String { account.actor }

    private static func account(_ label: String) -> Int64? {
        label.hasPrefix("account-") ? Int64(label.dropFirst("account-".count)) : nil
    }

    // MARK: Who may come in

    package func admission(of request: AssociationRequest) async -> Admission {
        guard request.calledTitle == title else {
            return await refused(request, .calledTitleNotRecognised, "called by another AE title")
        }
        do {
            guard let known = try await book.peer(asking: request) else {
                return await refused(
                    request, .callingTitleNotRecognised, "no such peer at this address")
            }
            let may = known.peer.permissions
            guard !may.isEmpty else {
                return await refused(request, .notAllowed, "the peer may do nothing")
            }
            let account = try await book.account(of: known)
            return .admitted(
                PeerRights(
                    label: Self.label(account), mayStore: may.contains(.store),
                    mayQuery: may.contains(.query), mayRetrieve: may.contains(.retrieve)))
        } catch {
            log("a peer was not let in: \(type(of: error))")
            return .refused(.busy)
        }
    }

    /// The peer of an association as it is now, when it still may.
    ///
    /// - Throws: ``DimseStatus/notAuthorised``.
    private func entitled(
        _ peer: AdmittedPeer, to permission: NodePeer.Permission
    ) async throws -> (known: KnownPeer<NodePeer>, account: AccountRecord) {
        guard let known = try await book.peer(asking: peer.request),
            known.peer.permissions.contains(permission)
        else { throw DimseStatus.notAuthorised }
        return (known, try await book.account(of: known))
    }

    /// Writes a refusal down, the same one once in five minutes.
    private func refused(
        _ request: AssociationRequest, _ refusal: AssociationRefusal, _ reason: String
    ) async -> Admission {
        await note(
            "association.refused", reason,
            [
                "calling": request.callingTitle, "called": request.calledTitle,
                "address": request.address,
            ])
        return .refused(refusal)
    }

    package func denied(_ service: String, to peer: AdmittedPeer) async {
        await note(
            "service.refused", "the peer has no right to it",
            ["calling": peer.request.callingTitle, "service": service])
    }

    private static let refusalSeconds = 300.0
    /// Whoever calls under many names is written down so often at most, and then by address alone.
    private static let mostRefusals = 200

    private func note(_ action: String, _ reason: String, _ detail: [String: String]) async {
        let key = "\(action) \(reason) \(detail.sorted { $0.key < $1.key })"
        let isNew = refusals.withLock { seen in
            let now = ContinuousClock.now
            seen = seen.filter { now - $0.value < .seconds(Self.refusalSeconds) }
            guard seen[key] == nil, seen.count < Self.mostRefusals else { return false }
            seen[key] = now
            return true
        }
        guard isNew else { return }
        log("\(action): \(reason)")
        do {
            try await folder.audit.append(
                AuditEvent(
                    actor: "node", action: action, subject: "dicom-node",
                    detail: detail.merging(["reason": reason]) { first, _ in first }))
        } catch { log("a refusal was not written down: \(type(of: error))") }
    }

    // MARK: Storage

    package func receive(_ instance: ReceivedInstance, from peer: AdmittedPeer) async -> DimseStatus
    {
        do {
            let account = try await entitled(peer, to: .store).account
            // It is on disk already; what is kept free there is for reading to go on.
            guard folder.hasRoom(for: 0) else { return .outOfResources }
            await intake.add(instance.path, of: account)
            return .success
        } catch let status as DimseStatus { return status } catch { return .outOfResources }
    }

    /// How long instances that have just come may take to be listed, in seconds.
    private static let settleSeconds = 120.0

    package func committed(
        _ instances: [InstanceReference], for peer: AdmittedPeer
    ) async -> Set<InstanceReference> {
        do {
            let (known, account) = try await entitled(peer, to: .store)
            try await folder.accounts.noteAccess(
                by: account, to: "organisation-\(known.organisation)",
                action: "dicom commitment")
            await intake.settle(account, seconds: Self.settleSeconds)
            let kept = try await folder.records.kept(
                instances.map(\.sopInstanceUID), for: known.organisation)
            return Set(instances.filter { kept[$0.sopInstanceUID] == $0.sopClassUID })
        } catch { return [] }
    }

    package func reportAddress(of peer: AdmittedPeer) async -> PeerAddress? {
        try? await entitled(peer, to: .store).known.peer.listeningAddress
    }

    package func commitmentReported(_ report: CommitmentReport, by peer: AdmittedPeer) async {
        do {
            try await folder.audit.append(
                AuditEvent(
                    actor: peer.rights.label, action: "commitment.reported", subject: "dicom-node",
                    detail: [
                        "committed": "\(report.committed.count)",
                        "failed": "\(report.failed.count)",
                    ]))
        } catch { log("a report was not written down: \(type(of: error))") }
    }

    // MARK: Queries and retrieval

    package func matches(_ query: DicomQuery, for peer: AdmittedPeer) async throws -> [DataSet] {
        let (known, account) = try await entitled(peer, to: .query)
        try await folder.accounts.noteAccess(
            by: account, to: "organisation-\(known.organisation)", action: "dicom query")
        return try await NodeQuery(query).answers(
            folder.images, seenBy: known.organisation, limit: Self.mostMatches)
    }

    /// More matches than this are answered by a refusal, not by some of them.
    private static let mostMatches = 5000

    package func files(
        _ query: DicomQuery, for peer: AdmittedPeer
    ) async throws -> [RequestedInstance] {
        let (known, account) = try await entitled(peer, to: .retrieve)
        let found = try await NodeQuery(query).instances(folder.images, seenBy: known.organisation)
        var subjects: Set<String> = []
        for (study, instances) in Dictionary(grouping: found, by: \.studyUID) {
            for series in Set(instances.map(\.seriesUID)) {
                subjects.formUnion(
                    try await folder.images.subjects(
                        study: study, series: series, seenBy: known.organisation))
            }
        }
        // Who asks for what is not theirs is written down too.
        if subjects.isEmpty { subjects = ["organisation-\(known.organisation)"] }
        for subject in subjects.sorted() {
            try await folder.accounts.noteAccess(
                by: account, to: subject, action: "dicom retrieve")
        }
        return found.map {
            RequestedInstance(
                path: folder.objects.url(of: $0.instance.object).path,
                sopInstanceUID: $0.instance.sopInstanceUID)
        }
    }

    package func mayHave(_ instance: RequestedInstance, _ peer: AdmittedPeer) async -> Bool {
        do {
            let known = try await entitled(peer, to: .retrieve).known
            return try await folder.images.isSeen(
                instance: instance.sopInstanceUID, by: known.organisation)
        } catch { return false }
    }

    package func moveDestination(_ title: String, for peer: AdmittedPeer) async -> PeerAddress? {
        guard let known = try? await entitled(peer, to: .retrieve).known,
            let all = try? await book.nodes()
        else { return nil }
        let found = all.first {
            $0.organisation == known.organisation && known.peer.destinations.contains($0.name)
                && $0.peer.title == title && $0.peer.port != nil
        }
        if found == nil {
            await note(
                "move.refused", "not a destination of the peer",
                ["calling": peer.request.callingTitle, "destination": String(title.prefix(16))])
        }
        return found?.peer.listeningAddress
    }
}
