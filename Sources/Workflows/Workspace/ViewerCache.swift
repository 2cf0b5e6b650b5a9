import Foundation
package import Storage
import Synchronization

/// Files made for viewers, kept in the data folder's `cache/` so that they are made once.
///
/// Everything in it can be made again: the folder may be deleted at any time.
package struct ViewerCache: Sendable {
    private let data: DataFolder
    private let folder: URL
    private let limitBytes: Int
    private let total = Total()

    /// How many bytes there are; too many rather than too few, `nil` before they were counted.
    private final class Total: Sendable {
        let bytes = Mutex<Int?>(nil)
    }

    /// Part of every name: raised when the same tag would give other bytes.
    private static let format = "1"
    private static let digestBytes = 32

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - limitBytes: Of all files together; what was made first goes first.
    package init(folder: DataFolder, limitBytes: Int = 16 << 30) {
        data = folder
        self.folder = folder.url.appending(path: "cache")
        self.limitBytes = limitBytes
    }

    /// Returns the bytes of a tag, made by `make` where they are not kept or are damaged.
    ///
    /// - Parameters:
    ///   - tag: Says what the bytes are made from, by content: equal tags, equal bytes.
    ///   - make: Makes them.
    /// - Returns: The bytes.
    /// - Throws: What `make` throws. A cache that cannot be written costs time, nothing else.
    package func bytes(
        _ tag: String, make: () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let url = file(tag)
        if let kept = Self.read(url) { return kept }
        let made = try await make()
        keep(made, as: url)
        return made
    }

    private func file(_ tag: String) -> URL {
        folder.appending(path: ObjectDigest(of: Array("\(Self.format) \(tag)".utf8)).hex)
    }

    /// A file is the SHA-256 of its bytes, in hexadecimal, and the bytes.
    private static func read(_ url: URL) -> [UInt8]? {
        guard let data = try? Data(contentsOf: url), data.count > 2 * digestBytes else {
            return nil
        }
        let bytes = Array(data.dropFirst(2 * digestBytes))
        let said = String(decoding: data.prefix(2 * digestBytes), as: UTF8.self)
        return ObjectDigest(of: bytes).hex == said ? bytes : nil
    }

    /// A full disk or a folder that is gone must not keep anybody from looking.
    private func keep(_ bytes: [UInt8], as url: URL) {
        guard data.hasRoom(for: bytes.count) else { return }
        let files = FileManager.default
        try? files.createDirectory(at: folder, withIntermediateDirectories: true)
        let whole = Data(Array(ObjectDigest(of: bytes).hex.utf8)) + Data(bytes)
        guard (try? whole.write(to: url, options: .atomic)) != nil else { return }
        let isWithin = total.bytes.withLock { bytes in
            bytes = bytes.map { $0 + whole.count }
            return bytes.map { $0 <= limitBytes } ?? false
        }
        if !isWithin { trim(keeping: url) }
    }

    /// Counts all files and removes the oldest until they are within the limit.
    private func trim(keeping url: URL) {
        let files = FileManager.default
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey]
        let all =
            (try? files.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: Array(keys))) ?? []
        let entries = all.compactMap { url -> (url: URL, size: Int, made: Date)? in
            guard let values = try? url.resourceValues(forKeys: keys), let size = values.fileSize,
                let made = values.contentModificationDate
            else { return nil }
            return (url, size, made)
        }
        var total = entries.reduce(0) { $0 + $1.size }
        // A little below the limit, or every file from now on would count them all again.
        let wanted = total > limitBytes ? limitBytes / 20 * 19 : limitBytes
        for entry in entries.sorted(by: { $0.made < $1.made })
        where total > wanted && entry.url.lastPathComponent != url.lastPathComponent {
            try? files.removeItem(at: entry.url)
            total -= entry.size
        }
        let left = total
        self.total.bytes.withLock { $0 = left }
    }
}
