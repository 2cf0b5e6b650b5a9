import Dosimetry
import Imaging
import Physics
import Quantities
import Testing
import Workflows

@Suite("Plans by Monte Carlo")
struct EnginePlanTests {
    private static let monteCarlo = "engine: monte-carlo, density: fixed, histories: 100000"

    /// Energy in the whole grid, in Gy kg.
    private func energy(_ result: PlanResult) -> Double {
        let kgPerVoxel = result.dose.grays.geometry.voxelVolumeML * 1e-3
        return result.dose.grays.withVoxels { dose in
            result.density.gramsPerML.withVoxels { density in
                dose.indices.reduce(0) {
                    $0 + Double(dose[$1]) * Double(density[$1]) * kgPerVoxel
                }
            }
        }
    }

    /// Conservation: what 2 GBq emit in electrons, less the bremsstrahlung that leaves 160 mm.
    ///
    /// Of the energy 0.45 % becomes bremsstrahlung, of which more than a third leaves 50 mm
    /// (dose-engine facts, 0.6): between 0.1 and 0.45 % is missing.
    @Test("The energy of the physical decays stays in the grid but for bremsstrahlung")
    func energyIsConserved() async throws {
        let result = try await BoxPlan.run(BoxPlan.yaml(dose: Self.monteCarlo))
        let decay = try DecayData(.y90)
        let constant =
            decay.electronKeVPerDecay * 1.602_176_634e-16 * 1e9 * decay.halfLifeSeconds
            / 0.693_147_180_559_945
        let missing = 1 - energy(result) / (2 * 0.95 * constant)
        #expect(missing > 0.001 && missing < 0.0045, "missing \(missing)")
        let physical = try #require(result.document.physicalDose)
        #expect(abs(physical.doseConstantGyKgPerGBq / constant - 1) < 1e-9)
        #expect(abs(physical.conventionOverPhysical - 49.67 / constant) < 1e-6)
        #expect(physical.runs.map(\.territory) == ["all"])
        #expect(result.document.findings.contains { $0.code == "plan.physical-dose" })
        #expect(result.document.software.engine == "monte-carlo/1")
    }

    /// Electrons leave the hot tumour for the tissue around it, which sends a quarter as many back.
    ///
    /// A sphere of 20 g of water keeps 0.879 of the electron energy (published tables), and the loss
    /// goes with surface over volume at these sizes: 0.1355 for a sphere of the tumour's 14.24 g, 1.241
    /// times that for the cube, less (2/π) x² for its edges with x = 0.112 ± 0.05 of the side (the cube's
    /// closed self-overlap): 0.158. Three quarters of it are not replaced: 0.882 of local
    /// deposition. 0.01 covers the spread of x.
    @Test("The tumour loses what its size and contrast say")
    func tumourLoss() async throws {
        let local = try await BoxPlan.run(BoxPlan.yaml())
        let followed = try await BoxPlan.run(BoxPlan.yaml(dose: Self.monteCarlo))
        func mean(_ result: PlanResult, _ name: String) throws -> PlanDocument.Structure {
            try #require(result.document.structures.first { $0.name == name })
        }
        let physical = try #require(followed.document.physicalDose)
        let ratio =
            try mean(followed, "Tumour").meanDoseGy / mean(local, "Tumour").meanDoseGy
            * physical.conventionOverPhysical
        #expect(abs(ratio - 0.882) < 0.01, "tumour \(ratio)")
        let sigma = try #require(mean(followed, "Tumour").statisticalSigmaGy)
        let relative = try sigma / mean(followed, "Tumour").meanDoseGy
        // 6 % of the decays start in the tumour; none gives more than a few times the mean.
        #expect(relative > 0 && relative < 1 / 6000.0.squareRoot())
        #expect(try mean(local, "Tumour").statisticalSigmaGy == nil)
    }

    /// Checks the use of kernels in a plan, not their physics: they are made by this Monte Carlo.
    ///
    /// In one medium the two agree to 1 %.
    @Test("Kernels and Monte Carlo give a homogeneous liver the same doses")
    func kernelsAgree() async throws {
        let kernel = try await BoxPlan.run(
            BoxPlan.yaml(dose: "engine: kernel, density: fixed"))
        let followed = try await BoxPlan.run(BoxPlan.yaml(dose: Self.monteCarlo))
        #expect(kernel.document.software.engine == "voxel-kernel/2")
        #expect(kernel.document.physicalDose?.runs == [])
        for (a, b) in zip(kernel.document.structures, followed.document.structures) {
            let sigma = try #require(b.statisticalSigmaGy)
            #expect(
                abs(a.meanDoseGy - b.meanDoseGy) <= 0.01 * b.meanDoseGy + 2 * sigma,
                "\(a.name): \(a.meanDoseGy) and \(b.meanDoseGy)")
            #expect(a.statisticalSigmaGy == nil)
        }
    }

    /// Bone of 1.3 g/mL in water: s of Dosimetry's ``DoseToWater``, which has tests of its own.
    @Test("Dose to water is the ratio of the medium times dose to medium, and says so")
    func doseToWater() async throws {
        let bone = "overrides: [{structure: Liver, densityGPerML: 1.3, medium: cortical-bone}]"
        func result(_ more: String) async throws -> PlanResult {
            try await BoxPlan.run(
                BoxPlan.yaml(dose: "engine: kernel, density: ct, \(bone)\(more)"))
        }
        let (medium, water) = (try await result(""), try await result(", to: water"))
        let ratios = try DoseToWater(DecayData(.y90), media: Medium.all).ratios
        let ratio = try #require(ratios[try Medium.named("cortical-bone").index])
        for (a, b) in zip(medium.document.structures, water.document.structures) {
            // Single precision of the maps.
            #expect(abs(b.meanDoseGy / a.meanDoseGy / ratio - 1) < 1e-6, "\(a.name)")
        }
        #expect(medium.document.physicalDose?.doseTo == "medium")
        #expect(water.document.physicalDose?.doseTo == "water")
        #expect(!medium.document.findings.contains { $0.code == "dose.to-water" })
        let finding = try #require(
            water.document.findings.first { $0.code == "dose.to-water" })
        #expect(finding.sentence.contains("cortical-bone 1.1"))
        let physical = try #require(
            water.document.findings.first { $0.code == "plan.physical-dose" })
        #expect(physical.sentence.contains("to water"))
    }

    @Test("The same plan gives the same bytes; twice the activity gives twice the dose")
    func repeats() async throws {
        let territories = "[{name: all, structure: Liver, injectedActivityGBq: 4}]"
        let one = try await BoxPlan.run(BoxPlan.yaml(dose: Self.monteCarlo))
        let again = try await BoxPlan.run(BoxPlan.yaml(dose: Self.monteCarlo))
        #expect(one.document == again.document)
        let twice = try await BoxPlan.run(
            BoxPlan.yaml(territories: territories, dose: Self.monteCarlo))
        for (a, b) in zip(one.document.structures, twice.document.structures) {
            #expect(abs(b.meanDoseGy - 2 * a.meanDoseGy) <= 1e-6 * b.meanDoseGy)
        }
    }

    @Test("A plan by uncertainty meets it in every structure that holds activity")
    func uncertainty() async throws {
        let result = try await BoxPlan.run(
            BoxPlan.yaml(dose: "engine: monte-carlo, density: fixed, uncertainty: 0.02"))
        for structure in result.document.structures {
            let sigma = try #require(structure.statisticalSigmaGy)
            #expect(sigma > 0 && sigma <= 0.02 * structure.meanDoseGy, "\(structure.name)")
        }
    }

    @Test("Tumour voxels may be left out of what a plan by uncertainty waits for")
    func tumourVoxels() async throws {
        func histories(_ dose: String) async throws -> Int {
            let result = try await BoxPlan.run(
                BoxPlan.yaml(dose: "engine: monte-carlo, density: fixed, uncertainty: 0.1\(dose)"))
            let physical = try #require(result.document.physicalDose)
            return physical.runs.reduce(0) { $0 + $1.histories }
        }
        let means = try await histories(", tumourVoxelUncertainty: 1")
        let both = try await histories("")
        #expect(try await histories(", tumourVoxelUncertainty: 0.2") == both)
        #expect(means < both)
    }

    @Test(
        "What does not go together is refused by name",
        arguments: [
            ("engine: montecarlo", "local-deposition, kernel or monte-carlo"),
            ("engine: kernel, seed: 2", "'dose.seed'"),
            ("engine: local-deposition, histories: 10", "'dose.histories'"),
            ("engine: monte-carlo, histories: 10, uncertainty: 0.1", "not both"),
            ("engine: monte-carlo, histories: 1.5", "'dose.histories'"),
            ("engine: monte-carlo, uncertainty: 0", "'dose.uncertainty'"),
            ("engine: monte-carlo, seed: -1", "'dose.seed'"),
            ("engine: kernel, tumourVoxelUncertainty: 0.1", "'dose.tumourVoxelUncertainty'"),
            ("engine: monte-carlo, tumourVoxelUncertainty: 2", "'dose.tumourVoxelUncertainty'"),
            ("engine: monte-carlo, histories: 10, tumourVoxelUncertainty: 0.1", "not both"),
            ("density: ct, to: water", "'dose.to: water' needs"),
            ("engine: kernel, to: bone", "medium, water"),
        ])
    func refused(dose: String, words: String) throws {
        do {
            _ = try PlanSpec(yaml: BoxPlan.yaml(dose: dose))
            Issue.record("'\(dose)' was taken")
        } catch let error as WorkflowError {
            #expect("\(error)".contains(words), "\(error)")
        }
    }

    @Test("Compartment methods and compared conventions do not go with physical dose")
    func methods() throws {
        for more in ["method: partition", "compareProfiles: [mppg14a]"] {
            #expect(throws: WorkflowError.self) {
                try PlanSpec(yaml: BoxPlan.yaml(dose: Self.monteCarlo, more: more))
            }
        }
    }

    /// Closed form: local deposition of the same energy in half the mass gives twice the dose.
    @Test("An override sets the density of a structure, and only with density from CT")
    func overrides() async throws {
        func mean(_ dose: String) async throws -> Double {
            let result = try await BoxPlan.run(BoxPlan.yaml(dose: dose))
            #expect(result.document.findings.contains { $0.code == "density.override" })
            return try #require(result.document.structures.first { $0.name == "Liver" }).meanDoseGy
        }
        let once = try await mean(
            "density: ct, overrides: [{structure: Liver, densityGPerML: 2, medium: cortical-bone}]")
        let twice = try await mean(
            "density: ct, overrides: [{structure: Liver, densityGPerML: 1}]")
        #expect(abs(twice / once - 2) < 1e-5)
        for dose in [
            "density: fixed, overrides: [{structure: Liver, densityGPerML: 1}]",
            "density: ct, overrides: [{structure: Liver, densityGPerML: 0}]",
            "density: ct, overrides: [{structure: Liver, densityGPerML: 1, medium: cheese}]",
        ] {
            #expect(throws: WorkflowError.self) { try PlanSpec(yaml: BoxPlan.yaml(dose: dose)) }
        }
        await #expect(throws: WorkflowError.self) {
            _ = try await BoxPlan.run(
                BoxPlan.yaml(
                    dose: "density: ct, overrides: [{structure: Spleen, densityGPerML: 1}]"))
        }
    }
}
