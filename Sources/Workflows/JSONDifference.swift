/// Where two JSON documents differ.
enum JSONDifference {
    /// Returns the paths of members that differ, `structures[2].meanDoseGy`, sorted.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a document is no JSON.
    static func paths(_ a: [UInt8], _ b: [UInt8]) throws -> [String] {
        paths(try StrictJSON.parse(a), try StrictJSON.parse(b), at: "").sorted()
    }

    private static func paths(_ a: JSONValue?, _ b: JSONValue?, at path: String) -> [String] {
        switch (a, b) {
        case (.object(let a), .object(let b)):
            let left = Dictionary(a.map { ($0.key, $0.value) }) { first, _ in first }
            let right = Dictionary(b.map { ($0.key, $0.value) }) { first, _ in first }
            return Set(left.keys).union(right.keys).flatMap {
                paths(left[$0], right[$0], at: path.isEmpty ? $0 : "\(path).\($0)")
            }
        case (.array(let a), .array(let b)) where a.count == b.count:
            return zip(a, b).enumerated().flatMap {
                paths($0.element.0, $0.element.1, at: "\(path)[\($0.offset)]")
            }
        default: return a == b ? [] : [path]
        }
    }
}
