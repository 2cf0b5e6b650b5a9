import Dosimetry
import Imaging
import Testing

@Suite("Gamma index")
struct GammaIndexTests {
    private func dose(
        spacingMM: Vector3<Double> = [3, 3, 3], _ value: (Vector3<Double>) -> Double
    ) throws -> DoseMap {
        let geometry = try VolumeGeometry(shape: [21, 15, 13], spacingMM: spacingMM)
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 0 ..< 13 {
            for j in 0 ..< 15 {
                for i in 0 ..< 21 {
                    let place = Vector3(Double(i), Double(j), Double(k))
                    volume[i, j, k] = Float(value(geometry.positionMM(index: place)))
                }
            }
        }
        return DoseMap(grays: volume)
    }

    @Test("A dose against itself has gamma 0 everywhere")
    func same() throws {
        let map = try dose { 10 + $0.x }
        let gamma = try GammaIndex(
            reference: map, evaluated: map, criteria: GammaCriteria(distanceMM: 3))
        #expect(gamma.passRate == 1 && gamma.mean == 0 && gamma.evaluated == 21 * 15 * 13)
    }

    /// Closed form: without gradients distance cannot help.
    @Test(
        "A flat dose 3 % high has gamma 1.5 at 2 %", arguments: GammaCriteria.Normalisation.allCases
    )
    func flat(normalisation: GammaCriteria.Normalisation) throws {
        let gamma = try GammaIndex(
            reference: dose { _ in 100 }, evaluated: dose { _ in 103 },
            criteria: GammaCriteria(distanceMM: 3, normalisation: normalisation))
        #expect(abs(gamma.mean - 1.5) < 1e-5 && gamma.passRate == 0)
    }

    /// Closed form: for a slope g and a shift s, γ² = (g s/ΔD)² / (1 + (g DTA/ΔD)²).
    ///
    /// 2 %: steps of a tenth of the distance miss the best place by a twentieth of it at most, which
    /// adds at most (1/20)² (1 + (g DTA/ΔD)²) to γ², here 0.0034 of 0.028 or more: 6 % of γ² at the
    /// smallest shift if the worst came true, far less at the places here (0.25, 0.5 and 1 mm).
    @Test("A shifted slope has the gamma of the closed form", arguments: [1.0, 2.0, 4.0])
    func slope(shift: Double) throws {
        let slope = 0.5
        let reference = try dose { 100 + slope * $0.x }
        let evaluated = try dose { 100 + slope * ($0.x + shift) }
        let gamma = try GammaIndex(
            reference: reference, evaluated: evaluated,
            criteria: GammaCriteria(doseShare: 0.02, distanceMM: 3))
        let tolerance = 0.02 * 130
        let expected =
            (slope * shift / tolerance)
            / (1 + (slope * 3 / tolerance) * (slope * 3 / tolerance)).squareRoot()
        let found = Double(gamma.map[10, 7, 6])
        #expect(abs(found - expected) < 0.02 * expected, "\(found), expected \(expected)")
    }

    @Test("Voxels are anisotropic: the same shift in mm along each axis gives the same gamma")
    func anisotropic() throws {
        let spacing: Vector3<Double> = [4, 2, 3]
        let criteria = GammaCriteria(doseShare: 0.001, distanceMM: 4)
        let directions: [(Vector3<Double>) -> Double] = [{ $0.x }, { $0.y }, { $0.z }]
        for along in directions {
            let reference = try dose(spacingMM: spacing) { 1000 + along($0) * 0.5 }
            let gamma = try GammaIndex(
                reference: reference,
                evaluated: dose(spacingMM: spacing) { 1000 + (along($0) + 2) * 0.5 },
                criteria: criteria)
            let top = reference.grays.withVoxels { s in s.indices.reduce(0) { max($0, s[$1]) } }
            let tolerance = 0.001 * Double(top)
            // The closed form of a slope; the axes differ by their highest dose alone.
            let expected = 1 / tolerance / (1 + 4 / (tolerance * tolerance)).squareRoot()
            let found = Double(gamma.map[10, 7, 6])
            #expect(abs(found - expected) < 0.02 * expected, "\(found), expected \(expected)")
        }
    }

    @Test("Doses below the threshold and outside the region are not looked at")
    func threshold() throws {
        let map = try dose { $0.x < 30 ? 1 : 100 }
        let criteria = GammaCriteria(distanceMM: 3, thresholdShare: 0.1)
        let all = try GammaIndex(reference: map, evaluated: map, criteria: criteria)
        #expect(all.evaluated == 11 * 15 * 13 && all.map[0, 0, 0] == -1)
        let box = IndexBox(lower: [10, 0, 0], upper: [12, 15, 13])
        let region = try RegionMask(
            geometry: map.grays.geometry, box: box,
            coverage: [Float](repeating: 1, count: box.count))
        let part = try GammaIndex(
            reference: map, evaluated: map, criteria: criteria, region: region)
        #expect(part.evaluated == 2 * 15 * 13)
    }

    @Test("Other grids, impossible criteria and NaN are refused")
    func refused() throws {
        let map = try dose { _ in 1 }
        let other = try dose(spacingMM: [2, 2, 2]) { _ in 1 }
        #expect(throws: DoseError.self) {
            try GammaIndex(
                reference: map, evaluated: other, criteria: GammaCriteria(distanceMM: 3))
        }
        #expect(throws: DoseError.self) {
            try GammaIndex(reference: map, evaluated: map, criteria: GammaCriteria(distanceMM: 0))
        }
        #expect(throws: DoseError.self) {
            try GammaIndex(
                reference: map, evaluated: dose { $0.x > 30 ? .nan : 1 },
                criteria: GammaCriteria(distanceMM: 3))
        }
    }
}
