/// The fields of an NRRD header, by name.
///
/// Source: Definition of NRRD File Format, teem.sourceforge.net/nrrd/format.html, version 5.
struct NRRDHeader {
    private let fields: [String: String]
    /// Where the voxels begin when they are in the same file; `nil` without the empty line.
    let end: Int?

    /// A header of text; a megabyte of it is no header.
    private static let greatestSize = 1 << 20

    init(_ bytes: [UInt8]) throws {
        var fields: [String: String] = [:]
        var position = 0
        var isFirst = true
        var end: Int?
        let limit = min(bytes.count, Self.greatestSize)
        while position < limit, end == nil {
            let stop = bytes[position ..< limit].firstIndex(of: 0x0a) ?? limit
            guard stop < limit || limit == bytes.count else {
                throw ImagingError.fileNotRead(reason: "the NRRD header has no end")
            }
            var line = String(decoding: bytes[position ..< stop], as: UTF8.self)
            // Swift takes CR and LF for one character, but LF is not in the line.
            if line.hasSuffix("\r") { line.removeLast() }
            position = min(stop + 1, bytes.count)
            if isFirst {
                guard line.count == 8, "1" ... "5" ~= line.suffix(1), line.hasPrefix("NRRD000")
                else { throw ImagingError.fileNotRead(reason: "NRRD of an unknown version") }
                isFirst = false
            } else if line.isEmpty {
                end = position
            } else {
                try Self.take(line, into: &fields)
            }
        }
        self.fields = fields
        self.end = end
    }

    private static func take(_ line: String, into fields: inout [String: String]) throws {
        // Comments, and pairs of a user's own that say nothing of the voxels.
        guard !line.hasPrefix("#"), !line.contains(":=") else { return }
        guard let colon = line.firstIndex(of: ":") else {
            throw ImagingError.fileNotRead(reason: "a line of the NRRD header has no colon")
        }
        // `data file` may be written `datafile`, and so on.
        let key = line[..<colon].lowercased().filter { $0 != " " }
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        guard fields.updateValue(String(value), forKey: key) == nil else {
            throw ImagingError.fileNotRead(reason: "'\(key)' stands twice in the NRRD header")
        }
    }

    /// The text of a field; `name` is without blanks.
    subscript(_ name: String) -> String? { fields[name] }

    /// Returns the text of a field that must be there.
    func text(_ name: String) throws -> String {
        guard let text = fields[name] else {
            throw ImagingError.fileNotRead(reason: "the NRRD header has no '\(name)'")
        }
        return text
    }

    /// Returns the three numbers of a field.
    func three<Value: LosslessStringConvertible & Hashable & Sendable>(
        _ name: String, _ type: Value.Type
    ) throws -> Vector3<Value> {
        let values = try text(name).split(separator: " ").map { Value(String($0)) }
        guard values.count == 3, let x = values[0], let y = values[1], let z = values[2] else {
            throw ImagingError.fileNotRead(reason: "'\(name)' must hold three numbers")
        }
        return Vector3(x, y, z)
    }

    /// Returns the vectors of a field: `(1,0,0) (0,1,0)`.
    func vectors(_ name: String, count: Int) throws -> [Vector3<Double>] {
        let refusal = ImagingError.fileNotRead(
            reason: "'\(name)' must hold \(count) vectors of three numbers in brackets")
        var rest = try text(name)[...]
        var vectors: [Vector3<Double>] = []
        while let open = rest.firstIndex(of: "("), let close = rest.firstIndex(of: ")") {
            guard rest[..<open].allSatisfy({ $0 == " " }), open < close else { throw refusal }
            let numbers = rest[rest.index(after: open) ..< close].split(separator: ",")
                .map { Double($0.filter { $0 != " " }) }
            guard numbers.count == 3, let x = numbers[0], let y = numbers[1], let z = numbers[2]
            else { throw refusal }
            vectors.append(Vector3(x, y, z))
            rest = rest[rest.index(after: close)...]
        }
        guard vectors.count == count, rest.allSatisfy({ $0 == " " }) else { throw refusal }
        return vectors
    }

    /// Returns millimetres per unit along each axis of a field like `"mm" "mm" "mm"`; 1 where
    /// the field is absent or says nothing.
    func millimetres(_ name: String) throws -> Vector3<Double> {
        guard let text = fields[name] else { return [1, 1, 1] }
        let factors = text.split(separator: " ").map { word -> Double? in
            switch word.filter({ $0 != "\"" }) {
            case "", "mm", "millimeter", "millimetre", "millimeters": 1
            case "cm": 10
            case "m": 1000
            case "um", "µm", "μm", "micron", "microns": 1e-3
            default: nil
            }
        }
        guard factors.count == 3, let x = factors[0], let y = factors[1], let z = factors[2] else {
            throw ImagingError.fileNotRead(
                reason: "'\(name)' must hold three of mm, cm, m and um")
        }
        return Vector3(x, y, z)
    }
}
