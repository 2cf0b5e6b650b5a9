import Foundation

/// Mean dose in a voxel per decay spread evenly over another, by the offset between them.
///
/// A box of voxels around the source, of which one octant is kept: `(i, j, k)` and its mirror
/// images are equal. Exact for the point kernel it is made from, whatever the voxel's sides: the
/// energy of a shell reaches voxel `(i, j, k)` with the mean over directions of
/// `L(i − x/a) · L(j − y/b) · L(k − z/c)`, `L(t) = max(0, 1 − |t|)`, which is the overlap of a
/// voxel with its shifted copy. Directions and radii are a Kronecker sequence, so equal input
/// gives equal bytes.
///
/// Source: geometry of MIRD Pamphlet No. 17 (J Nucl Med 1999;40:11S); the overlap by direct
/// integration.
public struct VoxelKernel: Hashable, Sendable {
    /// Voxel sides along `(i, j, k)`, in millimetres.
    public let sidesMM: [Double]
    /// Offsets reach from 0 to this number along each axis.
    public let reach: [Int]
    /// Absorbed dose in gray per decay; index `i + (reach[0] + 1) · (j + (reach[1] + 1) · k)`.
    public let grayPerDecay: [Double]
    /// One standard deviation of each value, from the batches of the point kernel, in gray.
    public let standardDeviationGray: [Double]

    /// Integrates a point kernel over pairs of voxels.
    ///
    /// - Parameters:
    ///   - point: The point kernel of the medium; scaled to `densityGPerML`.
    ///   - sidesMM: Three positive sides.
    ///   - reach: Three offsets, 0 or more; the box has `2 · reach + 1` voxels along an axis.
    ///   - densityGPerML: Density of the medium; `nil` takes the point kernel's own.
    ///   - pointsPerVoxel: Integration points per voxel of the shell surface; with 400 values
    ///     above 1 % of the highest are good to 0.2 %.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)``.
    public init(
        _ point: PointKernel, sidesMM: [Double], reach: [Int], densityGPerML: Double? = nil,
        pointsPerVoxel: Double = 400
    ) throws {
        guard sidesMM.count == 3, let least = sidesMM.min(), least > 0,
            sidesMM.allSatisfy(\.isFinite)
        else {
            throw PhysicsError.notPositive(quantity: "sidesMM", value: sidesMM.min() ?? 0)
        }
        guard reach.count == 3, reach.allSatisfy({ 0 ... 1000 ~= $0 }) else {
            throw PhysicsError.notPositive(
                quantity: "reach", value: Double(reach.min() ?? -1))
        }
        let density = densityGPerML ?? point.densityGPerML
        guard density > 0, density.isFinite else {
            throw PhysicsError.notPositive(quantity: "densityGPerML", value: density)
        }
        var weights = OctantWeights(sidesMM: sidesMM, reach: reach)
        let scale = point.densityGPerML / density
        var sums = [[Double]](
            repeating: [Double](repeating: 0, count: weights.count),
            count: point.batchesKeV.count)
        let furthest = zip(sidesMM, reach).reduce(0) {
            $0 + ($1.0 * Double($1.1 + 1)) * ($1.0 * Double($1.1 + 1))
        }.squareRoot()
        var inner = 0.0
        for (shell, outer) in point.outerRadiiMM.enumerated() where inner * scale < furthest {
            let energies = point.batchesKeV.map { $0[shell] }
            if energies.contains(where: { $0 != 0 }) {
                weights.average(
                    fromMM: inner * scale, toMM: outer * scale, pointsPerVoxel: pointsPerVoxel)
                weights.add(energies, to: &sums)
            }
            inner = outer
        }
        for batch in sums.indices { weights.symmetrise(&sums[batch]) }
        let gramsPerVoxel = density * sidesMM.reduce(1e-3, *)
        let grayPerKeV = PhysicalConstant.joulesPerKeV / (gramsPerVoxel * 1e-3)
        let count = Double(sums.count)
        let means = (0 ..< weights.count).map { n in sums.reduce(0) { $0 + $1[n] } / count }
        self.sidesMM = sidesMM
        self.reach = reach
        grayPerDecay = means.map { $0 * grayPerKeV }
        standardDeviationGray = (0 ..< weights.count).map { n in
            let squares = sums.reduce(0) { $0 + ($1[n] - means[n]) * ($1[n] - means[n]) }
            return (squares / (count * (count - 1))).squareRoot() * grayPerKeV
        }
    }

    /// The dose at an offset, in gray per decay; 0 beyond the reach.
    public func callAsFunction(_ i: Int, _ j: Int, _ k: Int) -> Double {
        index(i, j, k).map { grayPerDecay[$0] } ?? 0
    }

    /// The relative standard deviation at an offset; `nil` where there is no dose.
    public func relativeUncertainty(_ i: Int, _ j: Int, _ k: Int) -> Double? {
        guard let n = index(i, j, k), grayPerDecay[n] > 0 else { return nil }
        return standardDeviationGray[n] / grayPerDecay[n]
    }

    private func index(_ i: Int, _ j: Int, _ k: Int) -> Int? {
        let (i, j, k) = (i.magnitude, j.magnitude, k.magnitude)
        guard i <= UInt(reach[0]), j <= UInt(reach[1]), k <= UInt(reach[2]) else { return nil }
        return Int(i) + (reach[0] + 1) * (Int(j) + (reach[1] + 1) * Int(k))
    }
}

/// The share of a shell's energy that each voxel of an octant gets.
struct OctantWeights {
    private let sidesMM: [Double]
    private let reach: [Int]
    private(set) var values: [Double]
    /// The sequence goes on from shell to shell, so that no direction is favoured.
    private var (a, b, c) = (0.5, 0.5, 0.5)

    init(sidesMM: [Double], reach: [Int]) {
        self.sidesMM = sidesMM
        self.reach = reach
        values = Array(repeating: 0, count: reach.reduce(1) { $0 * ($1 + 1) })
    }

    var count: Int { values.count }

    /// Averages the overlap over the directions and radii of one shell.
    ///
    /// Points of the positive octant stand for all eight; each is shared between the eight voxels
    /// around it in proportion to closeness, which is the overlap product.
    mutating func average(fromMM inner: Double, toMM outer: Double, pointsPerVoxel: Double) {
        for n in values.indices { values[n] = 0 }
        let least = sidesMM.min() ?? 1
        let voxelsCrossed = 0.5 * Double.pi * (outer / least) * (outer / least)
        let layers = max(1, (outer - inner) / (0.5 * least))
        let points = Int(min(4e6, max(4096, pointsPerVoxel * voxelsCrossed * layers)))
        let weight = 1 / Double(points)
        // The generalised golden ratio of three dimensions: the root of x⁴ = x + 1.
        let step = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
        for _ in 0 ..< points {
            a += step.0
            if a >= 1 { a -= 1 }
            b += step.1
            if b >= 1 { b -= 1 }
            c += step.2
            if c >= 1 { c -= 1 }
            let radius = inner + a * (outer - inner)
            let across = radius * (1 - b * b).squareRoot()
            let angle = c * 0.5 * Double.pi
            share(
                across * cos(angle) / sidesMM[0], across * sin(angle) / sidesMM[1],
                radius * b / sidesMM[2], weight)
        }
    }

    /// Adds each batch's energy of the shell to its sums.
    func add(_ energies: [Double], to sums: inout [[Double]]) {
        for (batch, energy) in energies.enumerated() where energy != 0 {
            for n in values.indices { sums[batch][n] += energy * values[n] }
        }
    }

    /// Gives offsets that equal sides make equivalent their common mean.
    ///
    /// The sequence of points knows nothing of that symmetry, so this also lessens its error.
    func symmetrise(_ sums: inout [Double]) {
        for (a, b, c) in [(0, 1, 2), (1, 2, 0), (0, 2, 1)]
        where sidesMM[a] == sidesMM[b] && reach[a] == reach[b] {
            let isCube = sidesMM[c] == sidesMM[a] && reach[c] == reach[a]
            let before = sums
            for n in sums.indices {
                let at = [n % (reach[0] + 1), n / (reach[0] + 1) % (reach[1] + 1)]
                let offset = at + [n / ((reach[0] + 1) * (reach[1] + 1))]
                let orders =
                    isCube
                    ? [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
                    : [[0, 1, 2], Self.swapped(a, b)]
                sums[n] =
                    orders.reduce(0) { sum, order in
                        sum
                            + before[
                                offset[order[0]] + (reach[0] + 1)
                                    * (offset[order[1]] + (reach[1] + 1) * offset[order[2]])]
                    } / Double(orders.count)
            }
            return
        }
    }

    private static func swapped(_ a: Int, _ b: Int) -> [Int] {
        var order = [0, 1, 2]
        order.swapAt(a, b)
        return order
    }

    private mutating func share(_ x: Double, _ y: Double, _ z: Double, _ weight: Double) {
        guard x < Double(reach[0] + 1), y < Double(reach[1] + 1), z < Double(reach[2] + 1)
        else { return }
        let (i, j, k) = (Int(x), Int(y), Int(z))
        let (u, v, w) = (x - Double(i), y - Double(j), z - Double(k))
        for dk in 0 ... 1 where k + dk <= reach[2] {
            for dj in 0 ... 1 where j + dj <= reach[1] {
                for di in 0 ... 1 where i + di <= reach[0] {
                    let overlap =
                        (di == 0 ? 1 - u : u) * (dj == 0 ? 1 - v : v) * (dk == 0 ? 1 - w : w)
                    // A voxel off the middle plane has a mirror image that takes half.
                    let mirrors = (i + di > 0 ? 2 : 1) * (j + dj > 0 ? 2 : 1) * (k + dk > 0 ? 2 : 1)
                    let n = i + di + (reach[0] + 1) * (j + dj + (reach[1] + 1) * (k + dk))
                    values[n] += weight * overlap / Double(mirrors)
                }
            }
        }
    }
}
