import Dosimetry
import Imaging
import Physics
import Quantities
import Testing

@Suite("Matter from CT")
struct CTMatterTests {
    private func matter(
        _ numbers: [Float], _ grid: VolumeGeometry, onto target: VolumeGeometry
    ) throws -> CTMatter {
        try CTMatter(
            ct: HounsfieldMap(hounsfieldUnits: try Volume(voxels: numbers, geometry: grid)),
            curve: .generic, media: .generic, onto: target)
    }

    private func line(_ count: Int, _ spacing: Double, from x: Double) throws -> VolumeGeometry {
        try VolumeGeometry(
            shape: [count, 1, 1], spacingMM: [spacing, 4, 4], originMM: [x, 0, 0])
    }

    @Test("density, not CT numbers, is averaged, so that mass is kept at an edge of lung")
    func mass() throws {
        // Two 2 mm voxels of lung and of liver in one of 4 mm each way.
        let fine = try line(4, 2, from: 0)
        let coarse = try line(2, 4, from: 1)
        let curve = try HounsfieldDensityCurve.generic
        let lung = curve.gramsPerML(hounsfieldUnits: -800)
        let liver = curve.gramsPerML(hounsfieldUnits: 60)
        let result = try matter([-800, 60, 60, 60], fine, onto: coarse)
        // Single precision.
        #expect(abs(Double(result.density.gramsPerML[0, 0, 0]) - (lung + liver) / 2) < 1e-6)
        #expect(abs(Double(result.density.gramsPerML[1, 0, 0]) - liver) < 1e-6)
        // The curve at the mean CT number would not: it has a corner between the two.
        #expect(abs(curve.gramsPerML(hounsfieldUnits: -370) - (lung + liver) / 2) > 0.01)
        #expect(result.hounsfieldUnits[0, 0, 0] == -370)
        let lungIndex = try Medium.named("lung").index
        #expect(result.medium[0, 0, 0] == lungIndex)
        let softIndex = try Medium.named("soft-tissue").index
        #expect(result.medium[1, 0, 0] == softIndex)
    }

    @Test("voxels outside the CT are air and marked; padding counts as air, not as less")
    func outside() throws {
        let result = try matter([-3024, 1024], line(2, 4, from: 0), onto: line(4, 4, from: -4))
        let numbers = result.hounsfieldUnits
        #expect(numbers[0, 0, 0].isNaN && numbers[3, 0, 0].isNaN)
        #expect(numbers[1, 0, 0] == -1000 && numbers[2, 0, 0] == 1024)
        #expect(result.density.gramsPerML[0, 0, 0] == 0.00121)
        #expect(result.density.gramsPerML[1, 0, 0] == 0.00121)
        #expect(result.medium[0, 0, 0] == 0)
    }

    @Test("the generic curve, voxels outside it and metal are told")
    func findings() throws {
        let grid = try line(3, 4, from: 0)
        let result = try matter([0, 3071, -2000], grid, onto: grid)
        #expect(
            result.findings.map(\.code)
                == ["density.generic-curve", "ct.metal", "density.outside-curve"])
        let titanium = try Medium.named("titanium").index
        #expect(result.medium[1, 0, 0] == titanium)
        #expect(throws: DoseError.nonFiniteValue(atVoxel: 1)) {
            try matter([0, .nan, 0], grid, onto: grid)
        }
    }

    @Test("every CT number has the density of the curve, whole or not, inside the curve or not")
    func densities() throws {
        let curve = try HounsfieldDensityCurve.generic
        let numbers: [Float] = [
            -3024, -1100, -1099, -1000, -0.5, 0, 0.25, 62, 1500.75, 3071, 4099, 4100, 30000,
        ]
        let grid = try line(numbers.count, 4, from: 0)
        let result = try matter(numbers, grid, onto: grid)
        for (n, number) in numbers.enumerated() {
            let expected = Float(curve.gramsPerML(hounsfieldUnits: Double(number)))
            #expect(result.density.gramsPerML[n, 0, 0] == expected, "\(number)")
        }
    }
}
