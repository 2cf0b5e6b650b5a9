import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows

/// Lung mass by CT numbers, Σ (HU + 1000) / 1000 · v.
@Suite("Lung mass from CT")
struct LungMassTests {
    private static let spacingMM = 2.5
    private static let lungHU: Float = -700
    private static let wallHU: Float = 40

    /// A ball of lung in the chest wall beside a box of liver, in whole voxels of the CT.
    private struct Chest {
        let grid: VolumeGeometry
        var ct: Volume<Float>
        let lungs: RegionMask
        let liver: RegionMask

        init() throws {
            grid = try VolumeGeometry(
                shape: Vector3(48, 48, 60), spacingMM: Vector3(spacingMM, spacingMM, spacingMM),
                originMM: Vector3(1.3, -0.7, 0.4), axes: .identity)
            ct = Volume(repeating: wallHU, geometry: grid)
            let whole = IndexBox(lower: Vector3(0, 0, 0), upper: grid.shape)
            var inLungs = [Float](repeating: 0, count: grid.count)
            var inLiver = inLungs
            for k in 0 ..< 60 {
                for j in 0 ..< 48 {
                    for i in 0 ..< 48 {
                        let (x, y, z) = (Double(i) - 23.4, Double(j) - 23.8, Double(k) - 38.3)
                        if (x * x + y * y + z * z).squareRoot() < 17 {
                            inLungs[grid.offset(i, j, k)] = 1
                            ct[i, j, k] = lungHU
                        } else if k < 18, (8 ..< 40).contains(i), (8 ..< 40).contains(j) {
                            inLiver[grid.offset(i, j, k)] = 1
                        }
                    }
                }
            }
            lungs = try RegionMask(geometry: grid, box: whole, coverage: inLungs)
            liver = try RegionMask(geometry: grid, box: whole, coverage: inLiver)
        }

        func plan(gridSpacingMM: String) async throws -> PlanDocument {
            let inputs = PlanInputs(
                planning: ImageSeries(
                    modality: "CT", seriesInstanceUID: "2.25.1", frameOfReferenceUID: "2.25.2",
                    quantity: .hounsfieldUnits, volume: ct, radiopharmaceutical: nil,
                    findings: []),
                activity: EmissionImage(
                    volume: Volume<Float>(repeating: 1, geometry: grid), isConcentration: false,
                    quantisationStep: nil, modality: "NM"),
                outlines: ["Liver": .mask(liver), "Lungs": .mask(lungs)],
                registration: AcceptedRegistration(
                    kind: .identity, transform: .identity, spreadMM: nil, acceptedBy: "test"),
                densityCurve: try .generic, planarShuntFraction: nil, sources: [], findings: [])
            let yaml = """
                name: chest
                device: glass
                profile: eanm2022
                evidence: {basis: closed form, recordedBy: test}
                images: {planning: none, activity: none}
                structures: {from: none, liver: Liver, lungs: Lungs}
                territories: [{name: all, structure: Liver, injectedActivityGBq: 2}]
                lungShunt: {use: typed, fraction: 0.1, lungMass: ct}
                lungLimits: {singleGy: 1000, cumulativeGy: 1000, source: test}
                residualFraction: 0
                dose: {gridSpacingMM: \(gridSpacingMM), density: fixed}
                """
            return try await PlanComputation(spec: try PlanSpec(yaml: yaml), inputs: inputs).run()
                .document
        }
    }

    @Test(
        "is that of the CT's own voxels on every dose grid, and the lung dose with it",
        arguments: ["2", "3", "4.5", "6", "ct"])
    func grids(spacing: String) async throws {
        let chest = try Chest()
        let plan = try await chest.plan(gridSpacingMM: spacing)
        let expectedKg = chest.lungs.volumeML * (Double(Self.lungHU) + 1000) / 1000 / 1000
        let massKg = try #require(plan.lungShunt.ctLungMassKg)
        // Shares are Float.
        #expect(abs(massKg / expectedKg - 1) < 1e-6)
        #expect(plan.lungShunt.lungMassKg == massKg)
        let doseGy = plan.profile.doseConstantGyKgPerGBq * 2 * 0.1 / expectedKg
        #expect(abs(plan.lungDoseGy / doseGy - 1) < 1e-6)
    }

    @Test("what lies around the lungs is no part of their mass")
    func surroundings() async throws {
        var chest = try Chest()
        let before = try await chest.plan(gridSpacingMM: "4").lungShunt.ctLungMassKg
        for k in 0 ..< 60 {
            for j in 0 ..< 48 {
                for i in 0 ..< 48 where chest.lungs[i, j, k] == 0 { chest.ct[i, j, k] = 1500 }
            }
        }
        let after = try await chest.plan(gridSpacingMM: "4").lungShunt.ctLungMassKg
        #expect(before == after)
    }
}
