import Physics
import Quantities
import Testing

/// Sums that hold for every decay, within the uncertainties that the evaluations state.
@Suite("Decay data")
struct DecayDataTests {
    @Test("what branches put into levels, transitions take out", arguments: Nuclide.allCases)
    func levels(nuclide: Nuclide) throws {
        let balance = try DecayData(nuclide).energyBalance
        // Two standard uncertainties are 0.35 keV (Y-90) to 8 keV (Tb-161).
        #expect(
            abs(balance.levelsKeV - balance.transitionsKeV) <= 2 * balance.levelsUncertaintyKeV,
            "\(balance)")
    }

    @Test("all that a decay emits adds up to its energy", arguments: Nuclide.allCases)
    func balance(nuclide: Nuclide) throws {
        let balance = try DecayData(nuclide).energyBalance
        #expect(abs(balance.missingKeV) <= 2 * balance.uncertaintyKeV, "\(balance)")
        // Whatever the evaluators' uncertainty: the largest is Tb-161's 0.63 %.
        #expect(abs(balance.missingKeV) < 0.007 * balance.decayKeV, "\(balance)")
    }

    @Test("a forgotten transition shows in the balance of levels")
    func forgotten() throws {
        // Guards the two tests above against bounds so wide that nothing fails.
        for (nuclide, strongest) in [
            (Nuclide.lu177, 208.3662), (.i131, 364.489), (.in111, 171.28), (.ho166, 80.5725),
            (.i123, 158.97), (.re188, 155.044), (.ga68, 1077.34),
        ] {
            let data = try DecayData(nuclide)
            let line = try #require(data.transitions.first { $0.energyKeV == strongest })
            let balance = data.energyBalance
            #expect(line.perDecay * line.energyKeV > 2 * balance.levelsUncertaintyKeV)
        }
    }

    @Test("branches add up to one decay", arguments: Nuclide.allCases.filter { $0 != .tc99m })
    func branches(nuclide: Nuclide) throws {
        let data = try DecayData(nuclide)
        let all =
            data.betaBranches.map { ($0.intensity, $0.intensityUncertainty ?? 0) }
            + data.captureBranches.map { ($0.intensity, $0.intensityUncertainty ?? 0) }
        let sum = all.reduce(0) { $0 + $1.0 }
        let spread = all.reduce(0) { $0 + $1.1 * $1.1 }.squareRoot()
        // One standard uncertainty: the furthest is I-131, 0.23 of it.
        #expect(abs(sum - 1) <= spread)
        #expect(all.allSatisfy { $0.0 > 0 && $0.0 <= 1 })
    }

    @Test(
        "branches are kept as evaluated where their sum is not one decay",
        arguments: [
            // DDEP: 79.3(5) + 9.1(5) + 0.012(8) + 11.64(10).
            (Nuclide.lu177, 1.00052, 0.0071),
            // ENSDF: 5(5) + 5(5) + 65(4) + 25.7(16) and 0.1838 in five more.
            (.tb161, 1.008838, 0.083), (.re188, 1.0016, 0.0079), (.i131, 0.99819, 0.0080),
        ])
    func sums(nuclide: Nuclide, expected: Double, uncertainty: Double) throws {
        let branches = try DecayData(nuclide).betaBranches
        let sum = branches.reduce(0) { $0 + $1.intensity }
        let spread = branches.reduce(0) {
            $0 + ($1.intensityUncertainty ?? 0) * ($1.intensityUncertainty ?? 0)
        }.squareRoot()
        #expect(abs(sum - expected) < 1e-5, "\(sum)")
        #expect(abs(spread / uncertainty - 1) < 0.01, "\(spread)")
    }

    @Test("Tc-99m leaves its level once per decay; after 2.17 keV follow 140.5 keV")
    func isomer() throws {
        let transitions = try DecayData(.tc99m).transitions
        func line(_ energyKeV: Double) throws -> NuclearTransition {
            try #require(transitions.first { abs($0.energyKeV - energyKeV) < 0.01 })
        }
        let (first, second, direct) = (try line(2.1726), try line(140.511), try line(142.68))
        // 99.0(3) and 0.96(8) per 100 decays; 88.5(2) times 1.119(3).
        #expect(abs(first.perDecay + direct.perDecay - 1) < 0.003)
        #expect(abs(second.perDecay - first.perDecay) < 0.003)
    }

    @Test("every line of Tc-99m has an uncertainty, and all K holes are filled")
    func technetium() throws {
        let data = try DecayData(.tc99m)
        for line in data.photons + data.electrons where line.origin != .relaxation {
            let spread = try #require(line.perDecayUncertainty, "\(line.label)")
            // Gammas 0.2 %, conversion 2.5 %, the weak direct transition 8 %.
            #expect(spread > 0.002 * line.perDecay && spread < 0.09 * line.perDecay)
        }
        let filled = (data.photons + data.electrons).reduce(0) {
            $0 + ($1.origin == .xRay && $1.label.hasPrefix("K") ? $1.perDecay : 0)
                + ($1.origin == .auger && $1.label == "K" ? $1.perDecay : 0)
        }
        // 0.885 × 0.104 + 0.00023 × 29.3. Without Kβ2 the lines are 1.8 % short.
        #expect(abs(filled / 0.098779 - 1) < 0.005)
    }

    @Test("K X rays and K Auger electrons fill every hole in K", arguments: Nuclide.allCases)
    func holes(nuclide: Nuclide) throws {
        let data = try DecayData(nuclide)
        let converted = data.electrons.filter {
            $0.origin == .conversionElectron && $0.label.hasPrefix("K ")
        }
        let captured = data.captureBranches.reduce(0) {
            $0 + $1.intensity * ($1.shellFractions[.k] ?? 0)
        }
        let filling =
            data.photons.filter { $0.origin == .xRay && $0.label.hasPrefix("K") }
            + data.electrons.filter { $0.origin == .auger && $0.label == "K" }
        guard !filling.isEmpty else {
            // No lines are evaluated for Y-90, whose holes come from E0 electrons alone.
            #expect(nuclide == .y90)
            return
        }
        let made = converted.reduce(captured) { $0 + $1.perDecay }
        let filled = filling.reduce(0) { $0 + $1.perDecay }
        let spread = (converted + filling).reduce(0) {
            $0 + ($1.perDecayUncertainty ?? 0) * ($1.perDecayUncertainty ?? 0)
        }.squareRoot()
        #expect(abs(made - filled) <= 2 * spread, "\(made) \(filled) \(spread)")
    }

    @Test("every line has an energy, a number and an evaluation", arguments: Nuclide.allCases)
    func lines(nuclide: Nuclide) throws {
        let data = try DecayData(nuclide)
        for line in data.electrons + data.photons {
            #expect(line.energyKeV > 0 && line.energyKeV < data.decayEnergyKeV)
            #expect(line.perDecay > 0 && line.perDecay.isFinite)
            #expect(!line.evaluation.name.isEmpty)
        }
        for branch in data.betaBranches {
            let rest = branch.isPositron ? 1021.998 : 0
            let expected = data.decayEnergyKeV - branch.levelKeV - rest
            let spread = try #require(branch.endpointUncertaintyKeV)
            #expect(abs(branch.endpointKeV - expected) <= spread, "\(branch.endpointKeV)")
        }
    }

    @Test("half-lives are those of ENSDF within both uncertainties", arguments: Nuclide.allCases)
    func halfLife(nuclide: Nuclide) throws {
        let data = try DecayData(nuclide)
        #expect(data.halfLifeSeconds > 0 && data.halfLifeUncertaintySeconds > 0)
        guard let other = data.halfLifeCrossCheck else {
            #expect(data.evaluation.name == "ENSDF")
            return
        }
        let spread =
            (other.uncertaintySeconds * other.uncertaintySeconds
            + data.halfLifeUncertaintySeconds * data.halfLifeUncertaintySeconds).squareRoot()
        #expect(abs(data.halfLifeSeconds - other.seconds) <= 2 * spread)
    }
}

/// Against figures printed elsewhere.
@Suite("Published decay data")
struct DecayDataPublishedTests {
    @Test("Lu-177 gives 147.7 keV of electrons per decay, 9 % of it conversion and Auger")
    func lutetium() throws {
        let data = try DecayData(.lu177)
        #expect(abs(data.electronKeVPerDecay / 147.7 - 1) < 0.005)
        #expect(abs(data.betaKeVPerDecay / 134.1 - 1) < 0.005)
        let discrete = data.electronKeVPerDecay - data.betaKeVPerDecay
        // 13.52 + 1.13 keV in EJNMMI Phys 2020;7, s40658-020-00301-2, table 1; 13.66 without the
        // outer shells. Both lie within 5 % of 14.2.
        #expect(abs(discrete - 14.15) < 0.6)
    }

    @Test("1 GBq of Y-90 makes 3.326e14 decays and 49.72 J")
    func yttrium() throws {
        let data = try DecayData(.y90)
        #expect(abs(1e9 * data.decaysPerBecquerel / 3.326e14 - 1) < 0.001)
        #expect(abs(data.electronJoulesPerGBq / 49.72 - 1) < 0.001)
    }

    @Test("1 GBq of Ho-166 makes 15.42 J by its emissions, not the 15.87 of the convention")
    func holmium() throws {
        let joules = try DecayData(.ho166).electronJoulesPerGBq
        #expect(abs(joules / 15.42 - 1) < 0.005)
        #expect(joules < 15.6)
    }

    /// Electrons and photons per decay, in keV, from the same evaluations by another program
    /// (energies of Auger groups rounded, outer shells left out).
    static let readings: [(Nuclide, Double, Double)] = [
        (.y90, 932.9, 0), (.lu177, 147.73, 33.5), (.ho166, 691.4, 29.7), (.i131, 191.0, 380.6),
        (.tc99m, 16.4, 125.8), (.in111, 32.8, 405.9), (.ga68, 737.8, 511 * 1.778 + 1077 * 0.0323),
        (.i123, 26.9, 171.4),
    ]

    @Test(
        "sums per decay are those of another reading of the same evaluations", arguments: readings)
    func sums(nuclide: Nuclide, electronsKeV: Double, photonsKeV: Double) throws {
        let data = try DecayData(nuclide)
        let outer = data.electrons.filter { $0.origin == .relaxation }
            .reduce(0) { $0 + $1.keVPerDecay }
        // 1 %: the rounding named above; a conversion line left out is several per cent.
        #expect(abs((data.electronKeVPerDecay - outer) / electronsKeV - 1) < 0.01)
        #expect(abs(data.photonKeVPerDecay - photonsKeV) < 0.01 * max(photonsKeV, 10))
    }

    @Test(
        "electrons and photons together are what the reference calculation emitted",
        arguments: [
            (Nuclide.y90, 932.07), (.lu177, 148.05 + 33.21), (.i131, 191.54 + 380.57),
        ])
    func reference(nuclide: Nuclide, emittedKeV: Double) throws {
        let data = try DecayData(nuclide)
        let sum = data.electronKeVPerDecay + data.photonKeVPerDecay
        // The reference states 0.5 % for its own decay data.
        #expect(abs(sum / emittedKeV - 1) < 0.005, "\(sum)")
    }

    @Test(
        "strong branches of Re-188 have ENSDF's means",
        arguments: [(0.0, 795.41), (155.044, 728.88), (633.045, 527.779)])
    func rhenium(levelKeV: Double, meanKeV: Double) throws {
        let branch = try #require(
            try DecayData(.re188).betaBranches.first { $0.levelKeV == levelKeV })
        #expect(abs(branch.meanKeV / meanKeV - 1) < 0.005, "\(branch.meanKeV)")
    }

    @Test(
        "gamma rays of the scanners' windows are there",
        arguments: [
            (Nuclide.tc99m, 140.511, 0.885), (.lu177, 208.3662, 0.1038), (.in111, 245.35, 0.9412),
            (.i123, 158.97, 0.8325), (.i131, 364.489, 0.812), (.ho166, 80.5725, 0.0655),
        ])
    func windows(nuclide: Nuclide, energyKeV: Double, perDecay: Double) throws {
        let line = try DecayData(nuclide).photons.first { $0.energyKeV == energyKeV }
        #expect(line?.perDecay == perDecay)
    }

    @Test("Ga-68 lists no annihilation, but counts it")
    func gallium() throws {
        let data = try DecayData(.ga68)
        #expect(!data.photons.contains { abs($0.energyKeV - 511) < 1 })
        #expect(abs(data.positronsPerDecay - 0.8888) < 0.0001)
        #expect(abs(data.annihilationKeVPerDecay - 1021.998 * 0.8888) < 0.1)
    }

    @Test("I-131 leaves the energy of Xe-131m out")
    func iodine() throws {
        let data = try DecayData(.i131)
        #expect(!data.photons.contains { abs($0.energyKeV - 163.93) < 0.1 })
        #expect(abs(data.energyBalance.retainedKeV - 1.78) < 0.01)
    }

    @Test("the table for image headers has the same half-lives, and the same positrons of Y-90")
    func oneTruth() throws {
        for nuclide in Nuclide.allCases {
            let table = try NuclideData.of(nuclide).halfLife.seconds
            // Guidelines round: 64.1 h and 26.82 h are 0.09 % long.
            #expect(abs(table / (try DecayData(nuclide).halfLifeSeconds) - 1) < 0.001)
        }
        let branching = try #require(try NuclideData.of(.y90).positronBranching)
        #expect(abs(branching / (try DecayData(.y90).positronsPerDecay) - 1) < 1e-9)
    }
}
