import DICOM
import Foundation
import Imaging
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// A real Y-90 patient from DICOM to local-deposition dose, as the reference data's README states.
@Suite("PenRed patient", .enabled(if: ReferenceFiles.testdata != nil))
struct PenRedPatientTests {
    /// Mean of the spectrum that the reference calculation used, in eV.
    static let energyPerDecayEV = 934_904.6
    static let joulesPerEV = 1.602_176_634e-19

    @Test("local deposition of the reference's decays gives its energies and boxes within 1 %")
    func sourceActivity() async throws {
        let work = try ReferenceFiles.scratch("penred")
        defer { try? FileManager.default.removeItem(at: work) }
        let result = try await Self.plan(in: work, activity: "{metaImage: gate/SourceActivity.mhd}")

        // 1 GBq of this profile is this many decays; results are quoted per decay.
        let decays = 1e9 * 64.1 * 3600 / 0.693_147_180_559_945_3
        let grid = result.dose.grays.geometry
        #expect(grid.shape == Vector3(124, 72, 190))
        var total = 0.0
        var lung = 0.0
        let voxelML = grid.voxelVolumeML
        result.dose.grays.withVoxels { dose in
            result.density.gramsPerML.withVoxels { density in
                result.anatomy.hounsfieldUnits.withVoxels { hounsfield in
                    for n in dose.indices {
                        let joules = Double(dose[n]) * Double(density[n]) * voxelML / 1000
                        let eV = joules / Self.joulesPerEV / decays
                        total += eV
                        if hounsfield[n] >= -950, hounsfield[n] < -120 { lung += eV }
                    }
                }
            }
        }
        // 0.011 % of the decays lie outside the CT; the demand of the README is 1 %.
        #expect(abs(total / Self.energyPerDecayEV - 1) < 0.01, "total \(total)")
        #expect(abs(lung / 83_082 - 1) < 0.01, "lung class \(lung)")

        let boxes: [(Vector3<Int>, Double)] = [
            (Vector3(84, 16, 65), 663.43), (Vector3(83, 23, 70), 234.53),
            (Vector3(85, 17, 124), 161.02), (Vector3(86, 33, 131), 279.89),
            (Vector3(40, 13, 124), 148.22),
        ]
        for (centre, expected) in boxes {
            // The README's local values are energy over mass of the box.
            var energy = 0.0
            var mass = 0.0
            for k in centre.z - 2 ... centre.z + 2 {
                for j in centre.y - 2 ... centre.y + 2 {
                    for i in centre.x - 2 ... centre.x + 2 {
                        let grams = Double(result.density.gramsPerML[i, j, k]) * voxelML
                        mass += grams
                        energy += Double(result.dose.grays[i, j, k]) * grams / 1000
                    }
                }
            }
            let eVPerGram = energy / Self.joulesPerEV / decays / mass
            #expect(abs(eVPerGram / expected - 1) < 0.01, "\(centre): \(eVPerGram)")
        }
    }

    @Test("the quantisation loss of the DICOM activity image is a finding")
    func quantisation() async throws {
        let work = try ReferenceFiles.scratch("penred")
        defer { try? FileManager.default.removeItem(at: work) }
        let result = try await Self.plan(in: work, activity: "spect-jm.mhd")
        let finding = try #require(
            result.document.findings.first { $0.code == "activity.quantised" })
        #expect(finding.severity == .warning)
    }

    /// Imports the patient and plans 1 GBq over the whole CT grid.
    private static func plan(in work: URL, activity: String) async throws -> PlanResult {
        let data = try #require(ReferenceFiles.testdata).appending(path: "penred-y90")
        let gate = work.appending(path: "gate")
        try FileManager.default.createDirectory(at: gate, withIntermediateDirectories: true)
        try Archive.unpack(data.appending(path: "dicoms.tar.xz"), into: work)
        try Archive.unpack(data.appending(path: "gate.tar.xz"), into: gate)
        try FileManager.default.copyItem(
            at: data.appending(path: "hu-density.csv"), to: work.appending(path: "curve.csv"))
        let folder = try DataFolder.open(at: work.appending(path: "data"), create: true)
        let source = InProcessSource()
        _ = try await ImportWorkflow(
            folder: folder, source: source, actor: "test", patientIDForUnnamed: "PENRED"
        ).run(paths: [work.appending(path: "CT"), work.appending(path: "SPECT")])
        // C for 934,904.6 eV and T = 64.1 h: 1e9 · T/ln 2 · E.
        let constant =
            1e9 * 64.1 * 3600 / 0.693_147_180_559_945_3 * energyPerDecayEV * joulesPerEV
        let yaml = """
            name: penred
            device: glass
            profile: {name: reference, nuclide: Y-90, doseConstantGyKgPerGBq: \(constant),
              halfLifeHours: 64.1, source: mean of the reference spectrum}
            evidence: {basis: recalculation of a published case, recordedBy: test}
            images: {planning: ct1-4mm.mhd, activity: \(activity)}
            territories: [{name: all, injectedActivityGBq: 1.0}]
            lungShunt: {use: typed, fraction: 0}
            residualFraction: 0
            dose: {gridSpacingMM: ct, density: ct, densityCurve: curve.csv}
            """
        return try await PlanWorkflow(folder: folder, source: source, actor: "test")
            .run(yaml: yaml, specFolder: work).result
    }
}
