import Workflows

/// JSON Schemas (draft 2020-12) of the types that answers are made from.
///
/// A type says itself what it holds: the book lets it decode itself from a decoder that only
/// listens, so that a schema cannot differ from its type.
final class SchemaBook {
    /// Schemas by the name of their type.
    private(set) var components: [String: JSONValue] = [:]

    /// Returns the schema of a type: in place for plain values and lists, by reference for others.
    ///
    /// - Throws: What the type throws when it cannot be decoded from plain values.
    func schema(of type: any Decodable.Type) throws -> JSONValue { try listen(to: type).schema }

    fileprivate func listen<T: Decodable>(to type: T.Type) throws -> (schema: JSONValue, value: T) {
        if let plain = Self.plain[ObjectIdentifier(type)], let value = plain.value as? T {
            return (plain.schema, value)
        }
        if let cases = type as? any CaseIterable.Type, let (names, first) = Self.cases(of: cases),
            let value = first as? T
        {
            return (["type": "string", "enum": .array(names.map(JSONValue.string))], value)
        }
        let listener = Listener(book: self)
        let value = try T(from: listener)
        guard let members = listener.members else { return (listener.schema, value) }
        let name = Self.name(of: type)
        components[name] = [
            "type": "object", "properties": JSONValue(members),
            "required": .array(listener.required.sorted().map(JSONValue.string)),
        ]
        return (["$ref": .string("#/components/schemas/\(name)")], value)
    }

    /// `PlanDocument.Limit` of `Workflows.PlanDocument.Limit`.
    private static func name(of type: any Any.Type) -> String {
        String(reflecting: type).split(separator: ".").dropFirst().joined(separator: ".")
    }

    private static func cases(of type: any CaseIterable.Type) -> (names: [String], first: Any)? {
        func all<C: CaseIterable>(_ type: C.Type) -> [Any] { Array(type.allCases) }
        let cases = all(type)
        let names = cases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard let first = cases.first, names.count == cases.count else { return nil }
        return (names, first)
    }

    private static let plain: [ObjectIdentifier: (schema: JSONValue, value: any Sendable)] = [
        ObjectIdentifier(String.self): (["type": "string"], ""),
        ObjectIdentifier(Bool.self): (["type": "boolean"], false),
        ObjectIdentifier(Double.self): (["type": "number"], 0.0),
        ObjectIdentifier(Int.self): (["type": "integer"], 0),
        ObjectIdentifier(Int64.self): (["type": "integer"], Int64(0)),
        ObjectIdentifier(UInt64.self): (["type": "integer", "minimum": 0], UInt64(0)),
    ]
}

/// A decoder that holds nothing and notes what it is asked for.
private final class Listener: Decoder {
    let book: SchemaBook
    /// Properties of an object; `nil` for anything else.
    var members: [String: JSONValue]?
    var required: Set<String> = []
    /// Of what is no object.
    var schema: JSONValue = [:]

    init(book: SchemaBook) { self.book = book }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        members = members ?? [:]
        return KeyedDecodingContainer(Members<Key>(listener: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { Elements(listener: self) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw unknown("a value of its own kind")
    }

    func unknown(_ what: String) -> DecodingError {
        .dataCorrupted(
            DecodingError.Context(codingPath: [], debugDescription: "no schema for \(what)"))
    }
}

/// The properties of an object; asked for all keys, it is a dictionary.
private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let listener: Listener

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        listener.members = nil
        return [Key(stringValue: "key")].compactMap(\.self)
    }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let (schema, value) = try listener.book.listen(to: type)
        if listener.members == nil {
            listener.schema = ["type": "object", "additionalProperties": schema]
        } else {
            listener.members?[key.stringValue] = schema
            listener.required.insert(key.stringValue)
        }
        return value
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        let value = try decode(type, forKey: key)
        listener.required.remove(key.stringValue)
        return value
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try plainIfPresent(forKey: key)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try plainIfPresent(forKey: key)
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try plainIfPresent(forKey: key)
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try plainIfPresent(forKey: key)
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try plainIfPresent(forKey: key)
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try plainIfPresent(forKey: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw listener.unknown(key.stringValue) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw listener.unknown(key.stringValue)
    }

    func superDecoder() throws -> any Decoder { throw listener.unknown("a class") }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw listener.unknown("a class") }

    private func plainIfPresent<T: Decodable>(forKey key: Key) throws -> T? {
        try decodeIfPresent(T.self, forKey: key)
    }
}

/// A list of one element.
private struct Elements: UnkeyedDecodingContainer {
    let listener: Listener
    var currentIndex = 0

    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        currentIndex += 1
        let (schema, value) = try listener.book.listen(to: type)
        listener.schema = ["type": "array", "items": schema]
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { throw listener.unknown("a list in a list") }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw listener.unknown("a list in a list")
    }

    mutating func superDecoder() throws -> any Decoder { throw listener.unknown("a class") }
}
