/// Why a prescription or an order could not be computed.
public enum TherapyError: Error, Hashable {
    /// A number lies outside what it may be; `key` is its name with unit, as in result files.
    case outOfRange(key: String, value: Double, allowed: String)
    case inconsistent(reason: String)
    case unknown(kind: String, name: String)
    /// A text is no instant with a time zone.
    case noInstant(key: String)
    /// The inputs are allowed one by one, but a result leaves the range of numbers.
    case notFinite(result: String)
    /// A built-in table is damaged.
    case malformedTable(name: String, reason: String)
}

extension TherapyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .outOfRange(let key, let value, let allowed):
            "'\(key)' must be \(allowed), not \(value)."
        case .inconsistent(let reason): reason
        case .unknown(let kind, let name): "There is no \(kind) '\(name)'."
        case .noInstant(let key):
            "'\(key)' must be an ISO 8601 date and time with its zone, like "
                + "2026-03-10T10:00:00-04:00 or 2026-03-10T14:00:00Z."
        case .notFinite(let result):
            "'\(result)' would be larger than a number can be (1.8e308) with these inputs; "
                + "one of them is far from what it should be: check their units."
        case .malformedTable(let name, let reason):
            "The built-in table '\(name)' is damaged: \(reason)."
        }
    }
}
