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

    /// Secondary captures, ultrasound and photographs, by SOP Class.
    private static let writingClasses = [
        "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.6.", "1.2.840.10008.5.1.4.1.1.3.",
        "1.2.840.10008.5.1.4.1.1.77.1.",
    ]

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
        return Self.mayBeWritten(header, modality: series.description.modality)
    }

    /// Whether the pixels of an object may show names: it says so, or it is a screen save or of a kind
    /// that is written on and does not say that it is not.
    static func mayBeWritten(_ header: DataSet, modality: String) -> Bool {
        switch header.string(.burnedInAnnotation) {
        case "NO": return false
        case "YES": return true
        default: break
        }
        if writing.contains(modality) { return true }
        guard header.pixelElement != nil else { return false }
        let sopClass = header.string(.sopClassUID) ?? ""
        return writingClasses.contains { sopClass.hasPrefix($0) }
            || header.strings(.imageType).contains { $0.uppercased().hasPrefix("SCREEN") }
    }
}
