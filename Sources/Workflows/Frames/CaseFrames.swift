package import DICOM
package import Storage

/// The series of one case that are looked at frame by frame.
package struct CaseFrames: Sendable {
    package let source: any DicomSource
    let reader: CaseReader

    package init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    /// A series (`se-…`) of the case.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func record(_ id: String) async throws -> SeriesRecord {
        try await reader.series(id)
    }

    /// When the study of a series was made, as people read it.
    package func date(of series: SeriesRecord) async throws -> String {
        let study = try await reader.studies().first { $0.id == series.study }
        return ReadableIdentity.date(study?.description.date ?? "")
    }

    /// SHA-256 that stands for all files of a series.
    package func digest(of series: SeriesRecord) async throws -> String {
        try await reader.folder.records.instances(seriesUID: series.description.seriesUID)
            .seriesDigest.hex
    }

    /// The frames of a series.
    ///
    /// - Throws: As ``FlatSeries/init(seriesUID:library:)``.
    package func series(_ record: SeriesRecord) async throws -> FlatSeries {
        try await FlatSeries(
            seriesUID: record.description.seriesUID,
            library: SeriesLibrary(folder: reader.folder, source: source))
    }
}
