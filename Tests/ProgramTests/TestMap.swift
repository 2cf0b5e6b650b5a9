import Foundation
import Testing

/// A map with its file's bytes, written here from the formats' definitions.
struct TestMap {
    var shape = [8, 8, 8]
    var spacingMM = [4.0, 4, 4]
    /// Centre of the first voxel, in LPS millimetres.
    var originMM = [0.0, 0, 0]
    var values: [Float]

    init(
        shape: [Int] = [8, 8, 8], spacingMM: [Double] = [4, 4, 4],
        originMM: [Double] = [0, 0, 0], _ value: (_ i: Int, _ j: Int, _ k: Int) -> Float
    ) {
        (self.shape, self.spacingMM, self.originMM) = (shape, spacingMM, originMM)
        values = (0 ..< shape[0] * shape[1] * shape[2]).map {
            value($0 % shape[0], $0 / shape[0] % shape[1], $0 / (shape[0] * shape[1]))
        }
    }

    private func bytes(_ word: UInt32, big: Bool = false) -> [UInt8] {
        let little = (0 ..< 4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
        return big ? little.reversed() : little
    }

    /// A `.nii` file of floats, its axes along LPS.
    var nifti: Data {
        var header = [UInt8](repeating: 0, count: 352)
        func put(_ offset: Int, _ words: [UInt32]) {
            for (n, byte) in words.flatMap({ bytes($0) }).enumerated() {
                header[offset + n] = byte
            }
        }
        func floats(_ values: [Double]) -> [UInt32] { values.map { Float($0).bitPattern } }
        put(0, [348])
        put(40, [UInt32(3 | shape[0] << 16), UInt32(shape[1] | shape[2] << 16)])
        put(48, [0x1_0001, 0x1_0001])
        put(70, [16 | 32 << 16])
        put(76, floats([1] + spacingMM))
        put(108, floats([352, 1, 0]))
        put(123, [2])
        put(254, [1])
        put(280, floats([-spacingMM[0], 0, 0, -originMM[0]]))
        put(296, floats([0, -spacingMM[1], 0, -originMM[1]]))
        put(312, floats([0, 0, spacingMM[2], originMM[2]]))
        put(344, [0x00_31_2b_6e])
        return Data(header + values.flatMap { bytes($0.bitPattern) })
    }

    /// The header of an NRRD file of big-endian floats.
    private var nrrdFields: String {
        """
        NRRD0004
        type: float
        dimension: 3
        sizes: \(shape[0]) \(shape[1]) \(shape[2])
        encoding: raw
        endian: big
        space: left-posterior-superior
        space directions: (\(spacingMM[0]),0,0) (0,\(spacingMM[1]),0) (0,0,\(spacingMM[2]))
        space origin: (\(originMM[0]),\(originMM[1]),\(originMM[2]))

        """
    }

    private var nrrdVoxels: Data { Data(values.flatMap { bytes($0.bitPattern, big: true) }) }

    /// A `.nrrd` file.
    var nrrd: Data { Data((nrrdFields + "\n").utf8) + nrrdVoxels }

    /// Writes `name.nii`, or `name.nrrd`, or `name.nhdr` with `name.raw`, by the ending.
    @discardableResult
    func write(_ name: String, in folder: URL) throws -> String {
        let url = folder.appending(path: name)
        switch url.pathExtension {
        case "nrrd": try nrrd.write(to: url)
        case "nhdr":
            let raw = url.deletingPathExtension().appendingPathExtension("raw")
            try nrrdVoxels.write(to: raw)
            try Data((nrrdFields + "data file: \(raw.lastPathComponent)\n").utf8).write(to: url)
        default: try nifti.write(to: url)
        }
        return url.path
    }

    /// The voxels of a `.nii` file of floats that Grevy wrote.
    static func voxels(_ url: URL) throws -> [Float] {
        let bytes = [UInt8](try Data(contentsOf: url).dropFirst(352))
        return stride(from: 0, to: bytes.count - 3, by: 4).map { n in
            Float(
                bitPattern: (0 ..< 4).reduce(UInt32(0)) {
                    $0 | UInt32(bytes[n + $1]) << (8 * UInt32($1))
                })
        }
    }
}
