import Imaging
import Physics

/// A point kernel cut into octaves of distance, each for a grid of twice the voxel of the last.
struct KernelOctaves {
    /// One octave: the share of the point kernel that a grid of these sides carries.
    struct Level {
        let point: PointKernel
        let sidesMM: Vector3<Double>
        let reach: Vector3<Int>
        /// What halving the grid and coming back blurs, as variance over the side squared.
        let blur: Double

        /// Returns the voxel kernel, in gray per unit of the amount that is convolved.
        ///
        /// - Parameter scale: Decays in a voxel of the finest grid per unit.
        /// - Returns: One octant of weights.
        /// - Throws: ``PhysicsError`` when a side is not positive.
        func kernel(scale: Double) throws -> SymmetricKernel {
            // One voxel more, so that the outermost weight has a neighbour.
            let kernel = try VoxelKernel(
                point, sidesMM: [sidesMM.x, sidesMM.y, sidesMM.z],
                reach: [reach.x + 1, reach.y + 1, reach.z + 1])
            var weights: [Float] = []
            for k in 0 ... reach.z {
                for j in 0 ... reach.y {
                    for i in 0 ... reach.x {
                        weights.append(Float(scale * sharpened(kernel, i, j, k)))
                    }
                }
            }
            return try SymmetricKernel(reach: reach, weights: weights)
        }

        /// The kernel less half its Laplacian times the variance of the blur: undone to second
        /// order, with the sum unchanged.
        private func sharpened(_ kernel: VoxelKernel, _ i: Int, _ j: Int, _ k: Int) -> Double {
            let value = kernel(i, j, k)
            guard blur > 0 else { return value }
            let around =
                kernel(i - 1, j, k) + kernel(i + 1, j, k) + kernel(i, j - 1, k)
                + kernel(i, j + 1, k) + kernel(i, j, k - 1) + kernel(i, j, k + 1)
            return value - 0.5 * blur * (around - 6 * value)
        }
    }

    let levels: [Level]

    init(
        _ point: PointKernel, electronRangeMM: Double, sidesMM: Vector3<Double>,
        shape: Vector3<Int>
    ) {
        let diagonal = Vector3(
            sidesMM.x * Double(shape.x), sidesMM.y * Double(shape.y),
            sidesMM.z * Double(shape.z)
        ).length
        let furthest = min(diagonal, point.outerRadiiMM.last ?? 0)
        let coarsest = max(sidesMM.x, sidesMM.y, sidesMM.z)
        // The grid itself carries the electrons, and whatever lies within eight voxels.
        var inner = 0.0
        var outer = max(8 * coarsest, electronRangeMM)
        var sides = sidesMM
        var shape = shape
        var levels: [Level] = []
        while inner < furthest {
            let isLast = outer >= furthest
            let share = point.share(
                rising: inner, falling: isLast ? .infinity : outer, ramp: Self.ramp)
            let radius = isLast ? furthest : outer * Self.ramp
            levels.append(
                Level(
                    point: share, sidesMM: sides,
                    reach: Vector3(
                        min(Int(radius / sides.x) + 1, shape.x - 1),
                        min(Int(radius / sides.y) + 1, shape.y - 1),
                        min(Int(radius / sides.z) + 1, shape.z - 1)),
                    blur: Self.blur(halvings: levels.count)))
            inner = isLast ? .infinity : outer
            outer *= 2
            sides = 2 * sides
            shape = Vector3((shape.x + 1) / 2, (shape.y + 1) / 2, (shape.z + 1) / 2)
        }
        self.levels = levels
    }

    /// An octave hands over to the next between its radius and this multiple of it.
    static let ramp = 2.0

    /// The variance that the grids add on the way to a level and back, over its side squared.
    ///
    /// Each halving shares an amount 3/4 to 1/4, whose variance is 3/16 of the coarse side
    /// squared, and interpolation back does the same. A voxel's own overlap adds 1/6 of the side
    /// squared, of which the finest grid has its share by right.
    static func blur(halvings: Int) -> Double {
        let finest = (0 ..< halvings).reduce(1.0) { side, _ in side / 4 }
        return 0.5 * (1 - finest) + (1 - finest) / 6
    }
}

extension PointKernel {
    /// The part of the kernel between two radii, with linear ramps that add up to 1.
    func share(rising inner: Double, falling outer: Double, ramp: Double) -> PointKernel {
        var previous = 0.0
        let weights = outerRadiiMM.map { radius -> Double in
            let middle = 0.5 * (previous + radius)
            previous = radius
            return Self.reached(middle, from: inner, ramp: ramp)
                - Self.reached(middle, from: outer, ramp: ramp)
        }
        return scaled(by: weights)
    }

    private static func reached(_ radius: Double, from start: Double, ramp: Double) -> Double {
        guard start > 0 else { return 1 }
        guard start.isFinite else { return 0 }
        return min(1, max(0, (radius - start) / (start * (ramp - 1))))
    }
}
