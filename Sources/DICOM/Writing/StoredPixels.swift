import Foundation

/// Voxels turned into stored values.
enum StoredPixels {
    /// Stored 16-bit values of one frame, and how many did not fit.
    struct Frame {
        var bytes: [UInt8]
        var clipped: Int
    }

    /// Returns round((v − intercept) / slope) as little-endian 16-bit words, clipped to `range`.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` for a value that is not finite.
    static func sixteenBit(
        _ values: Span<Float>, _ indices: Range<Int>, slope: Double, intercept: Double,
        range: ClosedRange<Double>
    ) throws -> Frame {
        var bytes = [UInt8](repeating: 0, count: indices.count * 2)
        var clipped = 0
        var at = 0
        for n in indices {
            let stored = ((Double(values[n]) - intercept) / slope).rounded()
            guard stored.isFinite else { throw notFinite }
            let fitting = min(max(stored, range.lowerBound), range.upperBound)
            if fitting != stored { clipped += 1 }
            let word = UInt16(truncatingIfNeeded: Int(fitting))
            bytes[at] = UInt8(truncatingIfNeeded: word)
            bytes[at + 1] = UInt8(truncatingIfNeeded: word >> 8)
            at += 2
        }
        return Frame(bytes: bytes, clipped: clipped)
    }

    /// Returns the largest magnitude of the values; NaN when one of them is NaN.
    static func largestMagnitude(_ values: Span<Float>, _ indices: Range<Int>) -> Double {
        var largest: Float = 0
        for n in indices {
            guard !values[n].isNaN else { return .nan }
            largest = max(largest, abs(values[n]))
        }
        return Double(largest)
    }

    /// Returns a scale of at least `value` that a decimal string holds exactly.
    ///
    /// Stored values are computed with the scale as it will be read back.
    static func writableScale(atLeast value: Double) -> Double {
        let slightlyMore = value * (1 + 1e-9)
        return Double(BinaryNumbers.decimalString(slightlyMore)) ?? slightlyMore
    }

    static let notFinite = DicomError.refused(
        code: "write.not-finite", reason: "a voxel is not a finite number")
}
