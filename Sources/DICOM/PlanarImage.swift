import Imaging
import Quantities

/// Planar NM images: static and whole-body views, frames as detector counts.
package struct PlanarImage: Sendable {
    /// From which side a detector looked.
    package enum View: String, Hashable, Sendable {
        case anterior, posterior, unknown
    }

    /// One frame.
    package struct Frame: Hashable, Sendable {
        /// Counts per pixel, row by row.
        package var counts: [Float]
        package var view: View
        /// Detector number from 1; `nil` when the file has no vector.
        package var detector: Int?
        /// Energy window number from 1; `nil` when the file has no vector.
        package var energyWindow: Int?
        /// Lower and upper limit of the energy window, in keV; `nil` when not stated, or when no
        /// camera could have them.
        package var energyKeV: [Double]?
        package var durationSeconds: Double?

        /// The sum of all pixels.
        package var total: Double { counts.reduce(0.0) { $0 + Double($1) } }

        /// Counts per second; `nil` without a duration.
        package var countsPerSecond: Double? { durationSeconds.map { total / $0 } }
    }

    package var rows: Int
    package var columns: Int
    /// Distance between columns and between rows, in millimetres; `nil` when not stated.
    package var columnSpacingMM: Double?
    package var rowSpacingMM: Double?
    package var frames: [Frame]
    package var radiopharmaceutical: Radiopharmaceutical
    package var seriesInstanceUID: String

    /// Reads the frames of an NM object as planar views.
    ///
    /// Also reads reconstructed objects, slice by slice, when their place is not known. Views
    /// that the tags do not tell apart stay ``View/unknown`` and a finding asks.
    ///
    /// - Throws: ``DicomError`` when pixels and header do not fit.
    package static func read(
        header: DataSet, pixels: PixelFrames
    ) throws -> Reading<PlanarImage> {
        let (rows, columns) = try SeriesFrame.matrix(header)
        guard rows == pixels.rows, columns == pixels.columns else {
            throw DicomError.malformed(reason: "the pixels do not have the size the header says")
        }
        var values = try SeriesValues(header: header, transformation: header)
        values.paddingValue = 0
        let keys = SeriesFrame.vectorKeys(header, count: pixels.frames)
        let views = ProjectionViews(header: header, frames: pixels.frames, keys: keys)
        let windows = header.items(.energyWindowInformationSequence)
        let duration = header.decimal(.actualFrameDuration)
            .flatMap { $0 > 0 ? $0 / 1000 : nil }
        var frames: [Frame] = []
        for n in 0 ..< pixels.frames {
            var counts = [Float](repeating: 0, count: rows * columns)
            var span = counts.mutableSpan
            _ = try values.convert(pixels, frame: n, into: &span)
            let window = keys[n]["energy window"].flatMap { Int($0) }
            frames.append(
                Frame(
                    counts: counts, view: views.views[n],
                    detector: keys[n]["detector"].flatMap { Int($0) }, energyWindow: window,
                    energyKeV: limits(windows, number: window ?? 1), durationSeconds: duration))
        }
        let spacing = header.decimals(.pixelSpacing, count: 2)
        let timing = InjectionTiming(headers: [header])
        var findings = views.findings + timing.findings
        if pixels.wasLossy {
            findings.append(
                Finding(
                    "image.lossy", .error,
                    "The pixels were compressed with loss; counts are not those measured and "
                        + "must not be used for dosimetry.", subject: header.seriesSubject))
        }
        return Reading(
            PlanarImage(
                rows: rows, columns: columns, columnSpacingMM: spacing?[1],
                rowSpacingMM: spacing?[0], frames: frames,
                radiopharmaceutical: timing.radiopharmaceutical,
                seriesInstanceUID: header.string(.seriesInstanceUID)
                    ?? InventedUID.of(header, level: .series)), findings: findings)
    }

    /// Far above the photons of any nuclide; limits beyond it are a damaged header.
    private static let mostKeV = 1e5

    private static func limits(_ windows: [DataSet], number: Int) -> [Double]? {
        guard number >= 1, number <= windows.count,
            let range = windows[number - 1].firstItem(.energyWindowRangeSequence),
            let low = range.decimal(.energyWindowLowerLimit),
            let high = range.decimal(.energyWindowUpperLimit), low >= 0, low <= high,
            high <= mostKeV
        else { return nil }
        return [low, high]
    }

    /// Returns a frame's counts with left and right exchanged, to lay one view on the other.
    package func mirrored(_ frame: Frame) -> [Float] {
        var result = frame.counts
        for row in 0 ..< rows {
            result[row * columns ..< (row + 1) * columns].reverse()
        }
        return result
    }

    /// Returns √(anterior · posterior) per pixel, the second frame mirrored left to right.
    package func geometricMean(_ first: Frame, mirroring second: Frame) -> [Float] {
        zip(first.counts, mirrored(second)).map { a, b in
            Float((Double(max(a, 0)) * Double(max(b, 0))).squareRoot())
        }
    }
}
