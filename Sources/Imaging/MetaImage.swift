public import Foundation

/// Reads and writes uncompressed MetaImage volumes, as simulation codes use them.
///
/// `.mhd` with a raw file beside it, or `.mha` with both in one.
///
/// MetaImage positions are LPS millimetres, as ours.
///
/// Source: ITK MetaIO documentation, tag names as there.
public enum MetaImage {
    /// The largest volume accepted; a header can claim any size.
    static let maximumVoxels = 1 << 30

    /// Reads a volume.
    ///
    /// - Throws: ``ImagingError/fileNotRead(reason:)`` when the header or the data are not what
    ///   this reader understands; ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    public static func read(_ url: URL) throws -> Volume<Float> {
        try read(Data(contentsOf: url, options: .mappedIfSafe)) { name in
            try Data(
                contentsOf: url.deletingLastPathComponent().appending(path: name),
                options: .mappedIfSafe)
        }
    }

    /// Reads a volume from the bytes of an `.mha` file.
    ///
    /// - Throws: As ``read(_:)``.
    public static func decoded(_ bytes: Data) throws -> Volume<Float> {
        try read(bytes) { _ in
            throw ImagingError.fileNotRead(reason: "ElementDataFile must be LOCAL here")
        }
    }

    private static func read(
        _ file: Data, sibling: (String) throws -> Data
    ) throws -> Volume<Float> {
        let header = try Header(file)
        let geometry = try header.geometry()
        let count = geometry.count
        guard count <= maximumVoxels else {
            throw ImagingError.fileNotRead(reason: "the header claims \(count) voxels")
        }
        let bytes = try header.pixelBytes(sibling: sibling)
        let width = header.element.width
        guard bytes.count >= count * width else {
            throw ImagingError.fileNotRead(
                reason: "\(bytes.count) bytes of data where \(count * width) are needed")
        }
        var voxels = [Float](repeating: 0, count: count)
        for n in 0 ..< count {
            voxels[n] = header.element.value(bytes, at: bytes.startIndex + n * width)
        }
        return try Volume(voxels: voxels, geometry: geometry)
    }

    private enum Element: String {
        case uint8 = "MET_UCHAR"
        case int16 = "MET_SHORT"
        case uint16 = "MET_USHORT"
        case int32 = "MET_INT"
        case float = "MET_FLOAT"
        case double = "MET_DOUBLE"

        var width: Int {
            switch self {
            case .uint8: 1
            case .int16, .uint16: 2
            case .int32, .float: 4
            case .double: 8
            }
        }

        func value(_ bytes: Data, at start: Int) -> Float {
            var word: UInt64 = 0
            for n in (0 ..< width).reversed() { word = word << 8 | UInt64(bytes[start + n]) }
            return switch self {
            case .uint8, .uint16: Float(word)
            case .int16: Float(Int16(truncatingIfNeeded: word))
            case .int32: Float(Int32(truncatingIfNeeded: word))
            case .float: Float(bitPattern: UInt32(truncatingIfNeeded: word))
            case .double: Float(Double(bitPattern: word))
            }
        }
    }

    private struct Header {
        let fields: [String: String]
        let element: Element
        let dataStart: Int
        let file: Data

        init(_ file: Data) throws {
            self.file = file
            var fields: [String: String] = [:]
            var position = file.startIndex
            while fields["ElementDataFile"] == nil {
                guard let end = file[position...].firstIndex(of: 0x0a), end - position < 4096 else {
                    throw ImagingError.fileNotRead(reason: "no ElementDataFile line in the header")
                }
                let parts = String(decoding: file[position ..< end], as: UTF8.self)
                    .split(separator: "=", maxSplits: 1)
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                guard parts.count == 2 else {
                    throw ImagingError.fileNotRead(reason: "a header line without '='")
                }
                fields[parts[0]] = parts[1].trimmingCharacters(in: .whitespacesAndNewlines)
                position = end + 1
            }
            for key in ["BinaryDataByteOrderMSB", "CompressedData", "ElementByteOrderMSB"]
            where fields[key]?.lowercased() == "true" {
                throw ImagingError.fileNotRead(reason: "\(key) = True is not supported")
            }
            guard let element = fields["ElementType"].flatMap(Element.init) else {
                throw ImagingError.fileNotRead(reason: "ElementType is missing or not supported")
            }
            self.fields = fields
            self.element = element
            dataStart = position
        }

        func geometry() throws -> VolumeGeometry {
            let sizes = try numbers("DimSize", 3).map { Int(exactly: $0) ?? 0 }
            let spacing = try numbers("ElementSpacing", 3)
            let origin = try numbers(fields["Offset"] == nil ? "Position" : "Offset", 3)
            let matrix =
                fields["TransformMatrix"] == nil
                ? [1, 0, 0, 0, 1, 0, 0, 0, 1] : try numbers("TransformMatrix", 9)
            // MetaImage lists the direction of each index axis in turn.
            return try VolumeGeometry(
                shape: Vector3(sizes[0], sizes[1], sizes[2]),
                spacingMM: Vector3(spacing[0], spacing[1], spacing[2]),
                originMM: Vector3(origin[0], origin[1], origin[2]),
                axes: Matrix3(
                    columns: Vector3(matrix[0], matrix[1], matrix[2]),
                    Vector3(matrix[3], matrix[4], matrix[5]),
                    Vector3(matrix[6], matrix[7], matrix[8])))
        }

        private func numbers(_ key: String, _ count: Int) throws -> [Double] {
            let values = (fields[key] ?? "").split(separator: " ").compactMap { Double($0) }
            guard values.count == count else {
                throw ImagingError.fileNotRead(reason: "\(key) must hold \(count) numbers")
            }
            return values
        }

        func pixelBytes(sibling: (String) throws -> Data) throws -> Data {
            let name = fields["ElementDataFile"] ?? ""
            if name == "LOCAL" { return file[dataStart...] }
            guard !name.contains("/"), name != "..", name != "LIST" else {
                throw ImagingError.fileNotRead(
                    reason: "ElementDataFile must name a file beside the header")
            }
            return try sibling(name)
        }
    }
}

extension MetaImage {
    /// Returns a volume as the bytes of one `.mha` file, 32-bit floats, bit for bit.
    public static func encoded(_ volume: Volume<Float>) -> Data {
        let geometry = volume.geometry
        func text(_ vector: Vector3<Double>) -> String { "\(vector.x) \(vector.y) \(vector.z)" }
        let columns = geometry.axes.transposed.rows
        let header = Array(
            """
            ObjectType = Image
            NDims = 3
            BinaryData = True
            BinaryDataByteOrderMSB = False
            CompressedData = False
            TransformMatrix = \(text(columns.x)) \(text(columns.y)) \(text(columns.z))
            Offset = \(text(geometry.originMM))
            AnatomicalOrientation = RAI
            ElementSpacing = \(text(geometry.spacingMM))
            DimSize = \(geometry.shape.x) \(geometry.shape.y) \(geometry.shape.z)
            ElementType = MET_FLOAT
            ElementDataFile = LOCAL

            """.utf8)
        var bytes = [UInt8](repeating: 0, count: header.count + 4 * geometry.count)
        bytes.replaceSubrange(0 ..< header.count, with: header)
        volume.withVoxels { voxels in
            var place = header.count
            for n in voxels.indices {
                let bits = voxels[n].bitPattern
                bytes[place] = UInt8(truncatingIfNeeded: bits)
                bytes[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                bytes[place + 2] = UInt8(truncatingIfNeeded: bits >> 16)
                bytes[place + 3] = UInt8(truncatingIfNeeded: bits >> 24)
                place += 4
            }
        }
        return Data(bytes)
    }
}
