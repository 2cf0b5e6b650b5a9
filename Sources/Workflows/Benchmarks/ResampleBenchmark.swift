import Imaging

/// Resampling a volume as large as a CT, for Benchmarks/resample.py to compare with SciPy.
package enum ResampleBenchmark {
    /// What was measured.
    package struct Timing: Encodable, Sendable {
        package let interpolatedSeconds: Double
        package let averagedSeconds: Double
        /// Columns, rows, slices of the result.
        package let shape: [Int]
        /// Means over all voxels of the results, to compare with the peer's.
        package let interpolatedMean: Double
        package let averagedMean: Double
    }

    /// Spacing of the volume, as of an abdominal CT.
    private static let spacingMM: Vector3<Double> = [0.9765625, 0.9765625, 1.5]
    private static let targetMM = 2.0

    /// Resamples `size` x `size` x `slices` voxels to cubes of 2 mm.
    ///
    /// The value at (i, j, k) is (7 i + 13 j + 29 k) mod 1000.
    ///
    /// - Throws: `ImagingError` when a count is not positive.
    package static func timed(size: Int, slices: Int) throws -> Timing {
        let shape = Vector3(size, size, slices)
        let geometry = try VolumeGeometry(shape: shape, spacingMM: spacingMM)
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        volume.updateSlices { k, slice in
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    slice[i + shape.x * j] = Float((7 * i + 13 * j + 29 * k) % 1000)
                }
            }
        }
        let target = try geometry.withSpacing(Vector3(targetMM, targetMM, targetMM))
        let start = ContinuousClock.now
        let interpolated = volume.interpolated(onto: target, outside: 0)
        let middle = ContinuousClock.now
        let averaged = volume.averaged(onto: target, outside: 0)
        let end = ContinuousClock.now
        let count = Double(target.count)
        return Timing(
            interpolatedSeconds: (middle - start) / .seconds(1),
            averagedSeconds: (end - middle) / .seconds(1),
            shape: [target.shape.x, target.shape.y, target.shape.z],
            interpolatedMean: interpolated.sum() / count, averagedMean: averaged.sum() / count)
    }
}
