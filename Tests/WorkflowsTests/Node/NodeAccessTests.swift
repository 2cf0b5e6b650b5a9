import DICOM
import Foundation
import Pathway
import Storage
import Synchronization
import Testing
import Workflows
import _TestSupport

/// A node that listens, with a case of the first organisation: two series of two instances.
private final class NodeStory: Sendable {
    /// The services that a node offers (PS3.4 annexes A, B, C, J).
    enum Service: CaseIterable, Sendable { case echo, store, find, move, get, commitment }

    enum Outcome: Hashable, Sendable {
        /// There is no association.
        case refused
        /// The service answers that the peer has no right to it.
        case denied
        /// So many series were found, or instances sent, taken or kept.
        case gave(Int)
    }

    static let (study, sopClass) = ("2.25.100", "1.2.840.10008.5.1.4.1.1.2")
    static let series = ["2.25.100.1", "2.25.100.2"]

    let home: URL
    let folder: DataFolder
    let first, second: OrganisationRecord
    let owner, recipient: AccountRecord
    let patient: Int64
    let sink: Sink
    private let target: DicomNode
    private let node: RunningNode
    let clock = SettableClock()

    init(_ label: String) async throws {
        home = try ReferenceFiles.scratch(label)
        folder = try DataFolder.open(at: home.appending(path: "data"), create: true) { [clock] in
            clock.now
        }
        first = try await folder.accounts.organisation(named: "NET centre", by: "test")
        second = try await folder.accounts.organisation(named: "County hospital", by: "test")
        owner = try await folder.accounts.create(
            login: "owner", fullName: "Owner", organisation: first.id, role: .physicist,
            by: "test")
        recipient = try await folder.accounts.create(
            login: "recipient", fullName: "Recipient", organisation: second.id,
            role: .radiologist, by: "test")
        try await Self.fill(folder)
        try await folder.accounts.assignUnowned(to: first.id, by: "test")
        patient = try #require(try await folder.records.patients().first).id
        sink = Sink()
        target = try DicomNode(
            DicomNode.Settings(port: 0, title: "TARGET"),
            inbox: try InstanceInbox(path: home.appending(path: "sink").path), delegate: sink)
        try await Self.addPeers(folder, first.id, second.id, port: target.port)
        var settings = RunningNode.Settings()
        settings.port = 0
        node = try await RunningNode(
            settings, folder: folder, source: InProcessSource(), log: { _ in })
    }

    func stop() async {
        await node.stop()
        await target.stop()
        try? FileManager.default.removeItem(at: home)
    }

    static func file(_ series: String, _ number: Int, patientID: String) throws -> [UInt8] {
        var data = DataSet()
        data.set(.sopClassUID, sopClass)
        data.set(.sopInstanceUID, "\(series).\(number)")
        data.set(.studyInstanceUID, String(series.dropLast(2)))
        data.set(.seriesInstanceUID, series)
        data.set(.modality, "CT")
        data.set(.patientName, "SYNTHETIC^NODE")
        data.set(.patientID, patientID)
        return try DicomWriter.fileBytes(data)
    }

    private static func fill(_ folder: DataFolder) async throws {
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        var entries: [InstanceEntry] = []
        for series in Self.series {
            for number in 1 ... 2 {
                let bytes = try file(series, number, patientID: "NODE-1")
                entries.append(
                    InstanceEntry(
                        patient: PatientIdentity(
                            patientID: "NODE-1", issuer: "", name: "SYNTHETIC^NODE",
                            birthDate: "", sex: ""),
                        study: StudyDescription(studyUID: study, date: "20260105"),
                        series: SeriesDescription(seriesUID: series, modality: "CT"),
                        sopInstanceUID: "\(series).\(number)", sopClassUID: sopClass,
                        transferSyntaxUID: "1.2.840.10008.1.2.1",
                        object: try await folder.objects.put(bytes), sourcePath: series,
                        sourceIndex: number))
            }
        }
        _ = try await folder.records.register(entries, run: run)
    }

    private static func addPeers(
        _ folder: DataFolder, _ first: Int64, _ second: Int64, port: Int
    ) async throws {
        let here = "address,127.0.0.1"
        let all = [here, "may,store query retrieve", "destinations,target"]
        let peers: [(organisation: Int64, name: String, lines: [String])] = [
            (first, "own", ["title,OWN"] + all), (second, "other", ["title,OTHER"] + all),
            (first, "sender", ["title,SENDER", here]),
            (first, "ended", ["title,ENDED", here, "may,nothing"]),
            (first, "far", ["title,FAR", "address,10.9.9.9", "may,store query retrieve"]),
            (first, "target", ["title,TARGET", here, "port,\(port)"]),
            (second, "target", ["title,TARGET", here, "port,\(port)"]),
            (first, "unlisted", ["title,UNLISTED", here, "port,\(port)"]),
        ]
        for (organisation, name, lines) in peers {
            try await SettingWorkflow(folder: folder, organisation: organisation, actor: "test")
                .add(
                    .dicomPeer, name: name,
                    table: (["key,value"] + lines).joined(separator: "\n"),
                    date: "2026-11-22", reason: "for the test")
        }
    }

    /// Shares the first series with the second organisation.
    @discardableResult
    func share(
        rights: Set<ShareRight> = [.download], days: Int = 14, question: String = ""
    ) async throws -> ShareRecord {
        let chosen = try await folder.records.series(uid: Self.series[0]).id
        return try await folder.shares.create(
            ShareDraft(
                patient: patient, recipient: second.id,
                terms: try ShareTerms(
                    purpose: "test", rights: rights, days: days, question: question),
                series: [chosen], records: []), by: owner)
    }

    func end(_ share: ShareRecord) async throws {
        try await folder.shares.revoke(share.id, of: patient, reason: "test", by: owner)
    }

    func client(_ title: String, called: String = "GREVY") -> DicomPeerClient {
        DicomPeerClient(
            peer: PeerAddress(title: called, host: "127.0.0.1", port: node.port ?? 0),
            title: title)
    }

    static func query(_ level: DicomQuery.Level) -> DicomQuery {
        var keys = DataSet()
        keys.set(.studyInstanceUID, study)
        if level == .series { keys.setEmpty(.seriesInstanceUID) }
        return DicomQuery(level: level, keys: keys)
    }

    /// Asks a service, and says what came of it.
    func outcome(of service: Service, _ client: DicomPeerClient) async throws -> Outcome {
        do { return try await asked(service, client) } catch DicomError.peerRefused(.notAuthorised)
        {
            return .denied
        } catch DicomError.peerFailed { return .refused }
    }

    private func asked(_ service: Service, _ client: DicomPeerClient) async throws -> Outcome {
        func gave(_ result: RetrievalResult, _ count: Int) -> Outcome {
            if result.status == .notAuthorised { return .denied }
            #expect(result.status == .success && result.progress.completed == count)
            return .gave(count)
        }
        switch service {
        case .echo:
            try await client.echo()
            return .gave(0)
        case .store:
            let path = home.appending(path: "sent-\(UUID().uuidString).dcm")
            try Data(try Self.file("2.25.700.1", 1, patientID: "NODE-2")).write(to: path)
            let result = try await client.send([path.path])
            if let reason = result.failed.first?.reason { throw reason }
            return .gave(result.sent.count)
        case .find:
            return .gave(try await client.find(Self.query(.series)).matches.count)
        case .move:
            sink.forget()
            let result = try await client.move(Self.query(.study), to: "TARGET")
            return gave(result, sink.count)
        case .get:
            let inbox = try InstanceInbox(
                path: home.appending(path: "got-\(UUID().uuidString)").path)
            let result = try await client.get(
                Self.query(.study), into: inbox, label: "peer", received: { _ in })
            return gave(result, try inbox.leftovers().count)
        case .commitment:
            let all = Self.series.flatMap { series in
                (1 ... 2).map {
                    InstanceReference(sopClassUID: Self.sopClass, sopInstanceUID: "\(series).\($0)")
                }
            }
            let report = try await client.requestCommitment(of: all, transactionUID: "2.25.77")
            return .gave(try #require(report).committed.count)
        }
    }
}

/// Takes everything that is sent to it.
private final class Sink: DicomNodeDelegate {
    private let taken = Mutex(0)
    private let afterFirst = Mutex<(@Sendable () async -> Void)?>(nil)

    var count: Int { taken.withLock { $0 } }

    func forget() { taken.withLock { $0 = 0 } }

    func afterFirst(_ act: @escaping @Sendable () async -> Void) {
        afterFirst.withLock { $0 = act }
    }

    func admission(of request: AssociationRequest) async -> Admission {
        .admitted(PeerRights(label: "sink", mayStore: true))
    }

    func receive(_ instance: ReceivedInstance, from peer: AdmittedPeer) async -> DimseStatus {
        let act =
            taken.withLock { count in
                count += 1
                return count == 1
            } ? afterFirst.withLock { $0 } : nil
        await act?()
        return .success
    }

    func denied(_ service: String, to peer: AdmittedPeer) async {}
    func matches(_ query: DicomQuery, for peer: AdmittedPeer) async throws -> [DataSet] { [] }
    func files(
        _ query: DicomQuery, for peer: AdmittedPeer
    ) async throws -> [RequestedInstance] { [] }
    func mayHave(_ instance: RequestedInstance, _ peer: AdmittedPeer) async -> Bool { false }
    func moveDestination(_ title: String, for peer: AdmittedPeer) async -> PeerAddress? { nil }
    func committed(
        _ instances: [InstanceReference], for peer: AdmittedPeer
    ) async -> Set<InstanceReference> { [] }
    func reportAddress(of peer: AdmittedPeer) async -> PeerAddress? { nil }
    func commitmentReported(_ report: CommitmentReport, by peer: AdmittedPeer) async {}
}

@Suite("Access to every service of the DICOM node", .serialized)
struct NodeAccessTests {
    /// Who calls, and how they stand to the case.
    enum Caller: CaseIterable, Sendable {
        case owner, other, viewing, partial, expired, revoked, asked, accepted, declined
        case mayStore, mayNothing, wrongAddress, wrongTitle, stranger

        var title: String {
            switch self {
            case .owner, .wrongTitle: "OWN"
            case .mayStore: "SENDER"
            case .mayNothing: "ENDED"
            case .wrongAddress: "FAR"
            case .stranger: "STRANGER"
            case .other, .viewing, .partial, .expired, .revoked, .asked, .accepted, .declined:
                "OTHER"
            }
        }
    }

    private static func expected(
        _ service: NodeStory.Service, _ caller: Caller
    ) -> NodeStory.Outcome {
        let (series, instances, kept): (Int, Int, Int)
        switch caller {
        case .mayNothing, .wrongAddress, .wrongTitle, .stranger: return .refused
        case .mayStore where [.find, .move, .get].contains(service): return .denied
        case .mayStore: (series, instances, kept) = (0, 0, 4)
        case .owner: (series, instances, kept) = (2, 4, 4)
        case .partial, .accepted: (series, instances, kept) = (1, 2, 0)
        case .other, .viewing, .expired, .revoked, .asked, .declined:
            (series, instances, kept) = (0, 0, 0)
        }
        return switch service {
        case .echo: .gave(0)
        case .store: .gave(1)
        case .find: .gave(series)
        case .move, .get: .gave(instances)
        // A share lets others keep copies, not make us answer for ours.
        case .commitment: .gave(kept)
        }
    }

    private static func stand(_ caller: Caller, _ story: NodeStory) async throws {
        let shares = story.folder.shares
        switch caller {
        case .viewing: try await story.share(rights: [.comment])
        case .partial: try await story.share()
        case .expired:
            try await story.share(days: 1)
            story.clock.advance(days: 1)
        case .revoked: try await story.end(story.share())
        case .asked: try await story.share(question: "SIRT?")
        case .accepted, .declined:
            let share = try await story.share(question: "SIRT?")
            try await shares.move(
                referral: share.id, to: caller == .accepted ? .accepted : .declined, text: "x",
                by: story.recipient)
        default: return
        }
    }

    /// What the audit trail must say of a service that was asked for.
    private static func trace(
        _ service: NodeStory.Service, _ outcome: NodeStory.Outcome
    ) -> String? {
        switch (outcome, service) {
        case (.refused, _): "association.refused"
        case (.denied, _): "service.refused"
        case (.gave, .find): "access.dicom query"
        case (.gave, .move), (.gave, .get): "access.dicom retrieve"
        case (.gave, .commitment): "access.dicom commitment"
        // What is stored is in the trail as an import.
        case (.gave, .echo), (.gave, .store): nil
        }
    }

    @Test(
        "A service gives what the caller's standing gives, refuses the rest, and says so in the trail",
        arguments: Caller.allCases)
    func services(_ caller: Caller) async throws {
        let story = try await NodeStory("node-access")
        try await Self.stand(caller, story)
        let client = story.client(
            caller.title, called: caller == .wrongTitle ? "ANOTHER" : "GREVY")
        for service in NodeStory.Service.allCases {
            let outcome = try await story.outcome(of: service, client)
            #expect(outcome == Self.expected(service, caller), "\(caller) \(service)")
            guard let trace = Self.trace(service, outcome) else { continue }
            let trail = try await story.folder.audit.entries(last: 100)
            #expect(trail.contains { $0.action == trace }, "\(caller) \(service)")
        }
        let retrieved = try await story.folder.audit.entries(last: 100).filter {
            $0.action == "access.dicom retrieve"
        }.map(\.subject)
        switch caller {
        case .owner: #expect(Set(retrieved) == ["patient-\(story.patient)"])
        case .partial, .accepted: #expect(Set(retrieved) == ["share-1 series-1"])
        case .other, .viewing, .expired, .revoked, .asked, .declined:
            #expect(Set(retrieved) == ["organisation-\(story.second.id)"])
        default: #expect(retrieved.isEmpty)
        }
        await story.stop()
    }

    @Test("Nobody has a study moved to a destination that is not on their list")
    func destinations() async throws {
        let story = try await NodeStory("node-access-destination")
        try await story.share()
        for (title, destination) in [
            ("OWN", "UNLISTED"), ("OWN", "NOBODY"), ("OTHER", "UNLISTED"), ("OTHER", "OWN"),
        ] {
            let result = try await story.client(title).move(
                NodeStory.query(.study), to: destination)
            #expect(result.status == .moveDestinationUnknown, "\(title) \(destination)")
        }
        #expect(story.sink.count == 0)
        let trail = try await story.folder.audit.entries(last: 100)
        #expect(trail.count { $0.action == "move.refused" } == 4)
        await story.stop()
    }

    @Test("A share that ends in the middle of a C-MOVE ends it")
    func revoked() async throws {
        let story = try await NodeStory("node-access-revoked")
        let share = try await story.share()
        story.sink.afterFirst {
            do { try await story.end(share) } catch { Issue.record(error) }
        }
        let moved = try await story.client("OTHER").move(NodeStory.query(.study), to: "TARGET")
        #expect(moved.status == .someSuboperationsFailed)
        #expect(moved.progress.completed == 1 && moved.progress.failed == 1)
        #expect(story.sink.count == 1)
        await story.stop()
    }
}
