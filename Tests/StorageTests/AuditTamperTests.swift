import Foundation
import GRDB
import Storage
import Testing

@Suite("Tampering with the audit chain")
struct AuditTamperTests {
    @Test(
        "One character changed in a column names the entry",
        arguments: ["timeUTC", "actor", "action", "subject", "previousHash", "hash"],
        [1, 5, Chain.length])
    func column(name: String, sequence: Int) async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(
            scratch,
            """
            UPDATE audit SET \(name) = substr(\(name), 1, 3)
                || CASE substr(\(name), 4, 1) WHEN 'a' THEN 'b' ELSE 'a' END
                || substr(\(name), 5) WHERE seq = \(sequence)
            """)
        let fault: AuditLog.Fault = name == "previousHash" ? .previousHash : .content
        #expect(try await folder.audit.verify() == .broken(sequence: sequence, fault: fault))
    }

    @Test(
        "A change that only looks the same names the entry",
        arguments: [
            "detailJSON = replace(detailJSON, ':', ': ')",
            "detailJSON = '{\"step\":\"4\",\"path/ü\":\"\\\"\\n\"}'",
            "actor = CAST(x'616e6e6100' AS TEXT)", "actor = 'anna '",
            "actor = CAST(x'616e6e61ff' AS TEXT)",
        ])
    func lookalike(change: String) async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(scratch, "UPDATE audit SET \(change) WHERE seq = 4")
        #expect(try await folder.audit.verify() == .broken(sequence: 4, fault: .content))
    }

    @Test("A deleted entry is named, first or in the middle", arguments: [1, 5])
    func deleted(sequence: Int) async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(scratch, "DELETE FROM audit WHERE seq = \(sequence)")
        #expect(try await folder.audit.verify() == .broken(sequence: sequence, fault: .sequence))
    }

    @Test("A gap that was closed by renumbering is named")
    func renumbered() async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(
            scratch,
            "DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = seq - 1 WHERE seq > 5")
        #expect(try await folder.audit.verify() == .broken(sequence: 5, fault: .previousHash))
    }

    @Test("Two entries that changed places are named")
    func reordered() async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(
            scratch,
            """
            UPDATE audit SET seq = 1000 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;
            UPDATE audit SET seq = 4 WHERE seq = 1000
            """)
        #expect(try await folder.audit.verify() == .broken(sequence: 3, fault: .previousHash))
    }

    @Test("A tail that was cut off shows against the head that was noted before")
    func truncated() async throws {
        let (scratch, folder, head) = try await Chain.made()
        try Chain.tamper(scratch, "DELETE FROM audit WHERE seq > 6")
        guard case .intact(6, _) = try await folder.audit.verify() else {
            Issue.record("without the head nothing shows")
            return
        }
        let verdict = try await folder.audit.verify(expectedHeads: [head])
        #expect(verdict == .broken(sequence: 7, fault: .expectedHead))
    }

    @Test("A chain rewritten from the start shows against the head that was noted before")
    func rewritten() async throws {
        let (scratch, folder, head) = try await Chain.made()
        try Chain.tamper(scratch, "DELETE FROM audit")
        for step in 1 ... Chain.length + 3 { try await folder.audit.append(Chain.event(step + 1)) }
        let verdict = try await folder.audit.verify(expectedHeads: [head])
        #expect(verdict == .broken(sequence: Chain.length, fault: .expectedHead))
    }

    @Test("An inserted entry is named")
    func inserted() async throws {
        let (scratch, folder, _) = try await Chain.made()
        try Chain.tamper(
            scratch,
            """
            INSERT INTO audit SELECT seq + 1, timeUTC, actor, action, 'thing-x', detailJSON, hash,
                previousHash FROM audit WHERE seq = \(Chain.length)
            """)
        let verdict = try await folder.audit.verify()
        #expect(verdict == .broken(sequence: Chain.length + 1, fault: .content))
    }

    @Test("A byte changed by hand in the closed database file names the entry", arguments: 1 ... 9)
    func fileByte(sequence: Int) async throws {
        let scratch = try ScratchFolder("audit")
        let folder = try scratch.open()
        for step in 1 ... Chain.length { try await folder.audit.append(Chain.event(step)) }
        try folder.close()
        let file = scratch.data.appending(path: "grevy.sqlite")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("thing-\(sequence)".utf8)))
        bytes[place.lowerBound + 2] ^= 0x01
        try bytes.write(to: file)
        let verdict = try await scratch.open().audit.verify()
        #expect(verdict == .broken(sequence: sequence, fault: .content))
    }

    @Test("Guards in the database refuse changes and deletions that come through SQL")
    func guards() async throws {
        let (scratch, folder, head) = try await Chain.made()
        for sql in [
            "UPDATE audit SET actor = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2",
            """
            INSERT INTO audit SELECT seq + 5, timeUTC, actor, action, subject, detailJSON,
                previousHash, hash FROM audit WHERE seq = 9
            """,
        ] {
            let error = #expect(throws: DatabaseError.self, "\(sql)") {
                try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
                    .write { try $0.execute(sql: sql) }
            }
            #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER)
        }
        #expect(
            try await folder.audit.verify() == .intact(count: Chain.length, head: head))
    }
}
