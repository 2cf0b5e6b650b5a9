import Foundation

/// The files a person means when they name files and folders.
enum FileTree {
    /// Returns all regular files below `paths`, folders walked in order of name.
    ///
    /// Hidden files and links are passed over: a link could lead out of the folder.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a path does not exist or is unreadable.
    static func files(below paths: [URL]) throws -> [URL] {
        var found: [URL] = []
        for path in paths {
            let values: URLResourceValues
            do { values = try path.resourceValues(forKeys: [.isDirectoryKey]) } catch {
                throw WorkflowError.refused(sentence: "'\(path.path)' does not exist.")
            }
            found += values.isDirectory == true ? try files(inFolder: path) : [path]
        }
        return found
    }

    private static func files(inFolder folder: URL) throws -> [URL] {
        let keys: Set<URLResourceKey> = [.isRegularFileKey, .isSymbolicLinkKey]
        guard
            let walk = FileManager.default.enumerator(
                at: folder, includingPropertiesForKeys: Array(keys), options: [.skipsHiddenFiles])
        else { throw WorkflowError.refused(sentence: "'\(folder.path)' cannot be read.") }
        var found: [URL] = []
        for case let url as URL in walk {
            let values = try url.resourceValues(forKeys: keys)
            if values.isRegularFile == true, values.isSymbolicLink != true { found.append(url) }
        }
        return found.sorted { $0.path < $1.path }
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
