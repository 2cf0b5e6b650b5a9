import Foundation
import Storage
import Testing

@Suite("Object store")
struct ObjectStoreTests {
    @Test("A digest is the SHA-256 of FIPS 180-4's example")
    func published() throws {
        let digest = ObjectDigest(of: Array("abc".utf8))
        #expect(
            digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(ObjectDigest(digest.hex) == digest)
    }

    @Test(
        "Only 64 lower-case hexadecimal digits are a digest",
        arguments: [
            "", "ab", String(repeating: "A", count: 64), String(repeating: "g", count: 64),
            String(repeating: "0", count: 65), "../" + String(repeating: "0", count: 61),
        ])
    func malformed(text: String) { #expect(ObjectDigest(text) == nil) }

    @Test("Bytes come back as they went in", arguments: [0, 1, 4096, 3_000_001])
    func roundTrip(count: Int) async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let bytes = (0 ..< count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let digest = try await folder.objects.put(bytes)
        #expect(digest == ObjectDigest(of: bytes))
        #expect(try await folder.objects.bytes(of: digest) == bytes)
        #expect(folder.objects.byteCount(of: digest) == count)
        let source = scratch.url.appending(path: "source")
        try Data(bytes + [1]).write(to: source)
        let copy = try await folder.objects.put(file: source)
        #expect(try await folder.objects.bytes(of: copy) == bytes + [1])
    }

    @Test("A durable file gets a second name, and the object outlives the first")
    func secondName() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let bytes = (0 ..< 2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        let source = scratch.url.appending(path: "source")
        try Data(bytes).write(to: source)
        let digests = try await folder.objects.putMany([
            .durableFile(source), .durableFile(source),
        ])
        #expect(digests == [ObjectDigest(of: bytes), ObjectDigest(of: bytes)])
        let url = folder.objects.url(of: digests[0])
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o400)
        #expect((attributes[.referenceCount] as? NSNumber)?.intValue == 2)
        try FileManager.default.removeItem(at: source)
        #expect(try await folder.objects.bytes(of: digests[0]) == bytes)
        await #expect(throws: (any Error).self) {
            _ = try await folder.objects.putMany([.durableFile(source)])
        }
    }

    @Test("Objects are read-only files named by their digest, and nothing is left in tmp")
    func layout() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let digest = try await folder.objects.put(Array("abc".utf8))
        let url = scratch.data.appending(
            path: "objects/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(folder.objects.url(of: digest).path == url.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o400)
        let tmp = scratch.data.appending(path: "tmp")
        let files = try FileManager.default.subpathsOfDirectory(atPath: tmp.path)
        #expect(files.filter { $0.contains("/") && !$0.hasSuffix("/lock") }.isEmpty)
    }

    @Test("What is stored already is not written again")
    func again() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let digest = try await folder.objects.put(Array("abc".utf8))
        let url = folder.objects.url(of: digest)
        let before = try FileManager.default.attributesOfItem(atPath: url.path)
        let source = scratch.url.appending(path: "source")
        try Data("abc".utf8).write(to: source)
        #expect(try await folder.objects.put(file: source) == digest)
        #expect(try await folder.objects.put(Array("abc".utf8)) == digest)
        let after = try FileManager.default.attributesOfItem(atPath: url.path)
        #expect(before[.systemFileNumber] as? NSNumber == after[.systemFileNumber] as? NSNumber)
        #expect(before[.modificationDate] as? Date == after[.modificationDate] as? Date)
    }

    @Test("Many objects keep their order, equal ones included")
    func many() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let contents = (0 ..< 300).map { Array("content \($0 % 250)".utf8) }
        let digests = try await folder.objects.putMany(contents.map { .bytes($0) })
        #expect(digests == contents.map { ObjectDigest(of: $0) })
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
    }

    @Test("A flipped bit is found when the object is read, and by the check")
    func flipped() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let digest = try await folder.objects.put(Array("abc".utf8))
        let url = folder.objects.url(of: digest)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: url.path)
        try Data("abb".utf8).write(to: url)
        await #expect(
            throws: StorageError.corrupted(
                entity: "object", detail: "its bytes have another hash")
        ) { try await folder.objects.bytes(of: digest) }
        #expect(try await folder.check(rereadingObjects: true).map(\.subject) == ["object"])
    }

    @Test("An object of another length is not taken for the one that is put")
    func cut() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        let digest = try await folder.objects.put(Array("abc".utf8))
        let url = folder.objects.url(of: digest)
        try FileManager.default.removeItem(at: url)
        try Data("ab".utf8).write(to: url)
        await #expect(
            throws: StorageError.corrupted(entity: "object", detail: "it has another length")
        ) { try await folder.objects.put(Array("abc".utf8)) }
    }

    @Test("A store works on when the folder it was taken from is gone")
    func outlives() async throws {
        let scratch = try ScratchFolder("objects")
        let store = try scratch.open().objects
        let digest = try await store.put([1, 2])
        #expect(try await store.bytes(of: digest) == [1, 2])
    }

    @Test("What was never stored is not found")
    func absent() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        await #expect(throws: StorageError.notFound(entity: "object")) {
            try await folder.objects.bytes(of: ObjectDigest(of: [9]))
        }
    }

    @Test("A source that cannot be read stores nothing and leaves no scratch file")
    func unreadable() async throws {
        let scratch = try ScratchFolder("objects")
        let folder = try scratch.open()
        await #expect(throws: (any Error).self) {
            try await folder.objects.putMany([
                .bytes([1, 2, 3]), .file(scratch.url.appending(path: "absent")),
            ])
        }
        #expect(folder.objects.byteCount(of: ObjectDigest(of: [1, 2, 3])) == nil)
        let tmp = scratch.data.appending(path: "tmp")
        let files = try FileManager.default.subpathsOfDirectory(atPath: tmp.path)
        #expect(files.filter { $0.contains("/") && !$0.hasSuffix("/lock") }.isEmpty)
    }

    @Test("A full disk is told from other failures of the disk, also from those of the same number")
    func noRoom() {
        for code in [ENOSPC, EDQUOT] {
            #expect(StorageError.disk(operation: "write", code: Int(code)).isNoRoom)
        }
        // 13 is a full disk to SQLite and a missing right to the system.
        for code in [EACCES, EIO, 13, 10] {
            #expect(!StorageError.disk(operation: "write", code: Int(code)).isNoRoom)
        }
        #expect(!StorageError.busy(seconds: 1).isNoRoom)
    }
}
