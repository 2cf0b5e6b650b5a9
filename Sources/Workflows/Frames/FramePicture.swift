package import DICOM
import Imaging

/// One frame as a picture, grey through a window or in its own colours.
package enum FramePicture {
    /// The decoded pixels that a frame is in.
    ///
    /// - Throws: `DicomError`, ``WorkflowError/notFound(kind:name:)``,
    ///   ``WorkflowError/refused(sentence:)`` for colours that are not shown.
    package static func pixels(
        of frame: Int, in series: FlatSeries, source: any DicomSource
    ) async throws -> PixelFrames {
        let file = try series.file(of: frame).file
        _ = try Colouring(file.header)
        return try await source.frames(of: file)
    }

    /// Draws a frame as PNG.
    ///
    /// - Parameters:
    ///   - frame: From 1.
    ///   - series: The series.
    ///   - pixels: What ``pixels(of:in:source:)`` gave.
    ///   - window: The values that are black and white; the file's own, else all values, when `nil`.
    /// - Returns: The file's bytes.
    /// - Throws: `DicomError`, ``WorkflowError/notFound(kind:name:)``,
    ///   ``WorkflowError/refused(sentence:)``.
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
        switch try Colouring(header) {
        case .grey: return try greys(index, pixels, header, window)
        case .palette:
            guard pixels.samplesPerPixel == 1, !pixels.isFloatingPoint else {
                throw DicomError.malformed(reason: "a palette for values that are no indices")
            }
            return try ColourPalette(header).rgb(try stored(index, pixels, header))
        case .samples: return try colours(index, pixels, header)
        }
    }

    /// How a picture comes by its colours.
    enum Colouring {
        case grey
        /// Each value stands for a colour.
        case palette
        /// Each pixel has three values.
        case samples

        private static let known = [
            "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT",
        ]

        /// - Throws: ``WorkflowError/refused(sentence:)`` for colours of another kind.
        init(_ header: DataSet) throws {
            let name = header.string(.photometricInterpretation)
            switch header.integer(.samplesPerPixel) ?? 1 {
            case 1: self = name == "PALETTE COLOR" ? .palette : .grey
            case 3 where name.map(Self.known.contains) ?? true: self = .samples
            default:
                throw WorkflowError.refused(
                    sentence: "The colours of this picture are of a kind that is not shown.")
            }
        }
    }

    /// From zero, or the least value where that is below, to the greatest value of the first grey
    /// frame.
    ///
    /// - Throws: `DicomError`, ``WorkflowError/refused(sentence:)``.
    package static func range(
        of pixels: PixelFrames, in series: FlatSeries
    ) throws -> ClosedRange<Double> {
        let (file, index) = try series.file(of: series.firstGreyFrame ?? 1)
        let values = try values(index, pixels, file.header)
        let low = min(0, values.min() ?? 0)
        return low ... max(values.max() ?? 1, low.nextUp, low + 1)
    }

    /// Far above what turns stored values into any quantity.
    private static let mostRescale = 1e15

    private static func values(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet
    ) throws -> [Double] {
        let slope = header.decimal(.rescaleSlope) ?? 1
        let intercept = header.decimal(.rescaleIntercept) ?? 0
        guard abs(slope) <= mostRescale, abs(intercept) <= mostRescale else {
            throw WorkflowError.refused(
                sentence: "The slope or intercept of the picture is no number of an image: its "
                    + "header is damaged.")
        }
        // Pixels that are floating point may be no numbers.
        return try stored(index, pixels, header).map { $0.isFinite ? slope * $0 + intercept : 0 }
    }

    /// The stored values of a grey frame, or one with a palette.
    private static func stored(
        _ index: Int, _ pixels: PixelFrames, _ header: DataSet
    ) throws -> [Double] {
        let stored = header.integer(.bitsStored) ?? pixels.bitsAllocated
        let high = header.integer(.highBit) ?? stored - 1
        let raw = try pixels.values(frame: index)
        // Bits above the stored ones are overlays, not values.
        guard pixels.bitsAllocated == 16, stored > 0, stored < 16, high == stored - 1 else {
            return raw
        }
        let mask = (1 << stored) - 1
        let sign = 1 << (stored - 1)
        return raw.map { value in
            let bits = Int(value) & mask
            let isNegative = pixels.isSigned && bits & sign != 0
            return Double(isNegative ? bits - mask - 1 : bits)
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
            rgb.append(byte(y - (0.114 * 1.772 * b + 0.299 * 1.402 * r) / 0.587))
            rgb.append(byte(y + 1.772 * b))
        }
        return rgb
    }

    private static func byte(_ level: Double) -> UInt8 {
        UInt8(level > 0 ? min(level.rounded(), 255) : 0)
    }
}
