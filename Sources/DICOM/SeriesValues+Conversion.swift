extension SeriesValues {
    /// Converts one frame into `target`, in storage order.
    ///
    /// - Throws: ``DicomError`` when the pixels do not have the size the header says, are in
    ///   colour, or have a depth that is not 8, 16 or 32 bits.
    func convert(
        _ pixels: PixelFrames, frame: Int, into target: inout MutableSpan<Float>
    ) throws -> ConversionTally {
        let layout = try PixelLayout(pixels)
        try check(layout, frame: frame, size: target.count)
        return try unsafe pixels.bytes.withUnsafeBytes { bytes in
            guard bytes.count >= layout.bytes else {
                throw DicomError.malformed(reason: "the pixel data is shorter than its frames")
            }
            return try unsafe target.withUnsafeMutableBufferPointer { target in
                var tally = try unsafe convert(
                    bytes, layout: layout, first: frame * target.count, into: target)
                tally.isLossy = pixels.wasLossy
                return tally
            }
        }
    }

    /// Makes sure that a frame exists and holds `size` grey values.
    ///
    /// - Throws: ``DicomError``.
    func check(_ layout: PixelLayout, frame: Int, size: Int) throws {
        guard layout.samples == 1 else {
            throw DicomError.refused(
                code: "image.colour", reason: "the pixels are colours, not measured values")
        }
        let (count, overflow) = Int(layout.rows).multipliedReportingOverflow(
            by: Int(layout.columns))
        guard !overflow, count == size, frame >= 0, frame < Int(layout.frames) else {
            throw DicomError.malformed(
                reason: "the pixels are \(layout.columns) x \(layout.rows) x \(layout.frames), "
                    + "not what the header says")
        }
    }

    /// Converts as many values as `target` holds, from value `first` on.
    ///
    /// `pixels` is aligned to its words and holds all of them, which is checked here; below, every
    /// index of either buffer is less than `count`.
    ///
    /// - Throws: ``DicomError/unsupported(what:)`` for cells that hold no number.
    func convert(
        _ pixels: UnsafeRawBufferPointer, layout: PixelLayout, first: Int,
        into target: UnsafeMutableBufferPointer<Float>
    ) throws -> ConversionTally {
        let width = Int(layout.bitsAllocated) / 8
        let (end, overflow) = (first + target.count).multipliedReportingOverflow(by: width)
        precondition(!overflow && first >= 0 && end <= pixels.count, "\(first) \(target.count)")
        guard let source = unsafe pixels.baseAddress?.advanced(by: first * width),
            let values = target.baseAddress
        else { return ConversionTally() }
        let count = target.count
        return switch (layout.bitsAllocated, layout.isFloatingPoint, layout.isSigned) {
        case (8, _, false): unsafe whole(source, UInt8.self, count, values)
        case (8, _, true): unsafe whole(source, Int8.self, count, values)
        case (16, _, false): unsafe whole(source, UInt16.self, count, values)
        case (16, _, true): unsafe whole(source, Int16.self, count, values)
        case (32, true, _): unsafe floating(source, Float.self, count, values)
        case (32, false, false): unsafe whole(source, UInt32.self, count, values)
        case (32, false, true): unsafe whole(source, Int32.self, count, values)
        case (64, true, _): unsafe floating(source, Double.self, count, values)
        default: throw DicomError.unsupported(what: "\(layout.bitsAllocated) bits allocated")
        }
    }

    private func floating<Word: BinaryFloatingPoint>(
        _ source: UnsafeRawPointer, _ type: Word.Type, _ count: Int,
        _ target: UnsafeMutablePointer<Float>
    ) -> ConversionTally {
        let words = unsafe source.bindMemory(to: Word.self, capacity: count)
        let (slope, intercept) = (slope, intercept)
        for n in 0 ..< count { unsafe target[n] = Float(Double(words[n]) * slope + intercept) }
        return ConversionTally()
    }

    private func whole<Word: FixedWidthInteger>(
        _ source: UnsafeRawPointer, _ type: Word.Type, _ count: Int,
        _ target: UnsafeMutablePointer<Float>
    ) -> ConversionTally {
        let words = unsafe source.bindMemory(to: Word.self, capacity: count)
        // Bits outside Bits Stored are overlays or rubbish, not part of the value (PS3.5 §8.1.1).
        let unused = highBit == bitsStored - 1 ? max(0, Word.bitWidth - bitsStored) : 0
        let shift = Word(truncatingIfNeeded: unused)
        let upper = unused == 0 ? 0 : ~Word(0) << bitsStored
        var outside: Word = 0
        let (slope, intercept) = (slope, intercept)
        if Word.bitWidth <= 16, slope == 1, let offset = Int32(exactly: intercept),
            abs(Int(offset)) < 1 << 23
        {
            // Sums of small whole numbers are exact in Float, and integers are faster.
            for n in 0 ..< count {
                let raw = unsafe words[n]
                let stored = (raw &<< shift) &>> shift
                outside |= raw & upper == 0 ? 0 : stored ^ raw
                unsafe target[n] = Float(Int32(truncatingIfNeeded: stored) &+ offset)
            }
        } else {
            for n in 0 ..< count {
                let raw = unsafe words[n]
                let stored = (raw &<< shift) &>> shift
                outside |= raw & upper == 0 ? 0 : stored ^ raw
                unsafe target[n] = Float(Double(stored) * slope + intercept)
            }
        }
        var tally = ConversionTally()
        // Upper bits that are all zero may be a sign that a coder left out: no rubbish.
        tally.hasBitsOutside = outside != 0
        if let table {
            for n in 0 ..< count {
                unsafe target[n] = table.value(Int((words[n] &<< shift) &>> shift))
            }
        }
        if let padding, let paddingValue {
            let (low, high) = (
                Word(clamping: padding.lowerBound), Word(clamping: padding.upperBound)
            )
            // A range that the cells cannot hold is met by none.
            guard padding.overlaps(Int(clamping: Word.min) ... Int(clamping: Word.max)) else {
                return tally
            }
            for n in 0 ..< count {
                let stored = unsafe (words[n] &<< shift) &>> shift
                let isPadding = stored >= low && stored <= high
                unsafe target[n] = isPadding ? paddingValue : target[n]
                tally.padded &+= isPadding ? 1 : 0
            }
        }
        return tally
    }
}
