import Foundation

/// Where the plain values of an object lie in its file: native, little endian, one sample per pixel.
///
/// A worker has parsed the file and found this. The values can then be read without parsing: they
/// are numbers only, so nothing in them can mislead the program.
package struct NativePixels: Hashable, Sendable {
    let layout: PixelLayout
    /// Where the first value begins, in bytes from the start of the file.
    let offset: Int
    /// The size of the file that was parsed; Pixel Data ends it.
    let fileSize: Int

    /// `nil` when the values would not fit between offset and end.
    init?(layout: PixelLayout, offset: UInt64, fileSize: UInt64) {
        guard let offset = Int(exactly: offset), let fileSize = Int(exactly: fileSize),
            offset >= Self.prefixBytes, offset <= fileSize, layout.bytes <= fileSize - offset,
            layout.bytes <= ReadingLimits.pixelBytes, layout.samples == 1,
            [8, 16, 32].contains(layout.bitsAllocated), !layout.isFloatingPoint
        else { return nil }
        self.layout = layout
        self.offset = offset
        self.fileSize = fileSize
    }

    /// Tag, VR and length of Pixel Data in Explicit VR.
    private static let prefixBytes = 12

    /// Whether Pixel Data of the stated length begins at the stated place.
    func fit(descriptor: Int32) -> Bool {
        var prefix = [UInt8](repeating: 0, count: Self.prefixBytes)
        // At most as many bytes as the array has.
        let got = unsafe pread(descriptor, &prefix, prefix.count, off_t(offset - prefix.count))
        guard got == prefix.count else { return false }
        let length = prefix[8...].reversed().reduce(0) { $0 << 8 | Int($1) }
        let tag: [UInt8] = [0xe0, 0x7f, 0x10, 0x00]
        return length == fileSize - offset
            && (prefix[..<4].elementsEqual(tag) || prefix[4 ..< 8].elementsEqual(tag))
    }
}

/// A file whose native values are read piece by piece.
struct NativePixelFile: ~Copyable {
    private let descriptor: Int32
    private let pixels: NativePixels
    private let identity: FileIdentity?

    /// Values are read in pieces of this many bytes, which stay in the processor's cache until they
    /// are converted.
    static let pieceBytes = 128 << 10

    /// Opens the file.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)`` when it cannot be opened;
    ///   ``DicomError/refused(code:reason:)`` with `file.changed` when it is not, or no longer, the
    ///   one that was parsed.
    init(path: String, pixels: NativePixels, identity: FileIdentity?) throws {
        // Not blocking: the path could meanwhile be a pipe.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw DicomError.unreadable(reason: "the file cannot be opened")
        }
        do {
            try FileIdentity.check(descriptor: descriptor, isStill: identity)
            guard pixels.fit(descriptor: descriptor) else { throw FileIdentity.changed }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.pixels = pixels
        self.identity = identity
    }

    deinit { close(descriptor) }

    /// Makes sure that nothing has written to the file since it was parsed.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` with `file.changed`.
    func check() throws {
        try FileIdentity.check(descriptor: descriptor, isStill: identity)
    }

    /// Converts a frame into `target`, which holds one frame.
    ///
    /// - Parameters:
    ///   - frame: From 0; less than the layout's frames.
    ///   - values: What the stored values mean.
    ///   - buffer: Room for ``pieceBytes``.
    ///   - target: Where the quantities go. It and the buffer are the caller's through the call; no
    ///     piece is longer than either.
    /// - Returns: What was noticed on the way.
    /// - Throws: ``DicomError/unreadable(reason:)`` when the file ends too early.
    func convert(
        frame: Int, by values: SeriesValues, buffer: UnsafeMutableRawBufferPointer,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws -> ConversionTally {
        let width = Int(pixels.layout.bitsAllocated / 8)
        let piece = buffer.count / width
        let start = pixels.offset + frame * target.count * width
        var tally = ConversionTally()
        var first = 0
        while first < target.count {
            let count = min(piece, target.count - first)
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * width)])
            try unsafe fill(bytes, from: start + first * width)
            tally.add(
                try unsafe values.convert(
                    UnsafeRawBufferPointer(bytes), layout: pixels.layout, first: 0,
                    into: UnsafeMutableBufferPointer(rebasing: target[first ..< first + count])))
            first += count
        }
        return tally
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, from offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let got = unsafe pread(
                descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw DicomError.unreadable(reason: "the pixels cannot be read to their end")
            }
            done += got
        }
    }
}
