import Foundation
import GRDB
import Storage
import Testing

@Suite("Readers and writers at once")
struct ConcurrencyTests {
    @Test("Readers see whole batches while a writer writes")
    func readers() async throws {
        let scratch = try ScratchFolder("parallel")
        let folder = try scratch.open()
        let run = try await folder.records.beginImport(softwareVersion: "0", by: "tester")
        let batch = 5
        let batches = 20
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for n in 0 ..< batches {
                    let digest = try await folder.objects.put(Array("\(n)".utf8))
                    let entries = (0 ..< batch).map {
                        Sample.entry(digest, instance: "\(n).\($0)", index: n * batch + $0)
                    }
                    _ = try await folder.records.register(entries, run: run)
                }
            }
            for _ in 0 ..< 4 {
                group.addTask {
                    var count = 0
                    while count < batch * batches {
                        let now = try await folder.records.instances(seriesUID: "1.2.1.1").count
                        #expect(now.isMultiple(of: batch) && now >= count)
                        count = now
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
        guard case .intact = try await folder.audit.verify() else {
            Issue.record("the chain should be intact")
            return
        }
    }

    @Test("Writers through separately opened folders share one chain and the same objects")
    func writers() async throws {
        let scratch = try ScratchFolder("parallel")
        let folders = try (0 ..< 3).map { _ in try scratch.open() }
        let each = 15
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (n, folder) in folders.enumerated() {
                group.addTask {
                    for step in 0 ..< each {
                        _ = try await folder.objects.put(Array("shared \(step)".utf8))
                        _ = try await folder.save("dose", "\(n) \(step)", name: "\(n)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let records = try await folders[0].records.derived()
        #expect(records.count == folders.count * each)
        #expect(Set(records.map(\.id)).count == records.count)
        #expect(try await folders[1].check(rereadingObjects: true).isEmpty)
        guard case .intact = try await folders[2].audit.verify() else {
            Issue.record("the chain should be intact")
            return
        }
    }

    @Test("Folders opened for the first time at once agree on one schema")
    func firstOpening() async throws {
        let scratch = try ScratchFolder("parallel")
        let opened = await withTaskGroup(of: Bool.self) { group in
            for _ in 0 ..< 4 { group.addTask { (try? scratch.open()) != nil } }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(opened == [true, true, true, true])
    }

    @Test(
        "Rows of originals and of computed objects cannot be changed or deleted through SQL",
        arguments: [
            "DELETE FROM patient", "DELETE FROM instance", "DELETE FROM derived",
            "DELETE FROM object", "DELETE FROM importFile", "DELETE FROM tombstone",
            "UPDATE instance SET object = object", "UPDATE study SET date = ''",
            "UPDATE derived SET parametersJSON = '{}'", "UPDATE derivedInput SET role = 'x'",
        ])
    func guards(sql: String) async throws {
        let scratch = try ScratchFolder("guards")
        let folder = try scratch.open()
        let digest = try await folder.importSeries(["a"])
        let dose = try await folder.save(
            "dose", "d", inputs: [DerivedInput("ct", .series(uid: "1.2.1.1", digest: digest))])
        let run = try await folder.records.beginImport(softwareVersion: "0", by: "tester")
        try await folder.records.note(
            [SetAsideFile(path: "x", outcome: .refused, reason: "r", sentence: "s")], run: run)
        try await folder.records.tombstone(derived: dose.id, reason: "r", by: "tester")
        let queue = try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
        let error = await #expect(throws: DatabaseError.self) {
            try await queue.write { try $0.execute(sql: sql) }
        }
        #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER)
    }
}
