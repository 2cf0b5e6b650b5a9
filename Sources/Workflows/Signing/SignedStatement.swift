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

extension SignedStatement {
    /// Reads the statement of a sidecar whose signature holds.
    ///
    /// - Throws: ``SignedForm/Fault``.
    init(sidecar bytes: [UInt8], key: PublicSigningKey) throws {
        self = try SignedForm.sidecar.document(SignedStatement.self, in: bytes, key: key)
        guard schema == Self.currentSchema else { throw SignedForm.Fault.schema }
    }
}
