import Foundation

/// What is kept free of the disk that a data folder lies on.
///
/// Below it nothing new is taken in. What must be written for reading to go on (who looks at what,
/// sessions) and for work to end (states of jobs, uploads that go) still finds room then.
struct DiskRoom: Sendable {
    /// SQLite's log alone grows to 4 MiB before it is written back.
    static let reserveBytes = 64 << 20
    /// Of a small disk the eighth part is enough.
    static let share = 8

    let folder: URL

    /// - Parameter bytes: How much is about to be written.
    /// - Throws: ``StorageError/disk(operation:code:)`` with `ENOSPC`.
    func check(adding bytes: Int = 0) throws {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
        // A file system that does not say how full it is says so when it is written to.
        guard let free = (facts?[.systemFreeSize] as? NSNumber)?.intValue,
            let size = (facts?[.systemSize] as? NSNumber)?.intValue
        else { return }
        let reserve = min(Self.reserveBytes, size / Self.share)
        guard free >= reserve, free - reserve >= bytes else {
            throw StorageError.disk(operation: "take more in", code: Int(ENOSPC))
        }
    }
}
