package import Foundation

/// The regular files below a folder, by the bytes of their names.
///
/// A name is bytes for the system and need not be UTF-8: old discs hold names in Latin-1. Hidden
/// files and links are passed over: a link could lead out of the folder.
package struct FolderWalk: Sendable {
    /// One file.
    package struct File: Hashable, Sendable {
        private let bytes: [UInt8]
        /// For people; a path only where ``isText``.
        package let name: String
        /// Whether the path can be written as text.
        package let isText: Bool

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            let text = String(validating: bytes, as: UTF8.self)
            isText = text != nil
            // Each part that is not UTF-8 as Latin-1, which gives every byte a letter.
            name =
                text
                ?? bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
                    String(validating: $0, as: UTF8.self)
                        ?? String(String.UnicodeScalarView($0.map { Unicode.Scalar($0) }))
                }.joined(separator: "/")
        }

        /// Makes a link to the file whose own path is text.
        ///
        /// - Throws: ``DicomError/unreadable(reason:)`` when the system makes none.
        package func link(at url: URL) throws {
            // Both names outlive the call.
            guard unsafe symlink(FolderWalk.terminated(bytes), url.path) == 0 else {
                throw DicomError.unreadable(reason: "no link to it can be made")
            }
        }
    }

    /// By name.
    package private(set) var files: [File] = []
    /// Names of folders that could not be opened, for people.
    package private(set) var closed: [String] = []

    /// Walks through a folder.
    package init(below folder: URL) {
        var open = [Array(folder.path.utf8)]
        while let next = open.popLast() {
            guard let names = Self.names(in: next) else {
                closed.append(File(next).name)
                continue
            }
            for name in names where name.first != UInt8(ascii: ".") {
                let path = next + [UInt8(ascii: "/")] + name
                var facts = stat()
                // The system fills `facts`, which outlives the call, or says that it has not.
                guard unsafe lstat(Self.terminated(path), &facts) == 0 else { continue }
                switch facts.st_mode & S_IFMT {
                case S_IFREG: files.append(File(path))
                case S_IFDIR: open.append(path)
                default: break
                }
            }
        }
        files.sort { $0.name < $1.name }
        closed.sort()
    }

    /// The names in a folder, `.` and `..` too; `nil` when it cannot be opened.
    private static func names(in folder: [UInt8]) -> [[UInt8]]? {
        guard let place = MemoryLayout<dirent>.offset(of: \.d_name),
            let handle = unsafe opendir(terminated(folder))
        else { return nil }
        defer { unsafe closedir(handle) }
        var names: [[UInt8]] = []
        // An entry holds until the next is read; its name ends in a zero.
        while let entry = unsafe readdir(handle) {
            let name = unsafe UnsafeRawPointer(entry).advanced(by: place)
                .assumingMemoryBound(to: CChar.self)
            names.append(
                unsafe UnsafeBufferPointer(start: name, count: strlen(name)).map {
                    UInt8(bitPattern: $0)
                })
        }
        return names
    }

    private static func terminated(_ path: [UInt8]) -> [CChar] {
        path.map { CChar(bitPattern: $0) } + [0]
    }
}
