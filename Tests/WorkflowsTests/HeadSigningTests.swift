import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Signed heads of the audit chain")
struct HeadSigningTests {
    @Test("One head a day and key is kept, by UTC, and says so in the chain")
    func daily() async throws {
        let scratch = try ReferenceFiles.scratch("heads-daily")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let folder = try DataFolder.open(at: scratch.appending(path: "data"), create: true)
        let (key, other) = (try SigningKey(), try SigningKey())
        // 23:59:59 and the second after it.
        let evening = Date(timeIntervalSince1970: 1_795_046_399)
        let signing = HeadSigning(folder: folder, key: key)
        #expect(try await signing.keepToday(evening))
        #expect(try await !signing.keepToday(evening))
        #expect(try await signing.keepToday(evening.addingTimeInterval(1)))
        #expect(try await HeadSigning(folder: folder, key: other).keepToday(evening))
        let kept = try folder.heads.heads(key: key.publicKey.id)
        #expect(kept.map { String($0.name.prefix(10)) } == ["2026-11-18", "2026-11-19"])
        #expect(try folder.heads.heads(key: other.publicKey.id).count == 1)
        let entries = try await folder.audit.entries(last: 9)
        #expect(entries.map(\.action) == Array(repeating: "audit.sign-head", count: 3))
        #expect(entries.map { $0.detailJSON.contains(key.publicKey.id) } == [true, true, false])
        #expect(HeadSigning.secondsToNextDay(evening) == 1)
        #expect(HeadSigning.secondsToNextDay(evening.addingTimeInterval(1)) == 86_400)
    }
}
