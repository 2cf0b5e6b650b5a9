import Quantities
import Storage
import Testing
import Therapy
import Workflows

/// A plan file written from what somebody chose reads back as just that.
@Suite("Plan from a page")
struct PlanDraftTests {
    private func draft() -> PlanDraft {
        var draft = PlanDraft()
        draft.name = "right lobe"
        draft.profile = "eanm2022"
        draft.planning = "se-0000000001"
        draft.activity = "se-0000000002"
        draft.structuresFrom = "vois"
        draft.liver = "Liver"
        draft.tumours = ["Tumour 1"]
        draft.territories = [
            PlanDraft.Territory(
                name: "right", structure: "Territory right", aim: .injectedActivityGBq(1.25)),
            PlanDraft.Territory(
                name: "left", structure: "Territory left",
                aim: .meanDoseGy(structure: "Tumour 1", doseGy: 205)),
        ]
        draft.residualFraction = 0.01
        return draft
    }

    @Test("every choice reads back")
    func readsBack() throws {
        var draft = draft()
        draft.registration = .kept("registration-3")
        draft.planar = "se-0000000003"
        draft.lungShunt = .drawn("planar-regions-4")
        draft.patient = ["ecog": 1, "ascites": 0, "bilirubinUmolPerL": 9.5]
        draft.evidence = PlanDraft.Evidence(basis: "protocol 4", recordedBy: "Anna")
        draft.treatmentTime = "2026-12-03T10:00:00+01:00"
        draft.engine = "monte-carlo"
        draft.density = .ct
        draft.gridSpacingMM = nil
        let spec = try PlanSpec(yaml: draft.yaml())
        #expect(spec.name == "right lobe" && spec.device == .glass)
        #expect(spec.registration.kind == .kept && spec.registration.record == "registration-3")
        #expect(spec.lungShunt.use == .planar && spec.lungShunt.drawnRegions == "planar-regions-4")
        #expect(spec.territories.map(\.name) == ["right", "left"])
        #expect(spec.territories[0].aim == .injectedActivityGBq(1.25))
        #expect(spec.territories[1].aim == .meanDoseGy(structure: "Tumour 1", doseGy: 205))
        #expect(spec.structures.tumours == ["Tumour 1"] && spec.structures.from == "vois")
        #expect(spec.patient?.values == [.ecog: 1, .ascites: 0, .bilirubinUmolPerL: 9.5])
        #expect(spec.evidence?.basis == "protocol 4" && spec.evidence?.recordedBy == "Anna")
        #expect(spec.dose.grid == .planningCT && spec.dose.density == .ct)
        #expect(spec.dose.engine.name == "monte-carlo")
        #expect(spec.order != nil && spec.residualFraction == 0.01)
    }

    @Test(
        "no name can write another key",
        arguments: [
            "a\nresidualFraction: 0.5", "x: y", "# no", "\"quoted\" 'twice'", "&anchor *alias",
            "!!binary x", "true", "1e3", "{a: b}", "Zähne\u{2028}\u{85}end", "tab\there", " - ",
        ])
    func names(_ name: String) throws {
        var draft = draft()
        draft.name = name
        draft.territories[0].name = name
        draft.tumours = [name]
        let spec = try PlanSpec(yaml: draft.yaml())
        #expect(spec.name == name && spec.territories[0].name == name)
        #expect(spec.structures.tumours == [name])
        #expect(spec.residualFraction == 0.01 && spec.territories.count == 2)
    }

    private static let kept = """
        name: before
        device: glass
        profile: {standard: eanm2022, lungMassKg: 0.95}
        evidence: {basis: earlier, recordedBy: ben}
        images: {planning: se-1, activity: se-2, planar: se-3, activityResolutionMM: 13}
        registration: {kind: rigid-ct, acceptedBy: ben}
        structures: {from: se-4, liver: Liver, tumours: [Tumour 1]}
        territories: [{name: right, structure: Liver, injectedActivityGBq: 1, lungShuntFraction: 0.03}]
        lungShunt:
          use: planar
          planarRegions: {anteriorFrame: 1, posteriorFrame: 2,
            lungs: [{rows: [1, 2], columns: [1, 2]}], liver: [{rows: [3, 4], columns: [1, 2]}]}
        residualFraction: 0.02
        dose: {engine: monte-carlo, histories: 1000, density: ct,
          overrides: [{structure: Liver, densityGPerML: 1.06}]}
        limits: [{structure: Normal Liver, meanDoseGy: 70, source: protocol}]
        uncertainty: {calibrationPercent: 7}
        """

    @Test("what the page does not ask stays, what no longer fits goes")
    func overBase() throws {
        let before = try PlanSpec(yaml: Self.kept)
        var draft = draft()
        draft.profile = nil
        draft.planar = "se-3"
        draft.lungShunt = .asBefore
        draft.limits = .asBefore
        draft.engine = "kernel"
        draft.density = .ct
        let spec = try PlanSpec(yaml: draft.yaml(over: Self.kept))
        #expect(spec.profile == before.profile && spec.limits == before.limits)
        #expect(spec.uncertainty == before.uncertainty && spec.evidence == before.evidence)
        #expect(spec.images.activityResolutionMM == 13)
        #expect(spec.lungShunt.planarRegions == before.lungShunt.planarRegions)
        #expect(spec.dose.overrides == before.dose.overrides)
        #expect(spec.dose.engine == .voxelKernel)
        #expect(spec.territories.map(\.lungShuntFraction) == [0.03, nil])
        // Whoever accepted the earlier registration has not seen this one.
        #expect(spec.registration.acceptedBy == nil)

        draft.limits = .none
        #expect(try PlanSpec(yaml: draft.yaml(over: Self.kept)).limits.isEmpty)
        draft.limits = .set("liver-2026")
        #expect(try draft.yaml(over: Self.kept).contains("constraintSet: \"liver-2026\""))
        draft.planar = nil
        draft.lungShunt = .typed(fraction: 0.04)
        let other = try PlanSpec(
            yaml: draft.yaml(over: Self.kept).replacing("constraintSet: \"liver-2026\"\n", with: "")
        )
        #expect(other.lungShunt.typedFraction == 0.04 && other.lungShunt.planarRegions == nil)
    }

    @Test("a body-surface plan that only shows the table for its shunt goes on showing it")
    func shownReduction() throws {
        let base = """
            device: resin
            method: bsa
            bsa: {heightCM: 170, weightKg: 70, shuntReduction: show}
            """
        var draft = draft()
        (draft.device, draft.method) = (.resin, .bsa)
        draft.bodySurface = PlanSpec.BodySurfaceChoice(
            heightCM: 172, weightKg: 71, shuntReduction: .apply)
        for n in draft.territories.indices { draft.territories[n].aim = .bodySurface }
        let kept = try PlanSpec(yaml: draft.yaml(over: base)).bodySurface
        #expect(kept?.heightCM == 172 && kept?.shuntReduction == .show)
        #expect(try PlanSpec(yaml: draft.yaml()).bodySurface?.shuntReduction == .apply)
    }
}
