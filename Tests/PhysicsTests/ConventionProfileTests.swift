import Physics
import Quantities
import Testing

@Suite("Convention profile")
struct ConventionProfileTests {
    @Test(
        "each published profile has the constants of its source",
        arguments: [
            ("mppg14a", 49.38, 64.04), ("eanm2022", 49.67, 64.2), ("ifu-glass", 50, 64.1),
            ("ho", 15.87, 26.8),
        ])
    func published(name: String, constant: Double, hours: Double) throws {
        let profile = try ConventionProfile.named(name)
        #expect(profile.doseConstantGyKgPerGBq == constant)
        #expect(abs(profile.halfLife.hours - hours) < 1e-12)  // rounding of hours to seconds
        #expect(profile.tissueDensityGPerML == 1.03)
        #expect(profile.lungMass.kilograms == 1)
        #expect(profile.nuclide == (name == "ho" ? .ho166 : .y90))
    }

    @Test("an unknown name is refused with the name")
    func unknown() {
        #expect(throws: PhysicsError.unknownProfile(name: "mirdy")) {
            try ConventionProfile.named("mirdy")
        }
    }

    @Test(
        "the energy per decay gives the dose constant back",
        arguments: ["mppg14a", "eanm2022", "ifu-glass", "ho"])
    func energyPerDecay(name: String) throws {
        let profile = try ConventionProfile.named(name)
        let joules =
            profile.decays(of: Activity(gigabecquerels: 1)) * profile.energyPerDecay.joules
        // Two roundings of a product and a quotient in Double.
        #expect(abs(joules / profile.doseConstantGyKgPerGBq - 1) < 1e-14)
    }

    @Test("a constant that is not positive is refused", arguments: [0, -1, .nan, .infinity])
    func refused(constant: Double) {
        #expect(throws: PhysicsError.self) {
            try ConventionProfile(
                name: "own", nuclide: .y90, doseConstantGyKgPerGBq: constant,
                halfLife: TimeSpan(hours: 64.1), source: "site")
        }
    }
}
