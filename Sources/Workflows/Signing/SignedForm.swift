import Cryptography
import Foundation

/// How a signed document is written: two lines, a mark that says what it is and 128 lower-case
/// hexadecimal digits, then the document as canonical JSON.
///
/// Signed are the first line with its newline and the document: every byte of the file counts, and
/// a document of one kind cannot stand for another.
struct SignedForm {
    /// What goes beside an exported file.
    static let sidecar = SignedForm(mark: "grevy-signature-1")
    /// The end of an audit chain.
    static let head = SignedForm(mark: "grevy-audit-head-1")

    private static let digitCount = 128

    private let first: [UInt8]

    private init(mark: String) { first = Array("\(mark)\n".utf8) }

    /// Why a signed document does not hold.
    enum Fault: String, Error {
        case form = "it is not written as this program writes it"
        case signature = "it does not carry a signature of this key"
        case schema = "it is of another version of the program"
    }

    /// Whether bytes begin as a document of this kind does.
    func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: first) }

    func bytes(_ document: some Encodable, signedBy key: SigningKey) throws -> [UInt8] {
        let text = Array(try CanonicalJSON.encoded(document))
        let signature = try key.signature(of: first + text)
        return first + Array("\(Hexadecimal.digits(signature))\n".utf8) + text
    }

    /// Returns the document whose signature holds.
    ///
    /// - Throws: ``Fault``.
    func document<Document: Decodable>(
        _ type: Document.Type, in bytes: [UInt8], key: PublicSigningKey
    ) throws -> Document {
        guard begins(bytes) else { throw Fault.form }
        let rest = bytes.dropFirst(first.count)
        guard rest.count > Self.digitCount + 1,
            rest[rest.startIndex + Self.digitCount] == UInt8(ascii: "\n")
        else { throw Fault.form }
        let digits = Array(rest.prefix(Self.digitCount))
        let signature = try stride(from: 0, to: Self.digitCount, by: 2).map { index in
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1])
            else { throw Fault.form }
            return high << 4 | low
        }
        let text = Array(rest.dropFirst(Self.digitCount + 1))
        guard try key.isValid(signature, of: first + text) else { throw Fault.signature }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text)) else {
            throw Fault.schema
        }
        return document
    }

    /// Lower-case digits only: one signature has one spelling.
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0") ... UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a") ... UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
