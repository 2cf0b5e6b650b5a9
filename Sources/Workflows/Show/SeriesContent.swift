import DICOM
import Imaging
import Quantities

/// What the files of a series mean.
enum SeriesContent: Sendable {
    /// One volume per regular stack.
    case images([ImageSeries])
    case planar(PlanarImage)
    case structures(StructureSet)
    case segments(Segmentation)
    case dose(DoseObject)
    case report(StructuredReport)
    /// Kept and listed, not read.
    case other
}

extension SeriesLibrary {
    /// Reads a series as what it is; of objects of one file each, the first.
    ///
    /// - Throws: ``DicomError`` when it cannot be used, ``WorkflowError``.
    func content(seriesUID: String) async throws -> SeriesContent {
        let files = try await files(seriesUID: seriesUID)
        guard let first = files.first else { return .other }
        switch ObjectKind(header: first.header) {
        case .structureSet: return .structures(try StructureSet.read(header: first.header).value)
        case .segmentation: return .segments(try await segmentation(first).value)
        case .dose:
            return .dose(
                try DoseObject.read(
                    header: first.header, pixels: await source.frames(of: first)
                ).value)
        case .structuredReport: return .report(StructuredReport(header: first.header))
        case .nm where !Self.isReconstructed(first.header):
            return .planar(try await planar(first).value)
        case let kind where kind.isVolumeImage:
            return .images(
                try await SeriesAssembler.stacks(files, source: source).map(\.series))
        default: return .other
        }
    }
}
