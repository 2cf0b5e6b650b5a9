import Foundation
import GRDB
import Storage
import Testing

@Suite("Audit chain")
struct AuditLogTests {
    @Test("An empty chain is intact")
    func empty() async throws {
        let scratch = try ScratchFolder("audit")
        let verdict = try await scratch.open().audit.verify()
        #expect(verdict == .intact(count: 0, head: .empty))
    }

    @Test("A chain that nobody touched is intact and ends in the head that was returned")
    func intact() async throws {
        let (_, folder, head) = try await Chain.made()
        #expect(try await folder.audit.head() == head)
        let verdict = try await folder.audit.verify(expectedHeads: [head])
        #expect(verdict == .intact(count: Chain.length, head: head))
    }

    @Test("A head noted before stays valid as the chain grows")
    func growth() async throws {
        let (_, folder, head) = try await Chain.made()
        try await folder.audit.append(Chain.event(99))
        guard
            case .intact(let count, let newHead) = try await folder.audit.verify(
                expectedHeads: [head])
        else {
            Issue.record("the chain should be intact")
            return
        }
        #expect(count == Chain.length + 1)
        #expect(newHead != head)
    }

    @Test("Entries come back as they were written, the last ones first chosen, oldest first")
    func entries() async throws {
        let (_, folder, _) = try await Chain.made()
        let entries = try await folder.audit.entries(last: 2)
        #expect(entries.map(\.sequence) == [Chain.length - 1, Chain.length])
        #expect(entries.last?.subject == "thing-\(Chain.length)")
        #expect(entries.last?.detailJSON == #"{"path/ü":"\"\n","step":"\#(Chain.length)"}"#)
        #expect(entries.last?.previousHash == entries.first?.hash)
    }

    @Test("A field with a NUL character is refused, for SQLite would cut it")
    func nul() async throws {
        let scratch = try ScratchFolder("audit")
        let folder = try scratch.open()
        await #expect(
            throws: StorageError.invalid(
                entity: "audit", reason: "a field holds a NUL character")
        ) {
            try await folder.audit.append(
                AuditEvent(actor: "a\0b", action: "x", subject: "y"))
        }
    }

    @Test("The hash is that of a worked example made with Python's hashlib")
    func workedExample() async throws {
        let scratch = try ScratchFolder("audit")
        let moment = Date(timeIntervalSince1970: 1_767_225_600.125)
        let folder = try DataFolder.open(at: scratch.data, create: true, now: { moment })
        try await folder.audit.append(
            AuditEvent(actor: "anna", action: "plan.accept", subject: "plan-1"))
        let entry = try #require(try await folder.audit.entries(last: 1).first)
        #expect(entry.timeUTC == "2026-01-01T00:00:00.125Z")
        // See Docs/Design/storage.md for the form and the program.
        #expect(
            entry.hash == "0607685fe085d8160a58f680a216fbff80d7240ceb7ae1805383a64cb4b0de48")
    }

    @Test("Records and their audit entry are kept together or not at all")
    func sameTransaction() async throws {
        let scratch = try ScratchFolder("audit")
        let folder = try scratch.open()
        let head = try await folder.audit.head()
        await #expect(throws: StorageError.notFound(entity: "object")) {
            let absent = ObjectDigest(of: Array("absent".utf8))
            _ = try await folder.records.save(Sample.draft("dose", absent), by: "tester")
        }
        #expect(try await folder.audit.head() == head)
        #expect(try await folder.records.derived().isEmpty)
        _ = try await folder.save("dose", "d")
        #expect(try await folder.audit.head().sequence == head.sequence + 1)
    }
}

/// A chain of known length in a folder of its own, and a way to tamper with it.
enum Chain {
    static let length = 9

    static func event(_ step: Int) -> AuditEvent {
        AuditEvent(
            actor: "anna", action: "thing.change", subject: "thing-\(step)",
            detail: ["step": "\(step)", "path/ü": "\"\n"])
    }

    static func made() async throws -> (ScratchFolder, DataFolder, AuditHead) {
        let scratch = try ScratchFolder("audit")
        let folder = try scratch.open()
        for step in 1 ... length { try await folder.audit.append(event(step)) }
        return (scratch, folder, try await folder.audit.head())
    }

    /// Opens the file as any SQLite program would, takes the guards away and runs `sql`.
    static func tamper(_ scratch: ScratchFolder, _ sql: String) throws {
        let queue = try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
        try queue.write { db in
            let triggers = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger)") }
            try db.execute(sql: sql)
        }
        try queue.close()
    }
}
