package import Pathway
package import Storage

/// How people and plan files name a series.
package enum SeriesName {
    /// The short id of a series, `se-…`.
    package static func short(_ seriesUID: String) -> String {
        SeriesDescription.shortID(of: seriesUID)
    }

    /// Returns the one series that `name` means: a UID, a short id, or a description.
    ///
    /// - Parameters:
    ///   - name: What somebody calls it.
    ///   - records: Where to look.
    ///   - patient: Whose series count; `nil` for everybody's.
    ///   - sight: Which of them are seen; the others are not there.
    /// - Returns: The series.
    /// - Throws: ``WorkflowError`` when there is none or more than one.
    package static func resolve(
        _ name: String, in records: RecordStore, patient: Int64? = nil,
        seenBy sight: CaseSight = .whole
    ) async throws
        -> SeriesRecord
    {
        var matches: [SeriesRecord] = []
        let patients =
            if let patient { [patient] } else { try await records.patients().map(\.id) }
        for patient in patients {
            matches += try await records.series(patient: patient).filter {
                sight.sees(series: $0.id)
                    && [$0.description.seriesUID, $0.shortID, $0.description.description]
                        .contains(name)
            }
        }
        guard let first = matches.first else {
            throw WorkflowError.notFound(kind: "series", name: name)
        }
        guard matches.count == 1 else {
            let ids = matches.map(\.shortID).joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "'\(name)' means \(matches.count) series (\(ids)); use the short id.")
        }
        return first
    }
}

extension SeriesRecord {
    /// `se-…`, as pages, lists and plan files call the series.
    package var shortID: String { SeriesName.short(description.seriesUID) }
}
