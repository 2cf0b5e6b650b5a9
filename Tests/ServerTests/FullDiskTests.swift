import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import _TestSupport

/// A small disk of its own, in memory.
private struct SmallDisk {
    let folder: URL

    /// Mounting is the administrator's right, and containers may withhold it from them too.
    static let isAllowed: Bool = {
        guard let disk = try? SmallDisk(mebibytes: 1) else { return false }
        disk.remove()
        return true
    }()

    private struct NotMounted: Error {}

    init(mebibytes: Int) throws {
        folder = try ReferenceFiles.scratch("small-disk")
        guard
            Self.run([
                "mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs", folder.path,
            ])
        else {
            try? FileManager.default.removeItem(at: folder)
            throw NotMounted()
        }
    }

    /// Takes it away, also from under files that are still open.
    func remove() {
        _ = Self.run(["umount", "--lazy", folder.path])
        try? FileManager.default.removeItem(at: folder)
    }

    var freeBytes: Int {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
        return (facts?[.systemFreeSize] as? NSNumber)?.intValue ?? -1
    }

    /// Takes what room is left but for `bytes`, as another program on the machine would.
    func fill(_ name: String, leaving bytes: Int = 0) throws {
        let url = folder.appending(path: name)
        try Data().write(to: url)
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        for size in [1 << 20, 4096] {
            let piece = [UInt8](repeating: 7, count: size)
            while bytes == 0 || freeBytes >= bytes + size,
                (try? file.write(contentsOf: piece)) != nil
            {}
        }
    }

    private static func run(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite(
    "Full disk",
    .enabled(if: SmallDisk.isAllowed, "a small tmpfs cannot be mounted here; run as root"))
struct FullDiskTests {
    /// Far more than the disk holds.
    private static let fileBytes = 1 << 30

    /// What a browser sends of one large file.
    private struct Sending {
        let story: SigningStory
        let browser: ServerFixture.Browser
        let upload: String
        /// How much of it was acknowledged.
        var received = 0

        init(_ story: SigningStory) async throws {
            self.story = story
            browser = try await story.fixture.browser(.coordinator)
            let reply = try await story.fixture.send(.post, "/uploads", browser)
            try #require(reply.status == 200, "\(reply.text)")
            let json = try JSONSerialization.jsonObject(with: Data(reply.bytes))
            upload = try #require((json as? [String: Any])?["path"] as? String)
        }

        /// Every piece has bytes of its own.
        static func piece(at offset: Int) -> [UInt8] {
            [UInt8](
                repeating: UInt8(truncatingIfNeeded: offset / GrevyServer.chunkBytes + 1),
                count: GrevyServer.chunkBytes)
        }

        /// Sends the next piece.
        mutating func next() async throws -> ServerFixture.Reply {
            let bytes = Self.piece(at: received)
            var headers: HTTPFields = [.contentType: "application/octet-stream"]
            for (name, value) in [
                "X-CSRF-Token": browser.csrf, "Grevy-Size": "\(FullDiskTests.fileBytes)",
                "Grevy-Offset": "\(received)", "Grevy-File": "large",
                "Grevy-SHA256": ObjectDigest(of: bytes).hex,
            ] { headers[try #require(HTTPField.Name(name))] = value }
            let reply = try await story.fixture.send(
                .put, "\(upload)/file", browser, headers: headers, body: ByteBuffer(bytes: bytes))
            if reply.status == 200 { received += bytes.count }
            return reply
        }

        /// Whether everything that was acknowledged is on disk, for another process too.
        func isKept() async throws -> Bool {
            let id = try #require(Int64(upload.split(separator: "/").last ?? ""))
            let again = try DataFolder.open(at: story.fixture.folder.url, create: false)
            defer { try? again.close() }
            let file = try #require(try await again.uploads.files(of: id).first)
            let bytes = Array(try Data(contentsOf: again.uploads.url(of: file, in: id)))
            guard file.received == received, bytes.count >= received else { return false }
            return stride(from: 0, to: received, by: GrevyServer.chunkBytes).allSatisfy {
                Array(bytes[$0 ..< $0 + GrevyServer.chunkBytes]) == Self.piece(at: $0)
            }
        }
    }

    private func checkRecords(_ story: SigningStory) async throws {
        let folder = story.fixture.folder
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
        guard case .intact = try await folder.audit.verify() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    @Test("What finds no room is answered 507, what was acknowledged stays, and reading goes on")
    func full() async throws {
        let disk = try SmallDisk(mebibytes: 96)
        defer { disk.remove() }
        let story = try await SigningStory("full-disk", at: disk.folder.appending(path: "home"))
        let plan = try await story.plan()
        try await story.confirm()
        try #require(try await story.sign(plan, .made, story.maker).status == 303)

        var sending = try await Sending(story)
        var last = try await sending.next()
        while last.status == 200, sending.received < Self.fileBytes {
            last = try await sending.next()
        }
        #expect(last.status == 507 && last.text.contains("disk is full"), "\(last.text)")
        #expect(sending.received >= 10 * GrevyServer.chunkBytes)
        #expect(disk.freeBytes > 4 << 20, "room is kept for what must be written")
        #expect(try await sending.isKept())

        // A piece of an upload is larger than a signature: what the piece left above the reserve of
        // 12 MiB is taken by others. Then nothing new is taken, and nothing half.
        try disk.fill("others", leaving: 8 << 20)
        let unsigned = try await story.sign(plan, .checked, story.checker)
        #expect(unsigned.status == 507, "\(unsigned.text)")
        let comment = try await story.fixture.send(
            .post, "/cases/\(story.patient)/comments", story.maker,
            form: ["csrf": story.maker.csrf, "text": "no room for this"])
        #expect(comment.status == 507)
        #expect(try await story.counting(plan).map(\.meaning) == [.made])
        #expect(try await story.state() == .planned)
        // Reading, which writes who has read, goes on: for who comes now as well.
        let reader = try await story.fixture.browser(.radiologist)
        for path in ["/", "/cases/\(story.patient)", "\(story.path(plan))/signatures"] {
            #expect(try await story.fixture.send(.get, path, reader).status == 200, "\(path)")
        }
        let entries = try await story.fixture.folder.audit.entries(last: 20)
        #expect(
            entries.contains {
                $0.actor == reader.account.actor && $0.action.hasPrefix("access.")
            })
        try await checkRecords(story)

        // What is given back makes room, and everything goes on.
        let discarded = try await story.fixture.send(
            .post, "\(sending.upload)/discard", sending.browser)
        #expect(discarded.status == 303, "\(discarded.text)")
        let signed = try await story.sign(plan, .checked, story.checker)
        #expect(signed.status == 303, "\(signed.text)")
        #expect(try await story.state() == .checked)
        try await checkRecords(story)
    }

    @Test("On a disk that others have filled to the last byte nothing is lost either")
    func filled() async throws {
        let disk = try SmallDisk(mebibytes: 48)
        defer { disk.remove() }
        let story = try await SigningStory("filled-disk", at: disk.folder.appending(path: "home"))
        let plan = try await story.plan()
        try await story.confirm()
        var sending = try await Sending(story)
        for _ in 0 ..< 2 { #expect(try await sending.next().status == 200) }
        try disk.fill("others")
        try #require(disk.freeBytes < 4096)

        #expect(try await sending.next().status == 507)
        #expect(try await story.sign(plan, .made, story.maker).status == 507)
        await #expect(throws: StorageError.self) {
            try await story.fixture.folder.objects.put([UInt8](repeating: 1, count: 1 << 20))
        }
        // Whether there is still room to write down who reads depends on SQLite's log.
        for _ in 0 ..< 50 {
            let page = try await story.fixture.send(.get, "/cases/\(story.patient)", story.maker)
            #expect([200, 507].contains(page.status))
        }
        #expect(try await story.counting(plan).isEmpty)

        try FileManager.default.removeItem(at: disk.folder.appending(path: "others"))
        #expect(try await sending.isKept())
        try await checkRecords(story)
        #expect(try await sending.next().status == 200)
        #expect(try await sending.isKept())
        #expect(try await story.sign(plan, .made, story.maker).status == 303)
        try await checkRecords(story)
    }
}
