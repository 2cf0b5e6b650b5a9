import Yams

/// Reads one mapping of a YAML document key by key and refuses what is left over.
///
/// A misspelt key in a plan would silently fall back to a default, so every key must be asked
/// for. Errors name the key with its path and the line.
final class SpecReader {
    private let path: String
    private let line: Int?
    private let values: [String: Node]
    private var asked: Set<String> = []

    /// Reads the top mapping of a document.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the text is no YAML mapping.
    convenience init(document text: String) throws {
        let node: Node?
        do { node = try Node.document(text) } catch let refusal as WorkflowError {
            throw refusal
        } catch {
            throw WorkflowError.refused(
                sentence: "The specification is not valid YAML: \(Self.cause(error)).")
        }
        guard let node else {
            throw WorkflowError.refused(sentence: "The specification is empty.")
        }
        try self.init(node: node, path: "")
    }

    /// What the parser says, without the text of the file that it quotes after that.
    private static func cause(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _) where problem.contains("cannot start any"):
            "line \(mark.line), column \(mark.column): \(problem); indent with spaces, never with tabs, and put text that begins with @ or ` into quotes"
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "line \(context.mark.line): there is more than one \(duplicates.map { "'\($0)'" }.joined(separator: ", ")) in one mapping"
        default: "it cannot be read as UTF-8 text without control characters"
        }
    }

    private init(node: Node, path: String) throws {
        self.path = path
        line = node.mark?.line
        guard case .mapping(let mapping) = node else {
            throw WorkflowError.refused(
                sentence:
                    "\(path.isEmpty ? "The specification" : "'\(path)'") must be a mapping of keys to values\(Self.place(node.mark?.line))."
            )
        }
        var values: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.string else {
                throw WorkflowError.refused(
                    sentence: "A key under '\(path)' is not text\(Self.place(key.mark?.line)).")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw WorkflowError.refused(
                    sentence: "The key '\(name)' appears twice\(Self.place(key.mark?.line)).")
            }
        }
        self.values = values
    }

    private static func place(_ line: Int?) -> String { line.map { " (line \($0))" } ?? "" }

    private func fullPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func node(_ key: String) -> Node? {
        asked.insert(key)
        guard let node = values[key], node.null == nil else { return nil }
        return node
    }

    private func wrong(_ key: String, _ wanted: String) -> WorkflowError {
        .refused(
            sentence:
                "'\(fullPath(key))' must be \(wanted)\(found(key))\(Self.place(values[key]?.mark?.line ?? line))."
        )
    }

    /// A key that must be there and is not; one that looks like it is named.
    func missing(_ key: String, _ wanted: String) -> WorkflowError {
        let others = Set(values.keys).subtracting(asked)
        guard values[key] == nil, let meant = Lookalike.of(key, among: others) else {
            return wrong(key, "given\(wanted)")
        }
        return .refused(
            sentence:
                "'\(fullPath(key))' must be given\(wanted); there is '\(fullPath(meant))'\(Self.place(values[meant]?.mark?.line)): a slip?"
        )
    }

    /// What stands there instead; what concerns the patient is not repeated.
    private func found(_ key: String) -> String {
        guard path != "patient", case .scalar(let scalar)? = values[key], !scalar.string.isEmpty
        else { return "" }
        return ", not '\(scalar.string.prefix(40))'"
    }

    /// Refuses the value of a key for a reason that only its reader knows.
    func refusal(_ key: String, _ wanted: String) -> WorkflowError { wrong(key, wanted) }

    // MARK: - Values

    func optionalString(_ key: String) throws -> String? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let scalar) = node else { throw wrong(key, "text") }
        return scalar.string
    }

    func string(_ key: String) throws -> String {
        guard let value = try optionalString(key) else { throw missing(key, " (text)") }
        return value
    }

    func optionalDecimal(_ key: String) throws -> Double? {
        guard let node = node(key) else { return nil }
        guard let value = Self.decimal(node) else {
            throw wrong(key, "a finite number, with a point and no quotes")
        }
        return value
    }

    func decimal(_ key: String) throws -> Double {
        guard let value = try optionalDecimal(key) else { throw missing(key, " (a number)") }
        return value
    }

    /// A quoted number is text, as in JSON.
    private static func decimal(_ node: Node) -> Double? {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let value = Double(scalar.string), value.isFinite
        else { return nil }
        return value
    }

    func optionalDecimals(_ key: String, count: Int) throws -> [Double]? {
        guard let node = node(key) else { return nil }
        let values = node.sequence.map { $0.compactMap(Self.decimal) } ?? []
        guard values.count == count, node.sequence?.count == count else {
            throw wrong(key, "a list of \(count) numbers")
        }
        return values
    }

    func optionalFlag(_ key: String) throws -> Bool? {
        guard let node = node(key) else { return nil }
        guard let flag = node.bool else { throw wrong(key, "true or false") }
        return flag
    }

    func strings(_ key: String) throws -> [String] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else { throw wrong(key, "a list of names") }
        return try sequence.map {
            guard case .scalar(let scalar) = $0 else { throw wrong(key, "a list of names") }
            return scalar.string
        }
    }

    /// Reads a value that is one of the raw values of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice? = nil
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = try optionalString(key) else {
            guard let fallback else { throw missing(key, ": \(Self.list(Choice.self))") }
            return fallback
        }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(key, "one of \(Self.list(Choice.self))")
        }
        return choice
    }

    private static func list<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) -> String where Choice.RawValue == String {
        Choice.allCases.map(\.rawValue).joined(separator: ", ")
    }

    // MARK: - Nested mappings

    /// Whether a key holds a mapping (rather than a scalar).
    func isMapping(_ key: String) -> Bool { values[key]?.mapping != nil }

    func optionalSection<Value>(
        _ key: String, _ body: (SpecReader) throws -> Value
    ) throws -> Value? {
        guard let node = node(key) else { return nil }
        let section = try SpecReader(node: node, path: fullPath(key))
        let value = try body(section)
        try section.finish()
        return value
    }

    func section<Value>(_ key: String, _ body: (SpecReader) throws -> Value) throws -> Value {
        guard let value = try optionalSection(key, body) else { throw missing(key, "") }
        return value
    }

    func sections<Value>(_ key: String, _ body: (SpecReader) throws -> Value) throws -> [Value] {
        guard let node = node(key) else { return [] }
        guard let sequence = node.sequence else { throw wrong(key, "a list") }
        return try sequence.enumerated().map { index, item in
            let section = try SpecReader(node: item, path: "\(fullPath(key))[\(index)]")
            let value = try body(section)
            try section.finish()
            return value
        }
    }

    /// Refuses keys that nobody asked for.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` naming the first unknown key.
    func finish() throws {
        let unknown = Set(values.keys).subtracting(asked).sorted()
        guard let first = unknown.first else { return }
        let meant = Lookalike.of(first, among: asked.subtracting(values.keys))
        let known =
            meant.map { "is '\($0)' meant?" }
            ?? "known here are \(asked.sorted().joined(separator: ", "))."
        throw WorkflowError.refused(
            sentence:
                "Unknown key '\(fullPath(first))'\(Self.place(values[first]?.mark?.line)); \(known)"
        )
    }
}
