import Cryptography
import Foundation
import Pathway
import Storage

/// What the server says about a file that it gave out, and signs.
package struct SignedStatement: Codable, Hashable, Sendable {
    package struct File: Codable, Hashable, Sendable {
        package var name: String
        package var sha256: String
        package var byteCount: Int
    }

    package struct Plan: Codable, Hashable, Sendable {
        package var id: String
        package var name: String
        package var version: Int
        /// Of the canonical plan JSON: what the three signed.
        package var sha256: String
    }

    package struct Signature: Codable, Hashable, Sendable {
        /// `made`, `checked` or `prescribed`.
        package var meaning: String
        package var name: String
        package var role: String
        /// ISO 8601, UTC.
        package var signedAt: String
        package var entitlement: Entitlement?
    }

    package struct Entitlement: Codable, Hashable, Sendable {
        package var procedure: String
        package var site: String
        package var licenceNumber: String
        package var validFrom: String
        package var validTo: String
    }

    package var schema = Self.currentSchema
    package var file: File
    package var plan: Plan
    package var signatures: [Signature]
    /// ISO 8601, UTC.
    package var exportedAt: String
    /// Why the plan was outdated at that time; `nil` when it was current.
    package var outdatedAsOfExport: String?
    /// `SEQUENCE:HASH` of the audit chain, the entry of this export included.
    package var auditHead: String
    package var publicKeyID: String
    package var software: String

    static let currentSchema = "grevy-signature/1"
}

extension SignedStatement.Signature {
    init(_ record: SignatureRecord) {
        self.init(
            meaning: record.meaning.rawValue, name: record.fullName, role: record.role.title,
            signedAt: record.signedAt,
            entitlement: record.entitlement.map { held in
                SignedStatement.Entitlement(
                    procedure: held.entitlement.procedure.title, site: held.entitlement.site,
                    licenceNumber: held.entitlement.licenceNumber,
                    validFrom: held.entitlement.validFrom, validTo: held.entitlement.validTo)
            })
    }
}

/// A statement with its signature, as the bytes of `FILE.sig`.
///
/// Two lines, `grevy-signature-1` and 128 lower-case hexadecimal digits, then the statement as
/// canonical JSON. Signed are the first line with its newline and the statement: every byte of
/// the file counts.
enum Sidecar {
    private static let head = Array("grevy-signature-1\n".utf8)
    private static let digitCount = 128

    static func bytes(_ statement: SignedStatement, signedBy key: SigningKey) throws -> [UInt8] {
        let text = Array(try CanonicalJSON.encoded(statement))
        let signature = try key.signature(of: head + text)
        return head + Array("\(Hexadecimal.digits(signature))\n".utf8) + text
    }

    /// Why a sidecar does not hold.
    enum Fault: String, Error {
        case form = "the sidecar is not written as this program writes it"
        case signature = "the sidecar does not carry a signature of this key"
        case schema = "the sidecar is of another version of the program"
    }

    /// Returns the statement of a sidecar whose signature holds.
    ///
    /// - Throws: ``Fault``.
    static func statement(_ bytes: [UInt8], key: PublicSigningKey) throws -> SignedStatement {
        guard bytes.starts(with: head) else { throw Fault.form }
        let rest = bytes.dropFirst(head.count)
        guard rest.count > digitCount + 1,
            rest[rest.startIndex + digitCount] == UInt8(ascii: "\n")
        else { throw Fault.form }
        let digits = Array(rest.prefix(digitCount))
        let signature = try stride(from: 0, to: digitCount, by: 2).map { index in
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
                throw Fault.form
            }
            return high << 4 | low
        }
        let text = Array(rest.dropFirst(digitCount + 1))
        guard try key.isValid(signature, of: head + text) else { throw Fault.signature }
        guard let statement = try? JSONDecoder().decode(SignedStatement.self, from: Data(text)),
            statement.schema == SignedStatement.currentSchema
        else { throw Fault.schema }
        return statement
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
