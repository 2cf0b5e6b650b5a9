import Foundation
package import Imaging

/// A Gaussian point-spread function, applied axis by axis; what leaves the grid is lost.
package enum GaussianBlur {
    /// Full width at half maximum over standard deviation: 2 √(2 ln 2).
    package static let widthPerSigma = 2.354_820_045_030_949

    /// Returns the blurred volume.
    ///
    /// - Parameters:
    ///   - volume: What is blurred; zero outside the grid.
    ///   - widthMM: Full width at half maximum, in millimetres.
    ///   - axes: How many axes are blurred: 2 for projections, 3 for volumes.
    /// - Returns: The blurred volume, on the same grid.
    package static func blurred(
        _ volume: Volume<Float>, widthMM: Double, axes: Int = 3
    ) -> Volume<Float> {
        let geometry = volume.geometry
        let spacing = [geometry.spacingMM.x, geometry.spacingMM.y, geometry.spacingMM.z]
        var result = volume
        for axis in 0 ..< axes {
            let weights = kernel(sigma: widthMM / widthPerSigma / spacing[axis])
            result = filtered(result, axis: axis, weights: weights)
        }
        return result
    }

    /// Half of a normalised kernel, integrated over each voxel, out to five standard deviations.
    private static func kernel(sigma: Double) -> [Double] {
        let reach = max(1, Int((5 * sigma).rounded(.up)))
        let edge = { (x: Double) in 0.5 * erf(x / (sigma * 2.0.squareRoot())) }
        let weights = (0 ... reach).map { edge(Double($0) + 0.5) - edge(Double($0) - 0.5) }
        let total = weights[0] + 2 * weights.dropFirst().reduce(0, +)
        return weights.map { $0 / total }
    }

    private static func filtered(
        _ volume: Volume<Float>, axis: Int, weights: [Double]
    ) -> Volume<Float> {
        let shape = volume.geometry.shape
        let length = [shape.x, shape.y, shape.z][axis]
        let stride = [1, shape.x, shape.x * shape.y][axis]
        let reach = weights.count - 1
        var result = volume
        result.updateSlices { k, slice in
            volume.withVoxels { source in
                for n in slice.indices {
                    let at = axis == 0 ? n % shape.x : axis == 1 ? n / shape.x : k
                    let base = n + k * shape.x * shape.y
                    var sum = weights[0] * Double(source[base])
                    for d in 1 ... reach {
                        if at >= d { sum += weights[d] * Double(source[base - d * stride]) }
                        if at + d < length { sum += weights[d] * Double(source[base + d * stride]) }
                    }
                    slice[n] = Float(sum)
                }
            }
        }
        return result
    }
}
