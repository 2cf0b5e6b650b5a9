extension SeriesValues {
    /// Converts one frame into `target`, in storage order.
    ///
    /// - Throws: ``DicomError`` when the pixels do not have the size the header says, are in
    ///   colour, or have a depth that is not 8, 16 or 32 bits.
    func convert(
        _ pixels: PixelFrames, frame: Int, into target: inout MutableSpan<Float>
    ) throws -> ConversionTally {
        guard pixels.samplesPerPixel == 1 else {
            throw DicomError.refused(
                code: "image.colour", reason: "the pixels are colours, not measured values")
        }
        let count = target.count
        let (size, overflow) = pixels.rows.multipliedReportingOverflow(by: pixels.columns)
        guard !overflow, size == count, frame >= 0, frame < pixels.frames else {
            throw DicomError.malformed(
                reason: "the pixels are \(pixels.columns) x \(pixels.rows) x \(pixels.frames), "
                    + "not what the header says")
        }
        var tally: ConversionTally
        if pixels.isFloatingPoint {
            let stored = try pixels.values(frame: frame)
            for n in 0 ..< count { target[n] = Float(stored[n] * slope + intercept) }
            return ConversionTally(isLossy: pixels.wasLossy)
        }
        switch (pixels.bitsAllocated, pixels.isSigned) {
        case (8, false): tally = try convert(pixels, frame, UInt8.self, &target)
        case (8, true): tally = try convert(pixels, frame, Int8.self, &target)
        case (16, false): tally = try convert(pixels, frame, UInt16.self, &target)
        case (16, true): tally = try convert(pixels, frame, Int16.self, &target)
        case (32, false): tally = try convert(pixels, frame, UInt32.self, &target)
        case (32, true): tally = try convert(pixels, frame, Int32.self, &target)
        default:
            throw DicomError.unsupported(what: "\(pixels.bitsAllocated) bits allocated")
        }
        tally.isLossy = pixels.wasLossy
        return tally
    }

    private func convert<Word: FixedWidthInteger & Sendable>(
        _ pixels: PixelFrames, _ frame: Int, _ type: Word.Type,
        _ target: inout MutableSpan<Float>
    ) throws -> ConversionTally {
        let width = Word.bitWidth / 8
        let count = target.count
        let start = frame * count * width
        guard pixels.bytes.count >= start + count * width else {
            throw DicomError.malformed(reason: "the pixel data is shorter than its frames")
        }
        // Bits outside Bits Stored are overlays or rubbish, not part of the value (PS3.5 §8.1.1).
        let unused = highBit == bitsStored - 1 ? max(0, Word.bitWidth - bitsStored) : 0
        var tally = ConversionTally()
        let (slope, intercept) = (self.slope, self.intercept)
        var outside: Word = 0
        unsafe pixels.bytes.withUnsafeBytes { bytes in
            for n in 0 ..< count {
                let raw = unsafe Word(
                    littleEndian: bytes.loadUnaligned(
                        fromByteOffset: start + n * width, as: Word.self))
                let stored = (raw << unused) >> unused
                outside |= stored ^ raw
                unsafe target[unchecked: n] = Float(Double(stored) * slope + intercept)
            }
        }
        tally.hasBitsOutside = outside != 0
        if table != nil || (padding != nil && paddingValue != nil) {
            tally.padded = unsafe pixels.bytes.withUnsafeBytes { bytes in
                applyTableAndPadding(count: count, into: &target) { n in
                    let raw = unsafe Word(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: start + n * width, as: Word.self))
                    return Int((raw << unused) >> unused)
                }
            }
        }
        return tally
    }

    /// The rare second pass; returns how many pixels were padding.
    private func applyTableAndPadding(
        count: Int, into target: inout MutableSpan<Float>, stored: (Int) -> Int
    ) -> Int {
        var padded = 0
        for n in 0 ..< count {
            let value = stored(n)
            if let padding, let paddingValue, padding.contains(value) {
                target[n] = paddingValue
                padded += 1
            } else if let table {
                target[n] = table.value(value)
            }
        }
        return padded
    }
}
