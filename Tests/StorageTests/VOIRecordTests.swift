import Storage
import Testing

@Suite("Volumes of interest in the record")
struct VOIRecordTests {
    private let scratch: ScratchFolder
    private let folder: DataFolder
    private let patient: Int64

    init() async throws {
        scratch = try ScratchFolder("voi")
        folder = try scratch.open()
        _ = try await folder.importSeries(["a", "bb"])
        patient = try #require(try await folder.records.patients().first?.id)
    }

    private func draft(
        _ mask: String, name: String = "Liver", inputs: [DerivedInput] = []
    ) async throws -> DerivedDraft {
        DerivedDraft(
            caseID: "patient-\(patient)", kind: "voi", name: name,
            content: try await folder.objects.put(Array(mask.utf8)),
            mediaType: "application/x-nifti-gzip", inputs: inputs, softwareVersion: "0.1")
    }

    private func first(_ name: String = "Liver") async throws -> VOISaved {
        try await folder.records.keep(
            VOIVersionDraft(
                target: .new(
                    patient: patient, name: name, role: "liver", seriesUID: "1.2.1.1",
                    gridJSON: "{}"), base: nil, making: "drawn",
                draft: draft("\(name) 1", name: name)), by: "anna")
    }

    private func next(
        _ mask: String, of voi: Int64, base: String?, by actor: String = "anna"
    ) async throws -> VOISaved {
        try await folder.records.keep(
            VOIVersionDraft(
                target: .existing(voi), base: base, making: "drawn", draft: draft(mask)),
            by: actor)
    }

    private func only() async throws -> VOIRecord {
        try #require(try await folder.records.vois(patient: patient).first)
    }

    @Test("Everything that was handed over comes back, version by version")
    func roundTrip() async throws {
        let one = try await first()
        let two = try await next("2", of: one.voi, base: one.record.id, by: "bert")
        let voi = try await only()
        #expect(voi.name == "Liver" && voi.role == "liver" && voi.seriesUID == "1.2.1.1")
        #expect(voi.versions.map(\.record.id) == [one.record.id, two.record.id])
        #expect(voi.versions.map(\.record.version) == [1, 2])
        #expect(voi.versions.map(\.record.createdBy) == ["anna", "bert"])
        #expect(voi.versions.map(\.base) == [nil, one.record.id])
        #expect(voi.head?.record.id == two.record.id && !two.isAside)
        let digests = voi.versions.map(\.record.draft.content)
        #expect(
            digests == [ObjectDigest(of: Array("Liver 1".utf8)), ObjectDigest(of: Array("2".utf8))])
    }

    @Test("A stale save is kept beside the version that counts and outdates nothing")
    func stale() async throws {
        let one = try await first()
        let two = try await next("2", of: one.voi, base: one.record.id)
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("voi", .derived(two.record.id))])
        let stale = try await next("3", of: one.voi, base: one.record.id, by: "bert")
        #expect(stale.isAside && stale.head == two.record.id)
        let voi = try await only()
        #expect(voi.versions.map(\.isAside) == [false, false, true])
        #expect(voi.head?.record.id == two.record.id)
        #expect(try await folder.records.derived(id: plan.id).state == .current)
        #expect(try await folder.objects.bytes(of: stale.record.draft.content) == Array("3".utf8))
        // From the version that counts the next one follows, and what was kept beside stays.
        let four = try await next("4", of: one.voi, base: two.record.id)
        #expect(!four.isAside && four.record.version == 4)
        #expect(try await only().head?.record.id == four.record.id)
    }

    @Test("A new version makes outdated what was made with the one before, and nothing else")
    func outdated() async throws {
        let liver = try await first()
        let tumour = try await first("Tumour")
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("voi", .derived(liver.record.id))])
        let other = try await folder.save(
            "plan", "q", name: "other", inputs: [DerivedInput("voi", .derived(tumour.record.id))])
        let two = try await next("2", of: liver.voi, base: liver.record.id)
        let reason = "\(liver.record.id) was replaced by \(two.record.id)"
        #expect(try await folder.records.derived(id: plan.id).state == .outdated(reason: reason))
        #expect(try await folder.records.derived(id: other.id).state == .current)
        #expect(
            try await folder.records.derived(id: tumour.record.id).draft.content
                == tumour.record.draft.content)
    }

    @Test("The same mask again is no version")
    func same() async throws {
        let one = try await first()
        let again = try await folder.records.keep(
            VOIVersionDraft(
                target: .existing(one.voi), base: one.record.id, making: "fill",
                draft: one.record.draft), by: "bert")
        #expect(again.record == one.record)
        #expect(try await only().versions.count == 1)
    }

    @Test("Of two who save from one version at once, one counts and both are kept")
    func race() async throws {
        let one = try await first()
        try await withThrowingTaskGroup(of: VOISaved.self) { group in
            for n in 0 ..< 8 {
                group.addTask { try await next("\(n)", of: one.voi, base: one.record.id) }
            }
            var counting = 0
            for try await saved in group where !saved.isAside { counting += 1 }
            #expect(counting == 1)
        }
        #expect(try await only().versions.count == 9)
    }

    @Test("A name belongs to one volume of a case; what is not there is not found")
    func refusals() async throws {
        let one = try await first()
        await #expect(throws: StorageError.duplicate(entity: "voi")) { _ = try await first() }
        await #expect(throws: StorageError.notFound(entity: "voi")) {
            _ = try await next("2", of: one.voi + 1, base: nil)
        }
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    private func named(
        _ name: String, _ making: String, of voi: Int64, base: String?, mask: String = "Liver 1"
    ) async throws -> VOISaved {
        try await folder.records.keep(
            VOIVersionDraft(
                target: .existing(voi), base: base, making: making, draft: draft(mask, name: name)),
            by: "bert")
    }

    @Test("Another name is a version with the same mask, and frees the name before")
    func rename() async throws {
        let one = try await first()
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("voi", .derived(one.record.id))])
        let two = try await named("Liver, arterial", "renamed", of: one.voi, base: one.record.id)
        #expect(!two.isAside && two.record.draft.content == one.record.draft.content)
        let voi = try await only()
        #expect(voi.name == "Liver, arterial")
        #expect(voi.versions.map(\.record.draft.name) == ["Liver", "Liver, arterial"])
        #expect(
            try await folder.records.derived(id: plan.id).state
                == .outdated(reason: "\(one.record.id) was replaced by \(two.record.id)"))
        let other = try await first()
        #expect(other.voi != one.voi)
        #expect(
            try await folder.records.vois(patient: patient).map(\.name)
                == ["Liver, arterial", "Liver"])
        await #expect(throws: StorageError.duplicate(entity: "voi")) {
            _ = try await named("Liver", "renamed", of: one.voi, base: two.record.id)
        }
        // Back and forth: versions of one name never share a number.
        let away = try await named("Other", "renamed", of: other.voi, base: other.record.id)
        let back = try await named("Liver", "renamed", of: one.voi, base: two.record.id)
        #expect(back.record.version > other.record.version && !away.isAside)
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    @Test("What is withdrawn is out of use, with all its versions, until it is taken up again")
    func withdraw() async throws {
        let one = try await first()
        let plan = try await folder.save(
            "plan", "p", inputs: [DerivedInput("voi", .derived(one.record.id))])
        let gone = try await named("Liver", VOIRecord.withdrawal, of: one.voi, base: one.record.id)
        #expect(try await folder.records.vois(patient: patient).isEmpty)
        #expect(
            try await folder.records.derived(id: plan.id).state
                == .outdated(reason: "\(one.record.id) was replaced by \(gone.record.id)"))
        let voi = try #require(try await folder.records.allVOIs(patient: patient).first)
        #expect(voi.isWithdrawn && voi.versions.count == 2)
        // Once is enough.
        let again = try await named(
            "Liver", VOIRecord.withdrawal, of: one.voi, base: gone.record.id)
        #expect(again.record.id == gone.record.id)
        // Who drew on it meanwhile loses nothing and brings nothing back.
        let drawn = try await next("2", of: one.voi, base: gone.record.id)
        #expect(drawn.isAside && drawn.head == gone.record.id)
        #expect(try await folder.records.vois(patient: patient).isEmpty)
        let other = try await first()
        await #expect(throws: StorageError.duplicate(entity: "voi")) {
            _ = try await named("Liver", "restored", of: one.voi, base: gone.record.id)
        }
        _ = try await named(
            "Liver", VOIRecord.withdrawal, of: other.voi, base: other.record.id)
        let restored = try await named("Liver", "restored", of: one.voi, base: gone.record.id)
        let names = try await folder.records.vois(patient: patient).map(\.id)
        #expect(names == [one.voi] && !restored.isAside)
        let kept = try await folder.objects.bytes(of: restored.record.draft.content)
        #expect(kept == Array("Liver 1".utf8))
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    @Test("Every version is in the audit, and rows are never changed or deleted")
    func audited() async throws {
        let one = try await first()
        let two = try await next("2", of: one.voi, base: one.record.id)
        let entries = try await folder.audit.entries(last: 100)
        let saves = entries.filter { $0.action == "derived.save" }.map(\.subject)
        #expect(saves == [one.record.id, two.record.id])
        #expect(entries.count { $0.action == "voi.create" } == 1)
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }
}
