import Physics
import Quantities
import Testing
import Therapy

@Suite("Methods, laws")
struct MethodLawTests {
    static let shares: [Double] = [0, 0.03, 0.1, 0.25, 0.6]

    @Test("activity rises with lung shunt and with residual")
    func rising() throws {
        let profile = try profile()
        func vial(_ shunt: Double, _ residual: Double) throws -> Activity {
            try SingleCompartment(
                perfusedVolumeML: 900, lungShuntFraction: shunt, residualFraction: residual,
                profile: profile
            ).activities(forPerfusedDose: AbsorbedDose(grays: 120)).vial
        }
        for fixed in Self.shares {
            for (less, more) in zip(Self.shares, Self.shares.dropFirst()) {
                #expect(try vial(less, fixed) < vial(more, fixed))
                #expect(try vial(fixed, less) < vial(fixed, more))
            }
        }
    }

    @Test("an uptake that no number holds is refused, not computed as none")
    func overflow() throws {
        let profile = try profile()
        for (ratio, volume) in [(1e308, 20.0), (2, 1e308)] {
            #expect(throws: TherapyError.self) {
                try PartitionModel(
                    tumours: [.init(volumeML: volume, tumourToNormalRatio: ratio)],
                    normalVolumeML: 1000, lungShuntFraction: 0, residualFraction: 0,
                    profile: profile)
            }
        }
    }

    @Test("a body whose surface the rule uses up is refused, never given less than nothing")
    func smallBody() throws {
        for lobe in [nil, try BSAMethod.Lobe(volumeML: 900, tumourVolumeML: 1)] {
            let error = #expect(throws: TherapyError.self) {
                try BSAMethod(
                    heightCM: 50, weightKg: 3, tumourVolumeML: 1, liverVolumeML: 1800, lobe: lobe)
            }
            #expect("\(try #require(error))".contains("'heightCM' and 'weightKg'"))
        }
        // A larger share of tumour makes up for it: 0.1954 − 0.2 + 0.1.
        let some = try BSAMethod(
            heightCM: 50, weightKg: 3, tumourVolumeML: 180, liverVolumeML: 1800)
        #expect(abs(some.unreducedActivity.gigabecquerels - 0.0954) < 5e-4)
    }

    @Test("lung dose and perfused dose do not know the residual when the dose is prescribed")
    func residualOnlyRaisesVial() throws {
        let profile = try profile()
        let doses = try Self.shares.map { residual in
            let model = try SingleCompartment(
                perfusedVolumeML: 900, lungShuntFraction: 0.1, residualFraction: residual,
                profile: profile)
            return model.lungDose(
                try model.activities(forPerfusedDose: AbsorbedDose(grays: 120))
            ).grays
        }
        for dose in doses { expectSame(dose, doses[0]) }
    }

    @Test("with T/N 1 it does not matter what is called tumour")
    func splitIrrelevant() throws {
        let profile = try profile()
        let activities = try [1.0, 100, 450, 899].map { tumourML in
            try PartitionModel(
                tumours: [.init(volumeML: tumourML, tumourToNormalRatio: 1)],
                normalVolumeML: 900 - tumourML, lungShuntFraction: 0.1, residualFraction: 0,
                profile: profile
            ).activities(forNormalDose: AbsorbedDose(grays: 40)).vial.gigabecquerels
        }
        let single = try SingleCompartment(
            perfusedVolumeML: 900, lungShuntFraction: 0.1, residualFraction: 0, profile: profile
        ).activities(forPerfusedDose: AbsorbedDose(grays: 40)).vial.gigabecquerels
        for activity in activities { expectSame(activity, single) }
    }

    @Test("the energy of all compartments is C times the injected activity")
    func energy() throws {
        let profile = try profile(density: 1.05)
        let model = try PartitionModel(
            tumours: [
                .init(volumeML: 20, tumourToNormalRatio: 6),
                .init(volumeML: 60, tumourToNormalRatio: 3),
                .init(volumeML: 5, tumourToNormalRatio: 9),
            ], normalVolumeML: 700, lungShuntFraction: 0.06, residualFraction: 0.02,
            profile: profile)
        let chain = try model.activities(forVial: Activity(gigabecquerels: 2))
        let doses = model.doses(chain)
        let tumourJ = zip(doses.tumours, model.tumours).reduce(0) {
            $0 + $1.0.grays * profile.tissueMass(volumeML: $1.1.volumeML).kilograms
        }
        let liverJ = doses.normal.grays * model.normalMass.kilograms + tumourJ
        expectSame(liverJ + doses.lung.grays * 1, 49.67 * chain.injected.gigabecquerels)
        #expect(abs(model.pooledTumourToNormalRatio - 4.0588) < 5e-5)
    }

    @Test(
        "the empiric rule steps at a quarter and a half",
        arguments: [
            (10.0, 2.0), (25, 2.5), (50, 2.5), (51, 3.0),
        ])
    func empiric(percent: Double, gbq: Double) throws {
        let activity = try EmpiricMethod.activity(tumourVolumeML: percent, liverVolumeML: 100)
        #expect(activity.gigabecquerels == gbq)
    }
}
