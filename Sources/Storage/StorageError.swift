/// Failures that callers can act on; messages never contain values from patient records.
package enum StorageError: Error, Hashable {
    case duplicate(entity: String)
    case notFound(entity: String)
    case corrupted(entity: String, detail: String)
    case notADataFolder(reason: String)
}
