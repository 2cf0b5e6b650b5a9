import Foundation

/// Where the program is whose verb `dicom-worker` reads files.
package enum WorkerProgram {
    /// The variable that names the program when it is not the one that runs.
    static let environmentKey = "GREVY_EXECUTABLE"

    /// Returns the path of the program: this one if it is `grevy`, else the one that the
    /// environment names, else the one beside this program or beside the bundle of its tests.
    ///
    /// - Throws: ``DicomError/workerDied(reason:)`` when there is none.
    package static func path() throws -> String {
        let files = FileManager.default
        let own = try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        if let own, URL(filePath: own).lastPathComponent == "grevy" { return own }
        if let named = ProcessInfo.processInfo.environment[environmentKey] { return named }
        let neighbours = [own].compactMap { $0 } + CommandLine.arguments
        for neighbour in neighbours {
            // A test bundle is a file in the build folder on Linux.
            let sibling = URL(filePath: neighbour).deletingLastPathComponent()
                .appending(path: "grevy")
            if files.isExecutableFile(atPath: sibling.path) { return sibling.path }
        }
        throw DicomError.workerDied(reason: "the program grevy is not found; set \(environmentKey)")
    }
}
