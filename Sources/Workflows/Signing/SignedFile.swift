package import Foundation
import Storage

/// What an examination of a file and its sidecar found, ready for a person or a script.
package struct SignedFileExamination: Hashable, Sendable, Encodable {
    package let holds: Bool
    /// Why it does not hold; `nil` when it does.
    package let reason: String?
    /// What the server said; `nil` when its signature does not hold.
    package let statement: SignedStatement?
    /// What the server said of an export's manifest; `nil` for other files.
    package var manifest: SignedHead?

    /// As it is printed, a line each.
    package var lines: [String] {
        var lines = [holds ? "holds" : "does not hold: \(reason ?? "")"]
        if let manifest {
            lines.append(
                "manifest of an export: \(manifest.signedAt), audit head \(manifest.auditHead), "
                    + "key \(manifest.publicKeyID)")
        }
        guard let statement else { return lines }
        lines += [
            "file: \(statement.file.name), \(statement.file.byteCount) bytes, "
                + "SHA-256 \(statement.file.sha256)",
            "plan: \(statement.plan.id), version \(statement.plan.version), "
                + "\(statement.plan.name), SHA-256 \(statement.plan.sha256)",
        ]
        for signature in statement.signatures {
            let who = "\(signature.name), \(signature.role)"
            var line = "\(signature.meaning): \(who), \(signature.signedAt)"
            if let held = signature.entitlement {
                line +=
                    "; \(held.procedure), \(held.site), licence \(held.licenceNumber), "
                    + "\(held.validFrom) to \(held.validTo)"
            }
            lines.append(line)
        }
        lines += [
            "outdated as of export: "
                + (statement.outdatedAsOfExport.map { "yes, \($0)" } ?? "no"),
            "exported: \(statement.exportedAt), audit head \(statement.auditHead), "
                + "key \(statement.publicKeyID)",
        ]
        return lines
    }
}

/// Checks files that a server gave out, without the server.
package enum SignedFile {
    /// Checks a file against its sidecar and the server's public key.
    ///
    /// - Parameters:
    ///   - file: The plan or the report.
    ///   - sidecar: `FILE.sig`.
    ///   - key: The server's public key.
    ///   - data: A data folder whose audit chain must hold the exported head; `nil` asks for none.
    /// - Returns: The findings; a broken signature is a result, not an error.
    /// - Throws: What reading the files throws; `StorageError` of the data folder.
    package static func verify(
        _ file: URL, sidecar: URL, key: PublicSigningKey, data: URL? = nil
    ) async throws -> SignedFileExamination {
        let bytes = Array(try Data(contentsOf: file))
        let beside = Array(try Data(contentsOf: sidecar))
        if SignedForm.head.begins(beside) {
            return try await verify(manifest: bytes, beside: beside, key: key, data: data)
        }
        let statement: SignedStatement
        do {
            statement = try SignedStatement(sidecar: beside, key: key)
        } catch let fault as SignedForm.Fault {
            return SignedFileExamination(
                holds: false, reason: "of the sidecar: \(fault.rawValue)", statement: nil)
        }
        func failed(_ reason: String) -> SignedFileExamination {
            SignedFileExamination(holds: false, reason: reason, statement: statement)
        }
        guard
            statement.file.byteCount == bytes.count,
            statement.file.sha256 == ObjectDigest(of: bytes).hex
        else { return failed("the file is not the one that was signed") }
        if let fault = try await fault(of: statement.auditHead, in: data) { return failed(fault) }
        return SignedFileExamination(holds: true, reason: nil, statement: statement)
    }

    /// Checks the manifest of an export against `manifest.json.sig`.
    private static func verify(
        manifest: [UInt8], beside sidecar: [UInt8], key: PublicSigningKey, data: URL?
    ) async throws -> SignedFileExamination {
        func answer(_ reason: String?, _ head: SignedHead? = nil) -> SignedFileExamination {
            SignedFileExamination(
                holds: reason == nil, reason: reason, statement: nil, manifest: head)
        }
        do {
            let head = try SignedHead(sidecar, key: key)
            guard head.manifestSHA256 == ObjectDigest(of: manifest).hex else {
                return answer("the file is not the one that was signed", head)
            }
            return answer(try await fault(of: head.auditHead, in: data), head)
        } catch let fault as SignedForm.Fault {
            return answer("of the sidecar: \(fault.rawValue)")
        }
    }

    /// Why a data folder's chain does not hold a head; `nil` when it does or nobody asks.
    private static func fault(of head: String, in data: URL?) async throws -> String? {
        guard let data else { return nil }
        let chain = try await AuditWorkflow.verify(
            data: data, expectedHead: head, rereadingObjects: false)
        guard !chain.intact else { return nil }
        return "the audit chain at entry \(chain.firstBrokenEntry ?? 0): \(chain.reason ?? "")"
    }
}
