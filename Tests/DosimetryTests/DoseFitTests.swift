import Dosimetry
import Foundation
import Imaging
import Testing

@Suite("Fit of one dose to another")
struct DoseFitTests {
    private static let reference = [1.0, 2, 5, 3, 0.5]

    @Test("a multiple is found with nothing left", arguments: [0.5, 1, 1.05, 40])
    func multiple(factor: Double) {
        let fit = DoseFit(Self.reference.map { factor * $0 }, to: Self.reference)
        // Double rounding of five terms.
        #expect(abs(fit.scale / factor - 1) < 1e-14)
        #expect(fit.residual < 1e-14)
    }

    /// Closed form: p = 2r + e with e at right angles to r leaves |e| / |p|.
    @Test("what stands at right angles to the reference is what is left")
    func orthogonal() {
        let reference = [3.0, 4, 0]
        let fit = DoseFit([6 + 4, 8 - 3, 12], to: reference)
        #expect(abs(fit.scale - 2) < 1e-14)
        #expect(abs(fit.residual - (169.0 / 269).squareRoot()) < 1e-14)
        let nothing = DoseFit([0, 0, 2], to: reference)
        #expect(nothing.scale == 0 && nothing.residual == 1)
    }

    @Test("doses of 0 give numbers, not NaN")
    func zero() {
        let none = DoseFit([0, 0], to: [1, 2])
        #expect(none.scale == 0 && none.residual == 0)
        let against = DoseFit([1, 2], to: [0, 0])
        #expect(against.scale == 0 && against.residual == 1)
    }

    /// A dose without symmetry on anisotropic voxels.
    private static func dose() throws -> Volume<Float> {
        let grid = try VolumeGeometry(shape: [12, 11, 10], spacingMM: [2, 3, 4])
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< 10 {
            for j in 0 ..< 11 {
                for i in 0 ..< 12 {
                    let (x, y, z) = (Double(i) - 5, Double(j) - 5.3, Double(k) - 4.6)
                    let r2 = x * x + 1.4 * y * y + 0.7 * z * z + 0.6 * x * y
                    volume[i, j, k] = Float(100 * exp(-r2 / 6))
                }
            }
        }
        return volume
    }

    /// The volume moved by the mean of the two whole shifts, linearly interpolated: itself the
    /// definition of a shift by their middle.
    private static func moved(_ volume: Volume<Float>, _ shifts: [Vector3<Int>]) -> Volume<Float> {
        var result = Volume<Float>(repeating: 0, geometry: volume.geometry)
        for k in 1 ..< 9 {
            for j in 1 ..< 10 {
                for i in 1 ..< 11 {
                    let sum = shifts.reduce(Float(0)) {
                        $0 + volume[i - $1.x, j - $1.y, k - $1.z]
                    }
                    result[i, j, k] = sum / Float(shifts.count)
                }
            }
        }
        return result
    }

    @Test(
        "a shift is found with its direction, whole and half",
        arguments: [
            ([Vector3(1, 0, 0)], Vector3(1.0, 0, 0)),
            ([Vector3(-1, 1, 0)], Vector3(-1.0, 1, 0)),
            ([Vector3(0, 0, 0), Vector3(0, 0, -1)], Vector3(0, 0, -0.5)),
            ([Vector3(0, 0, 0), Vector3(0, 1, 0)], Vector3(0, 0.5, 0)),
        ])
    func shift(shifts: [Vector3<Int>], expected: Vector3<Double>) throws {
        let reference = try Self.dose()
        let search = try #require(
            ShiftSearch(
                tested: DoseMap(grays: Self.moved(reference, shifts)),
                reference: DoseMap(grays: reference), indices: Array(0 ..< 1320)))
        #expect(search.voxels == expected)
        // Single precision of the moved dose.
        #expect(search.fit.residual < 1e-6)
        #expect(search.unshifted.residual > 0.1)
    }

    @Test("equal doses have no shift, and a border alone has no answer")
    func none() throws {
        let dose = DoseMap(grays: try Self.dose())
        let same = try #require(
            ShiftSearch(tested: dose, reference: dose, indices: Array(0 ..< 1320)))
        #expect(same.voxels == .zero && same.fit.residual == 0)
        #expect(ShiftSearch(tested: dose, reference: dose, indices: [0, 1, 2]) == nil)
    }
}
