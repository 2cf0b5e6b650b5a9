import Dosimetry
import Imaging
import Testing
import _TestSupport

/// γ as its definition says, every place looked at.
private struct EveryPlace {
    let criteria: GammaCriteria
    let reference: Volume<Float>
    let tested: Volume<Float>

    /// Places along one axis, in voxels and in mm.
    private func places(_ spacingMM: Double) -> [(voxels: Double, mm: Double)] {
        let parts = max(1, (10 * spacingMM / criteria.distanceMM).rounded(.up))
        let stepMM = spacingMM / parts
        let count = Int((2 * criteria.distanceMM / stepMM).rounded(.down))
        return (-count ... count).map { (Double($0) / parts, Double($0) * stepMM) }
    }

    private func value(_ place: Vector3<Double>) -> Double? {
        func corners(_ at: Double, _ count: Int) -> [(Int, Double)]? {
            guard at >= 0, at <= Double(count - 1) else { return nil }
            let low = Int(at)
            return [(low, 1 - at + Double(low)), (low + 1, at - Double(low))].filter { $0.1 > 0 }
        }
        let shape = tested.geometry.shape
        guard let x = corners(place.x, shape.x), let y = corners(place.y, shape.y),
            let z = corners(place.z, shape.z)
        else { return nil }
        var sum = 0.0
        for (k, c) in z {
            for (j, b) in y {
                for (i, a) in x { sum += a * b * c * Double(tested[i, j, k]) }
            }
        }
        return sum
    }

    func gamma(_ i: Int, _ j: Int, _ k: Int, tolerance: Double) -> Double {
        let spacing = tested.geometry.spacingMM
        var best = 4.0
        for z in places(spacing.z) {
            for y in places(spacing.y) {
                for x in places(spacing.x) {
                    let at = Vector3(
                        Double(i) + x.voxels, Double(j) + y.voxels, Double(k) + z.voxels)
                    guard let dose = value(at) else { continue }
                    let away = Vector3(x.mm, y.mm, z.mm).length / criteria.distanceMM
                    let difference = (dose - Double(reference[i, j, k])) / tolerance
                    best = min(best, away * away + difference * difference)
                }
            }
        }
        return best.squareRoot()
    }
}

@Suite("Gamma search")
struct GammaSearchTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: Vector3<Int>
        let spacingMM: Vector3<Double>
        let distanceMM: Double
        let noise: Double
        let normalisation: GammaCriteria.Normalisation

        var testDescription: String { "\(shape), \(distanceMM) mm, \(normalisation)" }
    }

    static let cases = [
        Case(
            shape: [7, 6, 5], spacingMM: [4, 2, 3], distanceMM: 3, noise: 0.1,
            normalisation: .global),
        Case(
            shape: [6, 5, 6], spacingMM: [4, 2, 3], distanceMM: 2, noise: 0.02,
            normalisation: .local),
        Case(
            shape: [5, 6, 5], spacingMM: [3, 3, 3], distanceMM: 3, noise: 0.5,
            normalisation: .local),
        // A distance far above and far below the voxels.
        Case(
            shape: [9, 9, 9], spacingMM: [1, 1, 1], distanceMM: 4, noise: 0.1,
            normalisation: .global),
        Case(
            shape: [5, 5, 5], spacingMM: [5, 5, 5], distanceMM: 1, noise: 0.1,
            normalisation: .global),
        // A single slice, and a single row of it.
        Case(
            shape: [8, 7, 1], spacingMM: [3, 3, 3], distanceMM: 3, noise: 0.1,
            normalisation: .local),
        Case(
            shape: [9, 1, 1], spacingMM: [3, 3, 3], distanceMM: 3, noise: 0.1,
            normalisation: .local),
    ]

    /// Same places, other order: both differ by rounding alone, which `Float` makes 1e-7 of γ.
    @Test("Leaving cells out finds the least gamma of all places", arguments: cases)
    func everyPlace(_ one: Case) throws {
        let grid = try VolumeGeometry(shape: one.shape, spacingMM: one.spacingMM)
        var generator = SplitMix(seed: 7)
        func noisy() throws -> Volume<Float> {
            var volume = Volume<Float>(repeating: 0, geometry: grid)
            for k in 0 ..< one.shape.z {
                for j in 0 ..< one.shape.y {
                    for i in 0 ..< one.shape.x {
                        let noise = one.noise * (Double.random(in: -1 ... 1, using: &generator))
                        volume[i, j, k] = Float((50 + 5 * Double(i + j - k)) * (1 + noise))
                    }
                }
            }
            return volume
        }
        let (reference, tested) = (try noisy(), try noisy())
        let criteria = GammaCriteria(
            doseShare: 0.03, distanceMM: one.distanceMM, normalisation: one.normalisation,
            thresholdShare: 0)
        let found = try GammaIndex(
            reference: DoseMap(grays: reference), evaluated: DoseMap(grays: tested),
            criteria: criteria)
        let every = EveryPlace(criteria: criteria, reference: reference, tested: tested)
        let top = reference.withVoxels { s in s.indices.reduce(0) { max($0, Double(s[$1])) } }
        var farthest = 0.0
        var below = 0
        for k in stride(from: 0, to: one.shape.z, by: 2) {
            for j in stride(from: 0, to: one.shape.y, by: 2) {
                for i in 0 ..< one.shape.x {
                    let scale = one.normalisation == .global ? top : Double(reference[i, j, k])
                    let gamma = every.gamma(i, j, k, tolerance: 0.03 * scale)
                    farthest = max(farthest, abs(gamma - Double(found.map[i, j, k])))
                    if gamma < 2 { below += 1 }
                }
            }
        }
        #expect(farthest < 1e-6)
        // The search was put to work: most voxels find something.
        #expect(below > one.shape.x * one.shape.y * one.shape.z / 16)
    }
}
