package import DICOM
package import Storage

/// The series of one case that are looked at frame by frame.
package struct CaseFrames: Sendable {
    package let source: any DicomSource
    private let folder: DataFolder
    private let patient: Int64

    package init(folder: DataFolder, source: any DicomSource, patient: Int64) {
        (self.folder, self.source, self.patient) = (folder, source, patient)
    }

    /// A series (`se-…`) of the case.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func record(_ id: String) async throws -> SeriesRecord {
        guard let record = try await SeriesName.series(id, ofCase: patient, in: folder.records)
        else { throw WorkflowError.notFound(kind: "series", name: id) }
        return record
    }

    /// When the study of a series was made, as people read it.
    package func date(of series: SeriesRecord) async throws -> String {
        let study = try await folder.records.studies(patient: patient).first {
            $0.id == series.study
        }
        return ReadableIdentity.date(study?.description.date ?? "")
    }

    /// SHA-256 that stands for all files of a series.
    package func digest(of series: SeriesRecord) async throws -> String {
        try await folder.records.instances(seriesUID: series.description.seriesUID)
            .seriesDigest.hex
    }

    /// The frames of a series.
    ///
    /// - Throws: As ``FlatSeries/init(seriesUID:library:)``.
    package func series(_ record: SeriesRecord) async throws -> FlatSeries {
        try await FlatSeries(
            seriesUID: record.description.seriesUID,
            library: SeriesLibrary(folder: folder, source: source))
    }
}
