/// How the voxels of a file are written, one number after the other.
struct VoxelBytes {
    enum Scalar {
        case int8
        case uint8
        case int16
        case uint16
        case int32
        case uint32
        case float
        case double

        /// Bytes per voxel.
        var width: Int {
            switch self {
            case .int8, .uint8: 1
            case .int16, .uint16: 2
            case .int32, .uint32, .float: 4
            case .double: 8
            }
        }
    }

    let scalar: Scalar
    let isBigEndian: Bool

    /// Two gigabytes: above any single volume of this field.
    ///
    /// A header can claim any size.
    static let greatestCount = 1 << 31

    /// The bytes that `count` voxels take.
    ///
    /// - Throws: ``ImagingError/fileNotRead(reason:)`` above ``greatestCount``.
    func size(of count: Int) throws -> Int {
        let (size, overflows) = count.multipliedReportingOverflow(by: scalar.width)
        guard !overflows, size <= Self.greatestCount else {
            throw ImagingError.fileNotRead(
                reason: "the header claims \(count) voxels, more than 2 GB")
        }
        return size
    }

    /// Returns `slope` times each voxel plus `offset`.
    ///
    /// - Throws: ``ImagingError/fileNotRead(reason:)`` when `bytes` end before the voxels.
    func values(
        in bytes: [UInt8], from first: Int, count: Int, slope: Double = 1, offset: Double = 0
    ) throws -> [Float] {
        let size = try size(of: count)
        guard first >= 0, first <= bytes.count, size <= bytes.count - first else {
            throw ImagingError.fileNotRead(
                reason: "the file ends before its voxels (\(size) bytes are needed, "
                    + "\(max(0, bytes.count - first)) are there)")
        }
        func all<Word: FixedWidthInteger>(
            _ type: Word.Type, _ value: (Word) -> Double
        ) -> [Float] {
            let width = Word.bitWidth / 8
            var values = [Float](repeating: 0, count: count)
            for n in values.indices {
                let word = word(bytes, at: first + width * n, as: type)
                values[n] = Float(slope * value(word) + offset)
            }
            return values
        }
        return switch scalar {
        case .int8: all(Int8.self) { Double($0) }
        case .uint8: all(UInt8.self) { Double($0) }
        case .int16: all(Int16.self) { Double($0) }
        case .uint16: all(UInt16.self) { Double($0) }
        case .int32: all(Int32.self) { Double($0) }
        case .uint32: all(UInt32.self) { Double($0) }
        case .float: all(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .double: all(UInt64.self) { Double(bitPattern: $0) }
        }
    }

    /// Returns the whole number that begins at `offset`, which must lie in `bytes`.
    func word<Word: FixedWidthInteger>(
        _ bytes: [UInt8], at offset: Int, as type: Word.Type
    ) -> Word {
        let width = Word.bitWidth / 8
        var word: Word = 0
        for n in 0 ..< width {
            let place = isBigEndian ? offset + n : offset + width - 1 - n
            word = (word << 8) | Word(truncatingIfNeeded: bytes[place])
        }
        return word
    }
}
