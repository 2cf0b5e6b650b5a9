import Foundation
import Pathway
import Storage
import Synchronization
import Testing
import _TestSupport

/// Two organisations and a case of the first with an earlier study, which is shared with the second
/// in all ways that there are.
private final class SharedCase: Sendable {
    private let scratch: ScratchFolder
    let clock = SettableClock()
    let folder: DataFolder
    let patient: Int64
    let owner, recipient, program: AccountRecord
    private let written = Mutex(0)

    static let studies = ["1.1": "20200301", "1.2": "20260105"]

    init(_ label: String) async throws {
        scratch = try ScratchFolder(label)
        folder = try DataFolder.open(at: scratch.data, create: true) { [clock] in
            clock.now
        }
        let home = try await folder.accounts.organisation(named: "centre", by: "test")
        let second = try await folder.accounts.organisation(named: "county", by: "test")
        let accounts = folder.accounts
        func account(
            _ login: String, _ organisation: OrganisationRecord, _ role: Role
        ) async throws -> AccountRecord {
            try await accounts.create(
                login: login, fullName: login, organisation: organisation.id, role: role,
                by: "test")
        }
        owner = try await account("owner", home, .physicist)
        recipient = try await account("recipient", second, .radiologist)
        program = try await account("dicom:archive", second, .machine)
        patient = 1
        for study in Self.studies.keys.sorted() {
            for number in 1 ... 2 { try await add(to: "\(study).\(number)", of: study) }
        }
        try await folder.accounts.assignUnowned(to: home.id, by: "test")
        #expect(try await folder.records.patients().map(\.id) == [patient])
    }

    /// Adds a file to a series, which may be new.
    func add(to series: String, of study: String) async throws {
        let number = written.withLock { count in
            count += 1
            return count
        }
        let object = try await folder.objects.put(Array("\(number)".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await folder.records.register(
            [
                InstanceEntry(
                    patient: Sample.patient,
                    study: StudyDescription(
                        studyUID: study, date: Self.studies[study] ?? "20261201"),
                    series: SeriesDescription(seriesUID: series, modality: "CT"),
                    sopInstanceUID: "\(series).9.\(number)",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: series, sourceIndex: number)
            ], run: run)
    }

    func series() async throws -> [SeriesRecord] {
        try await folder.records.series(patient: patient)
    }

    @discardableResult
    func share(
        _ uids: [String], rights: Set<ShareRight> = [.download], days: Int = 14,
        future: Bool = false, question: String = ""
    ) async throws -> ShareRecord {
        let ids = try await series().filter { uids.contains($0.description.seriesUID) }.map(\.id)
        return try await folder.shares.create(
            ShareDraft(
                patient: patient, recipient: recipient.organisation.id,
                terms: try ShareTerms(
                    purpose: "test", rights: rights, days: days, includesFuture: future,
                    includesPriors: true, question: question), series: Set(ids), records: []),
            by: owner)
    }

    func end(_ share: ShareRecord) async throws {
        try await folder.shares.revoke(share.id, of: patient, reason: "test", by: owner)
    }

    func move(_ share: ShareRecord, _ states: Referral.State...) async throws {
        for state in states {
            try await folder.shares.move(referral: share.id, to: state, text: "x", by: recipient)
        }
    }

    /// What one account sees by the function that pages ask.
    func opened(by account: AccountRecord, as right: ShareRight) async throws -> Set<String> {
        guard
            let opened = try await folder.shares.access(to: patient, for: account, as: right)
        else { return [] }
        return Set(
            try await series().filter { opened.sight.sees(series: $0.id) }
                .map(\.description.seriesUID))
    }

    /// What an organisation's programs see by the index that they search, asked in every way.
    func found(by organisation: Int64) async throws -> Set<String> {
        let images = folder.images
        let listed = try await images.rows(ImageQuery(.series), seenBy: organisation)
        let uids = Set(listed.compactMap(\.series?.seriesUID))
        #expect(try await images.count(ImageQuery(.series), seenBy: organisation) == uids.count)
        let studies = Set(listed.map(\.study.studyUID))
        #expect(
            try await Set(
                images.rows(ImageQuery(.study), seenBy: organisation).map(\.study.studyUID))
                == studies)
        for record in try await series() {
            let uid = record.description.seriesUID
            let study = String(uid.prefix(3))
            let isFound = uids.contains(uid)
            let instances = try await images.instances(
                study: study, series: uid, seenBy: organisation)
            #expect(!instances.isEmpty == isFound, "\(uid)")
            for instance in try await folder.records.instances(seriesUID: uid) {
                #expect(
                    try await images.isSeen(instance: instance.sopInstanceUID, by: organisation)
                        == isFound, "\(uid)")
            }
            let subjects = try await images.subjects(
                study: study, series: uid, seenBy: organisation)
            #expect(!subjects.isEmpty == isFound, "\(uid)")
            let isOwn = organisation == owner.organisation.id
            #expect(subjects.allSatisfy { isOwn || $0.hasSuffix(" series-\(record.id)") })
        }
        return uids
    }

    /// Holds the two against each other.
    @discardableResult
    func compared(_ comment: Comment = "") async throws -> Set<String> {
        let found = try await found(by: recipient.organisation.id)
        for right in [ShareRight.view, .download] {
            #expect(try await opened(by: program, as: right) == found, comment)
        }
        // People of the same organisation may see more, never less.
        let people = try await opened(by: recipient, as: .download)
        #expect(people.isSuperset(of: found), comment)
        let all = Set(try await series().map(\.description.seriesUID))
        #expect(try await self.found(by: owner.organisation.id) == all, comment)
        return found
    }
}

@Suite("What programs see of a share")
struct ProgramAccessTests {
    /// How a share of one series of four stands.
    enum Standing: CaseIterable, Sendable {
        case none, view, comment, partial, whole, expired, revoked
        case sent, received, accepted, answered, declined
        case grown, grownWithFuture, added, addedWithFuture, outOfUse, emergency
    }

    private static func stand(_ standing: Standing, _ shared: SharedCase) async throws {
        switch standing {
        case .none: return
        case .view: try await shared.share(["1.2.1"], rights: [])
        case .comment: try await shared.share(["1.2.1"], rights: [.comment])
        case .partial: try await shared.share(["1.2.1"])
        case .whole: try await shared.share(["1.1.1", "1.1.2", "1.2.1", "1.2.2"])
        case .expired:
            try await shared.share(["1.2.1"], days: 1)
            shared.clock.advance(days: 1)
        case .revoked: try await shared.end(shared.share(["1.2.1"]))
        case .sent: try await shared.share(["1.2.1"], question: "SIRT?")
        case .received:
            try await shared.move(shared.share(["1.2.1"], question: "SIRT?"), .received)
        case .accepted:
            try await shared.move(shared.share(["1.2.1"], question: "SIRT?"), .accepted)
        case .answered:
            try await shared.move(
                shared.share(["1.2.1"], question: "SIRT?"), .received, .accepted, .answered)
        case .declined:
            try await shared.move(shared.share(["1.2.1"], question: "SIRT?"), .declined)
        case .grown, .grownWithFuture:
            try await shared.share(["1.2.1"], future: standing == .grownWithFuture)
            try await shared.add(to: "1.2.1", of: "1.2")
        case .added, .addedWithFuture:
            try await shared.share(["1.2.1"], future: standing == .addedWithFuture)
            try await shared.add(to: "1.2.7", of: "1.2")
        case .outOfUse:
            try await shared.share(["1.2.1", "1.2.2"])
            try await shared.folder.records.tombstone(
                seriesUID: "1.2.2", reason: "wrong", by: "test")
        case .emergency:
            try await shared.folder.shares.setAllowsEmergencies(true, by: shared.owner)
            let opened = try await shared.folder.shares.openInEmergency(
                patientID: Sample.patient.patientID, birthDate: Sample.patient.birthDate,
                reason: "bleeding", by: shared.recipient)
            try #require(opened == [shared.patient])
        }
    }

    @Test(
        "A program sees what an accepted share in force lets be taken out, and nothing else",
        arguments: Standing.allCases)
    func standing(_ standing: Standing) async throws {
        let shared = try await SharedCase("programs-standing")
        try await Self.stand(standing, shared)
        let expected: Set<String> =
            switch standing {
            case .none, .view, .comment, .expired, .revoked, .sent, .received, .declined, .grown,
                .emergency:
                []
            case .partial, .accepted, .answered, .grownWithFuture, .added, .outOfUse: ["1.2.1"]
            case .addedWithFuture: ["1.2.1", "1.2.7"]
            case .whole: ["1.1.1", "1.1.2", "1.2.1", "1.2.2"]
            }
        #expect(try await shared.compared() == expected)
    }

    @Test("Whatever happens to shares, the index and the one function agree", arguments: 1 ... 6)
    func generated(seed: UInt64) async throws {
        let shared = try await SharedCase("programs-generated")
        var random = SplitMix(seed: seed)
        var shares: [ShareRecord] = []
        var most = 0
        for step in 1 ... 24 {
            let uids = try await shared.series().map(\.description.seriesUID)
            switch Int.random(in: 0 ..< 10, using: &random) {
            case 0 ... 3:
                let chosen = uids.filter { _ in Bool.random(using: &random) }
                guard !chosen.isEmpty else { continue }
                let rights = ShareRight.allCases.filter { _ in
                    Int.random(in: 0 ..< 3, using: &random) > 0
                }
                shares.append(
                    try await shared.share(
                        chosen, rights: Set(rights), days: .random(in: 1 ... 6, using: &random),
                        future: .random(using: &random),
                        question: Bool.random(using: &random) ? "SIRT?" : ""))
            case 4:
                guard let share = shares.randomElement(using: &random) else { continue }
                do { try await shared.end(share) } catch is ShareRefusal {}
            case 5, 6:
                guard let share = shares.randomElement(using: &random),
                    let state = Referral.State.allCases.randomElement(using: &random)
                else { continue }
                // A share without a question, or a step that does not come next.
                do { try await shared.move(share, state) } catch is ShareRefusal {
                } catch is StorageError {}
            case 7:
                guard let uid = uids.randomElement(using: &random) else { continue }
                try await shared.add(to: uid, of: String(uid.prefix(3)))
            case 8:
                let study = Bool.random(using: &random) ? "1.1" : "1.2"
                try await shared.add(to: "\(study).\(step + 2)", of: study)
            default: shared.clock.advance(days: .random(in: 0.2 ... 1.5, using: &random))
            }
            most = max(most, try await shared.compared("seed \(seed), step \(step)").count)
        }
        #expect(most > 0, "seed \(seed) shows nothing at all")
    }

    @Test("The audit trail names the share and the series, and the own case")
    func subjects() async throws {
        let shared = try await SharedCase("programs-subjects")
        let share = try await shared.share(["1.2.1"])
        let (images, other) = (shared.folder.images, shared.recipient.organisation.id)
        #expect(try await images.subjects(study: "1.2", seenBy: other) == ["share-\(share.id)"])
        #expect(try await images.subjects(study: "1.1", seenBy: other) == [])
        #expect(
            try await images.subjects(study: "1.2", seenBy: shared.owner.organisation.id)
                == ["patient-\(shared.patient)"])
    }
}
