/// The 352 bytes before the voxels of a single-file NIfTI-1 volume.
///
/// Source: NIfTI-1 data format, nifti1.h, 2007; offsets stand with the fields.
struct NIfTIHeader {
    let bytes: [UInt8]

    /// Length of the header and place of the voxels (`sizeof_hdr`, `vox_offset`).
    static let headerBytes = 348
    static let voxelOffset = 352

    /// How a voxel is written (`datatype`).
    enum Word: Int16 {
        case uint8 = 2
        case int16 = 4
        case float32 = 16

        var bits: Int16 {
            switch self {
            case .uint8: 8
            case .int16: 16
            case .float32: 32
            }
        }
    }

    /// With `isMirrored` the last slice is written first.
    init(
        _ geometry: VolumeGeometry, description: String, isMirrored: Bool = false,
        word: Word = .float32
    ) throws {
        let shape = [geometry.shape.x, geometry.shape.y, geometry.shape.z]
        let sides = shape.compactMap { Int16(exactly: $0) }
        guard sides.count == 3 else {
            throw ImagingError.fileNotWritten(reason: "NIfTI holds at most 32767 voxels a side")
        }
        var header = [UInt8](repeating: 0, count: Self.voxelOffset)
        func put(_ offset: Int, _ field: [UInt8]) {
            header.replaceSubrange(offset ..< offset + field.count, with: field)
        }
        func int16(_ values: [Int16]) -> [UInt8] {
            values.reduce(into: []) { $0.append(littleEndian: $1) }
        }
        func floats(_ values: [Double]) -> [UInt8] {
            values.reduce(into: []) { $0.append(littleEndian: Float($1).bitPattern) }
        }
        let quaternion = Quaternion(Self.rasAxes(geometry))
        let spacing = geometry.spacingMM
        put(0, [0x5c, 0x01, 0, 0])
        put(40, int16([3] + sides + [1, 1, 1, 1]))
        put(70, int16([word.rawValue, word.bits]))  // datatype, bitpix
        // The qform's rotation is right-handed; its sign turns the slices round.
        let sign: Double = isMirrored ? -1 : 1
        put(76, floats([sign, spacing.x, spacing.y, spacing.z, 0, 0, 0, 0]))
        put(108, floats([Double(Self.voxelOffset), 1, 0]))  // vox_offset, scl_slope, scl_inter
        put(123, [2])  // xyzt_units: millimetres
        put(148, Array(description.utf8.filter { $0 >= 32 && $0 < 127 }.prefix(79)))
        put(252, int16([1, 1]))  // qform_code, sform_code: scanner coordinates
        let first = Vector3(0, 0, isMirrored ? Double(shape[2] - 1) : 0)
        let origin = geometry.positionMM(index: first)
        put(256, floats([quaternion.b, quaternion.c, quaternion.d]))
        put(268, floats([-origin.x, -origin.y, origin.z]))
        let rows = Self.rasAxes(geometry).rows
        let starts = [-origin.x, -origin.y, origin.z]
        for (n, row) in [rows.x, rows.y, rows.z].enumerated() {
            put(
                280 + 16 * n,
                floats([row.x * spacing.x, row.y * spacing.y, sign * row.z * spacing.z, starts[n]]))
        }
        put(344, Array("n+1".utf8))
        bytes = header
    }

    /// The axes in RAS: x and y run the other way than in LPS.
    private static func rasAxes(_ geometry: VolumeGeometry) -> Matrix3 {
        let rows = geometry.axes.rows
        return Matrix3(rows: -rows.x, -rows.y, rows.z)
    }
}

/// The unit quaternion `a + bi + cj + dk` of a rotation, `a` not negative.
struct Quaternion {
    let b: Double
    let c: Double
    let d: Double

    /// Creates it from a rotation matrix, dividing by the greatest component so that no figure
    /// is lost near half a turn.
    init(_ matrix: Matrix3) {
        let (x, y, z) = (matrix.rows.x, matrix.rows.y, matrix.rows.z)
        let squares = [
            1 + x.x + y.y + z.z, 1 + x.x - y.y - z.z, 1 - x.x + y.y - z.z, 1 - x.x - y.y + z.z,
        ]
        let greatest = squares.indices.max { squares[$0] < squares[$1] } ?? 0
        let part = max(squares[greatest], 0).squareRoot() / 2
        let scale = 1 / (4 * part)
        let (p, q, r) = (z.y - y.z, x.z - z.x, y.x - x.y)
        let (xy, xz, yz) = (x.y + y.x, x.z + z.x, y.z + z.y)
        let all =
            switch greatest {
            case 0: [part, p * scale, q * scale, r * scale]
            case 1: [p * scale, part, xy * scale, xz * scale]
            case 2: [q * scale, xy * scale, part, yz * scale]
            default: [r * scale, xz * scale, yz * scale, part]
            }
        let sign: Double = all[0] < 0 ? -1 : 1
        b = sign * all[1]
        c = sign * all[2]
        d = sign * all[3]
    }

    /// Creates it from its stored components.
    init(b: Double, c: Double, d: Double) {
        self.b = b
        self.c = c
        self.d = d
    }

    var matrix: Matrix3 {
        let a = max(0, 1 - b * b - c * c - d * d).squareRoot()
        return Matrix3(
            rows: Vector3(
                a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
            Vector3(
                2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)),
            Vector3(
                2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c))
    }
}
