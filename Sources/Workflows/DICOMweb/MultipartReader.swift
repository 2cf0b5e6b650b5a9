/// Takes a body of several parts apart while it arrives; holds no more of it than a piece.
///
/// Source: RFC 2046 §5.1, with lines that end in CR LF.
package struct MultipartReader {
    /// What has come, in order.
    package enum Event: Hashable, Sendable {
        /// A part begins; names of its fields are in small letters.
        case part(fields: [String: String])
        case bytes(ArraySlice<UInt8>)
        case endOfPart
    }

    /// The body is not written as it says; the sentence holds nothing of it.
    package struct Fault: Error, Hashable {
        package let sentence: String
    }

    private enum Place { case before, fields, part, after }

    /// CR LF, two hyphens and the boundary.
    private let delimiter: [UInt8]
    private var place = Place.before
    /// What came and is not handed out yet.
    private var rest: [UInt8]
    /// How many of the first bytes of it nobody sent.
    private var invented = 2

    private static let longestFields = 16 << 10
    private static let longestPadding = 256
    private static let (carriageReturn, lineFeed) = (UInt8(13), UInt8(10))
    private static let lineEnd: [UInt8] = [13, 10]

    /// RFC 2046 allows 70; Orthanc's plug-in makes boundaries of 73.
    private static let longestBoundary = 200

    /// - Parameter boundary: As `Content-Type` names it; `nil` results for one that is too long.
    package init?(boundary: String) {
        guard (1 ... Self.longestBoundary).contains(boundary.utf8.count) else { return nil }
        delimiter = Self.lineEnd + Array("--\(boundary)".utf8)
        // The first delimiter may stand at the very beginning, without an end of line before it.
        rest = Self.lineEnd
    }

    /// Whether the last delimiter has come.
    package var isComplete: Bool { place == .after }

    /// Takes the next piece.
    ///
    /// - Throws: ``Fault``.
    package mutating func take(_ piece: some Collection<UInt8>) throws -> [Event] {
        guard place != .after else { return [] }
        rest += piece
        var events: [Event] = []
        while try step(&events) {}
        return events
    }

    /// - Returns: Whether more may be found in what is there.
    private mutating func step(_ events: inout [Event]) throws -> Bool {
        switch place {
        case .after: return false
        case .fields: return try readFields(&events)
        case .before, .part: return try readBytes(&events)
        }
    }

    private mutating func readBytes(_ events: inout [Event]) throws -> Bool {
        guard let start = Self.find(delimiter, in: rest[...]) else {
            // The beginning of a delimiter may be among the last bytes.
            handOut(rest.count - min(rest.count, delimiter.count - 1), &events)
            return false
        }
        var end = start + delimiter.count
        if rest.count - end >= 2, rest[end] == UInt8(ascii: "-"), rest[end + 1] == rest[end] {
            handOut(start, &events)
            if place == .part { events.append(.endOfPart) }
            (place, rest) = (.after, [])
            return false
        }
        while end < rest.count, rest[end] == UInt8(ascii: " ") || rest[end] == 9,
            end - start < delimiter.count + Self.longestPadding
        { end += 1 }
        guard rest.count - end >= 2 else {
            handOut(start, &events)
            return false
        }
        guard rest[end] == Self.carriageReturn, rest[end + 1] == Self.lineFeed else {
            // A longer line that begins so.
            handOut(start + 1, &events)
            return true
        }
        handOut(start, &events)
        if place == .part { events.append(.endOfPart) }
        // The end of line stays: with a second one the fields are over.
        rest.removeFirst(end - start)
        (place, invented) = (.fields, 0)
        return true
    }

    private mutating func handOut(_ count: Int, _ events: inout [Event]) {
        guard count > 0 else { return }
        let unsent = min(invented, count)
        if place == .part, count > unsent { events.append(.bytes(rest[unsent ..< count])) }
        rest.removeFirst(count)
        invented -= unsent
    }

    private mutating func readFields(_ events: inout [Event]) throws -> Bool {
        guard let end = Self.find(Self.lineEnd + Self.lineEnd, in: rest[...]) else {
            guard rest.count <= Self.longestFields else {
                throw Fault(sentence: "The fields before a part are too long.")
            }
            return false
        }
        var fields: [String: String] = [:]
        for line in rest[..<end].split(separator: Self.lineFeed) {
            let text = String(decoding: line, as: UTF8.self)
            let pair = text.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let value = pair[1].drop { $0 == " " || $0 == "\t" }
            fields[pair[0].lowercased()] =
                value.last?.isNewline == true
                ? String(value.dropLast()) : String(value)
        }
        events.append(.part(fields: fields))
        rest.removeFirst(end + 4)
        // The delimiter of a part without a single byte begins with the end of line just taken.
        rest = Self.lineEnd + rest
        (place, invented) = (.part, 2)
        return true
    }

    /// Where a pattern that begins with CR first stands.
    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var from = bytes.startIndex
        while let start = bytes[from...].firstIndex(of: carriageReturn),
            start + pattern.count <= bytes.endIndex
        {
            if bytes[start ..< start + pattern.count].elementsEqual(pattern) { return start }
            from = start + 1
        }
        return nil
    }
}
