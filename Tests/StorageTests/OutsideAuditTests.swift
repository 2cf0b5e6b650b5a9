import Foundation
import Storage
import Testing

/// The chain as another program sees it: Python's standard library, nothing of ours.
@Suite("Audit chain, checked from outside")
struct OutsideAuditTests {
    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "Docs/Design/audit_verify.py agrees on intact, broken and cut chains",
        .enabled(if: python != nil, "there is no python3"))
    func agrees() async throws {
        let (scratch, folder, head) = try await Chain.made()
        #expect(try verify(scratch) == "intact \(head)")
        #expect(try verify(scratch, "\(head)") == "intact \(head)")
        try Chain.tamper(scratch, "DELETE FROM audit WHERE seq = \(Chain.length)")
        #expect(try verify(scratch, "\(head)") == "the head noted before is not in the chain")
        try Chain.tamper(scratch, "UPDATE audit SET actor = 'anne' WHERE seq = 4")
        #expect(try verify(scratch) == "broken 4")
        #expect(try await folder.audit.verify() == .broken(sequence: 4, fault: .content))
        try Chain.tamper(scratch, "DELETE FROM audit WHERE seq = 3")
        #expect(try verify(scratch) == "broken 3")
    }

    private func verify(_ scratch: ScratchFolder, _ head: String? = nil) throws -> String {
        let project = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: try #require(Self.python))
        process.arguments =
            [project.appending(path: "Docs/Design/audit_verify.py").path, scratch.data.path]
            + (head.map { [$0] } ?? [])
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
