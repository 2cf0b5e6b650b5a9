package import DICOM
import Foundation
package import Storage

/// The attributes of instances without their bulk data, as WADO-RS gives them.
///
/// Files are untrusted whenever they are read, so headers come through `source`.
package struct ImageMetadata: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource
    /// Where DICOMweb begins, as `https://host/dicomweb`.
    private let base: String

    package init(folder: DataFolder, source: any DicomSource, base: String) {
        (self.folder, self.source, self.base) = (folder, source, base)
    }

    /// Says by content what ``json(_:)`` gives: equal tags, equal bytes.
    package func tag(_ instances: [VisibleInstance]) -> String {
        let lines = instances.map {
            "\($0.studyUID) \($0.seriesUID) \($0.instance.sopInstanceUID) \($0.instance.object)\n"
        }
        let digest = ObjectDigest(of: lines.flatMap { Array($0.utf8) })
        return "DICOM JSON of \(digest) for \(base)"
    }

    /// Returns the data sets of instances in the DICOM JSON model, an array.
    ///
    /// UIDs are those under which the instances are listed; a file without any has been given one.
    ///
    /// - Throws: `DicomError`.
    package func json(_ instances: [VisibleInstance]) async throws -> [UInt8] {
        let paths = instances.map { folder.objects.url(of: $0.instance.object).path }
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        // Some at a time: the headers of a large study would not fit beside each other.
        for start in stride(from: 0, to: instances.count, by: Self.readTogether) {
            let end = min(start + Self.readTogether, instances.count)
            try Task.checkCancellation()
            let files = await source.files(paths: Array(paths[start ..< end]))
            for (instance, file) in zip(instances[start ..< end], files) {
                if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
                bytes += object(instance, try file.get().header)
            }
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    private static let readTogether = 512

    private func object(_ instance: VisibleInstance, _ header: DataSet) -> [UInt8] {
        var data = header
        data.set(.studyInstanceUID, instance.studyUID)
        data.set(.seriesInstanceUID, instance.seriesUID)
        data.set(.sopInstanceUID, instance.instance.sopInstanceUID)
        data.set(.availableTransferSyntaxUID, header.strings(.transferSyntaxUID))
        var json = DicomJSON(
            bulkAddress: "\(base)/studies/\(instance.studyUID)/series/\(instance.seriesUID)"
                + "/instances/\(instance.instance.sopInstanceUID)/bulkdata/")
        json.append(data, pixels: header.pixelElement)
        return json.bytes
    }
}
