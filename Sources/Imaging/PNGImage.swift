/// PNG pictures, written by libpng.
public enum PNGImage {
    /// Encodes 8-bit sRGB pixels.
    ///
    /// - Parameters:
    ///   - width: Pixels along a row.
    ///   - height: Rows, the top one first.
    ///   - rgb: Red, green, blue of each pixel.
    /// - Returns: The file's bytes; the same pixels give the same bytes.
    /// - Throws: ``ImagingError/fileNotWritten(reason:)`` when the pixels do not fill the picture.
    public static func encoded(width: Int, height: Int, rgb: [UInt8]) throws -> [UInt8] {
        let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
        guard
            !overflows, width > 0, height > 0, pixels <= Int.max / 3, rgb.count == 3 * pixels,
            let columns = UInt32(exactly: width), let rows = UInt32(exactly: height)
        else {
            throw ImagingError.fileNotWritten(
                reason: "\(rgb.count) bytes do not fill \(width) × \(height) pixels")
        }
        return try ImagingShim.png(rgb: rgb, width: columns, height: rows)
    }
}
