import Dosimetry
import Imaging
import Testing

/// A grid of `count` voxels in a row, each of the given volume (mL) as a cube.
func row(_ count: Int, edgeMM: Double = 4) throws -> VolumeGeometry {
    try VolumeGeometry(shape: Vector3(count, 1, 1), spacingMM: Vector3(edgeMM, edgeMM, edgeMM))
}

/// The region that holds whole voxels `lower ..< upper` along `i` of a row.
func region(_ range: Range<Int>, of geometry: VolumeGeometry) throws -> RegionMask {
    try RegionMask(
        geometry: geometry,
        box: IndexBox(
            lower: Vector3(range.lowerBound, 0, 0),
            upper: Vector3(range.upperBound, geometry.shape.y, geometry.shape.z)),
        coverage: Array(
            repeating: 1, count: range.count * geometry.shape.y * geometry.shape.z))
}

/// Gives every voxel the mean dose of the grid: a wrong engine that obeys every law.
struct UniformEngine: DoseEngine {
    static let identifier = "uniform/1"

    func dose(decays: TimeIntegratedActivityMap, density: DensityMap) async throws -> DoseMap {
        let geometry = decays.decaysPerML.geometry
        guard geometry == density.gramsPerML.geometry else {
            throw DoseError.geometryMismatch(geometry, density.gramsPerML.geometry)
        }
        let mean = 1.5e-10 * decays.decaysPerML.sum() / density.gramsPerML.sum()
        return DoseMap(grays: Volume(repeating: Float(mean), geometry: geometry))
    }
}

/// Checks what every dose engine must satisfy, whatever its physics.
func checkDoseEngineLaws(
    _ engine: some DoseEngine, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let grid = try VolumeGeometry(shape: [5, 4, 3], spacingMM: [3, 3, 3], originMM: [-10, 5, 40])
    let water = try DensityMap(uniform: 1, geometry: grid)
    func dose(_ decays: Volume<Float>) async throws -> Volume<Float> {
        try await engine.dose(
            decays: TimeIntegratedActivityMap(decaysPerML: decays), density: water
        ).grays
    }
    var a = Volume<Float>(repeating: 0, geometry: grid)
    #expect(try await dose(a).sum() == 0, "zero in, zero out", sourceLocation: sourceLocation)

    a[2, 2, 1] = 1e11
    var b = Volume<Float>(repeating: 2e10, geometry: grid)
    let doseA = try await dose(a)
    #expect(doseA.geometry == grid, "grid kept", sourceLocation: sourceLocation)
    #expect(doseA.firstIndex { $0 < 0 } == nil, "not negative", sourceLocation: sourceLocation)
    let doseB = try await dose(b)
    b[2, 2, 1] += 3e11
    // Doses and decays are Float: a few units in the seventh digit.
    let expected = 3 * doseA.sum() + doseB.sum()
    #expect(
        abs(try await dose(b).sum() / expected - 1) < 1e-6, "linear",
        sourceLocation: sourceLocation)
    let other = try DensityMap(uniform: 1, geometry: row(60))
    await #expect(throws: DoseError.self, sourceLocation: sourceLocation) {
        try await engine.dose(
            decays: TimeIntegratedActivityMap(decaysPerML: a), density: other)
    }
}
