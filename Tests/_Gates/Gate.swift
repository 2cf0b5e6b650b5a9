package import Foundation

/// One comparison: rows of found values beside those of an independent source.
package struct Gate {
    package struct Row {
        package let quantity: String
        let found: Double
        let reference: Double
        let unit: String
        /// Relative 1 sigma of each, statistical; 0 where there is none.
        var ownSigma = 0.0
        var referenceSigma = 0.0
        /// The largest relative difference that passes, with what sigmas add to it.
        package let allowed: Double

        package var difference: Double { found / reference - 1 }
        package var isMet: Bool { abs(difference) <= allowed }
    }

    package let title: String
    /// What the reference is and what is allowed, in a sentence or two.
    let note: String
    package var rows: [Row] = []
    var plots: [Plot] = []
    /// Why the gate was not run; `nil` when it was.
    package var notRun: String?

    static func absent(_ title: String, _ what: String) -> Gate {
        Gate(title: title, note: "", notRun: "\(what) is not in this checkout")
    }

    package var failures: Int { rows.count { !$0.isMet } }

    var verdict: String {
        if let notRun { return "NOT RUN: \(notRun)" }
        return failures == 0 ? "met" : "**NOT MET** in \(failures) of \(rows.count) rows"
    }

    package var markdown: String {
        var lines = ["## \(title)", "", "\(verdict).\(note.isEmpty ? "" : " " + note)", ""]
        guard notRun == nil else { return lines.joined(separator: "\n") }
        lines += [
            "| quantity | Grevy | reference | unit | difference | sigma of Grevy, reference | allowed | |",
            "|---|---:|---:|---|---:|---:|---:|---|",
        ]
        lines += rows.map { row in
            "| \(row.quantity) | \(figure(row.found)) | \(figure(row.reference)) | \(row.unit) | "
                + "\(signed(row.difference)) % | \(percent(row.ownSigma)), "
                + "\(percent(row.referenceSigma)) % | \(percent(row.allowed)) % | "
                + "\(row.isMet ? "met" : "**not met**") |"
        }
        lines += plots.flatMap { ["", "![\($0.title)](images/\($0.name).svg)"] }
        return (lines + [""]).joined(separator: "\n")
    }

    private func figure(_ value: Double) -> String { String(format: "%.5g", value) }

    private func signed(_ share: Double) -> String { String(format: "%+.2f", 100 * share) }

    private func percent(_ share: Double) -> String { String(format: "%.2f", 100 * share) }
}

/// The page of all gates with its pictures.
package struct ValidationReport {
    let gates: [Gate]
    let setup: GateSetup

    package init(gates: [Gate], setup: GateSetup) {
        self.gates = gates
        self.setup = setup
    }

    package func write(to folder: URL) throws {
        let images = folder.appending(path: "images")
        try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
        for plot in gates.flatMap(\.plots) {
            try Data(plot.svg.utf8).write(to: images.appending(path: "\(plot.name).svg"))
        }
        try Data(text.utf8).write(to: folder.appending(path: "Validation.md"))
    }

    private var text: String {
        let summary = gates.map { "| \($0.title) | \($0.verdict) |" }
        return """
            # Validation of the dose engines

            Written by `./run validate`, which repeats it; seed \(setup.seed), numbers of decays times \
            \(String(format: "%g", setup.scale)). "Allowed" is the bound of the comparison plus, but for \
            the patient, 2 sigma of reference and own statistics, combined. References: EGSnrc (`../shared/reference/egsnrc`), \
            PENELOPE through penRed, GATE for a patient; none of them shares code or cross sections \
            with Grevy. A comparison whose reference is not there is not run and does not count as met.

            | comparison | |
            |---|---|
            \(summary.joined(separator: "\n"))

            \(gates.map(\.markdown).joined(separator: "\n"))
            """
    }
}
