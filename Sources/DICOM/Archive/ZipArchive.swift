package import Foundation

/// A ZIP file of somebody unknown (PKWARE APPNOTE 6.3.10), read within limits.
///
/// Only the central directory counts. What it claims is checked before anything is unpacked:
/// number and sizes, that no two files share bytes, and that the whole is no bomb.
package struct ZipArchive: Sendable {
    /// What one archive may hold.
    package struct Limits: Hashable, Sendable {
        package var entries = 20_000
        /// Unpacked.
        package var bytes: Int64 = 20 << 30
        /// Unpacked bytes for each packed one, once more than ``freeBytes`` come out.
        package var ratio: Int64 = 100
        package var freeBytes: Int64 = 256 << 20
        package var directoryBytes = 64 << 20

        package init() {}
    }

    /// A file in the archive.
    package struct Entry: Hashable, Sendable {
        /// As the archive has it, with its folders.
        package let name: String
        /// Unpacked length in bytes.
        package let byteCount: Int64
        let packedCount: Int64
        let crc: UInt32
        let method: Int
        let headerOffset: Int64
        /// Why it is not unpacked; `nil` when it may be.
        let refusal: DicomError?
    }

    package let entries: [Entry]
    private let file: URL

    /// Whether a file begins as ZIP files do.
    package static func isArchive(_ file: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return false }
        defer { try? handle.close() }
        let start = (try? handle.read(upToCount: 4)) ?? Data()
        return start.elementsEqual([0x50, 0x4b, 3, 4]) || start.elementsEqual([0x50, 0x4b, 5, 6])
    }

    /// Reads the directory of an archive.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with a sentence for whoever sent it.
    package init(file: URL, limits: Limits = Limits()) throws {
        self.file = file
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let size = Int64(clamping: try handle.seekToEnd())
        let place = try ZipDirectory.find(in: handle, size: size)
        guard place.count <= limits.entries, place.byteCount <= limits.directoryBytes else {
            throw Self.bomb("it holds more than \(limits.entries) files")
        }
        let directory = ZipDirectory(
            bytes: try ZipDirectory.read(handle, at: place.offset, place.byteCount))
        let all = try directory.entries(count: place.count)
        try Self.check(all, directoryOffset: place.offset, size: size, limits)
        entries = all.filter { !$0.name.hasSuffix("/") }
    }

    private static func check(
        _ entries: [Entry], directoryOffset: Int64, size: Int64, _ limits: Limits
    ) throws {
        var total: Int64 = 0
        for entry in entries {
            let (sum, overflows) = total.addingReportingOverflow(entry.byteCount)
            guard !overflows, sum <= limits.bytes else {
                throw bomb("it unpacks to more than \(limits.bytes >> 30) GiB")
            }
            total = sum
        }
        let (most, overflows) = size.multipliedReportingOverflow(by: limits.ratio)
        guard total <= limits.freeBytes || overflows || total <= most else {
            throw bomb("it unpacks to more than \(limits.ratio) times its size")
        }
        var end: Int64 = 0
        for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
            let (next, overflows) = entry.packedCount.addingReportingOverflow(
                entry.headerOffset + ZipDirectory.localHeaderBytes)
            guard entry.headerOffset >= end, !overflows, next <= directoryOffset else {
                throw bomb("its files lie over one another")
            }
            end = next
        }
    }

    private static func bomb(_ why: String) -> DicomError {
        .refused(code: "zip-limit", reason: "The ZIP is not unpacked: \(why).")
    }

    private static let chunkBytes = 1 << 16

    /// Unpacks a file of the archive.
    ///
    /// - Parameters:
    ///   - entry: Which.
    ///   - target: Where to, replaced when it exists; the entry's own name plays no part.
    /// - Throws: ``DicomError/refused(code:reason:)``; errors of writing.
    package func unpack(_ entry: Entry, to target: URL) throws {
        if let refusal = entry.refusal { throw refusal }
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let header = try ZipDirectory.read(
            handle, at: entry.headerOffset, Int(ZipDirectory.localHeaderBytes))
        let start = try ZipDirectory(bytes: header).localDataOffset
        try handle.seek(toOffset: UInt64(entry.headerOffset + start))
        try Data().write(to: target)
        let output = try FileHandle(forWritingTo: target)
        defer { try? output.close() }
        let (count, crc) =
            entry.method == 0
            ? try copy(entry, handle, output) : try inflate(entry, handle, output)
        guard count == entry.byteCount, crc == entry.crc else { throw Self.broken }
    }

    private static let broken = DicomError.refused(
        code: "zip-broken", reason: "The file in the ZIP is damaged.")

    private func copy(
        _ entry: Entry, _ input: FileHandle, _ output: FileHandle
    ) throws -> (Int64, UInt32) {
        var (left, crc) = (entry.packedCount, UInt32(0))
        while left > 0 {
            let data = try input.read(upToCount: Int(min(left, Int64(Self.chunkBytes)))) ?? Data()
            guard !data.isEmpty else { throw Self.broken }
            crc = Inflater.crc(ArraySlice(data), after: crc)
            try output.write(contentsOf: data)
            left -= Int64(data.count)
        }
        return (entry.packedCount, crc)
    }

    private func inflate(
        _ entry: Entry, _ input: FileHandle, _ output: FileHandle
    ) throws -> (Int64, UInt32) {
        let inflater = try Inflater()
        var room = [UInt8](repeating: 0, count: 4 * Self.chunkBytes)
        var (left, count, crc) = (entry.packedCount, Int64(0), UInt32(0))
        var rest: ArraySlice<UInt8> = []
        while true {
            if rest.isEmpty, left > 0 {
                rest = ArraySlice(
                    try input.read(upToCount: Int(min(left, Int64(Self.chunkBytes)))) ?? Data())
                guard !rest.isEmpty else { throw Self.broken }
                left -= Int64(rest.count)
            }
            let step = try inflater.step(rest, into: &room)
            rest = rest.dropFirst(step.consumed)
            count += Int64(step.produced)
            // A stream that gives more than the directory says is stopped here, not at its end.
            guard count <= entry.byteCount else { throw Self.broken }
            crc = Inflater.crc(room[..<step.produced], after: crc)
            try output.write(contentsOf: room[..<step.produced])
            if step.isEnd { return (count, crc) }
            guard step.consumed + step.produced > 0 || left > 0 else { throw Self.broken }
        }
    }
}
