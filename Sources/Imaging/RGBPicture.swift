/// A picture of 8-bit sRGB pixels, the top row first.
public struct RGBPicture: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// Red, green and blue of each pixel.
    public let rgb: [UInt8]

    /// - Throws: ``ImagingError/fileNotWritten(reason:)`` when the pixels do not fill the picture.
    public init(width: Int, height: Int, rgb: [UInt8]) throws {
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        guard !overflows, width > 0, height > 0, pixels <= Int.max / 3, rgb.count == 3 * pixels
        else {
            throw ImagingError.fileNotWritten(
                reason: "\(rgb.count) bytes do not fill \(width) × \(height) pixels")
        }
        (self.width, self.height, self.rgb) = (width, height, rgb)
    }

    /// Returns the picture as PNG.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public func png() throws -> [UInt8] {
        try PNGImage.encoded(width: width, height: height, rgb: rgb)
    }

    /// Returns the picture as baseline JPEG.
    ///
    /// - Parameter quality: From 1 to 100.
    /// - Returns: The bytes of the file.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``, also for a side above 65,500 pixels.
    public func jpeg(quality: Int) throws -> [UInt8] {
        guard let columns = UInt32(exactly: width), let rows = UInt32(exactly: height) else {
            throw ImagingError.fileNotWritten(reason: "the picture is too large")
        }
        return try ImagingShim.jpeg(
            rgb: rgb, width: columns, height: rows, quality: Int32(min(max(quality, 1), 100)))
    }

    /// Returns a part of the picture.
    ///
    /// - Parameters:
    ///   - columns: Within the width.
    ///   - rows: Within the height.
    /// - Returns: The part.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public func cropped(columns: Range<Int>, rows: Range<Int>) throws -> RGBPicture {
        precondition(
            !columns.isEmpty && !rows.isEmpty && columns.lowerBound >= 0
                && columns.upperBound <= width && rows.lowerBound >= 0
                && rows.upperBound <= height,
            "\(columns), \(rows) of \(width) x \(height)")
        var part: [UInt8] = []
        part.reserveCapacity(3 * columns.count * rows.count)
        for row in rows {
            let start = row * width
            part += rgb[3 * (start + columns.lowerBound) ..< 3 * (start + columns.upperBound)]
        }
        return try RGBPicture(width: columns.count, height: rows.count, rgb: part)
    }

    /// Returns the picture with other pixels: the mean of those that each covers, or what lies
    /// between two where it covers less than one.
    ///
    /// - Parameters:
    ///   - newWidth: At least 1.
    ///   - newHeight: At least 1.
    /// - Returns: The picture with the new size.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    public func resized(width newWidth: Int, height newHeight: Int) throws -> RGBPicture {
        precondition(newWidth > 0 && newHeight > 0, "\(newWidth) x \(newHeight) pixels")
        guard newWidth != width || newHeight != height else { return self }
        let columns = Self.shares(from: width, to: newWidth)
        let rows = Self.shares(from: height, to: newHeight)
        // Rows of the old height first, each with the new width.
        var narrow = [Float](repeating: 0, count: 3 * newWidth * height)
        for row in 0 ..< height {
            for (column, share) in columns.enumerated() {
                for (n, weight) in share.weights.enumerated() {
                    let from = 3 * (row * width + share.first + n)
                    let to = 3 * (row * newWidth + column)
                    for sample in 0 ..< 3 {
                        narrow[to + sample] += weight * Float(rgb[from + sample])
                    }
                }
            }
        }
        var result: [UInt8] = []
        result.reserveCapacity(3 * newWidth * newHeight)
        for share in rows {
            for value in 0 ..< 3 * newWidth {
                var sum: Float = 0
                for (n, weight) in share.weights.enumerated() {
                    sum += weight * narrow[3 * newWidth * (share.first + n) + value]
                }
                result.append(UInt8(min(max(sum.rounded(), 0), 255)))
            }
        }
        return try RGBPicture(width: newWidth, height: newHeight, rgb: result)
    }

    /// Which old pixels a new one is made of, and by how much; the weights add up to 1.
    private struct Share {
        let first: Int
        let weights: [Float]
    }

    private static func shares(from old: Int, to new: Int) -> [Share] {
        let scale = Double(old) / Double(new)
        // Half the width of what a new pixel covers, at least one old pixel.
        let reach = max(scale, 1)
        return (0 ..< new).map { n in
            let centre = (Double(n) + 0.5) * scale
            let first = max(0, Int((centre - reach).rounded(.down)))
            let last = min(old - 1, Int((centre + reach).rounded(.up)))
            // A triangle: between two pixels when enlarging, a soft mean when shrinking.
            let weights = (first ... last).map { pixel in
                max(0, 1 - abs(Double(pixel) + 0.5 - centre) / reach)
            }
            let sum = weights.reduce(0, +)
            return Share(first: first, weights: weights.map { Float($0 / sum) })
        }
    }
}
