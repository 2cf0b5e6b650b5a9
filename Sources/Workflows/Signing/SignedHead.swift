package import Foundation
package import Storage

/// Where the audit chain ended at a time, as the server says and signs it.
package struct SignedHead: Codable, Hashable, Sendable {
    package var schema = Self.currentSchema
    /// `SEQUENCE:HASH`, the entry of this signature included.
    package var auditHead: String
    /// ISO 8601, UTC.
    package var signedAt: String
    package var publicKeyID: String
    package var software: String
    /// SHA-256 of the manifest of an export, where the head was signed for one.
    package var manifestSHA256: String?

    private static let currentSchema = "grevy-audit-head/1"

    /// Reads a signed head.
    ///
    /// - Throws: ``SignedForm/Fault``.
    init(_ bytes: [UInt8], key: PublicSigningKey) throws {
        self = try SignedForm.head.document(SignedHead.self, in: bytes, key: key)
        guard schema == Self.currentSchema else { throw SignedForm.Fault.schema }
    }

    init(
        auditHead: String, signedAt: String, publicKeyID: String, software: String,
        manifestSHA256: String? = nil
    ) {
        (self.auditHead, self.signedAt) = (auditHead, signedAt)
        (self.publicKeyID, self.software) = (publicKeyID, software)
        self.manifestSHA256 = manifestSHA256
    }

    /// Reads the head of a signed head or of the sidecar of an exported file.
    ///
    /// - Throws: ``SignedForm/Fault``.
    static func head(in bytes: [UInt8], key: PublicSigningKey) throws -> AuditHead {
        let text =
            SignedForm.sidecar.begins(bytes)
            ? try SignedStatement(sidecar: bytes, key: key).auditHead
            : try SignedHead(bytes, key: key).auditHead
        guard let head = AuditHead(text) else { throw SignedForm.Fault.schema }
        return head
    }
}

/// Signs the end of a data folder's audit chain.
package struct HeadSigning: Sendable {
    private let folder: DataFolder
    private let key: SigningKey

    package init(folder: DataFolder, key: SigningKey) {
        (self.folder, self.key) = (folder, key)
    }

    /// Returns the chain's end, signed; that it was is the chain's last entry.
    ///
    /// - Throws: `StorageError`.
    package func signed(by actor: String) async throws -> [UInt8] {
        try await signed(
            AuditEvent(
                actor: actor, action: "audit.sign-head", subject: "audit",
                detail: ["key": key.publicKey.id]), manifest: nil)
    }

    /// Signs the chain's end for an export, which becomes its last entry.
    ///
    /// - Parameters:
    ///   - manifest: The bytes of the export's manifest.
    ///   - subject: The case.
    ///   - detail: What the audit trail is to say of the export beside the manifest's digest.
    ///   - actor: Who takes it out.
    /// - Returns: The bytes of `manifest.json.sig`.
    /// - Throws: `StorageError`.
    func signed(
        manifest: [UInt8], of subject: String, detail: [String: String], by actor: String
    ) async throws -> [UInt8] {
        let digest = ObjectDigest(of: manifest).hex
        let facts = ["manifest": digest, "key": key.publicKey.id]
        return try await signed(
            AuditEvent(
                actor: actor, action: "export.case", subject: subject,
                detail: detail.merging(facts) { $1 }), manifest: digest)
    }

    private func signed(_ event: AuditEvent, manifest: String?) async throws -> [UInt8] {
        let id = key.publicKey.id
        let head = try await folder.audit.append(event)
        guard let entry = try await folder.audit.entry(head.sequence) else {
            throw StorageError.notFound(entity: "audit")
        }
        return try SignedForm.head.bytes(
            SignedHead(
                auditHead: head.description, signedAt: entry.timeUTC, publicKeyID: id,
                software: "\(Software.name) \(Software.version)", manifestSHA256: manifest),
            signedBy: key)
    }

    /// Keeps the head of a day in the data folder, unless it is there.
    ///
    /// - Parameter now: The day, by UTC.
    /// - Returns: Whether it was kept now.
    /// - Throws: `StorageError`; what the file system says.
    @discardableResult
    package func keepToday(_ now: Date = Date()) async throws -> Bool {
        let day = String(now.ISO8601Format().prefix(10))
        let id = key.publicKey.id
        guard !folder.heads.hasHead(of: day, key: id) else { return false }
        try folder.heads.keep(try await signed(by: "server"), of: day, key: id)
        return true
    }

    /// How long until the next day, by UTC, in seconds; above 0.
    package static func secondsToNextDay(_ now: Date) -> Double {
        let day = 86_400.0
        return day - now.timeIntervalSince1970.truncatingRemainder(dividingBy: day)
    }
}

extension DataSession {
    /// Returns the end of the audit chain, signed.
    ///
    /// - Parameter key: The key's file; `nil` for the one of the user's configuration folder.
    /// - Returns: The bytes of the signed head.
    /// - Throws: `StorageError`; ``WorkflowError/refused(sentence:)`` for a key that is not kept well.
    package func signedHead(key: URL?) async throws -> [UInt8] {
        let key = try SigningKey.open(at: key ?? SigningKey.defaultFile(), outside: folder.url)
        return try await HeadSigning(folder: folder, key: key).signed(by: actor)
    }
}

extension AuditWorkflow {
    /// What says how the audit chain once ended, and who must have signed it.
    package struct SignedHeads: Sendable {
        package let key: PublicSigningKey
        /// Signed heads and sidecars that were taken out of the data folder.
        package let files: [URL]

        package init(key: PublicSigningKey, files: [URL]) {
            (self.key, self.files) = (key, files)
        }

        /// Returns the heads of the files and of the data folder, and what does not hold.
        func read(_ folder: DataFolder) throws -> (heads: [AuditHead], damage: [Damage]) {
            let given = try files.map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
            let kept = try folder.heads.heads(key: key.id)
            var heads: [AuditHead] = []
            var damage: [Damage] = []
            for (name, bytes) in given + kept {
                do { heads.append(try SignedHead.head(in: bytes, key: key)) } catch let fault
                    as SignedForm.Fault
                {
                    damage.append(Damage(subject: "signed head '\(name)'", reason: fault.rawValue))
                }
            }
            return (heads, damage)
        }
    }
}
