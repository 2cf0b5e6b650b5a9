package import DICOM
import Foundation
package import Imaging
package import Storage

/// Pixels and other bulk data of one instance, as they are or drawn.
package struct ImageFrames: Sendable {
    package let header: DataSet
    private let path: String
    private let source: any DicomSource

    /// Reads the header.
    ///
    /// - Throws: `DicomError`.
    package init(
        _ instance: VisibleInstance, folder: DataFolder, source: any DicomSource
    ) async throws {
        path = folder.objects.url(of: instance.instance.object).path
        self.source = source
        header = try await source.header(path: path)
    }

    /// Whether it is an image.
    package var hasPixels: Bool { header.pixelElement != nil }

    /// Returns the decoded pixels of all frames.
    ///
    /// - Throws: `DicomError`.
    package func pixels() async throws -> PixelFrames { try await source.frames(path: path) }

    /// Returns one frame's values as native Pixel Data has them.
    ///
    /// - Parameters:
    ///   - frame: From 1.
    ///   - pixels: What ``pixels()`` gave.
    /// - Returns: The bytes, little endian.
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when there is no such frame.
    package func bytes(of frame: Int, in pixels: PixelFrames) throws -> [UInt8] {
        guard (1 ... max(pixels.frames, 1)).contains(frame) else {
            throw WorkflowError.notFound(kind: "frame", name: String(frame))
        }
        return try pixels.nativeBytes(
            frame: frame - 1, inPlanes: header.integer(.planarConfiguration) == 1)
    }

    /// Returns the value at a place of the header.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when there is none.
    package func bulk(at place: BulkPlace) throws -> [UInt8] {
        guard let bytes = header.bytes(at: place) else {
            throw WorkflowError.notFound(kind: "bulk data", name: "")
        }
        return bytes
    }

    /// Draws a frame.
    ///
    /// - Parameters:
    ///   - frame: From 1.
    ///   - pixels: What ``pixels()`` gave.
    ///   - window: The values, after rescale, that are black and white; the file's own, else all,
    ///     when `nil`.
    ///   - viewport: What part of it and how large.
    /// - Returns: The picture.
    /// - Throws: `DicomError`, `ImagingError`, ``WorkflowError``.
    package func picture(
        of frame: Int, in pixels: PixelFrames, window: ClosedRange<Double>?, viewport: Viewport
    ) throws -> RGBPicture {
        guard (1 ... max(pixels.frames, 1)).contains(frame) else {
            throw WorkflowError.notFound(kind: "frame", name: String(frame))
        }
        let rgb = try FramePicture.rgb(
            frame - 1, pixels, header, window: window ?? FlatSeries.window(header))
        return try viewport.picture(
            RGBPicture(width: pixels.columns, height: pixels.rows, rgb: rgb))
    }
}

/// Which part of a picture is shown, and how large at most.
///
/// Source: PS3.18 §8.3.5.1.4.
package struct Viewport: Hashable, Sendable {
    /// Of the answer at most; 0 for as large as the part is.
    private var width = 0
    private var height = 0
    /// The part's corner, in pixels from the picture's top left one.
    private var x = 0
    private var y = 0
    /// Of the part; 0 goes on to the edge.
    private var partWidth = 0
    private var partHeight = 0

    /// The longest side of an answer.
    package static let longestSide = 4096

    /// The whole picture as it is.
    package static let whole = Viewport()

    private init() {}

    /// As large as fits into a square.
    package init(within side: Int) { (width, height) = (side, side) }

    /// Takes `width,height`, or these and the part `x,y,width,height`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package init(_ text: String) throws {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { Int($0) ?? ($0.isEmpty ? 0 : -1) }
        guard numbers.count == 2 || numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }),
            (1 ... Self.longestSide).contains(numbers[0]),
            (1 ... Self.longestSide).contains(numbers[1])
        else {
            throw WorkflowError.refused(
                sentence: "'viewport' is width,height of at most \(Self.longestSide) pixels, or "
                    + "these and x,y,width,height of the part that is shown.")
        }
        (width, height) = (numbers[0], numbers[1])
        guard numbers.count == 6 else { return }
        (x, y, partWidth, partHeight) = (numbers[2], numbers[3], numbers[4], numbers[5])
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` for a part that lies outside.
    func picture(_ whole: RGBPicture) throws -> RGBPicture {
        guard x < whole.width, y < whole.height else {
            throw WorkflowError.refused(sentence: "The part of 'viewport' lies outside.")
        }
        let right = partWidth == 0 ? whole.width : x + min(partWidth, whole.width - x)
        let bottom = partHeight == 0 ? whole.height : y + min(partHeight, whole.height - y)
        let isWhole = right - x == whole.width && bottom - y == whole.height
        let shown = isWhole ? whole : try whole.cropped(columns: x ..< right, rows: y ..< bottom)
        guard width > 0, height > 0 else { return shown }
        // Pixels stay as they are to each other.
        let scale = min(
            Double(width) / Double(shown.width), Double(height) / Double(shown.height))
        return try shown.resized(
            width: max(1, Int((Double(shown.width) * scale).rounded())),
            height: max(1, Int((Double(shown.height) * scale).rounded())))
    }
}

extension ImageFrames {
    /// Reads `centre,width,function` as PS3.18 §8.3.5.1.5 has it.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package static func window(_ text: String) throws -> ClosedRange<Double> {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let function = parts.count == 3 ? parts[2].lowercased() : "linear"
        guard parts.count == 2 || parts.count == 3, let centre = Double(parts[0]),
            let width = Double(parts[1]), abs(centre) < mostWindow, width >= 1, width < mostWindow,
            ["linear", "linear-exact", "linear_exact"].contains(function)
        else {
            throw WorkflowError.refused(
                sentence: "'window' is centre,width,function: numbers, a width of at least 1, and "
                    + "linear or linear-exact.")
        }
        guard function == "linear" else { return centre - width / 2 ... centre + width / 2 }
        // PS3.3 §C.11.2.1.2.1: whole stored values, of which the first and last are black and white.
        return centre - 0.5 - (width - 1) / 2 ... centre - 0.5 + max((width - 1) / 2, 0.001)
    }

    private static let mostWindow = 1e12
}
