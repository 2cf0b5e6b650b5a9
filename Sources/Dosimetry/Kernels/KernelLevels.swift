import Imaging
import Physics

/// A pair of point kernels split into grids of twice, four times, … the voxel.
///
/// `K = (K − s₁) + (s₁ − s₂) + … + sₙ`, where `sₗ` is the photon tail softened within a radius that
/// grows with the grid. The first bracket ends at the first radius and holds all electrons; it is
/// served on the dose grid with exact voxel-to-voxel doses. Each further one is smooth on the
/// scale of its grid, where amounts are spread to and doses interpolated from (degree 5), so that
/// nothing is blurred.
///
/// Source: R. D. Skeel, I. Tezcan, D. J. Hardy, J Comput Chem 2002;23:673 (multilevel summation),
/// here with the softened 1/r² of photon dose instead of 1/r.
struct KernelLevels {
    /// One grid.
    struct Level {
        /// From the grid before: 2 along the axes that are coarsened.
        let strides: Vector3<Int>
        let kernel: SymmetricKernel
    }

    let levels: [Level]

    /// The softening radius over the voxel of the grid below it.
    ///
    /// 8 keeps the error of a single voxel's tail below 1 % at any distance, 5 below 4 %, at a
    /// quarter of the time; Docs/Engine-kernel.md has the measurement.
    private static func radiusInVoxels(photonShare: Double) -> Double {
        photonShare > smallPhotonShare ? 8 : 5
    }

    /// Of the energy emitted: with less, as of bremsstrahlung alone, the tail is not worth the time.
    private static let smallPhotonShare = 0.02
    /// Axes of so few voxels are not coarsened: the stencils would be longer.
    private static let fewVoxels = 8

    /// Plans the grids and integrates the kernels.
    ///
    /// - Parameters:
    ///   - kernels: At the density of the medium.
    ///   - geometry: The dose grid.
    /// - Throws: What ``VoxelKernel`` throws.
    init(_ kernels: NuclideKernels, geometry: VolumeGeometry) throws {
        let tails = Tails(kernels)
        let (fine, density) = (geometry.spacingMM, kernels.electrons.densityGPerML)
        let furthest = Vector3(
            fine.x * Double(geometry.shape.x), fine.y * Double(geometry.shape.y),
            fine.z * Double(geometry.shape.z)
        ).length
        let radiusInVoxels = Self.radiusInVoxels(
            photonShare: (kernels.photons?.absorbedKeV ?? 0) / kernels.emittedKeV)
        var (sides, shape) = (fine, geometry.shape)
        var levels: [Level] = []
        var strides = Vector3(1, 1, 1)
        var radius = 0.0
        repeat {
            let next = Self.strides(sides, shape)
            let wanted = radiusInVoxels * Self.largest(sides, where: next)
            let minimum = levels.isEmpty ? kernels.electronRangeMM : radius
            let isLast = tails.isEmpty || wanted == 0 || max(wanted, minimum) >= furthest
            // On a shell's edge, so that no shell is cut.
            let outer =
                isLast
                ? .infinity
                : kernels.electrons.outerRadiiMM.first { $0 >= max(wanted, minimum) } ?? .infinity
            let grid = Grid(
                sides: sides, shape: shape, fine: fine, gramsPerML: density, furthest: furthest)
            levels.append(
                Level(
                    strides: strides,
                    kernel: try levels.isEmpty
                        ? grid.near(kernels, tails, within: outer)
                        : grid.far(tails, from: radius, to: outer)))
            (radius, strides) = (outer, next)
            if outer.isFinite {
                let coarse = try VolumeGeometry(shape: shape, spacingMM: sides).coarsened(by: next)
                (sides, shape) = (coarse.spacingMM, coarse.shape)
            }
        } while radius.isFinite
        self.levels = levels
    }

    /// Axes whose spacing is not much above the least of those worth it get a stride of 2.
    private static func strides(_ sides: Vector3<Double>, _ shape: Vector3<Int>) -> Vector3<Int> {
        let axes = [(sides.x, shape.x), (sides.y, shape.y), (sides.z, shape.z)]
        let least = axes.filter { $0.1 > fewVoxels }.map(\.0).min() ?? 0
        let strides = axes.map { $0.1 > fewVoxels && $0.0 < 1.42 * least ? 2 : 1 }
        return Vector3(strides[0], strides[1], strides[2])
    }

    private static func largest(_ sides: Vector3<Double>, where strides: Vector3<Int>) -> Double {
        [(sides.x, strides.x), (sides.y, strides.y), (sides.z, strides.z)]
            .filter { $0.1 == 2 }.map(\.0).max() ?? 0
    }
}

/// The tails of both parts.
private struct Tails {
    let electrons: KernelTail?
    let photons: KernelTail?

    init(_ kernels: NuclideKernels) {
        electrons = KernelTail(kernels.electrons, beyondMM: kernels.electronRangeMM)
        photons = kernels.photons.flatMap { KernelTail($0, beyondMM: 0) }
    }

    var isEmpty: Bool { electrons == nil && photons == nil }

    func softened(_ r: Double, within a: Double) -> Double {
        (electrons?.softened(r, within: a) ?? 0) + (photons?.softened(r, within: a) ?? 0)
    }
}

/// A grid that a part of the kernel is sampled on.
private struct Grid {
    let sides: Vector3<Double>
    let shape: Vector3<Int>
    /// Sides of the voxels that doses are means over.
    let fine: Vector3<Double>
    let gramsPerML: Double
    let furthest: Double

    private func reach(_ radius: Double) -> Vector3<Int> {
        func count(_ side: Double, _ voxel: Double, _ n: Int) -> Int {
            radius.isFinite ? min(n - 1, Int((radius + voxel) / side)) : n - 1
        }
        return Vector3(
            count(sides.x, fine.x, shape.x), count(sides.y, fine.y, shape.y),
            count(sides.z, fine.z, shape.z))
    }

    /// All electrons, and photons less what is softened within `radius`; Gy per decay.
    func near(
        _ kernels: NuclideKernels, _ tails: Tails, within radius: Double
    ) throws -> SymmetricKernel {
        let parts = [kernels.electrons, kernels.photons].compactMap(\.self)
        let last = parts.map { $0.radiusMM(holding: 1) }.max() ?? 0
        let reach = reach(min(radius, furthest, last))
        var weights = [Double](
            repeating: 0, count: (reach.x + 1) * (reach.y + 1) * (reach.z + 1))
        for (part, tail) in [
            (kernels.electrons, tails.electrons), (kernels.photons, tails.photons),
        ] {
            guard let part else { continue }
            let kernel = try VoxelKernel(
                part.cut(at: radius, less: tail)
                    .merged(toMM: 0.1 * fine.smallest, beyondMM: kernels.electronRangeMM),
                sidesMM: [fine.x, fine.y, fine.z],
                reach: [reach.x, reach.y, reach.z])
            for n in weights.indices { weights[n] += kernel.grayPerDecay[n] }
        }
        return try SymmetricKernel(reach: reach, weights: weights.map { Float($0) })
    }

    /// What is softened within one radius less what is within the next; Gy per decay.
    func far(_ tails: Tails, from inner: Double, to outer: Double) throws -> SymmetricKernel {
        let reach = reach(outer)
        let grayPerKeVPerMM3 = PhysicalConstant.joulesPerKeV / (gramsPerML * 1e-6)
        let nodes = Self.overlap(fine)
        var weights: [Float] = []
        for k in 0 ... reach.z {
            for j in 0 ... reach.y {
                for i in 0 ... reach.x {
                    let at = Vector3(
                        Double(i) * sides.x, Double(j) * sides.y, Double(k) * sides.z)
                    let mean = nodes.reduce(0.0) { sum, node in
                        let r = (at + node.place).length
                        return sum + node.weight
                            * (tails.softened(r, within: inner) - tails.softened(r, within: outer))
                    }
                    weights.append(Float(mean * grayPerKeVPerMM3))
                }
            }
        }
        return try SymmetricKernel(reach: reach, weights: weights)
    }

    /// Places and weights that average over the offsets between points of two voxels.
    ///
    /// Along each axis the offsets have a triangular density of twice the side; three points
    /// integrate polynomials up to degree 5 over it.
    private static func overlap(
        _ sides: Vector3<Double>
    ) -> [(place: Vector3<Double>, weight: Double)] {
        let axis = [(-(0.4.squareRoot()), 5.0 / 24), (0, 7.0 / 12), (0.4.squareRoot(), 5.0 / 24)]
        return axis.flatMap { x in
            axis.flatMap { y in
                axis.map { z in
                    (Vector3(x.0 * sides.x, y.0 * sides.y, z.0 * sides.z), x.1 * y.1 * z.1)
                }
            }
        }
    }
}

extension PointKernel {
    /// The shells within a radius, less what a softened tail puts there.
    fileprivate func cut(at radius: Double, less tail: KernelTail?) -> PointKernel {
        let shells = shellsKeV
        var inner = 0.0
        let weights = outerRadiiMM.indices.map { n -> Double in
            let outer = outerRadiiMM[n]
            defer { inner = outer }
            guard inner < radius, shells[n] != 0 else { return 0 }
            let share = min(1, (radius - inner) / (outer - inner))
            let soft =
                tail?.softenedKeV(from: inner, to: min(outer, radius), within: radius) ?? 0
            return share - soft / shells[n]
        }
        return scaled(by: weights)
    }
}
