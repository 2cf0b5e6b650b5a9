import CDicomShim

/// How the pixels of an object come out decoded.
struct PixelLayout: Hashable, Sendable {
    let rows, columns, frames, samples: UInt32
    let bitsAllocated, bitsStored: UInt32
    let isSigned, isFloatingPoint: Bool
    let bytes: Int

    init(_ layout: dcm_layout) {
        rows = layout.rows
        columns = layout.columns
        frames = layout.frames
        samples = layout.samples
        bitsAllocated = layout.bits_allocated
        bitsStored = layout.bits_stored
        isSigned = layout.is_signed != 0
        isFloatingPoint = layout.is_floating_point != 0
        bytes = Int(clamping: layout.bytes)
    }

    /// The layout of decoded frames.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when a count is negative or there are no pixels.
    init(_ frames: PixelFrames) throws {
        let counts = [
            frames.rows, frames.columns, frames.frames, frames.samplesPerPixel,
            frames.bitsAllocated, frames.bitsAllocated,
        ].map { UInt32(clamping: $0) }
        try self.init(
            words: counts + [frames.isSigned ? 1 : 0, frames.isFloatingPoint ? 1 : 0])
    }

    /// The layout in a worker's answer.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when the numbers contradict each other.
    init(words: [UInt32], bytes: Int) throws {
        try self.init(words: words)
        guard bytes == self.bytes else {
            throw DicomError.malformed(reason: "the worker's answer contradicts itself")
        }
    }

    /// The layout in a worker's answer, its size computed from the numbers.
    ///
    /// - Throws: ``DicomError/malformed(reason:)`` when there is no layout;
    ///   ``DicomError/limitExceeded(what:)`` when the size overflows.
    init(words: [UInt32]) throws {
        guard words.count == 8 else {
            throw DicomError.malformed(reason: "the worker's answer has no layout")
        }
        (rows, columns, frames, samples) = (words[0], words[1], words[2], words[3])
        (bitsAllocated, bitsStored) = (words[4], words[5])
        (isSigned, isFloatingPoint) = (words[6] != 0, words[7] != 0)
        var bits = UInt64(bitsAllocated)
        for factor in [rows, columns, frames, samples] {
            let (next, overflow) = bits.multipliedReportingOverflow(by: UInt64(factor))
            guard !overflow else {
                throw DicomError.limitExceeded(what: "Rows x Columns x Frames overflows")
            }
            bits = next
        }
        let size = bits / 8 + (bits.isMultiple(of: 8) ? 0 : 1)
        guard size > 0, let bytes = Int(exactly: size) else {
            throw DicomError.malformed(reason: "the worker's answer contradicts itself")
        }
        self.bytes = bytes
    }

    var words: [UInt32] {
        [
            rows, columns, frames, samples, bitsAllocated, bitsStored, isSigned ? 1 : 0,
            isFloatingPoint ? 1 : 0,
        ]
    }

    var shim: dcm_layout {
        dcm_layout(
            rows: rows, columns: columns, frames: frames, samples: samples,
            bits_allocated: bitsAllocated, bits_stored: bitsStored, is_signed: isSigned ? 1 : 0,
            is_floating_point: isFloatingPoint ? 1 : 0, bytes: UInt64(bytes))
    }

    func frames(wasLossy: Bool, bytes: [UInt8]) -> PixelFrames {
        PixelFrames(
            rows: Int(rows), columns: Int(columns), frames: Int(frames),
            samplesPerPixel: Int(samples), bitsAllocated: Int(bitsAllocated), isSigned: isSigned,
            isFloatingPoint: isFloatingPoint, wasLossy: wasLossy, bytes: bytes)
    }
}
