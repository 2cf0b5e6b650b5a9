import Foundation
import Imaging
import Physics
import Testing
import Transport

@Suite("Histories side by side")
struct LaneTests {
    /// Law: the draws are the same, so only the order of additions differs; doses are Float.
    @Test(
        "Side by side and one by one give each voxel the same energy",
        arguments: [Nuclide.y90, .lu177, .i131, .ga68, .tc99m])
    func reference(nuclide: Nuclide) throws {
        let (phantom, decays) = try EngineLawTests.block()
        let spectrum = EmissionSpectrum(try DecayData(nuclide))
        let results = try [true, false].map { together in
            var settings = TransportSettings()
            settings.followsTogether = together
            return try MonteCarloEngine(phantom: phantom, spectrum: spectrum, settings: settings)
                .run(decays: decays, until: .histories(20_000), seed: 11)
        }
        // Sums of some 1e5 terms round to about 1e-13.
        #expect(abs(results[0].emittedJ / results[1].emittedJ - 1) < 1e-12)
        #expect(abs(results[0].escapedJ / results[1].escapedJ - 1) < 1e-12)
        #expect(abs(results[0].depositedJ / results[1].depositedJ - 1) < 1e-12)
        for (together, alone) in zip(
            results[0].dose.grays.voxels, results[1].dose.grays.voxels)
        {
            #expect(abs(together - alone) <= 2 * alone.ulp)
        }
    }

    @Test("The loop's elementary functions are those of the mathematics library to 1e-12")
    func functions() {
        let own = ElementaryTables()
        for step in 0 ..< 100_000 {
            let turns = (Double(step) + 0.5) / 100_000
            let (c, s) = own.cosineSine(turns: turns)
            #expect(abs(c - cos(2 * Double.pi * turns)) < 1e-12)
            #expect(abs(s - sin(2 * Double.pi * turns)) < 1e-12)
            let x = exp(20 * turns - 15)
            #expect(abs(own.log(x) - log(x)) < 1e-12)
            #expect(abs(own.log(turns) - log(turns)) < 1e-12)
            #expect(abs(own.exp(-20 * turns) / exp(-20 * turns) - 1) < 1e-12)
        }
        // The ends of the random numbers.
        for x in [0x1p-33, 1 - 0x1p-33] {
            #expect(abs(own.log(x) - log(x)) < 1e-12)
            #expect(abs(own.cosineSine(turns: x).1 - sin(2 * Double.pi * x)) < 1e-12)
        }
    }
}
