import Pathway
import Storage
import Testing

/// Through a share one only adds; that is decided where records are kept.
@Suite("What people of another organisation add to a case")
struct ContributionTests {
    private struct Bench {
        let scratch: ScratchFolder
        let folder: DataFolder
        let owner: AccountRecord
        let other: AccountRecord
        let patient: Int64
        let series: DerivedInput

        init(isShared: Bool = true) async throws {
            scratch = try ScratchFolder("contributions")
            folder = try scratch.open()
            let digest = try await folder.importSeries(["one", "three"])
            series = DerivedInput("planning", .series(uid: "1.2.1.1", digest: digest))
            var people: [AccountRecord] = []
            for name in ["hospital", "centre"] {
                let home = try await folder.accounts.organisation(named: name, by: "test")
                people.append(
                    try await folder.accounts.create(
                        login: name, fullName: "Physicist of the \(name)", organisation: home.id,
                        role: .physicist, by: "test"))
            }
            (owner, other) = (people[0], people[1])
            try await folder.accounts.assignUnowned(
                to: owner.organisation.id, by: "test")
            patient = try #require(try await folder.records.patients().first).id
            if isShared { try await share([.plan]) }
        }

        @discardableResult
        func share(
            _ rights: Set<ShareRight>, records: Set<String> = []
        ) async throws -> ShareRecord {
            try await folder.shares.create(
                ShareDraft(
                    patient: patient, recipient: other.organisation.id,
                    terms: try ShareTerms(purpose: "plan", rights: rights),
                    series: Set(try await folder.records.series(patient: patient).map(\.id)),
                    records: records), by: owner)
        }

        func save(
            _ kind: String, _ name: String, _ text: String, on inputs: [DerivedInput]? = nil,
            by actor: AccountRecord
        ) async throws -> DerivedRecord {
            try await folder.records.save(
                DerivedDraft(
                    caseID: "patient-\(patient)", kind: kind, name: name,
                    content: try await folder.objects.put(Array(text.utf8)),
                    mediaType: "application/json", inputs: inputs ?? [series],
                    softwareVersion: "0.1"), by: actor.actor)
        }

        func draw(
            _ name: String, _ text: String, of voi: Int64? = nil, base: String? = nil,
            making: String = "drawn", by actor: AccountRecord
        ) async throws -> VOISaved {
            try await folder.records.keep(
                VOIVersionDraft(
                    target: voi.map { .existing($0) }
                        ?? .new(
                            patient: patient, name: name, role: "tumour", seriesUID: "1.2.1.1",
                            gridJSON: "{}"), base: base, making: making,
                    draft: DerivedDraft(
                        caseID: "patient-\(patient)", kind: "voi", name: name,
                        content: try await folder.objects.put(Array(text.utf8)),
                        mediaType: "application/x-nifti-gzip", inputs: [series],
                        softwareVersion: "0.1")), by: actor.actor)
        }

        func isCurrent(_ id: String) async throws -> Bool {
            try await folder.records.derived(id: id).state == .current
        }

        func count() async throws -> Int { try await folder.records.derived().count }
    }

    @Test("Nothing is kept without a share that lets plan, or after its end", arguments: [0, 1, 2])
    func over(way: Int) async throws {
        let bench = try await Bench(isShared: false)
        if way == 1 { try await bench.share([.comment, .download]) }
        if way == 2 {
            let share = try await bench.share([.plan])
            _ = try await bench.save("plan", "theirs", "1", by: bench.other)
            try await bench.folder.shares.revoke(
                share.id, of: bench.patient, reason: "test", by: bench.owner)
        }
        let before = try await bench.count()
        await #expect(throws: ContributionRefusal.over) {
            _ = try await bench.save("plan", "theirs", "2", by: bench.other)
        }
        await #expect(throws: ContributionRefusal.over) {
            _ = try await bench.draw("Theirs", "2", by: bench.other)
        }
        #expect(try await bench.count() == before)
        #expect(try await bench.folder.records.allVOIs(patient: bench.patient).isEmpty)
    }

    @Test("They add under names of their own, and make new versions of what is theirs")
    func adds() async throws {
        let bench = try await Bench()
        let first = try await bench.save("plan", "theirs", "1", by: bench.other)
        let second = try await bench.save("plan", "theirs", "2", by: bench.other)
        #expect(second.version == 2 && second.supersedes == first.id)
        let voi = try await bench.draw("Theirs", "1", by: bench.other)
        let next = try await bench.draw(
            "Renamed", "1", of: voi.voi, base: voi.record.id, making: "renamed", by: bench.other)
        #expect(!next.isAside)
        // The owner may go on with what they left; then it is not theirs any more.
        _ = try await bench.save("plan", "theirs", "3", by: bench.owner)
        await #expect(throws: ContributionRefusal.others(kind: "plan")) {
            _ = try await bench.save("plan", "theirs", "4", by: bench.other)
        }
        #expect(try await bench.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("Nothing of another organisation gets a version, is accepted, renamed or withdrawn")
    func others() async throws {
        let bench = try await Bench()
        let (records, other) = (bench.folder.records, bench.other)
        let plan = try await bench.save("plan", "ours", "1", by: bench.owner)
        let voi = try await bench.draw("Ours", "1", by: bench.owner)
        try await bench.share([.plan], records: [plan.id, voi.record.id])
        let entries = try await bench.folder.audit.head().sequence
        await #expect(throws: ContributionRefusal.others(kind: "plan")) {
            _ = try await bench.save("plan", "ours", "2", by: other)
        }
        // Also the same again, which would keep nothing.
        await #expect(throws: ContributionRefusal.others(kind: "plan")) {
            _ = try await bench.save("plan", "ours", "1", by: other)
        }
        for making in ["drawn", "renamed", VOIRecord.withdrawal] {
            for base in [voi.record.id, nil] {
                await #expect(throws: ContributionRefusal.others(kind: "voi")) {
                    _ = try await bench.draw(
                        "Other", "2", of: voi.voi, base: base, making: making, by: other)
                }
            }
        }
        await #expect(throws: ContributionRefusal.others(kind: "voi")) {
            try await records.accept(voi.record.id, note: "", by: other.actor)
        }
        try await records.accept(voi.record.id, note: "", by: bench.owner.actor)
        await #expect(throws: ContributionRefusal.others(kind: "voi")) {
            try await records.withdrawAcceptance(
                of: voi.record.id, reason: "test", by: other.actor)
        }
        await #expect(throws: ContributionRefusal.others(kind: "plan")) {
            try await records.tombstone(derived: plan.id, reason: "test", by: other.actor)
        }
        #expect(try await bench.isCurrent(plan.id))
        #expect(try await bench.isCurrent(voi.record.id))
        // The owner's own acceptance, and nothing of what was refused.
        #expect(try await bench.folder.audit.head().sequence == entries + 1)
    }

    @Test("What another organisation made of theirs stays current")
    func ground() async throws {
        let bench = try await Bench()
        let voi = try await bench.draw("Theirs", "1", by: bench.other)
        let plan = try await bench.save(
            "plan", "ours", "1", on: [DerivedInput("voi", .derived(voi.record.id))],
            by: bench.owner)
        await #expect(throws: ContributionRefusal.othersGround(kind: "plan")) {
            _ = try await bench.draw(
                "Theirs", "2", of: voi.voi, base: voi.record.id, by: bench.other)
        }
        await #expect(throws: ContributionRefusal.othersGround(kind: "plan")) {
            try await bench.folder.records.tombstone(
                derived: voi.record.id, reason: "test", by: bench.other.actor)
        }
        #expect(try await bench.isCurrent(plan.id))
        #expect(try await bench.isCurrent(voi.record.id))
        // The owner may.
        _ = try await bench.draw(
            "Theirs", "2", of: voi.voi, base: voi.record.id, by: bench.owner)
        #expect(try await !bench.isCurrent(plan.id))
    }

    @Test("What the share does not show is no input, and is seen by nobody through it")
    func hidden() async throws {
        let bench = try await Bench()
        let hidden = try await bench.save("registration", "ours", "1", by: bench.owner)
        await #expect(throws: ContributionRefusal.hidden) {
            _ = try await bench.save(
                "plan", "theirs", "1", on: [DerivedInput("registration", .derived(hidden.id))],
                by: bench.other)
        }
        let sight = try await bench.folder.shares.sightOfMaker(
            bench.other.actor, ofCase: "patient-\(bench.patient)")
        #expect(!sight.sees(record: hidden.id) && !sight.isOwners)
    }

    @Test("They see what they made while a share lets them plan, without what comes later")
    func sight() async throws {
        let bench = try await Bench(isShared: false)
        let shares = bench.folder.shares
        let share = try await bench.share([.plan])
        let theirs = try await bench.save("plan", "theirs", "1", by: bench.other)
        let ours = try await bench.save("plan", "ours", "1", by: bench.owner)
        func seen(_ right: ShareRight) async throws -> CaseSight? {
            try await shares.access(to: bench.patient, for: bench.other, as: right)?.sight
        }
        for right in [ShareRight.view, .plan] {
            let sight = try #require(try await seen(right))
            #expect(sight.sees(record: theirs.id) && !sight.sees(record: ours.id))
        }
        try await bench.share([.comment])
        #expect(try await seen(.comment)?.sees(record: theirs.id) == false)
        try await shares.revoke(
            share.id, of: bench.patient, reason: "test", by: bench.owner)
        #expect(try await seen(.view)?.sees(record: theirs.id) == false)
        #expect(try await seen(.plan) == nil)
        // It stays with the owner, with who made it.
        let kept = try await bench.folder.records.derived(id: theirs.id)
        #expect(kept.state == .current && kept.createdBy == bench.other.actor)
        let names = try await bench.folder.accounts.fullNames(ofCase: bench.patient)
        #expect(names[kept.createdBy] == "Physicist of the centre, centre")
        #expect(names[bench.owner.actor] == "Physicist of the hospital")
    }

    @Test("A program plans by no share")
    func programs() async throws {
        let bench = try await Bench()
        try await bench.share([.plan, .download])
        let program = try await bench.folder.accounts.machine(
            login: "pacs", fullName: "PACS", organisation: bench.other.organisation.id, by: "test")
        let theirs = try await bench.save("plan", "theirs", "1", by: bench.other)
        let shares = bench.folder.shares
        #expect(try await shares.access(to: bench.patient, for: program, as: .plan) == nil)
        let opened = try #require(
            try await shares.access(to: bench.patient, for: program, as: .view))
        #expect(opened.rights == [.view, .download])
        #expect(!opened.sight.sees(record: theirs.id))
        await #expect(throws: ContributionRefusal.over) {
            _ = try await bench.save("plan", "program", "1", by: program)
        }
    }

    @Test("They move the case by the signatures on their own plans alone")
    func moves() async throws {
        let bench = try await Bench()
        await #expect(throws: SigningRefusal.right) {
            try await bench.folder.records.confirmIdentity(
                of: bench.patient, by: bench.other.id)
        }
        try await bench.folder.records.confirmIdentity(of: bench.patient, by: bench.owner.id)
        #expect(try await bench.folder.records.state(of: bench.patient) == .ready)
    }
}
