package import Foundation

/// JSON with one spelling.
///
/// Sorted keys, shortest round-trip numbers, two-space indent, no escaped slashes, one newline at
/// the end. The same value always gives the same bytes.
package enum CanonicalJSON {
    /// Encodes a document.
    ///
    /// - Throws: `EncodingError` when a number is not finite.
    package static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(value)
        data.append(0x0a)
        return data
    }
}
