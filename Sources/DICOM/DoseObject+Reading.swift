import Imaging
import Quantities

extension DoseObject {
    /// Reads an RTDOSE in Gy.
    ///
    /// - Parameters:
    ///   - header: The data set without pixels.
    ///   - pixels: The decoded frames.
    /// - Returns: The dose, `k` along rows × columns, and what was assumed.
    /// - Throws: ``DicomError/refused(code:reason:)`` with `rtdose.not-gray` when the unit is not
    ///   GY, `rtdose.error-grid` when the values are uncertainties, `rtdose.frames-invalid` when
    ///   Number of Frames is not a whole number or the pixels have another count,
    ///   `rtdose.offsets` when the frame offsets do not make an even grid,
    ///   `rtdose.scaling` when Dose Grid Scaling is absent or not positive.
    package static func read(
        header: DataSet, pixels: PixelFrames
    ) throws -> Reading<DoseObject> {
        var findings: [Finding] = []
        let frames = try checkedFrames(header, pixels: pixels, &findings)
        guard let scaling = header.decimal(.doseGridScaling), scaling > 0, scaling.isFinite else {
            throw DicomError.refused(
                code: "rtdose.scaling", reason: "Dose Grid Scaling is absent or not positive")
        }
        let (rows, columns) = try SeriesFrame.matrix(header)
        let first = try SeriesPlane(
            rows: rows, columns: columns,
            position: header.decimals(.imagePositionPatient) ?? [],
            orientation: header.decimals(.imageOrientationPatient) ?? [],
            spacing: header.decimals(.pixelSpacing) ?? [])
        let offsets = try offsets(header, frames: frames, first: first)
        let planes = offsets.map { first.moved(to: first.positionMM + $0 * first.normal) }
        var order = SliceOrder(planes: planes)
        guard order.duplicates.isEmpty else {
            throw DicomError.refused(
                code: "rtdose.offsets", reason: "two dose planes lie at the same position")
        }
        try checkEven(&order, planes: planes, subject: header.seriesSubject)
        findings += order.findings
        let spacing =
            frames > 1
            ? order.spacingMM : header.decimal(.sliceThickness).flatMap { $0 > 0 ? $0 : nil } ?? 1
        let geometry = try planes[order.order[0]].geometry(
            slices: frames, sliceSpacingMM: spacing)
        guard geometry.count <= SeriesAssembler.maximumVoxels else {
            throw DicomError.limitExceeded(what: "\(geometry.count) dose voxels")
        }
        var values = try SeriesValues(header: header, transformation: DataSet())
        values.slope = scaling
        var grays: [Float] = []
        grays.reserveCapacity(geometry.count)
        var slice = [Float](repeating: 0, count: rows * columns)
        for index in order.order {
            var span = slice.mutableSpan
            _ = try values.convert(pixels, frame: index, into: &span)
            grays += slice
        }
        let dose = DoseObject(
            dose: DoseMap(grays: try Volume(voxels: grays, geometry: geometry)),
            frameOfReferenceUID: header.string(.frameOfReferenceUID) ?? "",
            summationType: header.string(.doseSummationType) ?? "",
            comment: header.string(.doseComment) ?? "")
        return Reading(dose, findings: findings)
    }

    /// Explicit VR Big Endian.
    private static let bigEndian = "1.2.840.10008.1.2.2"

    private static func checkedFrames(
        _ header: DataSet, pixels: PixelFrames, _ findings: inout [Finding]
    ) throws -> Int {
        let unit = header.term(.doseUnits) ?? "not stated"
        guard unit == "GY" else {
            throw DicomError.refused(
                code: "rtdose.not-gray", reason: "the dose unit is \(unit), not Gy")
        }
        switch header.term(.doseType) {
        case "PHYSICAL": break
        case "ERROR":
            throw DicomError.refused(
                code: "rtdose.error-grid", reason: "the values are uncertainties, not doses")
        case let type:
            findings.append(
                Finding(
                    "rtdose.type", .warning,
                    "The dose type is \(type ?? "not stated"): the values may be weighted, not "
                        + "absorbed dose.", subject: header.seriesSubject))
        }
        if header.string(.frameOfReferenceUID) == nil {
            findings.append(
                Finding(
                    "image.no-frame-of-reference", .warning,
                    "There is no Frame of Reference UID: positions can be tied to other series "
                        + "by registration only.", subject: header.seriesSubject))
        }
        if header.string(.transferSyntaxUID) == bigEndian, pixels.bitsAllocated == 32 {
            findings.append(
                Finding(
                    "rtdose.word-order", .warning,
                    "Programs write 32-bit values in big endian in two orders; the one in which "
                        + "neighbouring doses are alike was taken.", subject: header.seriesSubject))
        }
        if pixels.wasLossy {
            findings.append(
                Finding(
                    "image.lossy", .error,
                    "The dose was compressed with loss and must not be used.",
                    subject: header.seriesSubject))
        }
        let frames: Int
        if header.string(.numberOfFrames) == nil {
            frames = 1
        } else {
            guard let stated = header.integer(.numberOfFrames), stated > 0 else {
                throw DicomError.refused(
                    code: "rtdose.frames-invalid",
                    reason: "Number of Frames is not a positive whole number")
            }
            frames = stated
        }
        guard frames == pixels.frames else {
            throw DicomError.refused(
                code: "rtdose.frames-invalid",
                reason: "\(frames) frames are declared, \(pixels.frames) are there")
        }
        return frames
    }

    /// Distances of the planes from the first along rows × columns, in millimetres.
    ///
    /// The vector is relative when it begins with 0. When it begins with the z of Image Position
    /// (Patient) it holds patient z coordinates, allowed for axial planes (PS3.3 §C.8.8.3.2).
    private static func offsets(
        _ header: DataSet, frames: Int, first: SeriesPlane
    ) throws -> [Double] {
        guard frames > 1 else { return [0] }
        guard let vector = header.decimals(.gridFrameOffsetVector), vector.count == frames,
            vector.allSatisfy(\.isFinite)
        else {
            throw DicomError.refused(
                code: "rtdose.offsets",
                reason: "\(frames) frames but no Grid Frame Offset Vector of that length")
        }
        let tolerance = 1e-2
        if abs(vector[0]) <= tolerance { return vector.map { $0 - vector[0] } }
        let isAxial = abs(abs(first.normal.z) - 1) <= 1e-6
        guard isAxial, abs(vector[0] - first.positionMM.z) <= tolerance else {
            throw DicomError.refused(
                code: "rtdose.offsets",
                reason: "frame offsets begin with \(shown(vector[0])), neither 0 nor the z of an "
                    + "axial first plane")
        }
        return vector.map { ($0 - vector[0]) * first.normal.z }
    }

    private static func checkEven(
        _ order: inout SliceOrder, planes: [SeriesPlane], subject: String
    ) throws {
        do {
            try order.checkGrid(
                planes: planes, thicknessMM: nil, gaps: .refuse, isCT: false, subject: subject)
        } catch DicomError.refused(_, let reason) {
            throw DicomError.refused(code: "rtdose.offsets", reason: reason)
        }
    }
}
