import Cryptography
package import Foundation

/// Keeps bytes for good under their SHA-256.
///
/// Bytes are written to `tmp/`, synced, renamed to `objects/ab/cdef…`, and the folder is synced
/// before a digest is returned: a returned digest survives `kill -9` and loss of power. Files are
/// read-only and never replaced.
package struct ObjectStore: Sendable {
    /// Where the bytes of a new object come from.
    package enum Source: Sendable {
        case bytes([UInt8])
        /// A file outside the store, copied as it is read.
        case file(URL)
        /// A file whose content is on disk and that nobody writes to any more: where it lies on the
        /// store's disk it gets a second name instead of a copy.
        case durableFile(URL)

        fileprivate var byteCount: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(let url): DurableFile.byteCount(url) ?? 0
            // Where it gets a second name it takes no room.
            case .durableFile: 0
            }
        }
    }

    /// How many files are written before they are synced together.
    private static let groupSize = 128

    let folder: URL
    /// Held here too, so that a store outlives the value it was taken from.
    let session: ScratchSession

    /// Asked before anything is taken in.
    var room: DiskRoom { DiskRoom(folder: folder) }

    /// Stores `bytes`; those already stored are left as they are.
    ///
    /// - Throws: ``StorageError/disk(operation:code:)``; ``StorageError/corrupted(entity:detail:)``
    ///   when the object exists with another length.
    @concurrent
    package func put(_ bytes: [UInt8]) async throws -> ObjectDigest {
        try await putMany([.bytes(bytes)])[0]
    }

    /// Stores a copy of the file at `file`, read in pieces.
    @concurrent
    package func put(file: URL) async throws -> ObjectDigest {
        try await putMany([.file(file)])[0]
    }

    /// Stores many objects with few syncs; all of them are durable when it returns.
    ///
    /// - Returns: Digests in the order of `sources`.
    @concurrent
    package func putMany(_ sources: [Source]) async throws -> [ObjectDigest] {
        var digests: [ObjectDigest] = []
        for start in stride(from: 0, to: sources.count, by: Self.groupSize) {
            try Task.checkCancellation()
            let group = sources[start ..< min(start + Self.groupSize, sources.count)]
            try room.check(adding: group.reduce(0) { $0 + $1.byteCount })
            do { digests += try store(group) } catch {
                throw StorageError.mapped(error, entity: "object")
            }
        }
        // Names that were there already may be owed to a process that died before this line.
        try SharedWait.run(Array(Set(digests.map { url(of: $0).deletingLastPathComponent() }))) {
            try DurableFile.sync(folder: $0)
        }
        return digests
    }

    /// Returns the bytes of an object.
    ///
    /// - Parameters:
    ///   - digest: The object.
    ///   - verifying: `false` skips the hash for bytes that are checked elsewhere.
    /// - Returns: All of them, in memory.
    /// - Throws: ``StorageError/notFound(entity:)``; ``StorageError/corrupted(entity:detail:)``
    ///   when the bytes have another hash.
    @concurrent
    package func bytes(of digest: ObjectDigest, verifying: Bool = true) async throws -> [UInt8] {
        guard let data = try? Data(contentsOf: url(of: digest)) else {
            throw StorageError.notFound(entity: "object")
        }
        let bytes = [UInt8](data)
        if verifying, ObjectDigest(of: bytes) != digest {
            throw StorageError.corrupted(entity: "object", detail: "its bytes have another hash")
        }
        return bytes
    }

    /// Returns where an object lies, for programs that read files; never write to it.
    package func url(of digest: ObjectDigest) -> URL {
        folder.appending(path: "\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))")
    }

    /// Returns an object's length, or `nil` when it is not stored.
    package func byteCount(of digest: ObjectDigest) -> Int? {
        DurableFile.byteCount(url(of: digest))
    }
}

extension ObjectStore {
    private struct Staged {
        let digest: ObjectDigest
        let byteCount: Int
        /// What was written; `nil` when the store had the bytes before.
        let written: (url: URL, handle: FileHandle)?
        /// Whether the content need not be synced.
        var isDurable = false
    }

    private func store(_ sources: some Collection<Source>) throws -> [ObjectDigest] {
        var staged: [Staged] = []
        defer {
            for case .some(let written) in staged.map(\.written) {
                try? written.handle.close()
                try? FileManager.default.removeItem(at: written.url)
            }
        }
        for source in sources { staged.append(try stage(source)) }
        var unsynced: [Int32] = []
        for object in staged where byteCount(of: object.digest) == nil {
            guard let handle = object.written?.handle else { continue }
            try DurableFile.makeReadOnly(handle)
            if !object.isDurable { unsynced.append(handle.fileDescriptor) }
        }
        try SharedWait.run(unsynced) { try DurableFile.sync(descriptor: $0) }
        for object in staged { try publish(object) }
        return staged.map(\.digest)
    }

    private func stage(_ source: Source) throws -> Staged {
        var known: ObjectDigest?
        if case .bytes(let bytes) = source {
            let digest = ObjectDigest(of: bytes)
            guard byteCount(of: digest) == nil else {
                return Staged(digest: digest, byteCount: bytes.count, written: nil)
            }
            known = digest
        }
        let url = session.folder.appending(path: UUID().uuidString)
        if case .durableFile(let file) = source, let staged = try named(file, url) {
            return staged
        }
        let handle = try DurableFile.created(at: url)
        do {
            let (digest, byteCount) = try write(source, known, to: handle)
            return Staged(digest: digest, byteCount: byteCount, written: (url, handle))
        } catch {
            try? handle.close()
            try? FileManager.default.removeItem(at: url)
            throw error
        }
    }

    /// Gives a durable file a second name; `nil` where that is not possible.
    private func named(_ file: URL, _ url: URL) throws -> Staged? {
        guard (try? FileManager.default.linkItem(at: file, to: url)) != nil else { return nil }
        do {
            let handle = try FileHandle(forReadingFrom: url)
            let (digest, byteCount) = try SHA256.digest(of: handle)
            return Staged(
                digest: ObjectDigest(digest), byteCount: byteCount, written: (url, handle),
                isDurable: true)
        } catch {
            try? FileManager.default.removeItem(at: url)
            throw error
        }
    }

    private func write(
        _ source: Source, _ known: ObjectDigest?, to handle: FileHandle
    ) throws -> (ObjectDigest, byteCount: Int) {
        switch source {
        case .bytes(let bytes):
            try handle.write(contentsOf: bytes)
            return (known ?? ObjectDigest(of: bytes), bytes.count)
        case .file(let file), .durableFile(let file):
            let input = try FileHandle(forReadingFrom: file)
            defer { try? input.close() }
            let (digest, count) = try SHA256.digest(of: input) { try handle.write(contentsOf: $0) }
            return (ObjectDigest(digest), count)
        }
    }

    private func publish(_ object: Staged) throws {
        let target = url(of: object.digest)
        if let written = object.written, byteCount(of: object.digest) == nil {
            do {
                try FileManager.default.moveItem(at: written.url, to: target)
            } catch CocoaError.fileWriteFileExists {
                // Another process was first with the same bytes.
            }
        }
        guard byteCount(of: object.digest) == object.byteCount else {
            throw StorageError.corrupted(entity: "object", detail: "it has another length")
        }
    }
}
