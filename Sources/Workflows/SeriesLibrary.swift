package import DICOM
import Foundation
import Imaging
package import Quantities
package import Storage

/// Reads meaning back out of a data folder: volumes, outlines, planar views.
///
/// Objects are untrusted whenever they are read, so everything comes through `source`.
package struct SeriesLibrary: Sendable {
    private let folder: DataFolder
    let source: any DicomSource
    /// Files whose headers have just been read, by the path of their object.
    private let known: [String: SeriesFile]
    /// Series that are read as they were at a digest, by UID; all others as they are.
    private let digests: [String: ObjectDigest]

    package init(folder: DataFolder, source: any DicomSource) {
        self.init(folder: folder, source: source, known: [:])
    }

    init(
        folder: DataFolder, source: any DicomSource, known: [String: SeriesFile] = [:],
        asOf digests: [String: ObjectDigest] = [:]
    ) {
        self.folder = folder
        self.source = source
        self.known = known
        self.digests = digests
    }

    /// The instances of a series, without those that came after the digest it is read at.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when they are not all there any more.
    private func instances(seriesUID: String) async throws -> [InstanceRecord] {
        let all = try await folder.records.instances(seriesUID: seriesUID)
        guard let digest = digests[seriesUID] else { return all }
        guard let kept = all.asOf(digest) else {
            throw WorkflowError.refused(
                sentence: "Series \(SeriesName.short(seriesUID)) does not hold the files any more "
                    + "that it held then.")
        }
        return kept
    }

    /// The files of a series with their headers, in the order of their import.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``DicomError``.
    package func files(seriesUID: String) async throws -> [SeriesFile] {
        let instances = try await instances(seriesUID: seriesUID)
        guard !instances.isEmpty else {
            throw WorkflowError.notFound(kind: "series", name: SeriesName.short(seriesUID))
        }
        let paths = instances.map { folder.objects.url(of: $0.object).path }
        let missing = paths.filter { known[$0] == nil }
        var read = try await source.files(paths: missing).map { try $0.get() }.makeIterator()
        return paths.compactMap { known[$0] ?? read.next() }
    }

    /// The volume of a series.
    ///
    /// - Throws: ``DicomError`` when it is no regular volume, ``WorkflowError``.
    package func image(seriesUID: String) async throws -> ImageSeries {
        try await SeriesAssembler.assemble(files(seriesUID: seriesUID), source: source)
    }

    /// The slices of a series' one volume in order, their pixels not read yet.
    ///
    /// - Throws: ``DicomError`` when they are no regular volume, ``WorkflowError``.
    func stack(seriesUID: String) async throws -> OrderedStack {
        try await SeriesAssembler.order(files(seriesUID: seriesUID))
    }

    /// What the values of a series mean, from its first file's header.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``DicomError``.
    func quantity(seriesUID: String) async throws -> ImageSeries.Quantity {
        guard let first = try await instances(seriesUID: seriesUID).first else {
            throw WorkflowError.notFound(kind: "series", name: SeriesName.short(seriesUID))
        }
        let paths = [folder.objects.url(of: first.object).path]
        guard let file = try await source.files(paths: paths).first?.get() else {
            throw WorkflowError.notFound(kind: "series", name: SeriesName.short(seriesUID))
        }
        return try SeriesAssembler.quantity(of: file)
    }

    /// The SUV by body weight of 1 Bq/mL of a PET, from the headers of all its files.
    ///
    /// - Returns: The factor, or in words why there is none.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``DicomError`` when a file cannot be read.
    func suv(seriesUID: String) async throws -> (perBecquerelPerML: Double?, withheld: String?) {
        let headers = try await files(seriesUID: seriesUID).map(\.header)
        do {
            return (try PETScaling.suvPerBecquerelPerML(headers: headers), nil)
        } catch DicomError.refused(_, let reason) { return (nil, reason) }
    }

    /// What should be known about a series before anyone uses it; a refusal is a finding too.
    package func assemblyFindings(seriesUID: String) async -> [Finding] {
        do {
            let files = try await files(seriesUID: seriesUID)
            guard let first = files.first else { return [] }
            switch ObjectKind(header: first.header) {
            case .structureSet:
                return try StructureSet.read(header: first.header).findings
            case .segmentation:
                return try await segmentation(first).findings
            case .dose:
                return try DoseObject.read(
                    header: first.header, pixels: await source.frames(of: first)
                ).findings
            case .nm where !Self.isReconstructed(first.header):
                return try await planar(first).findings
            case let kind where kind.isVolumeImage:
                return try await SeriesAssembler.stacks(files, source: source)
                    .flatMap(\.series.findings)
            default: return []
            }
        } catch {
            let refusal = ImportRefusal(error)
            return [
                Finding(
                    refusal.code, .error,
                    "The series is kept but cannot be used: \(refusal.sentence)")
            ]
        }
    }

    /// The outlines of an RTSTRUCT or SEG series by structure name.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the series holds several objects, is
    ///   neither kind, or two structures have the same name; ``DicomError``.
    package func outlines(
        seriesUID: String
    ) async throws -> (
        outlines: [String: StructureOutline], frameOfReferenceUID: String,
        findings: [Finding]
    ) {
        let (numbered, frame, findings) = try await numberedOutlines(seriesUID: seriesUID)
        return (try Self.byName(numbered.map { ($0.name, $0.outline) }), frame, findings)
    }

    /// The outlines of an RTSTRUCT or SEG series by ROI Number or Segment Number, in file order.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the series holds several objects or is
    ///   neither kind; ``DicomError``.
    func numberedOutlines(
        seriesUID: String
    ) async throws -> (
        outlines: [NumberedOutline], frameOfReferenceUID: String, findings: [Finding]
    ) {
        let files = try await files(seriesUID: seriesUID)
        guard files.count == 1, let file = files.first else {
            throw WorkflowError.refused(
                sentence:
                    "Series \(SeriesName.short(seriesUID)) holds \(files.count) objects; one structure set is needed."
            )
        }
        switch ObjectKind(header: file.header) {
        case .structureSet:
            let reading = try StructureSet.read(header: file.header)
            return (
                reading.value.structures.map {
                    NumberedOutline(
                        number: $0.number, name: $0.name, outline: .contours($0.contours))
                }, reading.value.frameOfReferenceUID, reading.findings
            )
        case .segmentation:
            let reading = try await segmentation(file)
            return (
                reading.value.segments.map {
                    NumberedOutline(number: $0.number, name: $0.label, outline: .mask($0.mask))
                }, reading.value.frameOfReferenceUID, reading.findings
            )
        default:
            throw WorkflowError.refused(
                sentence:
                    "Series \(SeriesName.short(seriesUID)) is neither RTSTRUCT nor SEG.")
        }
    }

    private static func byName(
        _ pairs: [(String, StructureOutline)]
    ) throws -> [String: StructureOutline] {
        var outlines: [String: StructureOutline] = [:]
        for (name, outline) in pairs {
            guard outlines.updateValue(outline, forKey: name) == nil else {
                throw WorkflowError.refused(
                    sentence: "Two structures are called '\(name)'; rename one.")
            }
        }
        return outlines
    }

    /// The planar views of a series.
    ///
    /// - Throws: ``DicomError``, ``WorkflowError``.
    package func planar(seriesUID: String) async throws -> Reading<PlanarImage> {
        let files = try await files(seriesUID: seriesUID)
        guard files.count == 1, let file = files.first else {
            throw WorkflowError.refused(
                sentence: "Series \(SeriesName.short(seriesUID)) is not one planar object.")
        }
        guard ObjectKind(header: file.header) == .nm, !Self.isReconstructed(file.header) else {
            throw WorkflowError.refused(
                sentence: "By its header it holds no planar views but slices or something else.")
        }
        return try await planar(file)
    }

    /// Whether an NM object holds slices; planar views and projections do not.
    static func isReconstructed(_ header: DataSet) -> Bool {
        header.strings(.imageType).contains { $0.uppercased().hasPrefix("RECON") }
    }

    func planar(_ file: SeriesFile) async throws -> Reading<PlanarImage> {
        try PlanarImage.read(
            header: file.header, pixels: await source.frames(of: file))
    }

    func segmentation(_ file: SeriesFile) async throws -> Reading<Segmentation> {
        try Segmentation.read(
            header: file.header, pixels: await source.frames(of: file))
    }
}

/// An outline as its object numbers and names it.
struct NumberedOutline: Sendable {
    /// ROI Number or Segment Number.
    let number: Int
    let name: String
    let outline: StructureOutline
}
