package import Foundation

/// Where the executables of this build lie.
package enum BuiltProgram {
    /// Returns an executable built beside the running tests, or `nil` when it was not built.
    package static func url(_ name: String) -> URL? {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let url = tests.deletingLastPathComponent().appending(path: name)
        return FileManager.default.isExecutableFile(atPath: url.path) ? url : nil
    }
}
