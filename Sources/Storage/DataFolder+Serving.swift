import Foundation

extension DataFolder {
    /// The file whose lock the one server of a folder holds; it names the server's process.
    static let servingName = "serving"

    /// What a folder that is served already says.
    package struct Served: Error, Hashable {
        /// The process that serves it; `nil` when it has not said so yet.
        package let process: Int32?
    }

    /// Takes the lock of the one server: two would both run jobs and send notices.
    ///
    /// The system gives it back when the process ends, however it ends. Whoever reads or writes the
    /// folder otherwise needs no lock.
    ///
    /// - Returns: The lock, held while the value lives.
    /// - Throws: ``Served`` when another process serves the folder; ``StorageError``.
    package func lockForServing() throws -> FileLock {
        let file = url.appending(path: Self.servingName)
        let before = try? String(contentsOf: file, encoding: .utf8)
        do {
            let lock = try FileLock(file, waiting: 0, keepsContent: true)
            // A help for people: a full disk is no reason not to serve.
            try? Data("\(ProcessInfo.processInfo.processIdentifier)\n".utf8).write(to: file)
            return lock
        } catch StorageError.busy {
            let text = before?.trimmingCharacters(in: .whitespacesAndNewlines)
            throw Served(process: text.flatMap { Int32($0) })
        }
    }
}
