/// Reads one three-dimensional volume of an NRRD file, raw or gzip, with its voxels in the same
/// file or one beside it.
struct NRRDReader {
    private let bytes: [UInt8]
    private let header: NRRDHeader

    init(bytes: [UInt8]) throws {
        self.bytes = bytes
        header = try NRRDHeader(bytes)
    }

    func file(sibling: (String) throws -> [UInt8]) throws -> ImageFile {
        guard try header.text("dimension") == "3" else {
            throw ImagingError.fileNotRead(
                reason: "'dimension' is not 3; one three-dimensional volume is needed")
        }
        let shape = try header.three("sizes", Int.self)
        guard shape.smallest > 0 else {
            throw ImagingError.fileNotRead(reason: "'sizes' must be above 0")
        }
        let (origin, steps) = try placement()
        let grid = try FileGrid(shape: shape, origin: origin, steps: steps)
        let order = try voxelOrder()
        let voxels = try voxelBytes(order.size(of: grid.geometry.count), sibling: sibling)
        return try grid.file(of: order.values(in: voxels, from: 0, count: grid.geometry.count))
    }

    private func voxelOrder() throws -> VoxelBytes {
        let scalar = try scalar()
        switch header["endian"]?.lowercased() {
        case "little": return VoxelBytes(scalar: scalar, isBigEndian: false)
        case "big": return VoxelBytes(scalar: scalar, isBigEndian: true)
        case nil where scalar.width == 1: return VoxelBytes(scalar: scalar, isBigEndian: false)
        default:
            throw ImagingError.fileNotRead(reason: "'endian' must be little or big")
        }
    }

    private func scalar() throws -> VoxelBytes.Scalar {
        switch try header.text("type").lowercased() {
        case "signed char", "int8", "int8_t": return .int8
        case "uchar", "unsigned char", "uint8", "uint8_t": return .uint8
        case "short", "short int", "signed short", "signed short int", "int16", "int16_t":
            return .int16
        case "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t":
            return .uint16
        case "int", "signed int", "int32", "int32_t": return .int32
        case "uint", "unsigned int", "uint32", "uint32_t": return .uint32
        case "float": return .float
        case "double": return .double
        default:
            throw ImagingError.fileNotRead(
                reason: "'type' must be a whole number of 8, 16 or 32 bits, float or double")
        }
    }

    /// Origin and steps per voxel in LPS millimetres.
    private func placement() throws -> (Vector3<Double>, Vector3<Vector3<Double>>) {
        guard header["spacedirections"] != nil else {
            guard header["space"] == nil, header["spacedimension"] == nil else {
                throw ImagingError.fileNotRead(reason: "'space' stands without space directions")
            }
            // Without a space the axes are taken for those of the patient.
            let (size, unit) = (
                try header.three("spacings", Double.self), try header.millimetres("units")
            )
            return (
                .zero,
                Vector3(
                    [unit.x * size.x, 0, 0], [0, unit.y * size.y, 0], [0, 0, unit.z * size.z])
            )
        }
        let signs = try axisSigns()
        let unit = try header.millimetres("spaceunits")
        func lps(_ v: Vector3<Double>) -> Vector3<Double> {
            Vector3(signs.x * unit.x * v.x, signs.y * unit.y * v.y, signs.z * unit.z * v.z)
        }
        let steps = try header.vectors("spacedirections", count: 3).map(lps)
        let origin =
            header["spaceorigin"] == nil
            ? [.zero] : try header.vectors("spaceorigin", count: 1).map(lps)
        return (origin[0], Vector3(steps[0], steps[1], steps[2]))
    }

    /// How the space's axes run along those of LPS.
    private func axisSigns() throws -> Vector3<Double> {
        switch header["space"]?.lowercased() {
        case "left-posterior-superior", "lps": return [1, 1, 1]
        case "right-anterior-superior", "ras": return [-1, -1, 1]
        case "left-anterior-superior", "las": return [1, -1, 1]
        default:
            throw ImagingError.fileNotRead(
                reason: "'space' must be left-posterior-superior, right-anterior-superior or "
                    + "left-anterior-superior")
        }
    }

    /// Returns exactly `size` bytes of voxels.
    private func voxelBytes(
        _ size: Int, sibling: (String) throws -> [UInt8]
    ) throws -> [UInt8] {
        guard header["lineskip"] ?? "0" == "0" else {
            throw ImagingError.fileNotRead(reason: "'line skip' is not supported")
        }
        guard let skip = Int(header["byteskip"] ?? "0"), skip >= -1 else {
            throw ImagingError.fileNotRead(reason: "'byte skip' must be -1, 0 or more")
        }
        var voxels = try stored(sibling)
        var skipped = skip
        switch try header.text("encoding").lowercased() {
        case "raw":
            // -1: whatever stands before the last `size` bytes.
            if skip == -1 { skipped = max(0, voxels.count - size) }
        case "gzip", "gz":
            let (limit, overflows) = size.addingReportingOverflow(skip)
            guard skip >= 0, !overflows, limit <= VoxelBytes.greatestCount else {
                throw ImagingError.fileNotRead(reason: "'byte skip' does not fit gzip")
            }
            // One byte more than wanted, so that too many are found below.
            voxels = try ImagingShim.gunzip(voxels, limit: limit + 1)
        default:
            throw ImagingError.fileNotRead(reason: "'encoding' must be raw or gzip")
        }
        guard skipped <= voxels.count, voxels.count - skipped == size else {
            throw ImagingError.fileNotRead(
                reason: "the header declares \(size) bytes of voxels, but "
                    + "\(max(0, voxels.count - skipped)) are there")
        }
        return skipped == 0 ? voxels : Array(voxels.dropFirst(skipped))
    }

    /// The bytes that hold the voxels, as they are stored.
    private func stored(_ sibling: (String) throws -> [UInt8]) throws -> [UInt8] {
        if let name = header["datafile"] {
            let isPlain = !name.isEmpty && name.allSatisfy { $0 != "/" && $0 != "%" && $0 != "\\" }
            guard isPlain, name != "..", name != ".", !name.hasPrefix("LIST") else {
                throw ImagingError.fileNotRead(
                    reason: "'data file' must name one file beside the header")
            }
            return try sibling(name)
        }
        guard let end = header.end else {
            throw ImagingError.fileNotRead(
                reason: "the NRRD header has no 'data file' and no empty line before voxels")
        }
        return Array(bytes.dropFirst(end))
    }
}
