import Foundation
import GRDB

/// Failures that callers can act on; messages never contain values from patient records.
package enum StorageError: Error, Hashable, CustomStringConvertible {
    /// A record with the same identity exists.
    case duplicate(entity: String)
    case notFound(entity: String)
    /// A record names another one that does not exist.
    case missingReference(entity: String)
    /// What is stored is not what was stored.
    case corrupted(entity: String, detail: String)
    /// The caller handed over something that cannot be stored.
    case invalid(entity: String, reason: String)
    case notADataFolder(reason: String)
    /// The folder was written by a newer Grevy.
    case newerSchema
    /// Another process held the folder for longer than `seconds`.
    case busy(seconds: Int)
    /// The disk refused; `code` is the system's error number, or SQLite's for its own failures.
    case disk(operation: String, code: Int)
}

extension StorageError {
    package var description: String {
        switch self {
        case .duplicate(let entity): "There is such a record already (\(entity))."
        case .notFound("object"):
            "The data folder lacks the bytes of something that its records name; "
                + "'grevy audit verify' tells what is missing. Bring it back from a backup."
        case .notFound("derived"):
            "There is no such computed object in this data folder; 'grevy list' shows what it holds."
        case .notFound(let entity): "There is no such record (\(entity))."
        case .missingReference(let entity): "A record (\(entity)) names one that does not exist."
        case .corrupted(let entity, let detail): "What is stored is damaged (\(entity)): \(detail)."
        case .invalid(let entity, let reason): "This cannot be stored (\(entity)): \(reason)."
        case .notADataFolder(let reason): "This is not a Grevy data folder: \(reason)."
        case .newerSchema: "A newer Grevy wrote this data folder; open it with that version."
        case .busy(let seconds):
            "Another process kept the data folder busy for \(seconds) s; try again."
        case .disk(let operation, let code):
            "The disk refused to \(operation) (system error \(code)); nothing was acknowledged."
        }
    }

    /// Whether the disk, or what its owner may use of it, is full.
    package var isNoRoom: Bool {
        guard case .disk(_, let code) = self else { return false }
        return code == Int(ENOSPC) || code == Int(EDQUOT)
    }

    /// Returns the case that says what a failure of database or disk means, or the failure itself.
    static func mapped(_ error: any Error, entity: String) -> any Error {
        if let error = error as? CocoaError, error.code == .fileWriteOutOfSpace {
            return StorageError.disk(operation: "keep a file", code: Int(ENOSPC))
        }
        guard let error = error as? DatabaseError else { return error }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
            return StorageError.duplicate(entity: entity)
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            return StorageError.missingReference(entity: entity)
        case .SQLITE_CONSTRAINT_CHECK, .SQLITE_CONSTRAINT_NOTNULL, .SQLITE_CONSTRAINT_DATATYPE,
            .SQLITE_CONSTRAINT_TRIGGER:
            return StorageError.invalid(
                entity: entity, reason: error.message ?? "a rule of the schema forbids it")
        default: break
        }
        switch error.resultCode {
        case .SQLITE_BUSY: return StorageError.busy(seconds: DataFolder.busySeconds)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return StorageError.corrupted(entity: "grevy.sqlite", detail: "not readable as SQLite")
        case .SQLITE_FULL:
            return StorageError.disk(operation: "write records", code: Int(ENOSPC))
        case .SQLITE_IOERR:
            return StorageError.disk(
                operation: "write records", code: Int(error.extendedResultCode.rawValue))
        default: return error
        }
    }
}
