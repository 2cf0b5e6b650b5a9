/// Why a prescription or an order could not be computed.
public enum TherapyError: Error, Hashable {
    case outOfRange(key: String, value: Double, allowed: String)
    case inconsistent(reason: String)
    case unknown(kind: String, name: String)
}
