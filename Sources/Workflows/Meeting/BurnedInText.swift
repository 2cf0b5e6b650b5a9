package import DICOM
import Foundation
import Storage

/// Tells which images of a case may show names in their pixels.
package struct BurnedInText: Sendable {
    private let reader: CaseReader
    private let source: any DicomSource
    private var folder: DataFolder { reader.folder }

    package init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    /// Devices of these kinds write on their pictures unless they say that they do not.
    private static let writing: Set<String> = ["US", "SC", "OT", "ES", "XC", "DOC"]

    /// Returns those of the images that say so (Burned In Annotation), or are of a kind that does.
    ///
    /// - Parameter ids: Series (`se-…`) and computed doses, which hold no text.
    /// - Returns: The ids to withhold; an image that cannot be read is one of them.
    /// - Throws: ``StorageError``.
    package func withheld(among ids: [String]) async throws -> Set<String> {
        var withheld: Set<String> = []
        for series in try await reader.series()
        where ids.contains(series.shortID) {
            if try await isWritten(series) { withheld.insert(series.shortID) }
        }
        return withheld
    }

    private func isWritten(_ series: SeriesRecord) async throws -> Bool {
        let instances = try await folder.records.instances(
            seriesUID: series.description.seriesUID)
        guard let first = instances.first else { return true }
        let path = folder.objects.url(of: first.object).path
        guard let header = try? await source.header(path: path) else { return true }
        switch header.string(.burnedInAnnotation) {
        case "NO": return false
        case "YES": return true
        default: return Self.writing.contains(series.description.modality)
        }
    }
}
