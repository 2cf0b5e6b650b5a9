/// Stored values to quantities, one slice at a time.
enum RescaledValues {
    /// Writes stored value x slope + intercept of `target.count` values from value `first` on.
    ///
    /// `pixels` holds what `layout` says, aligned to a page.
    ///
    /// - Throws: ``DicomError/unsupported(what:)`` for cells that hold no number.
    static func convert(
        _ pixels: UnsafeRawBufferPointer, layout: PixelLayout, first: Int, slope: Double,
        intercept: Double, into target: UnsafeMutableBufferPointer<Float>
    ) throws {
        switch (layout.bitsAllocated, layout.isFloatingPoint, layout.isSigned) {
        case (1, _, _):
            for n in target.indices {
                let bit = first + n
                let stored = Double(unsafe pixels[bit >> 3] >> UInt8(bit & 7) & 1)
                unsafe target[n] = Float(stored * slope + intercept)
            }
        case (8, _, false): unsafe whole(pixels, UInt8.self, first, slope, intercept, target)
        case (8, _, true): unsafe whole(pixels, Int8.self, first, slope, intercept, target)
        case (16, _, false): unsafe whole(pixels, UInt16.self, first, slope, intercept, target)
        case (16, _, true): unsafe whole(pixels, Int16.self, first, slope, intercept, target)
        case (32, true, _): unsafe floating(pixels, Float.self, first, slope, intercept, target)
        case (32, false, false): unsafe whole(pixels, UInt32.self, first, slope, intercept, target)
        case (32, false, true): unsafe whole(pixels, Int32.self, first, slope, intercept, target)
        case (64, true, _): unsafe floating(pixels, Double.self, first, slope, intercept, target)
        default: throw DicomError.unsupported(what: "\(layout.bitsAllocated) bits per value")
        }
    }

    private static func whole<Word: FixedWidthInteger>(
        _ pixels: UnsafeRawBufferPointer, _ type: Word.Type, _ first: Int, _ slope: Double,
        _ intercept: Double, _ target: UnsafeMutableBufferPointer<Float>
    ) {
        let words = unsafe UnsafeRawBufferPointer(rebasing: pixels[(first * Word.bitWidth / 8)...])
            .bindMemory(to: Word.self)
        if Word.bitWidth <= 16, slope == 1, let offset = Int32(exactly: intercept),
            abs(Int(offset)) < 1 << 23
        {
            // Sums of small whole numbers are exact in Float, and integers are faster.
            for n in target.indices {
                unsafe target[n] = Float(Int32(truncatingIfNeeded: words[n]) &+ offset)
            }
        } else {
            for n in target.indices {
                unsafe target[n] = Float(Double(words[n]) * slope + intercept)
            }
        }
    }

    private static func floating<Word: BinaryFloatingPoint>(
        _ pixels: UnsafeRawBufferPointer, _ type: Word.Type, _ first: Int, _ slope: Double,
        _ intercept: Double, _ target: UnsafeMutableBufferPointer<Float>
    ) {
        let words = unsafe UnsafeRawBufferPointer(
            rebasing: pixels[(first * MemoryLayout<Word>.size)...]
        ).bindMemory(to: Word.self)
        for n in target.indices {
            unsafe target[n] = Float(Double(words[n]) * slope + intercept)
        }
    }
}
