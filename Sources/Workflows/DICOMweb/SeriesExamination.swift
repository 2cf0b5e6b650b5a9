package import DICOM
import Foundation
package import Storage

/// Examines series that programs sent piece by piece, once no more pieces come.
package struct SeriesExamination: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource

    /// For how long no file of a series must have come, in seconds.
    package static let quietSeconds = 30.0

    package init(folder: DataFolder, source: any DicomSource) {
        (self.folder, self.source) = (folder, source)
    }

    /// Notes what is to be known of every series that is quiet.
    ///
    /// - Parameter seconds: For how long nothing must have come.
    /// - Throws: `StorageError`.
    package func run(quietFor seconds: Double = quietSeconds) async throws {
        for series in try await folder.records.unexaminedSeries(quietFor: seconds) {
            try Task.checkCancellation()
            let findings = await SeriesLibrary(folder: folder, source: source)
                .assemblyFindings(seriesUID: series.seriesUID)
            try Task.checkCancellation()
            try await folder.records.noteExamined(series, findings: findings, by: "server")
        }
    }
}
