import Foundation
import GRDB
import Imaging
import Pathway
import Storage
import Testing

@Suite("Comments in the record")
struct CommentRecordTests {
    /// A case with one image, and two people.
    private struct Bench {
        let scratch: ScratchFolder
        let folder: DataFolder
        let series: SeriesRecord
        let instance: Int64
        let anna: Int64
        let bert: Int64
        var records: RecordStore { folder.records }

        init(_ label: String) async throws {
            scratch = try ScratchFolder(label)
            folder = try scratch.open()
            _ = try await folder.importSeries(["a"])
            series = try await folder.records.series(uid: "1.2.1.1")
            instance = try #require(
                try await folder.records.instances(seriesUID: "1.2.1.1").first
            ).id
            let home = try await folder.accounts.organisation(named: "centre", by: "test")
            var people: [Int64] = []
            for login in ["anna", "bert"] {
                people.append(
                    try await folder.accounts.create(
                        login: login, fullName: login, organisation: home.id, role: .physicist,
                        by: "test"
                    ).id)
            }
            (anna, bert) = (people[0], people[1])
        }

        func draft(_ text: String = "t", _ anchor: CommentAnchor? = nil) -> CommentDraft {
            CommentDraft(
                patient: 1, kind: .territory, text: text, isInternal: true, anchor: anchor)
        }
    }

    @Test("Every anchor comes back as it was kept")
    func anchors() async throws {
        let bench = try await Bench("comment-anchors")
        let anchors: [CommentAnchor?] = [
            nil, .point(series: bench.series.id, lpsMM: Vector3(1.25, -2.5, 1e-3)),
            .pixel(
                series: bench.series.id, instance: bench.instance, frame: 7, column: -0.5, row: 9),
        ]
        for anchor in anchors {
            _ = try await bench.records.keep(bench.draft("here", anchor), by: bench.anna)
        }
        let kept = try await bench.records.comments(patient: 1)
        #expect(kept.map(\.anchor) == anchors)
        #expect(kept.allSatisfy { $0.kind == .territory && $0.isInternal && $0.text == "here" })
        #expect(try await bench.records.comments(patient: 2).isEmpty)
        #expect(try await bench.folder.check(rereadingObjects: false).isEmpty)
    }

    @Test("An image of another case, and an instance of another series, hold no pin")
    func foreign() async throws {
        let bench = try await Bench("comment-foreign")
        let other = CommentDraft(
            patient: 2, kind: .comment, text: "t", isInternal: false,
            anchor: .point(series: bench.series.id, lpsMM: .zero))
        await #expect(throws: StorageError.self) {
            _ = try await bench.records.keep(other, by: bench.anna)
        }
        let absent = CommentAnchor.pixel(
            series: bench.series.id, instance: bench.instance + 1, frame: 1, column: 0, row: 0)
        await #expect(throws: StorageError.notFound(entity: "series")) {
            _ = try await bench.records.keep(bench.draft("t", absent), by: bench.anna)
        }
        #expect(try await bench.records.comments(patient: 1).isEmpty)
    }

    @Test("Only the author withdraws, once; the text stays, and nothing can be taken out")
    func withdrawn() async throws {
        let bench = try await Bench("comment-withdrawn")
        let records = bench.records
        let id = try await records.keep(bench.draft("the words"), by: bench.anna).id
        let answer = try await records.answer(
            id, of: 1, text: "an answer", isInternal: false, by: bench.bert)
        #expect(answer.isInternal && answer.answers == id && answer.kind == .comment)
        await #expect(throws: CommentRefusal.answersAnAnswer) {
            _ = try await records.answer(
                answer.id, of: 1, text: "t", isInternal: true, by: bench.anna)
        }
        await #expect(throws: CommentRefusal.notAuthor) {
            try await records.withdraw(comment: id, of: 1, reason: "wrong", by: bench.bert)
        }
        await #expect(throws: StorageError.notFound(entity: "comment")) {
            try await records.withdraw(comment: id, of: 2, reason: "wrong", by: bench.anna)
        }
        try await records.withdraw(comment: id, of: 1, reason: "wrong side", by: bench.anna)
        for again in [true, false] {
            await #expect(throws: CommentRefusal.withdrawn) {
                if again {
                    try await records.withdraw(comment: id, of: 1, reason: "w", by: bench.anna)
                } else {
                    _ = try await records.answer(
                        id, of: 1, text: "t", isInternal: true, by: bench.bert)
                }
            }
        }
        let kept = try await records.comments(patient: 1)
        #expect(kept.map(\.text) == ["the words", "an answer"])
        #expect(kept[0].withdrawal?.reason == "wrong side" && kept[1].withdrawal == nil)
        let database = try DatabaseQueue(
            path: bench.scratch.data.appending(path: "grevy.sqlite").path)
        for table in ["comment", "commentEnd"] {
            for sql in ["DELETE FROM \(table)", "UPDATE \(table) SET account = \(bench.bert)"] {
                await #expect(throws: DatabaseError.self, "\(sql)") {
                    try await database.write { try $0.execute(sql: sql) }
                }
            }
        }
    }

    @Test("The audit trail holds who and where, of the words their digest only; a change shows")
    func audit() async throws {
        let bench = try await Bench("comment-audit")
        let id = try await bench.records.keep(
            bench.draft("secret words", .point(series: bench.series.id, lpsMM: Vector3(1, 2, 3))),
            by: bench.anna
        ).id
        try await bench.records.withdraw(
            comment: id, of: 1, reason: "secret reason", by: bench.anna)
        let entries = try await bench.folder.audit.entries(last: 2)
        #expect(entries.map(\.action) == ["comment.add", "comment.withdraw"])
        #expect(entries.allSatisfy { $0.actor == "account-\(bench.anna)" })
        #expect(entries[0].detailJSON.contains("1.0 2.0 3.0"))
        #expect(!entries.contains { $0.detailJSON.contains("secret") })
        let database = try DatabaseQueue(
            path: bench.scratch.data.appending(path: "grevy.sqlite").path)
        try await database.write { db in
            try db.execute(sql: "DROP TRIGGER commentNoUPDATE")
            try db.execute(sql: "UPDATE comment SET text = 'other words'")
        }
        let damage = try await bench.folder.check(rereadingObjects: false)
        #expect(damage.map(\.subject) == ["comment"])
    }
}
