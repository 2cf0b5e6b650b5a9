package import Foundation

/// Writes a ZIP archive file by file, with 64-bit fields where a size or a place needs them.
///
/// Contents are stored as they are: images are compressed already or compress little. All dates are
/// 1 January 1980, the first that ZIP has, so the same files make the same archive.
///
/// Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
package struct ZipWriter {
    private let handle: FileHandle
    private var offset: UInt64 = 0
    private var entries: [Entry] = []

    private struct Entry {
        let name: [UInt8]
        let byteCount: UInt64
        let offset: UInt64
        var crc: UInt32 = 0

        var isWide: Bool { byteCount >= ZipWriter.most32 }
    }

    private static let most32: UInt64 = 0xffff_ffff
    private static let most16 = 0xffff
    private static let chunkBytes = 1 << 20
    /// Where the checksum stands in a local header.
    private static let crcOffset: UInt64 = 14
    /// Names are UTF-8.
    private static let flags: UInt64 = 0x0800
    /// 1 January 1980, 0:00.
    private static let date: UInt64 = 0x0021
    /// ZIP 4.5, which has the 64-bit fields.
    private static let version: UInt64 = 45
    /// Made on Unix.
    private static let maker: UInt64 = 3
    /// A regular file that its owner writes and everybody reads.
    private static let attributes: UInt64 = 0o100644 << 16

    /// - Parameter handle: An empty file, open for writing; the caller closes it.
    package init(_ handle: FileHandle) { self.handle = handle }

    /// Adds a file, read in pieces.
    ///
    /// - Parameters:
    ///   - name: Its place in the archive, with `/` between folders.
    ///   - file: What to read.
    ///   - watch: Gets each piece that was written; what it throws ends the writing.
    /// - Returns: How many bytes it has.
    /// - Throws: ``DicomError/refused(code:reason:)`` with `file.changed` when it changes meanwhile;
    ///   what the file system says.
    @discardableResult
    package mutating func add(
        _ name: String, file: URL, watch: (Data) throws -> Void = { _ in }
    ) throws -> Int {
        let input = try FileHandle(forReadingFrom: file)
        defer { try? input.close() }
        let count = try input.seekToEnd()
        try input.seek(toOffset: 0)
        return try add(name, count: count) {
            let piece = try input.read(upToCount: Self.chunkBytes) ?? Data()
            try watch(piece)
            return piece
        }
    }

    /// Adds a file that is in memory.
    package mutating func add(_ name: String, bytes: Data) throws {
        var rest: Data? = bytes
        try add(name, count: UInt64(bytes.count)) {
            defer { rest = nil }
            return rest ?? Data()
        }
    }

    @discardableResult
    private mutating func add(
        _ name: String, count: UInt64, next: () throws -> Data
    ) throws -> Int {
        precondition(name.utf8.count <= Self.most16, "a name of \(name.utf8.count) bytes")
        var entry = Entry(name: Array(name.utf8), byteCount: count, offset: offset)
        let header = Self.local(entry)
        try handle.write(contentsOf: Data(header))
        var done: UInt64 = 0
        while true {
            let piece = try next()
            guard !piece.isEmpty else { break }
            done += UInt64(piece.count)
            guard done <= count else { throw FileIdentity.changed }
            entry.crc = Inflater.crc(ArraySlice(piece), after: entry.crc)
            try handle.write(contentsOf: piece)
        }
        guard done == count else { throw FileIdentity.changed }
        var crc: [UInt8] = []
        Self.append(UInt64(entry.crc), 4, to: &crc)
        try handle.seek(toOffset: offset + Self.crcOffset)
        try handle.write(contentsOf: Data(crc))
        offset = try handle.seekToEnd()
        entries.append(entry)
        return Int(clamping: count)
    }

    /// Writes the directory; nothing may be added after.
    package mutating func finish() throws {
        var bytes: [UInt8] = []
        for entry in entries { bytes += Self.central(entry) }
        let size = UInt64(bytes.count)
        let isWide =
            entries.count >= Self.most16 || size >= Self.most32 || offset >= Self.most32
        if isWide { bytes += Self.wideEnd(count: entries.count, size: size, offset: offset) }
        Self.append(0x0605_4b50, 4, to: &bytes)
        Self.append(0, 4, to: &bytes)
        for _ in 0 ..< 2 { Self.append(UInt64(min(entries.count, Self.most16)), 2, to: &bytes) }
        Self.append(min(size, Self.most32), 4, to: &bytes)
        Self.append(min(offset, Self.most32), 4, to: &bytes)
        Self.append(0, 2, to: &bytes)
        try handle.write(contentsOf: Data(bytes))
    }

    // MARK: - Records

    private static func local(_ entry: Entry) -> [UInt8] {
        var bytes: [UInt8] = []
        append(0x0403_4b50, 4, to: &bytes)
        append(version, 2, to: &bytes)
        appendFacts(of: entry, to: &bytes)
        append(entry.isWide ? 20 : 0, 2, to: &bytes)
        bytes += entry.name
        if entry.isWide { appendWide([entry.byteCount, entry.byteCount], to: &bytes) }
        return bytes
    }

    private static func central(_ entry: Entry) -> [UInt8] {
        var wide = entry.isWide ? [entry.byteCount, entry.byteCount] : []
        if entry.offset >= most32 { wide.append(entry.offset) }
        var bytes: [UInt8] = []
        append(0x0201_4b50, 4, to: &bytes)
        append(maker << 8 | version, 2, to: &bytes)
        append(version, 2, to: &bytes)
        appendFacts(of: entry, to: &bytes)
        append(wide.isEmpty ? 0 : UInt64(4 + 8 * wide.count), 2, to: &bytes)
        // Comment, disk, internal attributes.
        append(0, 6, to: &bytes)
        append(attributes, 4, to: &bytes)
        append(min(entry.offset, most32), 4, to: &bytes)
        bytes += entry.name
        if !wide.isEmpty { appendWide(wide, to: &bytes) }
        return bytes
    }

    /// What local and central headers have alike: flags, method, date, checksum, sizes, name's length.
    private static func appendFacts(of entry: Entry, to bytes: inout [UInt8]) {
        append(flags, 2, to: &bytes)
        append(0, 4, to: &bytes)
        append(date, 2, to: &bytes)
        append(UInt64(entry.crc), 4, to: &bytes)
        for _ in 0 ..< 2 { append(min(entry.byteCount, most32), 4, to: &bytes) }
        append(UInt64(entry.name.count), 2, to: &bytes)
    }

    private static func appendWide(_ numbers: [UInt64], to bytes: inout [UInt8]) {
        append(1, 2, to: &bytes)
        append(UInt64(8 * numbers.count), 2, to: &bytes)
        for number in numbers { append(number, 8, to: &bytes) }
    }

    /// The end record of 64 bits, and where it lies.
    private static func wideEnd(count: Int, size: UInt64, offset: UInt64) -> [UInt8] {
        let rest: UInt64 = 44
        var bytes: [UInt8] = []
        append(0x0606_4b50, 4, to: &bytes)
        append(rest, 8, to: &bytes)
        append(maker << 8 | version, 2, to: &bytes)
        append(version, 2, to: &bytes)
        append(0, 8, to: &bytes)
        for number in [UInt64(count), UInt64(count), size, offset] {
            append(number, 8, to: &bytes)
        }
        append(0x0706_4b50, 4, to: &bytes)
        append(0, 4, to: &bytes)
        append(offset + size, 8, to: &bytes)
        append(1, 4, to: &bytes)
        return bytes
    }

    private static func append(_ value: UInt64, _ width: Int, to bytes: inout [UInt8]) {
        for n in 0 ..< width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * n))) }
    }
}
