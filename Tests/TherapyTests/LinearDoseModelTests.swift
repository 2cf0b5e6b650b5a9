import Physics
import Quantities
import Testing
import Therapy

@Suite("Plan, linear in activity")
struct LinearDoseModelTests {
    static func gbq(_ values: Double...) -> [Activity] {
        values.map { Activity(gigabecquerels: $0) }
    }

    static func model() throws -> LinearDoseModel {
        try LinearDoseModel(
            territories: ["right", "left"],
            responses: [
                .init(name: "T1", role: .tumour, mass: Mass(grams: 50), graysPerGBq: [100, 0]),
                .init(name: "T2", role: .tumour, mass: Mass(grams: 30), graysPerGBq: [20, 160]),
                .init(
                    name: "liver", role: .normalWholeLiver, mass: Mass(grams: 1500),
                    graysPerGBq: [15, 10]),
                .lungs(
                    shunts: [0.1, 0.2], mass: Mass(kilograms: 1), profile: try profile()),
            ])
    }

    @Test(
        "a measure is read from its own label, and from nothing else",
        arguments: [DoseMeasure.mean, .hottestPercent(30), .hottestPercent(2.5)])
    func labels(measure: DoseMeasure) {
        #expect(DoseMeasure(label: measure.label) == measure)
        for text in ["", "D", "30", "Dx", "D-1", "D101", "Dnan", "Mean"] {
            #expect(DoseMeasure(label: text) == nil, "\(text)")
        }
    }

    @Test("aims are met together, although one tumour gets dose from both territories")
    func aims() throws {
        let model = try Self.model()
        let activities = try model.activities(for: [
            .meanDose(structure: "T1", dose: AbsorbedDose(grays: 150)),
            .meanDose(structure: "T2", dose: AbsorbedDose(grays: 190)),
        ])
        expectSame(activities[0].gigabecquerels, 1.5)
        expectSame(activities[1].gigabecquerels, 1)
        expectSame(try model.dose("T2", injected: activities).grays, 190)
        let fixed = try model.activities(for: [
            .injectedActivity(Activity(gigabecquerels: 2)),
            .meanDose(structure: "T2", dose: AbsorbedDose(grays: 200)),
        ])
        expectSame(fixed[1].gigabecquerels, 1)
    }

    @Test("two structures of one name are refused by that name")
    func names() throws {
        let one = StructureResponse(
            name: "T1", role: .tumour, mass: Mass(grams: 50), graysPerGBq: [1])
        let error = #expect(throws: TherapyError.self) {
            try LinearDoseModel(territories: ["right"], responses: [one, one])
        }
        #expect("\(try #require(error))".contains("'T1'"))
    }

    @Test("an aim that the other territory already exceeds, or two of one dose, are refused")
    func impossible() throws {
        let model = try Self.model()
        #expect(throws: TherapyError.self) {
            try model.activities(for: [
                .injectedActivity(Activity(gigabecquerels: 20)),
                .meanDose(structure: "T2", dose: AbsorbedDose(grays: 200)),
            ])
        }
        let aim = TerritoryAim.meanDose(structure: "liver", dose: AbsorbedDose(grays: 30))
        #expect(throws: TherapyError.self) { try model.activities(for: [aim, aim]) }
        #expect(throws: TherapyError.self) {
            try model.activities(for: [
                .injectedActivity(.zero),
                .meanDose(structure: "T1", dose: AbsorbedDose(grays: 3)),
            ])
        }
    }

    @Test("each constraint gives its maximum, the least is binding, the others keep a margin")
    func constraints() throws {
        let model = try Self.model()
        // Doses at 1.5 and 1 GBq: liver 32.5 Gy, lungs 49.67 · 0.35 = 17.38 Gy.
        let plan = try model.assess(
            Self.gbq(1.5, 1),
            constraints: [
                .init(structure: "lungs", limit: AbsorbedDose(grays: 30), provenance: "lung"),
                .init(structure: "liver", limit: AbsorbedDose(grays: 26), provenance: "liver"),
                .init(structure: "T1", limit: AbsorbedDose(grays: 1e4), provenance: "none"),
            ])
        #expect(!plan.meetsAllLimits)
        #expect(plan.checks.map(\.isBinding) == [false, true, false])
        let liver = try #require(plan.binding)
        expectSame(liver.dose.grays, 32.5)
        expectSame(liver.margin.grays, -6.5)
        expectSame(try #require(liver.maximumTotal).gigabecquerels, 2)
        // 26 − 10 · 1 = 16 Gy left for the right, 26 − 15 · 1.5 = 3.5 Gy for the left.
        expectSame(try #require(liver.maximumPerTerritory[0]).gigabecquerels, 16.0 / 15)
        expectSame(try #require(liver.maximumPerTerritory[1]).gigabecquerels, 0.35)
        #expect(plan.checks[2].maximumPerTerritory[1] == nil)
        expectSame(plan.allowed[0].gigabecquerels, 1.2)
        expectSame(plan.allowed[1].gigabecquerels, 0.8)
        let again = try model.assess(plan.allowed, constraints: plan.checks.map(\.constraint))
        expectSame(try #require(again.binding).margin.grays, 0)
        expectSame(plan.checks[0].margin.grays, 30 - 49.67 * 0.35)
    }

    @Test("a wish inside every limit is kept as it is")
    func inside() throws {
        let plan = try Self.model().assess(
            Self.gbq(0.5, 0.5),
            constraints: [
                .init(structure: "lungs", limit: AbsorbedDose(grays: 30), provenance: "lung")
            ])
        #expect(plan.meetsAllLimits)
        #expect(plan.allowed == plan.wished)
        #expect(plan.binding?.constraint.structure == "lungs")
    }

    @Test("territories by the partition model give the doses of the model, lungs by own shunts")
    func territories() throws {
        let profile = try profile()
        let right = try PartitionModel(
            tumours: [.init(volumeML: 50, tumourToNormalRatio: 4)], normalVolumeML: 800,
            lungShuntFraction: 0.1, residualFraction: 0, profile: profile)
        let left = try PartitionModel(
            tumours: [.init(volumeML: 10, tumourToNormalRatio: 8)], normalVolumeML: 400,
            lungShuntFraction: 0.03, residualFraction: 0, profile: profile)
        let liver = try LiverVolumes(liverVolumeML: 1500, otherTumourVolumeML: 20)
        let plan = try MultiTerritoryPlan(territories: [
            .init(name: "right", model: right, tumourNames: ["T1"]),
            .init(name: "left", model: left, tumourNames: ["T2"]),
        ])
        let model = try plan.model(liver: liver, lungMass: Mass(kilograms: 1))
        let injected = Self.gbq(1.5, 0.5)
        let chains = try zip(injected, [0.1, 0.03]).map {
            try ActivityChain(injected: $0, residualFraction: 0, lungShuntFraction: $1)
        }
        let doses = (right.doses(chains[0]), left.doses(chains[1]))
        expectSame(try model.dose("T1", injected: injected).grays, doses.0.tumours[0].grays)
        expectSame(try model.dose("T2", injected: injected).grays, doses.1.tumours[0].grays)
        expectSame(
            try model.dose("lungs", injected: injected).grays,
            doses.0.lung.grays + doses.1.lung.grays)
        expectSame(
            try model.dose("normal whole liver", injected: injected).grays,
            (doses.0.normal.grays * 800 + doses.1.normal.grays * 400) / (1500 - 80))
    }

    @Test("three profiles side by side keep their own constants")
    func profiles() throws {
        let table = try ProfileComparison(
            try ["mppg14a", "eanm2022", "ifu-glass"].map(ConventionProfile.named)
        ) { profile in
            try SingleCompartment(
                perfusedVolumeML: 1500 / 1.03, lungShuntFraction: 0.05, residualFraction: 0.02,
                profile: profile
            ).activities(forPerfusedDose: AbsorbedDose(grays: 120)).vial.gigabecquerels
        }
        for (column, printed) in zip(table.columns, [3.9154, 3.8925, 3.8668]) {
            // V20 prints four decimals.
            #expect(abs(column.plan - printed) < 5e-5, "\(column.profile.name)")
        }
    }
}
