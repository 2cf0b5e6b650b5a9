package import Foundation

/// A folder that gets the files of one result.
package enum OutputFolder {
    /// Refuses a folder that could not be made or written, before anything is computed for it.
    ///
    /// - Parameters:
    ///   - folder: The folder, which need not be there.
    ///   - name: What the person gave it as, for the sentence.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package static func check(_ folder: URL, as name: String = "'--out'") throws {
        let (there, isFolder) = nearest(folder)
        guard isFolder else {
            throw WorkflowError.refused(
                sentence: there.path == folder.absoluteURL.path
                    ? "'\(folder.path)' is a file; \(name) must be a folder or a new name."
                    : "'\(folder.path)' cannot be made, because '\(there.path)' is a file; choose "
                        + "another folder for \(name).")
        }
        guard FileManager.default.isWritableFile(atPath: there.path) else {
            throw WorkflowError.refused(
                sentence: "The folder '\(there.path)' cannot be written to; choose another folder "
                    + "for \(name).")
        }
    }

    /// Makes the folder when it is absent.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``, and what the file system says.
    package static func make(_ folder: URL) throws {
        try check(folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Makes the folder and removes what an earlier result left: files of two results side by side
    /// would be taken for one.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - names: All files that a result of this kind may leave.
    /// - Throws: ``WorkflowError/refused(sentence:)``, and what the file system says.
    static func prepare(_ folder: URL, removing names: [String]) throws {
        let files = FileManager.default
        try make(folder)
        for name in names {
            let old = folder.appending(path: name)
            if files.fileExists(atPath: old.path) { try files.removeItem(at: old) }
        }
    }

    /// The path itself or the nearest one above it that is there, and whether that is a folder.
    private static func nearest(_ folder: URL) -> (there: URL, isFolder: Bool) {
        var url = folder.absoluteURL
        while true {
            let isFolder = try? url.resolvingSymlinksInPath().resourceValues(
                forKeys: [.isDirectoryKey]
            ).isDirectory
            if let isFolder { return (url, isFolder) }
            guard url.pathComponents.count > 1 else { return (url, true) }
            url.deleteLastPathComponent()
        }
    }
}
