import Physics
import Testing

/// With files made by hand in the layout of the publication; the figures are invented.
@Suite("Own copy of ICRP 107")
struct ICRP107CopyTests {
    static func head(_ name: String, _ halfLife: String, _ unit: String, _ count: Int) -> String {
        pad(name, 7) + left(halfLife, 11) + left(unit, 2) + left("\(count)", 9)
    }

    static func row(_ code: Int, _ perDecay: String, _ energy: String, _ kind: String) -> String {
        left("\(code)", 2) + left(perDecay, 12) + left(energy, 12) + left(kind, 3)
    }

    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    static let radiations = [
        head("Aa-10", "1.0", "d", 1), row(1, "1.0E+00", "1.0E+00", "G"),
        head("Aa-10m", "2.5", "h", 5),
        row(1, "5.00000E-01", "2.00000E-01", "G"), row(3, "2.00000E+00", "5.11000E-01", "AQ"),
        row(5, "9.00000E-01", "1.00000E-01", "B"), row(6, "1.00000E-01", "5.00000E-02", "IE"),
        row(8, "1.00000E-02", "5.00000E+00", "A"),
        head("Bb-20", "3.0", "y", 0),
    ]

    static let betas = [
        pad("Aa-10m", 7) + left("3", 10), "0.00000" + " 1.000E+01", "0.10000" + " 1.000E+01",
        "0.20000" + " 0.000E+00",
    ]

    static func copy(_ ending: String = "\n") -> ICRP107Copy {
        ICRP107Copy(
            radiations: Array((radiations.joined(separator: ending) + ending).utf8),
            betas: Array((betas.joined(separator: ending) + ending).utf8))
    }

    @Test("a record has its half-life, sums and spectrum", arguments: ["\n", "\r\n"])
    func record(ending: String) throws {
        let record = try #require(try Self.copy(ending).record(of: "Aa-10m"))
        #expect(record.halfLifeSeconds == 9000)
        #expect(record.lines.count == 5)
        #expect(abs(record.photonKeVPerDecay - (0.5 * 200 + 2 * 511)) < 1e-9)
        // Alphas are no electrons.
        #expect(abs(record.electronKeVPerDecay - (0.9 * 100 + 0.1 * 50)) < 1e-9)
        // Trapezia: 1 beta at 50 keV on the mean, and half of one between 100 and 200.
        let mean = try #require(record.spectrumMeanKeV)
        #expect(abs(mean - (100 * 0.01 * 50 + 50 * 0.01 * 100) / 1.5) < 1e-9)
    }

    @Test("a nuclide without lines or betas is a record, one that is not there is none")
    func absent() throws {
        let record = try #require(try Self.copy().record(of: "Bb-20"))
        #expect(record.lines.isEmpty && record.spectrumMeanKeV == nil)
        #expect(abs(record.halfLifeSeconds / (3 * 365.2422 * 86400) - 1) < 1e-12)
        #expect(try Self.copy().record(of: "Cc-1") == nil)
        #expect(try ICRP107Copy(radiations: [], betas: []).record(of: "Aa-10") == nil)
    }

    @Test(
        "a file that is not of the layout is refused with the line",
        arguments: [
            ["Aa-10"], [head("Aa-10", "1.0", "q", 0)], [head("Aa-10", "x", "d", 0)],
            [head("Aa-10", "1.0", "d", 2), row(1, "1.0", "1.0", "G")],
            [head("Aa-10", "1.0", "d", 1), "nonsense"],
            [head("Aa-10", "1.0", "d", -1)],
        ])
    func refused(lines: [String]) {
        let copy = ICRP107Copy(
            radiations: Array(lines.joined(separator: "\n").utf8), betas: [])
        #expect(throws: PhysicsError.self) { try copy.record(of: "Aa-10") }
    }
}
