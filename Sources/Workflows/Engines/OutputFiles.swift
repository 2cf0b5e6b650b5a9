import Foundation

/// Images that a run writes, beside the files that it reads.
struct OutputFiles {
    let written: [URL]
    let read: [URL]
    /// Where a run leaves its state; it may be there already.
    var checkpoint: URL?

    /// Refuses outputs that would only fail after the run, or replace what is read.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func check() throws {
        var taken = Set(
            (read + [checkpoint].compactMap(\.self)).map {
                $0.standardizedFileURL.resolvingSymlinksInPath().path
            })
        for url in written {
            let file = url.standardizedFileURL.resolvingSymlinksInPath()
            guard file.path.hasSuffix(".nii") || file.path.hasSuffix(".nii.gz") else {
                throw WorkflowError.refused(
                    sentence: "'\(url.path)' must end in .nii or .nii.gz.")
            }
            guard taken.insert(file.path).inserted else {
                throw WorkflowError.refused(
                    sentence: "'\(url.path)' is named twice; it would be overwritten.")
            }
            try Self.checkPlace(of: file)
        }
        if let checkpoint {
            try Self.checkPlace(of: checkpoint.standardizedFileURL.resolvingSymlinksInPath())
        }
    }

    /// Refuses a folder where a file is meant, and a place where no file can be.
    private static func checkPlace(of file: URL) throws {
        func isFolder(_ url: URL) -> Bool? {
            try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory
        }
        guard isFolder(file) != true else {
            throw WorkflowError.refused(
                sentence: "'\(file.path)' is a folder; give the name of a file in it.")
        }
        let folder = file.deletingLastPathComponent()
        guard isFolder(folder) != false else {
            throw WorkflowError.refused(
                sentence: "'\(file.path)' cannot be written, because '\(folder.path)' is a file.")
        }
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            throw WorkflowError.refused(
                sentence: "The folder '\(folder.path)' is not there or cannot be written.")
        }
    }
}
