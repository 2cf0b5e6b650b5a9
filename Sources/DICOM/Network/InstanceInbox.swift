import CDicomShim
import Foundation
import Synchronization

/// The folder in which instances arrive, one subfolder per peer.
///
/// A name that ends with `.dcm` says the checksum of its content: with the right one it is an instance
/// that is complete. What has another checksum or another ending was still arriving when the program
/// ended, was never acknowledged, and is removed at the next start.
package final class InstanceInbox: Sendable {
    /// The inbox's folder.
    package let path: String
    let commits = GroupCommit()
    private let counter = Atomic<UInt64>(0)
    private let folders = Mutex<Set<String>>([])
    /// Different at every start, so that names never meet those of an earlier one.
    private let start = UInt64.random(in: 1 ... .max)

    static let ending = ".dcm"
    private static let unfinishedEnding = ".part"
    private static let longestLabel = 64

    /// Opens the folder, makes it when it is not there, and removes what is unfinished.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)`` when that is not possible.
    package init(path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let unfinished = try Self.files(path, ending: Self.unfinishedEnding)
            let cutOff = try Self.files(path, ending: Self.ending).filter {
                !ArrivingFile.isWhole($0.path)
            }
            for file in unfinished + cutOff {
                try FileManager.default.removeItem(atPath: file.path)
            }
        } catch {
            throw DicomError.unreadable(reason: "the inbox folder cannot be used")
        }
    }

    /// What is in the inbox: instances that were acknowledged and that nobody has taken away yet,
    /// with the label of their peer, oldest first.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)``.
    package func leftovers() throws -> [(label: String, path: String)] {
        do { return try Self.files(path, ending: Self.ending) } catch {
            throw DicomError.unreadable(reason: "the inbox folder cannot be read")
        }
    }

    /// Whether a text can be the name of a peer's subfolder.
    package static func isLabel(_ text: String) -> Bool {
        (1 ... longestLabel).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a") ... UInt8(ascii: "z"),
                    UInt8(ascii: "A") ... UInt8(ascii: "Z"),
                    UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func files(
        _ path: String, ending: String
    ) throws -> [(label: String, path: String)] {
        let folder = URL(filePath: path)
        var found: [(label: String, path: String, made: Date)] = []
        for label in try FileManager.default.contentsOfDirectory(atPath: path)
        where isLabel(label) {
            let subfolder = folder.appending(path: label)
            for name in try FileManager.default.contentsOfDirectory(atPath: subfolder.path)
            where name.hasSuffix(ending) {
                let file = subfolder.appending(path: name)
                let values = try file.resourceValues(forKeys: [.contentModificationDateKey])
                found.append((label, file.path, values.contentModificationDate ?? .distantPast))
            }
        }
        return found.sorted { ($0.made, $0.path) < ($1.made, $1.path) }.map { ($0.label, $0.path) }
    }

    /// Begins a file for an instance of a peer.
    ///
    /// - Throws: ``DimseStatus/outOfResources`` when the disk takes no more.
    func begin(_ meta: FileMeta, label: String) throws -> ArrivingFile {
        let number = counter.add(1, ordering: .relaxed).newValue
        let folder = URL(filePath: path).appending(path: label)
        try make(folder: folder.path)
        let name = String(start, radix: 36) + "-" + String(number, radix: 36)
        let file = try ArrivingFile(
            pathStart: folder.appending(path: name).path,
            temporaryPath: folder.appending(path: name + Self.unfinishedEnding).path)
        try file.write(meta.encoded())
        return file
    }

    /// Makes a peer's folder, once, so that it survives a crash.
    private func make(folder: String) throws {
        let isThere = folders.withLock { $0.contains(folder) }
        guard !isThere else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw DimseStatus.outOfResources
        }
        guard GroupCommit.synchronise(folder: path) == nil else {
            throw DimseStatus.outOfResources
        }
        folders.withLock { _ = $0.insert(folder) }
    }

    /// Puts a complete file on disk under its lasting name.
    ///
    /// - Returns: Its path.
    /// - Throws: ``DimseStatus/outOfResources`` when the disk takes no more.
    func finish(_ file: ArrivingFile) throws -> String {
        let complete = file.complete()
        guard commits.commit(complete) == nil else { throw DimseStatus.outOfResources }
        file.keep()
        return complete.path
    }
}

/// A file that is being received; removed when it is not kept.
final class ArrivingFile {
    private let pathStart, temporaryPath: String
    private let descriptor: Int32
    private var checksum: UInt32 = 0
    private(set) var count = 0
    private var handedOver = 0
    private var isKept = false

    /// So much is handed to the disk at a time while more arrives, so that little is left to wait
    /// for at the end.
    private static let stride = 1 << 20

    /// - Throws: ``DimseStatus/outOfResources`` when there can be no such file.
    init(pathStart: String, temporaryPath: String) throws {
        self.pathStart = pathStart
        self.temporaryPath = temporaryPath
        descriptor = unsafe open(
            temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        guard descriptor >= 0 else { throw DimseStatus.outOfResources }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if isKept { return }
        // One of the two names is there, or none.
        unsafe _ = unlink(temporaryPath)
        unsafe _ = unlink(path)
    }

    func write(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBufferPointer { try unsafe write($0) }
    }

    /// Appends bytes.
    ///
    /// - Throws: ``DimseStatus/outOfResources`` when the disk takes no more.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        var rest = UnsafeRawBufferPointer(bytes)
        while rest.count > 0, let start = rest.baseAddress {
            // `rest` lies inside `bytes`, which outlives the call.
            let written = unsafe Foundation.write(descriptor, start, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw DimseStatus.outOfResources }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        count += bytes.count
        checksum = unsafe dcm_checksum(checksum, bytes.baseAddress, bytes.count)
        guard count - handedOver >= Self.stride else { return }
        dcm_begin_writing_out(descriptor, UInt64(handedOver), UInt64(count - handedOver))
        handedOver = count
    }

    /// The file as the group commit takes it.
    func complete() -> GroupCommit.File {
        GroupCommit.File(descriptor: descriptor, temporaryPath: temporaryPath, path: path)
    }

    private var path: String {
        "\(pathStart)-\(String(checksum, radix: 16))\(InstanceInbox.ending)"
    }

    /// Whether a file has the content that its name promises.
    static func isWhole(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        var sum: UInt32 = 0
        while let part = try? file.read(upToCount: stride), !part.isEmpty {
            let bytes = Array(part)
            sum = unsafe bytes.withUnsafeBufferPointer {
                unsafe dcm_checksum(sum, $0.baseAddress, $0.count)
            }
        }
        return path.hasSuffix("-\(String(sum, radix: 16))\(InstanceInbox.ending)")
    }

    func keep() { isKept = true }
}
