import Foundation
import Physics
import Testing
import _TestSupport

/// Against the table that the independent Monte Carlo reference took its betas from.
@Suite("Y-90 spectrum of the reference calculation")
struct BetaSpectrumReferenceTests {
    static let file = ReferenceFiles.reference?
        .appending(path: "egsnrc/beta_spectrum_Y-90.csv")

    @Test(
        "the density is that of the table",
        .enabled(if: file.map { FileManager.default.fileExists(atPath: $0.path) } ?? false))
    func table() throws {
        let text = try String(contentsOf: try #require(Self.file), encoding: .utf8)
        let rows = text.split(separator: "\n").compactMap { line -> (Double, Double)? in
            let fields = line.split(separator: ",").compactMap { Double($0) }
            return fields.count == 2 ? (fields[0], fields[1]) : nil
        }
        try #require(rows.count > 300)
        let data = try DecayData(.y90)
        let greatest = rows.reduce(0) { max($0, $1.1) }
        var worst = 0.0
        for (energy, expected) in rows {
            let density = data.betaBranches.reduce(0) {
                $0 + $1.intensity * $1.spectrum.density(energy)
            }
            worst = max(worst, abs(density - expected) / greatest)
        }
        // The same theory in another program, printed with 7 digits: found 1e-5 of the greatest.
        #expect(worst < 1e-4)
    }
}
