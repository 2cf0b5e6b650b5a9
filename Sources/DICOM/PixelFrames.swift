/// The decoded stored values of one object, before any rescale.
package struct PixelFrames: Hashable, Sendable {
    package let rows: Int
    package let columns: Int
    package let frames: Int
    package let samplesPerPixel: Int
    /// 1, 8, 16 or 32; 64 for Double Float Pixel Data.
    ///
    /// One-bit frames are packed, least significant bit first, as PS3.5 says.
    package let bitsAllocated: Int
    package let isSigned: Bool
    /// Whether the values are IEEE floating point (Float Pixel Data, Double Float Pixel Data).
    package let isFloatingPoint: Bool
    /// Whether the transfer syntax or Lossy Image Compression says that values were changed.
    package let wasLossy: Bool
    /// Little endian, frames one after the other, colour interleaved.
    package let bytes: [UInt8]

    package init(
        rows: Int, columns: Int, frames: Int, samplesPerPixel: Int, bitsAllocated: Int,
        isSigned: Bool, isFloatingPoint: Bool = false, wasLossy: Bool, bytes: [UInt8]
    ) {
        self.rows = rows
        self.columns = columns
        self.frames = frames
        self.samplesPerPixel = samplesPerPixel
        self.bitsAllocated = bitsAllocated
        self.isSigned = isSigned
        self.isFloatingPoint = isFloatingPoint
        self.wasLossy = wasLossy
        self.bytes = bytes
    }
}

extension PixelFrames {
    /// The number of values in one frame, colour samples counted one by one.
    package var valuesPerFrame: Int { rows * columns * samplesPerPixel }

    /// Returns the stored values of one frame, row by row.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when the frame does not exist or is incomplete.
    package func values(frame: Int) throws -> [Double] {
        let first = frame * valuesPerFrame
        guard frame >= 0, frame < frames,
            (first + valuesPerFrame) * bitsAllocated <= bytes.count * 8
        else { throw DicomError.malformed(reason: "frame \(frame + 1) of \(frames) is not there") }
        return switch (bitsAllocated, isFloatingPoint, isSigned) {
        case (1, _, _): bits(from: first)
        case (8, _, false): words(from: first) { (word: UInt8) in Double(word) }
        case (8, _, true): words(from: first) { (word: Int8) in Double(word) }
        case (16, _, false): words(from: first) { (word: UInt16) in Double(word) }
        case (16, _, true): words(from: first) { (word: Int16) in Double(word) }
        case (32, true, _): words(from: first) { (word: UInt32) in Double(Float(bitPattern: word)) }
        case (32, false, false): words(from: first) { (word: UInt32) in Double(word) }
        case (32, false, true): words(from: first) { (word: Int32) in Double(word) }
        case (64, true, _): words(from: first) { (word: UInt64) in Double(bitPattern: word) }
        default: throw DicomError.unsupported(what: "\(bitsAllocated) bits per value")
        }
    }

    private func bits(from first: Int) -> [Double] {
        (first ..< first + valuesPerFrame).map { Double(bytes[$0 >> 3] >> UInt8($0 & 7) & 1) }
    }

    private func words<Word: FixedWidthInteger>(
        from first: Int, _ value: (Word) -> Double
    ) -> [Double] {
        let width = Word.bitWidth / 8
        var all: [Double] = []
        all.reserveCapacity(valuesPerFrame)
        for n in first ..< first + valuesPerFrame {
            var word: Word = 0
            for byte in (0 ..< width).reversed() {
                // Word may be one byte wide, where a shift by eight is legal and gives zero.
                word = word << 8 | Word(truncatingIfNeeded: bytes[n * width + byte])
            }
            all.append(value(word))
        }
        return all
    }
}
