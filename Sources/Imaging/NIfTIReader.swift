/// Reads the bytes of one NIfTI-1 volume.
///
/// Source: NIfTI-1 data format, nifti1.h, 2007.
struct NIfTIReader {
    private let bytes: [UInt8]
    private let order: VoxelBytes

    init(bytes: [UInt8]) throws {
        guard bytes.count >= NIfTIHeader.voxelOffset else {
            throw ImagingError.fileNotRead(
                reason: "\(bytes.count) bytes are neither a NIfTI-1 nor an NRRD file")
        }
        let orders = [false, true].map { VoxelBytes(scalar: .uint8, isBigEndian: $0) }
        guard
            let order = orders.first(where: {
                $0.word(bytes, at: 0, as: Int32.self) == Int32(NIfTIHeader.headerBytes)
            }), Array(bytes[344 ..< 347]) == Array("n+1".utf8)
        else {
            throw ImagingError.fileNotRead(
                reason: "neither NIfTI-1 in one file (.nii, .nii.gz) nor NRRD")
        }
        self.bytes = bytes
        self.order = order
    }

    func file() throws -> ImageFile {
        let sides = (0 ..< 8).map { Int(int16(40 + 2 * $0)) }
        guard sides[0] >= 3, sides[0] <= 7,
            sides.dropFirst(4).prefix(sides[0] - 3).allSatisfy({ $0 == 1 })
        else {
            throw ImagingError.fileNotRead(reason: "not one three-dimensional volume")
        }
        let (origin, steps) = placement()
        let grid = try FileGrid(
            shape: Vector3(sides[1], sides[2], sides[3]), origin: try millimetres() * origin,
            steps: steps.scaled(by: try millimetres()))
        guard let first = Int(exactly: float(108)), first >= NIfTIHeader.voxelOffset else {
            throw ImagingError.fileNotRead(reason: "voxels begin inside the header")
        }
        let slope = float(112)
        let isScaled = slope.isFinite && slope != 0
        return try grid.file(
            of: VoxelBytes(scalar: try scalar(), isBigEndian: order.isBigEndian).values(
                in: bytes, from: first, count: grid.geometry.count, slope: isScaled ? slope : 1,
                offset: isScaled ? float(116) : 0))
    }

    private func scalar() throws -> VoxelBytes.Scalar {
        switch int16(70) {
        case 2: return .uint8
        case 4: return .int16
        case 8: return .int32
        case 16: return .float
        case 64: return .double
        case 256: return .int8
        case 512: return .uint16
        case 768: return .uint32
        case let other:
            throw ImagingError.fileNotRead(reason: "voxels of NIfTI type \(other)")
        }
    }

    /// Millimetres in the file's unit of length; files that state none mean millimetres.
    private func millimetres() throws -> Double {
        switch bytes[123] & 0x07 {
        case 0, 2: return 1
        case 1: return 1000
        case 3: return 1e-3
        case let other:
            throw ImagingError.fileNotRead(reason: "lengths in NIfTI unit \(other)")
        }
    }

    /// Origin and steps per voxel in LPS, in the file's unit of length.
    private func placement() -> (Vector3<Double>, Vector3<Vector3<Double>>) {
        func lps(_ v: Vector3<Double>) -> Vector3<Double> { Vector3(-v.x, -v.y, v.z) }
        if int16(254) > 0 {
            let rows = (0 ..< 3).map { n in (0 ..< 4).map { float(280 + 16 * n + 4 * $0) } }
            func column(_ n: Int) -> Vector3<Double> {
                lps(Vector3(rows[0][n], rows[1][n], rows[2][n]))
            }
            return (column(3), Vector3(column(0), column(1), column(2)))
        }
        // Without a code for it the quaternion means nothing; axes are then those of RAS.
        let isTurned = int16(252) > 0
        let turn =
            isTurned
            ? Quaternion(b: float(256), c: float(260), d: float(264)).matrix.transposed.rows
            : Matrix3.identity.rows
        let sign: Double = isTurned && float(76) < 0 ? -1 : 1
        let origin: Vector3<Double> =
            isTurned ? lps(Vector3(float(268), float(272), float(276))) : .zero
        return (
            origin,
            Vector3(
                float(80) * lps(turn.x), float(84) * lps(turn.y),
                sign * float(88) * lps(turn.z))
        )
    }

    private func int16(_ offset: Int) -> Int16 { order.word(bytes, at: offset, as: Int16.self) }

    private func float(_ offset: Int) -> Double {
        Double(Float(bitPattern: order.word(bytes, at: offset, as: UInt32.self)))
    }
}

extension Vector3<Vector3<Double>> {
    func scaled(by factor: Double) -> Self { Self(factor * x, factor * y, factor * z) }
}
