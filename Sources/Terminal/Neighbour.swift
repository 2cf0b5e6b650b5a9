import Foundation

/// A program that lies in the same folder as this one.
package enum Neighbour {
    /// Lets the neighbour take this process over: its number, its terminal and its signals.
    ///
    /// - Throws: ``NeighbourMissing`` when there is no such program; else this never returns.
    package static func become(_ name: String, arguments: [String]) throws -> Never {
        let own = Bundle.main.executableURL?.resolvingSymlinksInPath()
        let folder = own?.deletingLastPathComponent() ?? URL(filePath: ".")
        let program = folder.appending(path: name).path
        // The words live until `execv` replaces the process or has failed; nil ends them, as it needs.
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        unsafe execv(program, &words)
        throw NeighbourMissing(name: name, folder: folder.path)
    }
}

/// A program that has not been built or installed beside this one.
package struct NeighbourMissing: Error, CustomStringConvertible {
    let name: String
    let folder: String

    package var description: String {
        "There is no program '\(name)' in '\(folder)'. "
            + "Build it: swift build -c release --product \(name)."
    }
}
