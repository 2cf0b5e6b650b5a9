import Foundation
import SystemPackage

/// The few file operations whose order decides what survives a crash.
enum DurableFile {
    /// Writes what the disk still holds in memory for `handle`.
    ///
    /// - Throws: ``StorageError/disk(operation:code:)``; after that nothing may be acknowledged.
    static func sync(_ handle: FileHandle) throws {
        try sync(descriptor: handle.fileDescriptor)
    }

    static func sync(descriptor: Int32) throws {
        guard fsync(descriptor) == 0 else {
            throw StorageError.disk(operation: "sync a file", code: Int(errno))
        }
    }

    /// Makes the names in a folder durable.
    static func sync(folder: URL) throws {
        let handle = try FileHandle(forReadingFrom: folder)
        defer { try? handle.close() }
        try sync(handle)
    }

    /// What a new folder lets others do: nothing.
    static var ownersFolder: [FileAttributeKey: Any] { [.posixPermissions: 0o700] }

    /// Creates an empty file that only its owner may read, or empties the one that is there, and
    /// opens it for writing.
    ///
    /// Foundation would make a file of another name first, which a killed process leaves behind.
    static func created(at url: URL, keepsContent: Bool = false) throws -> FileHandle {
        do {
            let options: FileDescriptor.OpenOptions = [.create, .closeOnExec]
            let descriptor = try FileDescriptor.open(
                FilePath(url.path), .writeOnly,
                options: keepsContent ? options : options.union(.truncate),
                permissions: .ownerReadWrite)
            return FileHandle(fileDescriptor: descriptor.rawValue, closeOnDealloc: true)
        } catch let error as Errno {
            throw StorageError.disk(operation: "create a file", code: Int(error.rawValue))
        }
    }

    /// Lets a file's owner read it, and nobody write it.
    static func makeReadOnly(_ handle: FileHandle) throws {
        guard fchmod(handle.fileDescriptor, 0o400) == 0 else {
            throw StorageError.disk(operation: "protect a file", code: Int(errno))
        }
    }

    /// Returns the number of bytes, or `nil` when there is no such file.
    static func byteCount(_ url: URL) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        return (attributes?[.size] as? NSNumber)?.intValue
    }
}

/// A lock that the system gives back when its process ends, however it ends.
package final class FileLock: Sendable {
    private let handle: FileHandle

    /// Takes the lock on the file at `url`, which is created when absent.
    ///
    /// - Parameters:
    ///   - url: The lock's file; its content means nothing.
    ///   - seconds: How long to wait for another holder, 0 to try once.
    ///   - keepsContent: Whether what stands in the file stays.
    /// - Throws: ``StorageError/busy(seconds:)`` when another process keeps it.
    init(_ url: URL, waiting seconds: Int, keepsContent: Bool = false) throws {
        handle = try DurableFile.created(at: url, keepsContent: keepsContent)
        let end = Date(timeIntervalSinceNow: Double(seconds))
        while flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw StorageError.disk(operation: "lock a file", code: Int(errno))
            }
            guard Date() < end else { throw StorageError.busy(seconds: seconds) }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Gives the lock back.
    package func release() { try? handle.close() }

    deinit { try? handle.close() }
}
