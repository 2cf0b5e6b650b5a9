import Foundation

/// Images that a run writes, beside the files that it reads.
struct OutputFiles {
    let written: [URL]
    let read: [URL]

    /// Refuses outputs that would only fail after the run, or replace what is read.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func check() throws {
        var taken = Set(read.map { $0.standardizedFileURL.resolvingSymlinksInPath().path })
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
            let folder = file.deletingLastPathComponent().path
            guard FileManager.default.isWritableFile(atPath: folder) else {
                throw WorkflowError.refused(
                    sentence: "The folder '\(folder)' is not there or cannot be written.")
            }
        }
    }
}
