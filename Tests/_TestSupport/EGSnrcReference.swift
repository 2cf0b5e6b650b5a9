package import Foundation
package import Imaging

/// The EGSnrc results of `../shared/reference/egsnrc`, where this checkout has them.
package enum EGSnrcReference {
    /// Their folder, or `nil`.
    package static var folder: URL? {
        guard let url = ReferenceFiles.reference?.appending(path: "egsnrc"),
            FileManager.default.fileExists(atPath: url.path)
        else { return nil }
        return url
    }

    /// Returns the rows of a table, without comments, split at commas; the first is the header.
    package static func rows(_ name: String) throws -> [[String]] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: ",").map(String.init) }
    }

    /// One entry of a voxel S table.
    package struct VoxelS: Sendable {
        package let i: Int
        package let j: Int
        package let k: Int
        package let grayPerDecay: Double
        package let relativeSigma: Double
    }

    /// Returns the voxel S values of a nuclide in water for cubes of `sizeMM`.
    package static func voxelS(_ nuclide: String, sizeMM: Double) throws -> [VoxelS] {
        try rows("voxelS_\(nuclide)_water_\(String(format: "%.2f", sizeMM))mm.csv").compactMap {
            guard $0.count > 6, let i = Int($0[0]), let j = Int($0[1]), let k = Int($0[2]),
                let value = Double($0[3]), let percent = Double($0[6])
            else { return nil }
            return VoxelS(i: i, j: j, k: k, grayPerDecay: value, relativeSigma: percent / 100)
        }
    }

    /// The phantom of 64 × 64 × 48 voxels of 4 mm, with its Y-90 dose per decay.
    package struct Phantom: Sendable {
        package let geometry: VolumeGeometry
        package let medium: Volume<UInt8>
        package let gramsPerML: Volume<Float>
        package let activity: Volume<Float>
        package let labels: Volume<UInt16>
        package let grays: Volume<Float>
        package let sigmaGrays: Volume<Float>

        package init() throws {
            let geometry = try VolumeGeometry(
                shape: Vector3(64, 64, 48), spacingMM: Vector3(4, 4, 4))
            self.geometry = geometry
            medium = try Volume(
                voxels: load("phantom_medium").map { UInt8($0) }, geometry: geometry)
            gramsPerML = try Volume(voxels: load("phantom_density"), geometry: geometry)
            activity = try Volume(voxels: load("phantom_activity"), geometry: geometry)
            labels = try Volume(
                voxels: load("phantom_labels").map { UInt16($0) }, geometry: geometry)
            grays = try Volume(voxels: load("phantom_dose_Y-90"), geometry: geometry)
            sigmaGrays = try Volume(voxels: load("phantom_dose_Y-90_sigma"), geometry: geometry)
        }
    }

    private static func load(_ name: String) throws -> [Float] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", folder.appending(path: name + ".f32.gz").path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return stride(from: 0, to: bytes.count - 3, by: 4).map { at in
            var bits: UInt32 = 0
            for byte in (0 ..< 4).reversed() { bits = bits << 8 | UInt32(bytes[at + byte]) }
            return Float(bitPattern: bits)
        }
    }
}
