import DICOM
import Foundation
import Storage

/// The files a person means when they name files and folders.
struct FileTree {
    private(set) var files: [ReceivedFile] = []
    /// Folders that could not be opened.
    private(set) var setAside: [SetAsideFile] = []
    private let scratch: ScratchFolder
    private var links = 0

    /// Finds all regular files below `paths`, by name; see ``FolderWalk``.
    ///
    /// A file whose path is no text gets a link in `scratch`, and is read by that.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a path does not exist or is unreadable.
    init(below paths: [URL], scratch: ScratchFolder) throws {
        self.scratch = scratch
        for path in paths {
            let values: URLResourceValues
            do { values = try path.resourceValues(forKeys: [.isDirectoryKey]) } catch {
                throw WorkflowError.absent(path.path)
            }
            if values.isDirectory == true {
                try walk(path)
            } else {
                files.append(ReceivedFile(url: path, name: path.path))
            }
        }
    }

    private mutating func walk(_ folder: URL) throws {
        let walk = FolderWalk(below: folder)
        guard !walk.closed.contains(folder.path) else {
            throw WorkflowError.refused(sentence: "'\(folder.path)' cannot be read.")
        }
        setAside += walk.closed.map {
            SetAsideFile(
                path: $0, outcome: .refused, reason: "unreadable",
                sentence: "The folder cannot be opened.")
        }
        for file in walk.files {
            guard !file.isText else {
                let url = URL(filePath: file.name, directoryHint: .notDirectory)
                files.append(ReceivedFile(url: url, name: file.name))
                continue
            }
            let link = scratch.place(of: "\(links)")
            links += 1
            do {
                try file.link(at: link)
                files.append(ReceivedFile(url: link, name: file.name))
            } catch let error as DicomError {
                setAside.append(ImportRefusal(error).setAside(file.name))
            }
        }
    }
}

extension Array {
    /// The elements in runs of at most `size`.
    func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map {
            Array(self[$0 ..< Swift.min($0 + size, count)])
        }
    }
}
