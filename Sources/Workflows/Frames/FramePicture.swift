package import DICOM
import Imaging

/// One frame as a picture, grey through a window or in its own colours.
package enum FramePicture {
    /// The decoded pixels that a frame is in.
    ///
    /// - Throws: `DicomError`, ``WorkflowError/notFound(kind:name:)``.
    package static func pixels(
        of frame: Int, in series: FlatSeries, source: any DicomSource
    ) async throws -> PixelFrames {
        try await source.frames(of: series.file(of: frame).file)
    }

    /// Draws a frame as PNG.
    ///
    /// - Parameters:
    ///   - frame: From 1.
    ///   - series: The series.
    ///   - pixels: What ``pixels(of:in:source:)`` gave.
    ///   - window: The values that are black and white; the file's own, else all values, when `nil`.
    /// - Returns: The file's bytes.
    /// - Throws: `DicomError`, ``WorkflowError/notFound(kind:name:)``.
    package static func png(
        _ frame: Int, of series: FlatSeries, pixels: PixelFrames, window: ClosedRange<Double>?
    ) throws -> [UInt8] {
        let (file, index) = try series.file(of: frame)
        let rgb = try rgb(index, pixels, file.header, window: window ?? series.window)
        return try PNGImage.encoded(width: pixels.columns, height: pixels.rows, rgb: rgb)
    }

    /// Red, green and blue of a frame's pixels; a window changes nothing of colours.
    ///
    /// - Parameters:
    ///   - index: In the file, from 0.
    ///   - pixels: Of the file.
    ///   - header: Of the file.
    ///   - window: The values that are black and white; all values when `nil`.
    /// - Returns: Three bytes per pixel, the top row first.
    /// - Throws: `DicomError`, ``WorkflowError/refused(sentence:)``.
    static func rgb(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet, window: ClosedRange<Double>?
    ) throws -> [UInt8] {
        pixels.samplesPerPixel == 3
            ? try colours(index, pixels, header) : try greys(index, pixels, header, window)
    }

    /// From zero, or the least value where that is below, to the greatest value of the first frame.
    ///
    /// - Throws: `DicomError`, ``WorkflowError/refused(sentence:)``.
    package static func range(
        of pixels: PixelFrames, in series: FlatSeries
    ) throws -> ClosedRange<Double> {
        let (file, index) = try series.file(of: 1)
        let values = try values(index, pixels, file.header)
        let low = min(0, values.min() ?? 0)
        return low ... max(values.max() ?? 1, low.nextUp, low + 1)
    }

    /// Far above what turns stored values into any quantity.
    private static let mostRescale = 1e15

    private static func values(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet
    ) throws -> [Double] {
        guard pixels.samplesPerPixel == 1,
            header.string(.photometricInterpretation) != "PALETTE COLOR"
        else {
            throw WorkflowError.refused(
                sentence: "Pictures with a palette of colours cannot be shown yet.")
        }
        let slope = header.decimal(.rescaleSlope) ?? 1
        let intercept = header.decimal(.rescaleIntercept) ?? 0
        guard abs(slope) <= mostRescale, abs(intercept) <= mostRescale else {
            throw WorkflowError.refused(
                sentence: "The slope or intercept of the picture is no number of an image: its "
                    + "header is damaged.")
        }
        let stored = header.integer(.bitsStored) ?? pixels.bitsAllocated
        let high = header.integer(.highBit) ?? stored - 1
        let raw = try pixels.values(frame: index)
        // Bits above the stored ones are overlays, not values.
        guard pixels.bitsAllocated == 16, stored > 0, stored < 16, high == stored - 1 else {
            // Pixels that are floating point may be no numbers.
            return raw.map { $0.isFinite ? slope * $0 + intercept : 0 }
        }
        let mask = (1 << stored) - 1
        let sign = 1 << (stored - 1)
        return raw.map { value in
            let bits = Int(value) & mask
            let isNegative = pixels.isSigned && bits & sign != 0
            return slope * Double(isNegative ? bits - mask - 1 : bits) + intercept
        }
    }

    private static func greys(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet, _ window: ClosedRange<Double>?
    ) throws -> [UInt8] {
        let values = try values(index, pixels, header)
        let low = window?.lowerBound ?? min(0, values.min() ?? 0)
        let high = window?.upperBound ?? values.max() ?? 1
        let scale = 255 / max(high - low, 1e-9)
        let isInverse = header.string(.photometricInterpretation) == "MONOCHROME1"
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * values.count)
        for value in values {
            let level = (value - low) * scale
            let grey = UInt8(level > 0 ? min(level, 255) : 0)
            let shown = isInverse ? 255 - grey : grey
            rgb.append(shown)
            rgb.append(shown)
            rgb.append(shown)
        }
        return rgb
    }

    private static func colours(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet
    ) throws -> [UInt8] {
        let values = try pixels.values(frame: index)
        let top = Double((1 << min(header.integer(.bitsStored) ?? 8, 16)) - 1)
        let levels = values.map { 255 * $0 / max(top, 1) }
        guard header.string(.photometricInterpretation)?.hasPrefix("YBR_FULL") == true else {
            return levels.map(byte)
        }
        // PS3.3 §C.7.6.3.1.2, solved for red, green and blue.
        var rgb: [UInt8] = []
        rgb.reserveCapacity(levels.count)
        for n in stride(from: 0, to: levels.count - 2, by: 3) {
            let (y, b, r) = (levels[n], levels[n + 1] - 128, levels[n + 2] - 128)
            rgb.append(byte(y + 1.402 * r))
            rgb.append(byte(y - 0.344136 * b - 0.714136 * r))
            rgb.append(byte(y + 1.772 * b))
        }
        return rgb
    }

    private static func byte(_ level: Double) -> UInt8 {
        UInt8(level > 0 ? min(level.rounded(), 255) : 0)
    }
}
