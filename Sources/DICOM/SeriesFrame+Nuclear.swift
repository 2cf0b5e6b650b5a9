import Imaging
import Quantities

extension SeriesFrame {
    /// The most frames of one object; real ones stay below some thousand.
    static let maximumFrames = 100_000

    /// Reads the frames of a reconstructed NM object.
    ///
    /// Slice s lies (s − 1) · Spacing Between Slices along rows × columns from the position in
    /// the detector item; a negative spacing stacks against the normal (PS3.3 §C.8.4.15).
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `nm.not-tomographic` for planar objects
    ///   and projections, `nm.no-geometry` when position or orientation is absent.
    static func nuclearFrames(
        _ header: DataSet, index: Int, rows: Int, columns: Int, findings: inout [Finding]
    ) throws -> [SeriesFrame] {
        let type = header.strings(.imageType).map { $0.uppercased() }
        let reconstructed = type.contains { $0.hasPrefix("RECON") }
        guard reconstructed else {
            throw DicomError.refused(
                code: "nm.not-tomographic",
                reason: "the image type is \(type.dropFirst(2).first ?? "not stated"), "
                    + "not a reconstructed volume; read it as planar views")
        }
        let count = header.integer(.numberOfFrames) ?? 1
        guard count > 0 else { throw DicomError.malformed(reason: "\(count) frames") }
        guard count <= maximumFrames else {
            throw DicomError.limitExceeded(what: "\(count) frames in one object")
        }
        let slices = header.integers(.sliceVector) ?? Array(1 ... count)
        guard slices.count == count else {
            throw DicomError.malformed(
                reason: "\(count) frames but a Slice Vector of \(slices.count)")
        }
        let first = try firstPlane(header, rows: rows, columns: columns)
        let spacing = try sliceSpacing(header, slices: slices, findings: &findings)
        var values = try SeriesValues(header: header, transformation: header)
        var unit = header.string(.rescaleType) ?? header.string(.units)
        if let mapping = ownMapping(header, modality: "NM") {
            values.map(mapping)
            unit = mapping.unit
        }
        let keys = vectorKeys(header, count: count)
        let normal = first.normal
        return (0 ..< count).map { n in
            SeriesFrame(
                file: index, frame: n,
                plane: first.moved(
                    to: first.positionMM + (Double(slices[n]) - 1) * spacing * normal),
                values: values, unit: unit, keys: keys[n],
                thicknessMM: header.decimal(.sliceThickness),
                sopInstanceUID: count == 1 ? header.string(.sopInstanceUID) : nil)
        }
    }

    private static func firstPlane(
        _ header: DataSet, rows: Int, columns: Int
    ) throws -> SeriesPlane {
        let detector = header.firstItem(.detectorInformationSequence) ?? DataSet()
        let position =
            detector.decimals(.imagePositionPatient, count: 3)
            ?? header.decimals(.imagePositionPatient, count: 3)
        let orientation =
            detector.decimals(.imageOrientationPatient, count: 6)
            ?? header.decimals(.imageOrientationPatient, count: 6)
        guard let position, let orientation else {
            throw DicomError.refused(
                code: "nm.no-geometry",
                reason: "the detector item has no Image Position or Orientation (Patient): "
                    + "somebody must say how the volume lies")
        }
        return try SeriesPlane(
            rows: rows, columns: columns, position: position, orientation: orientation,
            spacing: header.decimals(.pixelSpacing) ?? [])
    }

    private static func sliceSpacing(
        _ header: DataSet, slices: [Int], findings: inout [Finding]
    ) throws -> Double {
        if let spacing = header.decimal(.spacingBetweenSlices), spacing != 0 {
            if spacing < 0 {
                findings.append(
                    Finding(
                        "nm.negative-spacing", .note,
                        "Spacing Between Slices is \(shown(spacing)) mm: slices are stacked "
                            + "against the normal, as the sign says.",
                        subject: header.seriesSubject))
            }
            return spacing
        }
        guard Set(slices).count > 1 else { return 1 }
        guard let thickness = header.decimal(.sliceThickness), thickness > 0 else {
            throw DicomError.refused(
                code: "nm.no-geometry",
                reason: "neither Spacing Between Slices nor Slice Thickness is present")
        }
        findings.append(
            Finding(
                "nm.spacing-missing", .warning,
                "Spacing Between Slices is missing; the slice thickness of \(shown(thickness)) mm "
                    + "was taken, along the normal.", subject: header.seriesSubject))
        return thickness
    }

    /// The vectors of the frame increment pointer that tell frames at one position apart.
    static func vectorKeys(_ header: DataSet, count: Int) -> [[String: String]] {
        let vectors: [(String, Attribute)] = [
            ("energy window", .energyWindowVector), ("detector", .detectorVector),
            ("phase", .phaseVector), ("time slot", .timeSlotVector),
            ("R-R interval", .rrIntervalVector), ("time slice", .timeSliceVector),
        ]
        var keys = Array(repeating: [String: String](), count: count)
        for (name, attribute) in vectors {
            guard let vector = header.integers(attribute), vector.count == count else { continue }
            for n in 0 ..< count { keys[n][name] = "\(vector[n])" }
        }
        return keys
    }
}
