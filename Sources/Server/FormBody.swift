import HTTPTypes
import Hummingbird
import NIOCore

/// A form's fields, counted while they arrive.
enum FormBody {
    /// Text fields only; files have routes of their own.
    static let limitBytes = 256 * 1024

    /// Reads `application/x-www-form-urlencoded`.
    ///
    /// - Throws: ``Refusal/tooLarge``, ``Refusal/badRequest(_:)`` when a field comes twice or the
    ///   bytes are no text.
    static func fields(of request: Request) async throws -> [String: String] {
        guard request.headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true
        else { return [:] }
        return try fields(try await bytes(of: request))
    }

    /// Reads a body of any kind; one that claims more than the limit is not waited for.
    ///
    /// - Throws: ``Refusal/tooLarge`` beyond `limit` bytes, claimed or sent.
    static func bytes(of request: Request, limit: Int = limitBytes) async throws -> [UInt8] {
        if let stated = request.headers[.contentLength] {
            guard let length = Int(stated), (0 ... limit).contains(length) else {
                throw Refusal.tooLarge
            }
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= limit else { throw Refusal.tooLarge }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    static func fields(_ bytes: [UInt8]) throws -> [String: String] {
        var fields: [String: String] = [:]
        for (name, value) in try pairs(bytes) {
            guard fields.updateValue(value, forKey: name) == nil else { throw Self.malformed }
        }
        return fields
    }

    /// Names and values in their order; a name may come more than once.
    static func pairs(_ bytes: [UInt8]) throws -> [(name: String, value: String)] {
        try bytes.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = text(parts[0]), let value = text(parts.count > 1 ? parts[1] : [])
            else { throw Self.malformed }
            return (name, value)
        }
    }

    private static let malformed = Refusal.badRequest(
        "The form is not written as browsers write it.")

    private static func text(_ encoded: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = encoded[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0") ... UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a") ... UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A") ... UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
