import Storage
import Testing

@Suite("Computed objects")
struct DerivedRecordTests {
    private let scratch: ScratchFolder
    private let folder: DataFolder

    init() throws {
        scratch = try ScratchFolder("derived")
        folder = try scratch.open()
    }

    @Test("Everything that was handed over comes back, with version, moment and person")
    func roundTrip() async throws {
        let series = try await folder.importSeries(["a", "bb"])
        let object = try await folder.objects.put([1])
        let first = try await folder.save("registration", "r")
        let inputs = [
            DerivedInput("ct", .series(uid: "1.2.1.1", digest: series)),
            DerivedInput("registration", .derived(first.id)), DerivedInput("spec", .object(object)),
        ]
        let record = try await folder.save("dose", "d", inputs: inputs)
        #expect(record.draft.inputs == inputs)
        #expect(record.version == 1 && record.supersedes == nil)
        #expect(record.state == .current && record.tombstone == nil && record.acceptance == nil)
        #expect(record.createdBy == "tester")
        #expect(try await folder.records.derived(id: record.id) == record)
        #expect(try await folder.records.derived(caseID: "case-1", kind: "dose") == [record])
        #expect(try await folder.records.derived(caseID: "case-2").isEmpty)
        #expect(try await folder.records.derived().count == 2)
    }

    @Test("A new version makes outdated the old one and all that depends on it, with the reason")
    func newVersion() async throws {
        let registration = try await folder.save("registration", "r1")
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("registration", .derived(registration.id))])
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("dose", .derived(dose.id))])
        let other = try await folder.save("plan", "q", name: "other")
        let newer = try await folder.save("registration", "r2")
        #expect(newer.version == 2 && newer.supersedes == registration.id)
        let reason = "\(registration.id) was replaced by \(newer.id)"
        for id in [registration.id, dose.id, plan.id] {
            #expect(try await folder.records.derived(id: id).state == .outdated(reason: reason))
        }
        #expect(try await folder.records.derived(id: other.id).state == .current)
        #expect(
            try await folder.records.dependents(of: registration.id).map(\.id) == [
                dose.id, plan.id,
            ])
        let history = try await folder.records.history(
            caseID: "case-1", kind: "registration", name: "main")
        #expect(history.map(\.id) == [registration.id, newer.id])
        let audit = try await folder.audit.entries(last: 3)
        #expect(
            audit.map(\.action) == ["derived.outdated", "derived.outdated", "derived.outdated"])
        #expect(Set(audit.map(\.subject)) == [registration.id, dose.id, plan.id])
    }

    @Test("The same object saved twice is one version and outdates nothing")
    func sameAgain() async throws {
        let registration = try await folder.save("registration", "r1")
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("registration", .derived(registration.id))])
        let head = try await folder.audit.head()
        #expect(try await folder.save("registration", "r1") == registration)
        #expect(try await folder.records.derived(id: dose.id).state == .current)
        #expect(try await folder.audit.head() == head)
    }

    @Test("A version made from the one before stays current")
    func correction() async throws {
        let first = try await folder.save("structure-set", "s1")
        let second = try await folder.save(
            "structure-set", "s2", inputs: [DerivedInput("start", .derived(first.id))])
        #expect(try await folder.records.derived(id: second.id).state == .current)
    }

    @Test("The first reason stays; the audit has both")
    func firstReason() async throws {
        let registration = try await folder.save("registration", "r1")
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("registration", .derived(registration.id))])
        let ids = try await folder.records.markOutdated(
            dependentsOf: registration.id, reason: "first", by: "tester")
        #expect(ids == [dose.id])
        let again = try await folder.records.markOutdated(
            dependentsOf: registration.id, reason: "second", by: "tester")
        #expect(again.isEmpty)
        #expect(
            try await folder.records.derived(id: dose.id).state == .outdated(reason: "first"))
    }

    @Test("A series that gains a file makes outdated what was computed from it")
    func grownSeries() async throws {
        let digest = try await folder.importSeries(["a", "bb"])
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("ct", .series(uid: "1.2.1.1", digest: digest))])
        #expect(try await folder.importSeries(["a", "bb"]) == digest, "the same files again")
        #expect(try await folder.records.derived(id: dose.id).state == .current)
        #expect(try await folder.importSeries(["ccc"]) != digest)
        #expect(
            try await folder.records.derived(id: dose.id).state
                == .outdated(reason: "se-abdb1bc3cc has more files now"))
    }

    @Test("Files that came later are no part of a series as it was")
    func asOf() async throws {
        let digest = try await folder.importSeries(["a", "bb"])
        let before = try await folder.records.instances(seriesUID: "1.2.1.1")
        _ = try await folder.importSeries(["ccc"])
        let now = try await folder.records.instances(seriesUID: "1.2.1.1")
        #expect(now.count == 3)
        #expect(now.asOf(digest) == before)
        #expect(now.asOf(now.seriesDigest) == now)
        #expect(now.asOf(now.suffix(1).seriesDigest) == nil)
    }

    @Test("An object whose inputs changed while it was computed is kept, but outdated")
    func overtaken() async throws {
        let digest = try await folder.importSeries(["a", "bb"])
        _ = try await folder.importSeries(["ccc"])
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("ct", .series(uid: "1.2.1.1", digest: digest))])
        #expect(
            dose.state
                == .outdated(
                    reason: "se-abdb1bc3cc has other files than those it was made from"))
        let first = try await folder.save("registration", "r1")
        let second = try await folder.save("registration", "r2")
        let late = try await folder.save(
            "plan", "p", inputs: [DerivedInput("registration", .derived(first.id))])
        #expect(late.state == .outdated(reason: "\(first.id) was replaced by \(second.id)"))
    }

    @Test("An acceptance names person and note; its withdrawal makes dependants outdated")
    func acceptance() async throws {
        let registration = try await folder.save("registration", "r")
        try await folder.records.accept(registration.id, note: "liver edge fits", by: "anna")
        let accepted = try await folder.records.derived(id: registration.id).acceptance
        #expect(accepted?.acceptedBy == "anna" && accepted?.note == "liver edge fits")
        await #expect(throws: StorageError.duplicate(entity: "acceptance")) {
            try await folder.records.accept(registration.id, note: "", by: "ben")
        }
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("registration", .derived(registration.id))])
        try await folder.records.withdrawAcceptance(
            of: registration.id, reason: "the spleen does not fit", by: "ben")
        #expect(try await folder.records.derived(id: registration.id).acceptance == nil)
        #expect(
            try await folder.records.derived(id: dose.id).state
                == .outdated(reason: "the acceptance of \(registration.id) was withdrawn"))
        // What was on its way meanwhile is no other.
        let late = try await folder.save(
            "dose", "late", inputs: [DerivedInput("registration", .derived(registration.id))])
        #expect(
            late.state == .outdated(reason: "the acceptance of \(registration.id) was withdrawn"))
        await #expect(throws: StorageError.notFound(entity: "acceptance")) {
            try await folder.records.withdrawAcceptance(
                of: registration.id, reason: "", by: "ben")
        }
        await #expect(throws: StorageError.self, "outdated objects cannot be accepted") {
            try await folder.records.accept(dose.id, note: "", by: "ben")
        }
    }

    @Test("What is taken out of use stays readable, leaves the lists, and outdates dependants")
    func tombstones() async throws {
        let digest = try await folder.importSeries(["a"])
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("ct", .series(uid: "1.2.1.1", digest: digest))])
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("dose", .derived(dose.id))])
        try await folder.records.tombstone(derived: dose.id, reason: "wrong CT", by: "anna")
        #expect(try await folder.records.derived(id: dose.id).tombstone == "wrong CT")
        #expect(try await folder.records.derived().map(\.id) == [plan.id])
        #expect(
            try await folder.records.derived(id: plan.id).state
                == .outdated(reason: "\(dose.id) was taken out of use"))
        await #expect(throws: StorageError.duplicate(entity: "tombstone")) {
            try await folder.records.tombstone(derived: dose.id, reason: "", by: "anna")
        }
        try await folder.records.tombstone(seriesUID: "1.2.1.1", reason: "wrong", by: "anna")
        #expect(try await folder.records.series(patient: 1).isEmpty)
        #expect(try await folder.records.series(uid: "1.2.1.1").instanceCount == 1)
        #expect(try await folder.objects.bytes(of: dose.draft.content) == Array("d".utf8))
    }

    @Test("Unknown inputs, unknown content and parameters that are no JSON are refused")
    func refused() async throws {
        await #expect(throws: StorageError.notFound(entity: "derived")) {
            _ = try await folder.save(
                "dose", "d", inputs: [DerivedInput("x", .derived("plan-9"))])
        }
        let content = try await folder.objects.put([1])
        let draft = DerivedDraft(
            caseID: "c", kind: "dose", name: "n", content: content, mediaType: "", inputs: [],
            parametersJSON: "{", softwareVersion: "")
        let error = await #expect(throws: StorageError.self) {
            _ = try await folder.records.save(draft, by: "tester")
        }
        guard case .invalid = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
