package import Foundation

/// Where real test data lives beside the project, and whether it is there.
package enum ReferenceFiles {
    /// The folder `../shared/testdata` of the project, or `nil` when this checkout has none.
    package static var testdata: URL? { folder("testdata") }

    /// The folder `../shared/reference` of the project, or `nil` when this checkout has none.
    package static var reference: URL? { folder("reference") }

    /// The checkout that these tests were built from.
    package static var project: URL {
        URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private static func folder(_ name: String) -> URL? {
        let url = project.deletingLastPathComponent().appending(path: "shared/\(name)")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }

    /// A fresh scratch folder; the caller removes it.
    package static func scratch(_ label: String) throws -> URL {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "grevy-\(label)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }
}
