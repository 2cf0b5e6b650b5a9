import DICOM
import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// Tables as sites write them.
private enum Tables {
    static let profile = """
        key,value
        nuclide,Y-90
        doseConstantGyKgPerGBq,49.5
        halfLifeHours,64.1
        tissueDensityGPerML,1.05
        source,"measured here, twice"
        """
    static let constraints = """
        structure,measure,limitGy,source
        Normal Liver,mean,55,"board, 2026"
        Tumour 5,D30,900,board
        lungs,single,25,board
        lungs,cumulative,45,board
        """
    static let curve = "hu,densityGPerML\n-1000,0.001\n0,1.0\n1500,1.9\n"
    static let recovery = "diameterMM,recovery,sigma\n10,0.3,0.05\n40,0.8,0.02\n"
}

/// Plans that name settings of the site.
@Suite("Plans with settings")
struct SettingPlanTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()

        init() async throws { (work, folder) = try await SmallPatient.imported("settings") }

        func add(
            _ kind: SettingKind, _ name: String, _ table: String, reason: String = "first"
        ) async throws {
            try await SettingWorkflow(folder: folder, organisation: nil, actor: "test").add(
                kind, name: name, table: table, date: "2026-11-02", reason: reason)
        }

        func plan(
            profile: String = "eanm2022", density: String = "density: fixed", more: String = ""
        ) async throws -> PlanWorkflow.Kept {
            try await PlanWorkflow(folder: folder, source: source, actor: "test").run(
                yaml: """
                    name: right lobe
                    device: glass
                    profile: \(profile)
                    images: {planning: "CT portal venous, simulated",
                      activity: "MAA SPECT no AC, simulated"}
                    registration: {kind: identity, acceptedBy: test}
                    structures: {from: "Structures from shapes, simulated", liver: Liver,
                      lungs: Lungs, tumours: [Tumour 5], others: [Gallbladder]}
                    territories:
                      - {name: right, structure: Territory right, injectedActivityGBq: 2.5}
                    lungShunt: {use: typed, fraction: 0.05}
                    residualFraction: 0
                    dose: {gridSpacingMM: 6, \(density)}
                    \(more)
                    """, specFolder: work)
        }
    }

    @Test("A named profile is its constants; a newer version changes no plan, and is announced")
    func profile() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.add(.profile, "site-x", Tables.profile)
        let named = try await bench.plan(profile: "site-x")
        let document = named.result.document
        #expect(document.profile.name == "site-x")
        #expect(document.profile.doseConstantGyKgPerGBq == 49.5)
        #expect(document.profile.halfLifeHours == 64.1)
        #expect(document.profile.source.contains("measured here, twice"))
        #expect(document.profile.source.contains("site-x, version 1 of 2026-11-02"))
        let record = try await bench.folder.records.derived(id: named.planID)
        let digest = ObjectDigest(of: Array(Tables.profile.utf8)).hex
        #expect(record.draft.parametersJSON.contains(digest))
        #expect(document.inputs.contains { $0.role == "profile" && $0.digest == digest })
        func newer() async throws -> [String] {
            try await PlanSettings.newer(
                than: record, folder: bench.folder, patient: 1, seenBy: nil)
        }
        #expect(try await newer().isEmpty)
        let next = Tables.profile.replacing("49.5", with: "50.5")
        try await bench.add(.profile, "site-x", next, reason: "measured again")
        let sentences = try await newer()
        #expect(sentences.count == 1)
        #expect(sentences.first?.contains("a newer version exists, 2 of") == true)
        #expect(sentences.first?.contains("measured again") == true)
        let answer = try await PlanRecomputation(folder: bench.folder, source: bench.source)
            .run(planID: named.planID).answer
        #expect(answer.identical, "\(answer.differences)")
        let later = try await bench.plan(profile: "site-x").result.document
        #expect(later.profile.doseConstantGyKgPerGBq == 50.5)
        // Doses of one activity are as their constants; voxels are Float, 6e-8.
        let ratio = later.structures[0].meanDoseGy / document.structures[0].meanDoseGy
        #expect(abs(ratio - 50.5 / 49.5) < 1e-6)
    }

    @Test("A constraint set is its limits, beside those of the plan file")
    func constraints() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.add(.constraintSet, "board", Tables.constraints)
        let plan = try await bench.plan(
            more: """
                constraintSet: board
                limits: [{structure: Gallbladder, meanDoseGy: 50, source: this plan}]
                """
        ).result.document
        let limits = Dictionary(
            plan.limits.map { ("\($0.structure ?? "lungs") \($0.measure ?? "")", $0.limitGy) }
        ) { first, _ in first }
        #expect(limits["Normal Liver mean"] == 55)
        #expect(limits["Tumour 5 D30"] == 900)
        #expect(limits["Gallbladder mean"] == 50)
        #expect(limits.values.contains(25))
        #expect(plan.limits.contains { $0.source.contains("board, 2026") })
        await #expect(throws: WorkflowError.self) {
            _ = try await bench.plan(more: "constraintSet: bord")
        }
        await #expect(throws: WorkflowError.self) {
            _ = try await bench.plan(
                more: """
                    constraintSet: board
                    lungLimits: {singleGy: 30, cumulativeGy: 50, source: here}
                    """)
        }
    }

    @Test("A named density curve is its table, and recomputes without it in the data folder's list")
    func curve() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.add(.densityCurve, "scanner-3", Tables.curve)
        try Data(Tables.curve.utf8).write(to: bench.work.appending(path: "curve.csv"))
        let file = try await bench.plan(density: "density: ct, densityCurve: curve.csv")
        let named = try await bench.plan(density: "density: ct, densityCurve: scanner-3")
        #expect(named.planID != file.planID)
        #expect(
            named.result.document.dosePerVoxelDigest == file.result.document.dosePerVoxelDigest)
        try await bench.add(
            .densityCurve, "scanner-3", Tables.curve.replacing("1.9", with: "2.0"), reason: "tube")
        let answer = try await PlanRecomputation(folder: bench.folder, source: bench.source)
            .run(planID: named.planID).answer
        #expect(answer.identical, "\(answer.differences)")
    }

    @Test("A named recovery curve is its points")
    func recovery() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.add(.recoveryCurve, "spect-1", Tables.recovery)
        let named = try await bench.plan(more: "uncertainty: {recovery: spect-1}").result
        let written = try await bench.plan(
            more: """
                uncertainty: {recovery: [{diameterMM: 10, recovery: 0.3, sigma: 0.05},
                  {diameterMM: 40, recovery: 0.8, sigma: 0.02}]}
                """
        ).result
        let tumours = [named, written].map { result in
            result.document.structures.first { $0.name == "Tumour 5" }?.uncertainty
        }
        #expect(tumours[0] != nil && tumours[0] == tumours[1])
        #expect(tumours[0]?.components.contains { $0.basis == "site's recovery curve" } == true)
    }

    @Test("A plan that names no setting is kept as it was written")
    func untouched() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.add(.profile, "site-x", Tables.profile)
        let kept = try await bench.plan()
        let record = try await bench.folder.records.derived(id: kept.planID)
        #expect(
            !record.draft.inputs.contains { $0.role == "setting" || $0.role == "specAsWritten" })
        #expect(!record.draft.parametersJSON.contains("settings"))
    }

    @Test(
        "A table that cannot be used is refused, and the line is named",
        arguments: [
            (SettingKind.profile, "key,value\nnuclide,Lu-177\nsource,x", "Y-90 or Ho-166"),
            (.profile, "key,value\nnuclide,Y-90\nsource,x", "lacks 'doseConstantGyKgPerGBq'"),
            (.profile, Tables.profile + "\nhalfLifeHours,3", "Line 7"),
            (.profile, Tables.profile.replacing("49.5", with: "-1"), "above 0"),
            (.densityCurve, "hu,densityGPerML\n0,1\n-1,2", "do not rise"),
            (.recoveryCurve, "diameterMM,recovery,sigma\n10,x,0", "Line 2"),
            (.recoveryCurve, "diameterMM,recovery,sigma\n10,3,0", "recovery"),
            (.constraintSet, "structure,measure,limitGy,source\nLiver,median,3,x", "median"),
            (.constraintSet, "structure,measure,limitGy,source\nLiver,mean,0,x", "Line 2"),
            (.constraintSet, "structure,measure,limitGy,source\nlungs,single,25,x", "both"),
            (.constraintSet, "structure,measure\nLiver,mean", "Line 1"),
            (.constraintSet, "", "The first line"),
        ])
    func refused(kind: SettingKind, table: String, sentence: String) {
        let error = #expect(throws: WorkflowError.self) {
            try SettingTable(table, kind: kind, name: "site-x")
        }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }
}
