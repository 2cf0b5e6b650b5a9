/// Where two JSON documents differ.
package enum JSONDifference {
    /// One member that is not the same in both.
    package struct Change: Hashable, Sendable {
        /// `structures[2].meanDoseGy`.
        package let path: String
        /// As it stands in the first document; a list or an object by its size.
        package let before: String
        package let after: String
    }

    /// Returns the paths of members that differ, sorted.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a document is no JSON.
    static func paths(_ a: [UInt8], _ b: [UInt8]) throws -> [String] {
        try changes(a, b).map(\.path)
    }

    /// Returns members that differ with both values, by path.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a document is no JSON.
    static func changes(_ a: [UInt8], _ b: [UInt8]) throws -> [Change] {
        changes(try StrictJSON.parse(kept: a), try StrictJSON.parse(kept: b), at: "")
            .sorted { $0.path < $1.path }
    }

    private static func changes(_ a: JSONValue?, _ b: JSONValue?, at path: String) -> [Change] {
        switch (a, b) {
        case (.object(let a), .object(let b)):
            let left = Dictionary(a.map { ($0.key, $0.value) }) { first, _ in first }
            let right = Dictionary(b.map { ($0.key, $0.value) }) { first, _ in first }
            return Set(left.keys).union(right.keys).flatMap {
                changes(left[$0], right[$0], at: path.isEmpty ? $0 : "\(path).\($0)")
            }
        case (.array(let a), .array(let b)) where a.count == b.count:
            return zip(a, b).enumerated().flatMap {
                changes($0.element.0, $0.element.1, at: "\(path)[\($0.offset)]")
            }
        default: return a == b ? [] : [Change(path: path, before: text(a), after: text(b))]
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil: "absent"
        case .null: "null"
        case .bool(let value): value ? "yes" : "no"
        case .number(let value): value.description
        case .string(let value): value
        case .array(let values): values.count == 1 ? "1 entry" : "\(values.count) entries"
        case .object(let members):
            members.count == 1 ? "1 member" : "\(members.count) members"
        }
    }
}
