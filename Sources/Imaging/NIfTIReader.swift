/// Reads the bytes of one NIfTI-1 volume.
struct NIfTIReader {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) throws {
        guard
            bytes.count >= NIfTIHeader.voxelOffset,
            Self.word(bytes, at: 0, as: Int32.self) == Int32(NIfTIHeader.headerBytes),
            Array(bytes[344 ..< 347]) == Array("n+1".utf8)
        else { throw ImagingError.fileNotRead(reason: "not a little-endian .nii file") }
        self.bytes = bytes
    }

    func volume() throws -> Volume<Float> {
        let sides = (0 ..< 8).map { Int(Self.word(bytes, at: 40 + 2 * $0, as: Int16.self)) }
        guard sides[0] >= 3, sides[0] <= 7,
            sides.dropFirst(4).prefix(sides[0] - 3).allSatisfy({ $0 == 1 })
        else {
            throw ImagingError.fileNotRead(reason: "not one three-dimensional volume")
        }
        let shape = Vector3(sides[1], sides[2], sides[3])
        let (origin, steps) = placement()
        let lengths = Vector3(steps.rows.x.length, steps.rows.y.length, steps.rows.z.length)
        let geometry = try VolumeGeometry(
            shape: shape, spacingMM: lengths, originMM: origin,
            axes: Matrix3(
                columns: (1 / lengths.x) * steps.rows.x, (1 / lengths.y) * steps.rows.y,
                (1 / lengths.z) * steps.rows.z))
        let slope = float(112)
        let isScaled = slope.isFinite && slope != 0
        let start = float(108)
        guard let first = Int(exactly: start), first >= NIfTIHeader.voxelOffset else {
            throw ImagingError.fileNotRead(reason: "voxels begin inside the header")
        }
        let values = try voxels(from: first, count: geometry.count)
        let offset = isScaled ? float(116) : 0
        return try Volume(
            voxels: values.map { Float((isScaled ? slope : 1) * $0 + offset) },
            geometry: geometry)
    }

    /// Origin and steps per voxel in LPS millimetres; each row of the matrix is one step.
    private func placement() -> (Vector3<Double>, Matrix3) {
        func lps(_ v: Vector3<Double>) -> Vector3<Double> { Vector3(-v.x, -v.y, v.z) }
        if Self.word(bytes, at: 254, as: Int16.self) > 0 {
            let rows = (0 ..< 3).map { n in (0 ..< 4).map { float(280 + 16 * n + 4 * $0) } }
            func column(_ n: Int) -> Vector3<Double> {
                lps(Vector3(rows[0][n], rows[1][n], rows[2][n]))
            }
            return (column(3), Matrix3(rows: column(0), column(1), column(2)))
        }
        let turn = Quaternion(b: float(256), c: float(260), d: float(264)).matrix.transposed.rows
        let sign: Double = float(76) < 0 ? -1 : 1
        let origin = lps(Vector3(float(268), float(272), float(276)))
        return (
            origin,
            Matrix3(
                rows: float(80) * lps(turn.x), float(84) * lps(turn.y),
                sign * float(88) * lps(turn.z))
        )
    }

    private func voxels(from first: Int, count: Int) throws -> [Double] {
        func all<Word: FixedWidthInteger>(
            _ type: Word.Type, _ value: (Word) -> Double
        ) throws -> [Double] {
            let width = Word.bitWidth / 8
            let (size, overflows) = count.multipliedReportingOverflow(by: width)
            guard !overflows, size <= bytes.count, first <= bytes.count - size else {
                throw ImagingError.fileNotRead(reason: "the file ends before its voxels")
            }
            return (0 ..< count).map {
                value(Self.word(bytes, at: first + width * $0, as: type))
            }
        }
        switch Self.word(bytes, at: 70, as: Int16.self) {
        case 2: return try all(UInt8.self) { Double($0) }
        case 4: return try all(Int16.self) { Double($0) }
        case 8: return try all(Int32.self) { Double($0) }
        case 16: return try all(UInt32.self) { Double(Float(bitPattern: $0)) }
        case 64: return try all(UInt64.self) { Double(bitPattern: $0) }
        case 512: return try all(UInt16.self) { Double($0) }
        case let other:
            throw ImagingError.fileNotRead(reason: "voxels of NIfTI type \(other)")
        }
    }

    private func float(_ offset: Int) -> Double {
        Double(Float(bitPattern: Self.word(bytes, at: offset, as: UInt32.self)))
    }

    private static func word<Word: FixedWidthInteger>(
        _ bytes: [UInt8], at offset: Int, as type: Word.Type
    ) -> Word {
        var word: Word = 0
        for n in (0 ..< Word.bitWidth / 8).reversed() {
            word = (word << 8) | Word(truncatingIfNeeded: bytes[offset + n])
        }
        return word
    }
}
