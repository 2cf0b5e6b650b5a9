import Foundation
import Testing

/// `grevy nuclide` as a user runs it.
@Suite("Nuclide verb")
struct NuclideTests {
    @Test("I-131 has half-life, branches, sums and sources in one document")
    func iodine() throws {
        let outcome = try Program.run(["nuclide", "I-131", "--json"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        #expect(outcome.errorText.isEmpty)
        let document = try outcome.json()
        #expect(try number(document, "halfLifeSeconds") == 8.0233 * 86400)
        let branches = try #require(document["betaBranches"] as? [[String: Any]])
        #expect(branches.count == 6)
        let main = try #require(branches.first { ($0["endpointKeV"] as? Double) == 606.3 })
        #expect(try number(main, "intensity") == 0.894)
        #expect(abs(try number(main, "meanKeV") / 192.0 - 1) < 0.005)
        // Sums per decay of dose-engine references: electrons 191.0, photons 380.6.
        #expect(abs(try number(document, "electronKeVPerDecay") / 191.0 - 1) < 0.01)
        #expect(abs(try number(document, "photonKeVPerDecay") / 380.6 - 1) < 0.01)
        let sources = try #require(document["sources"] as? [String])
        #expect(sources.first?.hasPrefix("DDEP, 2013") == true)
    }

    @Test("the text says half-life, sums, balance and sources, and that a year is unknown")
    func text() throws {
        let outcome = try Program.run(["nuclide", "lu-177"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        let text = String(decoding: outcome.output, as: UTF8.self)
        for part in ["Lu-177  half-life 6.6470 ± 0.0040 d", "Betas", "208.37", "year unknown"] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("an unknown nuclide is refused with the list of those known")
    func unknown() throws {
        let outcome = try Program.run(["nuclide", "P-32", "--json"])
        #expect(outcome.exitCode == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorText.contains("P-32") && outcome.errorText.contains("Tb-161"))
    }

    @Test("a user's own copy of ICRP 107 is compared, and its absence is said")
    func ownCopy() throws {
        let work = URL.temporaryDirectory.appending(path: "grevy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let missing = try Program.run(["nuclide", "Y-90", "--icrp107", work.path])
        #expect(missing.exitCode == 1)
        #expect(missing.errorText.contains("ICRP-07.RAD"))
        // The layout of the publication with invented figures.
        let file = "Y-90         60.00 h        1\n 5 1.00000E+00 5.00000E-01  B\n"
        try Data(file.utf8).write(to: work.appending(path: "ICRP-07.RAD"))
        let outcome = try Program.run(["nuclide", "Y-90", "--icrp107", work.path, "--json"])
        try #require(outcome.exitCode == 0, "\(outcome.errorText)")
        let copy = try #require(try outcome.json()["icrp107"] as? [String: Any])
        #expect(try number(copy, "electronKeVPerDecay") == 500)
        #expect(try number(copy, "halfLifeSeconds") == 216_000)
    }
}
