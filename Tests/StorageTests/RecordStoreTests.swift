import Storage
import Testing

@Suite("Record store")
struct RecordStoreTests {
    @Test("What was registered is listed under its patient, study and series")
    func listed() async throws {
        let scratch = try ScratchFolder("records")
        let folder = try scratch.open()
        let digest = try await folder.objects.put(Array("slice".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "tester")
        let outcomes = try await folder.records.register([Sample.entry(digest)], run: run)
        #expect(outcomes == [.stored])
        let patient = try #require(try await folder.records.patients().first)
        #expect(patient.identity == Sample.patient)
        let series = try await folder.records.series(patient: patient.id)
        #expect(series.map(\.description.seriesUID) == ["1.2.1.1"])
        #expect(series.map(\.instanceCount) == [1])
        let instances = try await folder.records.instances(seriesUID: "1.2.1.1")
        #expect(instances.map(\.object) == [digest])
        #expect(try await folder.objects.bytes(of: digest) == Array("slice".utf8))
        let finished = try await folder.records.finishImport(run)
        #expect(finished.counts.map(\.outcome) == ["stored"])
        #expect(finished.finishedAt != nil)
    }
}
