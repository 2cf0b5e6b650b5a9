package import DICOM
import Foundation
package import Imaging
import Storage

/// Images, doses and masks of one case as files that a viewer reads.
///
/// Nothing is found by a hash or a UID alone: whatever is asked for must belong to the case.
package struct CaseVolumes: Sendable {
    private let reader: CaseReader
    private let source: any DicomSource

    package init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    private var folder: DataFolder { reader.folder }

    /// What a file would be made from, without making it: equal tags, equal bytes.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such thing.
    package func tag(of id: String) async throws -> String {
        switch try await found(id) {
        case .series(let uid): try await seriesDigest(uid)
        case .computed(let record): record.draft.content.hex
        }
    }

    /// The image of a series (`se-…`) of the case.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``; `DicomError` when a series is no volume.
    package func image(_ series: String) async throws -> ImageSeries {
        try await SeriesLibrary(folder: folder, source: source)
            .image(seriesUID: seriesUID(series))
    }

    /// A coarser copy of a series (`se-…`) as `.nii.gz`, made and sent in a fraction of the time.
    ///
    /// - Throws: As ``image(_:)``; ``ImagingError``.
    package func preview(_ series: String) async throws -> [UInt8] {
        let stack = try await SeriesLibrary(folder: folder, source: source)
            .stack(seriesUID: seriesUID(series))
        let reduced = try await ReducedVolume.of(
            stack, from: source, isWhole: stack.modality == "CT")
        return try NIfTI.compressed(NIfTI.encodedSmall(reduced, description: "preview"))
    }

    /// How many voxels of a volume may become one along each axis.
    package static let reductions = 1 ... 64

    /// A series (`se-…`) or a computed dose (`dose-12`) as `.nii.gz`.
    ///
    /// - Parameters:
    ///   - id: What it is called.
    ///   - reduction: How many voxels become one along each axis, one of ``reductions``: 1 for the
    ///     volume itself, more for what is only looked at.
    ///   - image: Reads a series, where it has not been read already.
    /// - Returns: The file's bytes.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``; `DicomError` when a series is no volume.
    package func volume(
        _ id: String, reduction: Int = 1, image: (String) async throws -> ImageSeries
    ) async throws -> [UInt8] {
        func shown(_ volume: Volume<Float>, isWhole: Bool) throws -> Volume<Float> {
            guard reduction > 1 else { return volume }
            return try ReducedVolume.of(
                volume, blocks: Vector3(reduction, reduction, reduction), isWhole: isWhole)
        }
        let note = reduction > 1 ? ", reduced by \(reduction)" : ""
        switch try await found(id) {
        case .series:
            let image = try await image(id)
            return try NIfTI.compressed(
                NIfTI.encodedSmall(
                    shown(image.volume, isWhole: image.modality == "CT"),
                    description: "image\(note)"))
        case .computed(let record):
            guard record.draft.mediaType == "application/x-metaimage" else {
                throw WorkflowError.notFound(kind: "volume", name: id)
            }
            let bytes = try await folder.objects.bytes(of: record.draft.content)
            return try NIfTI.compressed(
                NIfTI.encoded(
                    shown(try MetaImage.decoded(Data(bytes)), isWhole: false),
                    description: record.draft.kind + note))
        }
    }

    /// The share of each CT voxel that a structure fills, cut to the structure, as `.nii.gz`.
    ///
    /// - Parameters:
    ///   - name: A structure of the series.
    ///   - series: The structures (`se-…`).
    ///   - grid: Of the image that they are shown on.
    /// - Returns: The file's bytes.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``; `DicomError`; `ImagingError`.
    package func mask(
        _ name: String, of series: String, on grid: VolumeGeometry
    ) async throws -> [UInt8] {
        let library = SeriesLibrary(folder: folder, source: source)
        let outlines = try await library.outlines(seriesUID: seriesUID(series)).outlines
        guard let outline = outlines[name] else {
            throw WorkflowError.notFound(kind: "structure", name: name)
        }
        let mask = try outline.region(on: grid, sliceSpacingMM: grid.spacingMM.z)
        return try NIfTI.compressed(
            NIfTI.encodedShares(Self.cut(mask), description: "share of voxel"))
    }

    private enum Found {
        case series(uid: String)
        case computed(DerivedRecord)
    }

    private func found(_ id: String) async throws -> Found {
        if let series = try await reader.series().first(where: { $0.shortID == id }) {
            return .series(uid: series.description.seriesUID)
        }
        return .computed(try await reader.record(id))
    }

    private func seriesUID(_ id: String) async throws -> String {
        guard case .series(let uid) = try await found(id) else {
            throw WorkflowError.notFound(kind: "series", name: id)
        }
        return uid
    }

    private func seriesDigest(_ uid: String) async throws -> String {
        try await folder.records.instances(seriesUID: uid).seriesDigest.hex
    }

    /// A mask's box with a border of empty voxels, so that its outline closes.
    private static func cut(_ mask: RegionMask) throws -> Volume<Float> {
        let (shape, box) = (mask.geometry.shape, mask.box)
        guard box.count > 0 else {
            throw WorkflowError.refused(sentence: "The structure holds no voxel of the CT.")
        }
        let lower = Vector3(
            max(0, box.lower.x - 1), max(0, box.lower.y - 1), max(0, box.lower.z - 1))
        let upper = Vector3(
            min(shape.x, box.upper.x + 1), min(shape.y, box.upper.y + 1),
            min(shape.z, box.upper.z + 1))
        let grid = try mask.geometry.cropped(to: IndexBox(lower: lower, upper: upper))
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        var n = 0
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    volume[i - lower.x, j - lower.y, k - lower.z] = mask.coverage[n]
                    n += 1
                }
            }
        }
        return volume
    }
}
