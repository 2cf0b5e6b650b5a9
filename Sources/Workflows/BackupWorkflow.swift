package import Foundation
import Storage

/// Copies of a whole data folder, and what becomes of them.
package enum BackupWorkflow {
    /// What was copied, for a person or a script.
    package struct Summary: Hashable, Sendable, Encodable {
        package let files: Int
        package let bytes: Int
        /// `SEQUENCE:HASH` of the audit chain in the copy.
        package let auditHead: String
        /// SHA-256 of the manifest, which names every file by its hash: noted elsewhere it tells
        /// this backup from any other.
        package let manifest: String

        init(_ manifest: BackupManifest) throws {
            files = manifest.files.count
            bytes = manifest.files.reduce(0) { $0 + $1.bytes }
            auditHead = manifest.auditHead
            self.manifest = ObjectDigest(of: Array(try manifest.encoded())).hex
        }
    }

    /// Copies a data folder, which may be in use.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, `StorageError`.
    package static func backUp(data: URL, to target: URL) async throws -> Summary {
        let folder = try DataFolder.open(at: data, create: false)
        do {
            return try Summary(
                try await folder.backUp(to: target, by: ProcessInfo.processInfo.userName))
        } catch StorageError.corrupted(let entity, let detail) {
            throw WorkflowError.refused(
                sentence: "The data folder is damaged (\(entity): \(detail)); no backup was made. "
                    + "'grevy audit verify --objects' tells more.")
        } catch StorageError.invalid(_, let reason) {
            throw WorkflowError.refused(
                sentence: "No backup was made: \(reason). Name a folder that does not exist yet.")
        }
    }

    /// Makes a data folder of a backup.
    ///
    /// - Parameters:
    ///   - backup: The folder that ``backUp(data:to:)`` made.
    ///   - target: The new data folder.
    ///   - expected: SHA-256 of the manifest as it was noted; `nil` when it was not.
    /// - Returns: What was restored.
    /// - Throws: ``WorkflowError/refused(sentence:)``, `StorageError`.
    package static func restore(
        from backup: URL, to target: URL, expecting expected: String?
    ) async throws -> Summary {
        let file = backup.appending(path: BackupManifest.name)
        if let expected, let bytes = try? Data(contentsOf: file),
            ObjectDigest(of: Array(bytes)).hex != expected.lowercased()
        {
            throw WorkflowError.refused(
                sentence: "This backup's manifest is not the one that was noted; nothing was "
                    + "restored.")
        }
        do {
            return try Summary(
                try await DataFolder.restore(
                    from: backup, to: target, by: ProcessInfo.processInfo.userName))
        } catch StorageError.corrupted(_, let detail) {
            throw WorkflowError.refused(
                sentence: "This backup cannot be restored: \(detail). Nothing was written; take "
                    + "another copy of it.")
        } catch StorageError.invalid(_, let reason) {
            throw WorkflowError.refused(
                sentence: "Nothing was restored: \(reason). Name a folder that does not exist yet.")
        }
    }
}
