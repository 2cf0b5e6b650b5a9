import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Files kept for viewers")
struct ViewerCacheTests {
    private static let bytes = Array("a volume".utf8)

    private struct Made: Error {}

    private func withCache(
        limitBytes: Int = 1 << 20, _ body: (ViewerCache, URL) async throws -> Void
    ) async throws {
        let scratch = try ReferenceFiles.scratch("viewer-cache")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let data = scratch.appending(path: "data")
        let folder = try DataFolder.open(at: data, create: true)
        try await body(
            ViewerCache(folder: folder, limitBytes: limitBytes), data.appending(path: "cache"))
        try folder.close()
    }

    @Test("What was made once is not made again, under its own tag only")
    func kept() async throws {
        try await withCache { cache, _ in
            let made = try await cache.bytes("a") { Self.bytes }
            let again = try await cache.bytes("a") { throw Made() }
            #expect(made == Self.bytes && again == Self.bytes)
            await #expect(throws: Made.self) {
                try await cache.bytes("b") { throw Made() }
            }
        }
    }

    @Test("One changed byte is noticed, and the file made again")
    func damaged() async throws {
        try await withCache { cache, folder in
            _ = try await cache.bytes("a") { Self.bytes }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let file = folder.appending(path: try #require(names.first))
            var data = try Data(contentsOf: file)
            data[data.count - 1] ^= 1
            try data.write(to: file)
            await #expect(throws: Made.self) {
                try await cache.bytes("a") { throw Made() }
            }
            try Data().write(to: file)
            #expect(try await cache.bytes("a") { [7] } == [7])
            #expect(try await cache.bytes("a") { throw Made() } == [7])
        }
    }

    @Test("The folder may be deleted at any time")
    func deleted() async throws {
        try await withCache { cache, folder in
            _ = try await cache.bytes("a") { Self.bytes }
            try FileManager.default.removeItem(at: folder)
            #expect(try await cache.bytes("a") { [1, 2] } == [1, 2])
            #expect(try await cache.bytes("a") { throw Made() } == [1, 2])
        }
    }

    @Test("Above its limit what was made first goes first")
    func limit() async throws {
        try await withCache(limitBytes: 3500) { cache, folder in
            for tag in ["a", "b", "c", "d"] {
                _ = try await cache.bytes(tag) { [UInt8](repeating: 1, count: 1000) }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
            await #expect(throws: Made.self) {
                try await cache.bytes("a") { throw Made() }
            }
            _ = try await cache.bytes("d") { throw Made() }
        }
    }
}
