import Foundation

/// Why an action the user asked for was refused; the sentence says what, where and what to do.
package enum WorkflowError: Error, Hashable, CustomStringConvertible {
    case refused(sentence: String)
    case notFound(kind: String, name: String)

    package var description: String {
        switch self {
        case .refused(let sentence): sentence
        case .notFound(let kind, let name):
            "There is no \(kind) '\(name)' in this data folder; "
                + "'\(Self.listing(kind))' shows what it holds."
        }
    }

    /// There is nothing at a path that a person named.
    package static func absent(_ path: String) -> WorkflowError {
        let what = "There is no file or folder '\(path)'."
        // What a program's arguments have in the place of bytes that are no UTF-8.
        guard path.unicodeScalars.contains("\u{FFFD}") else { return .refused(sentence: what) }
        return .refused(
            sentence: what
                + " A name that is not UTF-8 cannot be given: name the folder that it is in.")
    }

    /// A file that a person named cannot be read.
    package static func unreadable(_ path: String) -> WorkflowError {
        FileManager.default.fileExists(atPath: path)
            ? .refused(sentence: "'\(path)' cannot be read.") : absent(path)
    }

    /// The verb that lists things of a kind.
    private static func listing(_ kind: String) -> String {
        switch kind {
        case "setting", "DICOM peer": "grevy settings list"
        case "volume of interest": "grevy voi list"
        case "withdrawn volume of interest": "grevy voi list --withdrawn"
        default: "grevy list"
        }
    }
}

/// Files that a person named for a verb to read.
package enum InputFile {
    /// Makes sure that all of them are there and can be read.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` with the first that cannot.
    package static func check(_ paths: [String]) throws {
        for path in paths where !FileManager.default.isReadableFile(atPath: path) {
            throw WorkflowError.unreadable(path)
        }
    }
}
