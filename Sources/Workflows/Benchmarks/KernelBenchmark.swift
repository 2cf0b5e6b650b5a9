import Dosimetry
package import Foundation
import Imaging
import Physics

/// A voxel-kernel dose on a grid, for Benchmarks/kernel.py to compare with SciPy.
package enum KernelBenchmark {
    /// Where the activity is.
    package enum Source: String, Sendable, CaseIterable {
        /// In every voxel.
        case full
        /// In an ellipsoid of 1.6 litres, as of a liver.
        case liver
        /// In the voxel in the middle: the dose is the kernel.
        case point
    }

    /// What was measured.
    package struct Timing: Encodable, Sendable {
        /// Integrating the kernels for the voxel, once per grid.
        package let prepareSeconds: Double
        /// The convolution, best of the rounds.
        package let seconds: Double
        package let sumGray: Double
        package let activeVoxels: Int
    }

    /// Convolves decays of (7 i + 13 j + 29 k) mod 1000 per voxel of the source with a nuclide's
    /// kernel in water.
    ///
    /// - Parameters:
    ///   - nuclide: Whose.
    ///   - shape: Voxels.
    ///   - spacingMM: Their sides.
    ///   - source: Where the activity is.
    ///   - rounds: Repetitions of the convolution.
    ///   - out: A file for the dose as little-endian Float, `i` fastest.
    /// - Returns: Seconds, and what identifies the result.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for an unknown nuclide; `ImagingError`.
    package static func timed(
        nuclide: String, shape: [Int], spacingMM: [Double], source: Source, rounds: Int, out: URL?
    ) throws -> Timing {
        let grid = try VolumeGeometry(
            shape: Vector3(shape[0], shape[1], shape[2]),
            spacingMM: Vector3(spacingMM[0], spacingMM[1], spacingMM[2]))
        let map = TimeIntegratedActivityMap(decaysPerML: decays(grid, source))
        let engine = VoxelKernelEngine(kernels: try .inWater(Nuclide.asked(nuclide)))
        let start = ContinuousClock.now
        let prepared = try engine.prepared(for: grid)
        let prepareSeconds = (ContinuousClock.now - start) / .seconds(1)
        var best = Double.infinity
        var dose = try prepared.homogeneous(map)
        for _ in 1 ..< max(2, rounds) {
            let start = ContinuousClock.now
            dose = try prepared.homogeneous(map)
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        if let out {
            var data = Data(capacity: 4 * grid.count)
            dose.grays.withVoxels { voxels in
                for n in voxels.indices {
                    let bits = voxels[n].bitPattern
                    for byte in 0 ..< 4 {
                        data.append(UInt8(truncatingIfNeeded: bits >> (8 * byte)))
                    }
                }
            }
            try data.write(to: out)
        }
        let active = map.decaysPerML.withVoxels { voxels in
            voxels.indices.reduce(0) { $0 + (voxels[$1] != 0 ? 1 : 0) }
        }
        return Timing(
            prepareSeconds: prepareSeconds, seconds: best, sumGray: dose.grays.sum(),
            activeVoxels: active)
    }

    /// Half axes of the ellipsoid, in millimetres.
    private static let liverMM = Vector3(90.0, 70.0, 60.0)

    private static func decays(_ grid: VolumeGeometry, _ source: Source) -> Volume<Float> {
        var decays = Volume<Float>(repeating: 0, geometry: grid)
        let (shape, spacing) = (grid.shape, grid.spacingMM)
        let perML = Float(1 / grid.voxelVolumeML)
        if source == .point {
            decays[shape.x / 2, shape.y / 2, shape.z / 2] = perML
            return decays
        }
        decays.updateSlices { k, slice in
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    let x = Double(i - shape.x / 2) * spacing.x / liverMM.x
                    let y = Double(j - shape.y / 2) * spacing.y / liverMM.y
                    let z = Double(k - shape.z / 2) * spacing.z / liverMM.z
                    if source == .full || x * x + y * y + z * z < 1 {
                        slice[i + shape.x * j] = perML * Float((7 * i + 13 * j + 29 * k) % 1000)
                    }
                }
            }
        }
        return decays
    }
}
