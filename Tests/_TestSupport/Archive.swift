package import Foundation

/// Unpacks the archives of the reference data.
package enum Archive {
    /// Unpacks a tar archive, compressed or not, into an existing folder.
    ///
    /// - Throws: ``Failure`` when tar ends with an error.
    package static func unpack(_ archive: URL, into folder: URL) throws {
        let tar = Process()
        tar.executableURL = URL(filePath: "/usr/bin/env")
        tar.arguments = ["tar", "xf", archive.path, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        guard tar.terminationStatus == 0 else { throw Failure(status: tar.terminationStatus) }
    }

    package struct Failure: Error {
        package let status: Int32
    }
}
