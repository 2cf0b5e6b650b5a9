import Foundation

/// The central directory of a ZIP file, and where it lies.
struct ZipDirectory {
    let bytes: [UInt8]

    /// The length of a local header without name and extra field.
    static let localHeaderBytes: Int64 = 30
    private static let endBytes = 22
    private static let locatorBytes = 20
    private static let end64Bytes = 56
    private static let entryBytes = 46
    private static let longestComment = 65_535
    private static let longestName = 1024

    private enum Signature {
        static let local: UInt64 = 0x0403_4b50
        static let entry: UInt64 = 0x0201_4b50
        static let end: UInt64 = 0x0605_4b50
        static let end64: UInt64 = 0x0606_4b50
        static let locator: UInt64 = 0x0706_4b50
    }

    struct Place {
        let count: Int
        let offset: Int64
        let byteCount: Int
    }

    static let broken = DicomError.refused(
        code: "zip-broken", reason: "The ZIP is damaged or not whole; make or send it again.")

    static func read(_ handle: FileHandle, at offset: Int64, _ count: Int) throws -> [UInt8] {
        guard offset >= 0 else { throw broken }
        try handle.seek(toOffset: UInt64(offset))
        var bytes: [UInt8] = []
        while bytes.count < count, let data = try handle.read(upToCount: count - bytes.count),
            !data.isEmpty
        {
            bytes += data
        }
        guard bytes.count == count else { throw broken }
        return bytes
    }

    /// Finds the directory from the end of the file.
    static func find(in handle: FileHandle, size: Int64) throws -> Place {
        let tailCount = Int(min(size, Int64(endBytes + longestComment)))
        let tail = ZipDirectory(bytes: try read(handle, at: size - Int64(tailCount), tailCount))
        var at = tailCount - endBytes
        // The comment goes exactly to the end: one inside a comment is not taken for the end.
        while at >= 0,
            try tail.number(at, 4) != Signature.end
                || at + endBytes + Int(tail.number(at + 20, 2)) != tailCount
        {
            at -= 1
        }
        guard at >= 0 else { throw broken }
        let (count, bytes, offset) = (
            try tail.number(at + 10, 2), try tail.number(at + 12, 4), try tail.number(at + 16, 4)
        )
        let end = size - Int64(tailCount) + Int64(at)
        if count == 0xffff || bytes == 0xffff_ffff || offset == 0xffff_ffff {
            return try find64(in: handle, before: end)
        }
        return try place(count, bytes, offset, end: end)
    }

    private static func find64(in handle: FileHandle, before end: Int64) throws -> Place {
        let locator = ZipDirectory(
            bytes: try read(handle, at: end - Int64(locatorBytes), locatorBytes))
        guard try locator.number(0, 4) == Signature.locator,
            let at = Int64(exactly: try locator.number(8, 8)), at < end
        else { throw broken }
        let record = ZipDirectory(bytes: try read(handle, at: at, end64Bytes))
        guard try record.number(0, 4) == Signature.end64 else { throw broken }
        return try place(
            record.number(32, 8), record.number(40, 8), record.number(48, 8), end: at)
    }

    private static func place(
        _ count: UInt64, _ bytes: UInt64, _ offset: UInt64, end: Int64
    ) throws -> Place {
        guard let count = Int(exactly: count), let bytes = Int64(exactly: bytes),
            let offset = Int64(exactly: offset), offset <= end, bytes <= end - offset
        else { throw broken }
        return Place(count: count, offset: offset, byteCount: Int(bytes))
    }

    /// Reads all entries.
    func entries(count: Int) throws -> [ZipArchive.Entry] {
        var at = 0
        var entries: [ZipArchive.Entry] = []
        for _ in 0 ..< count {
            guard try number(at, 4) == Signature.entry else { throw Self.broken }
            let (nameCount, extraCount, commentCount) = (
                Int(try number(at + 28, 2)), Int(try number(at + 30, 2)),
                Int(try number(at + 32, 2))
            )
            let (nameStart, extraStart) = (
                at + Self.entryBytes, at + Self.entryBytes + nameCount
            )
            guard extraStart + extraCount <= bytes.count else { throw Self.broken }
            entries.append(
                try entry(
                    at, name: bytes[nameStart ..< extraStart],
                    extra: extraStart ..< extraStart + extraCount))
            at = extraStart + extraCount + commentCount
        }
        return entries
    }

    private func entry(
        _ at: Int, name: ArraySlice<UInt8>, extra: Range<Int>
    ) throws -> ZipArchive.Entry {
        var sizes = [try number(at + 24, 4), try number(at + 20, 4), try number(at + 42, 4)]
        if sizes.contains(0xffff_ffff) { try widen(&sizes, from: extra) }
        guard let full = Int64(exactly: sizes[0]), let packed = Int64(exactly: sizes[1]),
            let offset = Int64(exactly: sizes[2]), offset < Int64.max / 2, packed < Int64.max / 2
        else { throw Self.broken }
        // Old tools write their own code pages: a name is only a label here.
        let text =
            (String(validating: name, as: UTF8.self)
            ?? String(String.UnicodeScalarView(name.map { Unicode.Scalar($0) })))
            .replacing("\\", with: "/")
        let isUnix = try number(at + 5, 1) == 3
        return ZipArchive.Entry(
            name: text, byteCount: full, packedCount: packed,
            crc: UInt32(truncatingIfNeeded: try number(at + 16, 4)),
            method: Int(try number(at + 10, 2)), headerOffset: offset,
            refusal: Self.refusal(
                text, flags: try number(at + 8, 2), method: try number(at + 10, 2),
                kind: isUnix ? try number(at + 40, 2) & 0xf000 : 0,
                isOdd: try number(at + 10, 2) == 0 && full != packed))
    }

    /// Takes what does not fit into 32 bits from the extra field 0x0001, in its fixed order.
    private func widen(_ sizes: inout [UInt64], from extra: Range<Int>) throws {
        var at = extra.lowerBound
        while at + 4 <= extra.upperBound {
            let (kind, count) = (try number(at, 2), Int(try number(at + 2, 2)))
            guard at + 4 + count <= extra.upperBound else { throw Self.broken }
            if kind == 1 {
                var from = at + 4
                for n in sizes.indices where sizes[n] == 0xffff_ffff {
                    guard from + 8 <= at + 4 + count else { throw Self.broken }
                    sizes[n] = try number(from, 8)
                    from += 8
                }
                return
            }
            at += 4 + count
        }
        throw Self.broken
    }

    private static func refusal(
        _ name: String, flags: UInt64, method: UInt64, kind: UInt64, isOdd: Bool
    ) -> DicomError? {
        func refused(_ code: String, _ reason: String) -> DicomError {
            .refused(code: code, reason: reason)
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let leadsOut =
            name.isEmpty || name.hasPrefix("/") || name.contains("\0") || parts.contains("..")
            || name.dropFirst().hasPrefix(":") || name.utf8.count > longestName
        if leadsOut {
            return refused("zip-path", "The name of the file in the ZIP leads out of its folder.")
        }
        // Regular files and folders, or archives that say nothing about it.
        guard [0, 0x8000, 0x4000].contains(kind) else {
            return refused("zip-link", "The ZIP holds a link or a device in place of a file.")
        }
        guard flags & 0x2041 == 0 else {
            return refused(
                "zip-encrypted", "The file in the ZIP is encrypted; make the ZIP without.")
        }
        guard method == 0 || method == 8, !isOdd else {
            return refused(
                "zip-method", "The file in the ZIP is packed in a way that is not read.")
        }
        return nil
    }

    /// Where data begin after a local header's start.
    var localDataOffset: Int64 {
        get throws {
            guard try number(0, 4) == Signature.local else { throw Self.broken }
            return Self.localHeaderBytes + Int64(try number(26, 2)) + Int64(try number(28, 2))
        }
    }

    /// A little-endian number.
    private func number(_ at: Int, _ width: Int) throws -> UInt64 {
        guard at >= 0, at + width <= bytes.count else { throw Self.broken }
        return (0 ..< width).reversed().reduce(0) { $0 << 8 | UInt64(bytes[at + $1]) }
    }
}
