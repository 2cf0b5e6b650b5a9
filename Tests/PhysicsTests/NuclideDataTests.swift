import Physics
import Quantities
import Testing

@Suite("Nuclide data")
struct NuclideDataTests {
    @Test("the energy and half-life printed in the glass insert give the constant printed as 50")
    func glassInsert() throws {
        let y90 = try NuclideData.of(.y90)
        let energy = try #require(y90.meanElectronEnergy)
        let constant = try DoseConstant.gyKgPerGBq(meanEnergy: energy, halfLife: y90.halfLife)
        #expect(abs(constant - 49.963) < 0.0005)  // digits of the vector V14
    }

    @Test(
        "energy and half-life reproduce each published constant",
        arguments: [
            (0.9267, 64.04, 49.38), (0.932, 64.05, 49.67), (0.9336, 64.1, 49.80),
            (0.711, 26.82, 15.87), (0.665, 26.82, 14.85),
        ])
    func constants(megaelectronvolts: Double, hours: Double, printed: Double) throws {
        let constant = try DoseConstant.gyKgPerGBq(
            meanEnergy: Energy(megaelectronvolts: megaelectronvolts),
            halfLife: TimeSpan(hours: hours))
        // Half of the last digit printed, plus what half of the last digit of E allows.
        #expect(abs(constant - printed) < 0.005 + printed * 0.0005 / megaelectronvolts)
    }

    @Test("every nuclide has data")
    func every() throws {
        for nuclide in Nuclide.allCases {
            #expect(try NuclideData.of(nuclide).halfLife.hours > 0)
        }
    }
}

@Suite("Half-life check")
struct HalfLifeCheckTests {
    static func codes(hours: Double, profile: String = "eanm2022") throws -> [String] {
        try HalfLifeCheck(profile: .named(profile))
            .findings(headerHalfLife: TimeSpan(hours: hours), subject: nil).map(\.code)
    }

    @Test("half-lives in use for Y-90 pass", arguments: [64.0, 64.04, 64.1, 64.2, 64.3])
    func passes(hours: Double) throws { #expect(try Self.codes(hours: hours).isEmpty) }

    @Test("a half-life near that of Y-90 is flagged", arguments: [63.9, 64.5])
    func unusual(hours: Double) throws {
        #expect(try Self.codes(hours: hours) == ["image.half-life-unusual"])
    }

    @Test("another nuclide's half-life is an error", arguments: [1.83, 26.8, 78.4])
    func mismatch(hours: Double) throws {
        #expect(try Self.codes(hours: hours) == ["image.half-life-mismatch"])
    }

    @Test("a header without half-life is noted, nonsense too", arguments: [nil, 0, -1, .nan])
    func missing(hours: Double?) throws {
        let findings = try HalfLifeCheck(profile: .named("ho"))
            .findings(headerHalfLife: hours.map(TimeSpan.init(hours:)), subject: "series 1")
        #expect(findings.map(\.code) == ["image.half-life-missing"])
    }
}

@Suite("Scanner nuclide correction")
struct ScannerNuclideCorrectionTests {
    @Test("at the reference time only the branching ratio counts")
    func branching() throws {
        let correction = try ScannerNuclideCorrection(
            branchingUsed: 0.9673, halfLifeUsed: TimeSpan(hours: 1.829))
        let factor = try correction.factor(
            profile: .named("eanm2022"), startAfterReference: .zero, frameDuration: .zero)
        #expect(abs(factor / (0.9673 / 31.86e-6) - 1) < 1e-12)
    }

    @Test("a frame's correction is that of its mean activity")
    func frame() throws {
        // Uncorrected one-half-life frame: mean activity is 1/(2 ln 2) of that at its start.
        let profile = try ConventionProfile.named("eanm2022")
        let correction = try ScannerNuclideCorrection(branchingUsed: 31.86e-6, halfLifeUsed: nil)
        let factor = try correction.factor(
            profile: profile, startAfterReference: profile.halfLife,
            frameDuration: profile.halfLife)
        #expect(abs(factor - 2 * 2 * 0.693_147_180_559_945_3) < 1e-12)
    }

    @Test("a nuclide without positrons has no such correction")
    func holmium() throws {
        let correction = try ScannerNuclideCorrection(branchingUsed: 1, halfLifeUsed: nil)
        #expect(throws: PhysicsError.self) {
            try correction.factor(
                profile: .named("ho"), startAfterReference: .zero, frameDuration: .zero)
        }
    }
}
