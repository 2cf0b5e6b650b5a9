package import Foundation

/// A folder for files that are on their way in; it goes with its owner, or with the process.
package final class ScratchFolder: Sendable {
    private let url: URL
    /// Held here too: its end removes everything of this process.
    private let session: ScratchSession

    fileprivate init(in session: ScratchSession) throws {
        url = session.folder.appending(path: UUID().uuidString)
        self.session = session
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: false, attributes: DurableFile.ownersFolder)
    }

    /// Creates an empty file that only its owner may read.
    ///
    /// - Parameter name: One that is not there yet.
    /// - Returns: The file.
    /// - Throws: ``StorageError/disk(operation:code:)``.
    package func file(_ name: String) throws -> ScratchFile {
        let url = url.appending(path: name)
        return ScratchFile(url: url, handle: try DurableFile.created(at: url))
    }

    /// Where what has this name lies, or would lie.
    package func place(of name: String) -> URL { url.appending(path: name) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A file that is being written; it is not durable, and not meant to be.
package struct ScratchFile {
    package let url: URL
    /// How many bytes are in it.
    package private(set) var count = 0
    private let handle: FileHandle

    fileprivate init(url: URL, handle: FileHandle) { (self.url, self.handle) = (url, handle) }

    /// Appends bytes.
    ///
    /// - Throws: ``StorageError/disk(operation:code:)`` when the disk is full; other errors of the
    ///   system.
    package mutating func write(_ bytes: ArraySlice<UInt8>) throws {
        do { try handle.write(contentsOf: bytes) } catch let error as CocoaError
            where error.code == .fileWriteOutOfSpace
        {
            throw StorageError.disk(operation: "keep a part of a request", code: Int(ENOSPC))
        }
        count += bytes.count
    }

    package func close() throws { try handle.close() }

    /// Closes and removes it.
    package func remove() throws {
        try? handle.close()
        try FileManager.default.removeItem(at: url)
    }
}

extension DataFolder {
    /// Makes a folder for files that are on their way in, on the disk of the objects.
    ///
    /// - Throws: ``StorageError/disk(operation:code:)``.
    package func scratch() throws -> ScratchFolder { try ScratchFolder(in: objects.session) }
}
