import Foundation

extension NuclideReport {
    /// Lines that carry less per decay are left out of the text, not of the JSON.
    private static let leastShownKeV = 0.05

    /// The report for a person: tables per 100 decays.
    package var text: String {
        var lines = [
            "\(nuclide)  half-life \(halfLifeText)",
            "Per decay: electrons \(keV(electronKeVPerDecay)) keV (betas \(keV(betaKeVPerDecay))), "
                + "photons \(keV(photonKeVPerDecay)) keV "
                + "(annihilation \(keV(annihilationKeVPerDecay)))",
            "All electrons of 1 GBq: \(String(format: "%.2f", electronJoulesPerGBq)) J, "
                + "the dose constant in Gy kg/GBq",
            balanceText,
        ]
        if !betaBranches.isEmpty {
            lines += ["", "Betas    endpoint keV   mean keV    per 100         ±  shape"]
            lines += betaBranches.map {
                row([
                    $0.particle == "positron" ? "beta+" : "beta-", fixed($0.endpointKeV, 1, 14),
                    fixed($0.meanKeV, 2, 10), share($0.intensity, 10),
                    share($0.intensityUncertainty, 9), $0.shape,
                ])
            }
        }
        lines += table("Electrons", electrons) + table("Photons", photons)
        if let icrp107 { lines += ["", text(of: icrp107)] }
        lines += ["", "Sources"] + sources.map { "  \($0)" }
        if !notes.isEmpty { lines += ["Notes"] + notes.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    private var halfLifeText: String {
        let (unit, name) =
            halfLifeSeconds < 7200
            ? (60.0, "min") : halfLifeSeconds < 172_800 ? (3600.0, "h") : (86400.0, "d")
        return String(
            format: "%.4f ± %.4f %@", halfLifeSeconds / unit, halfLifeUncertaintySeconds / unit,
            name)
    }

    private func text(of copy: OwnCopy) -> String {
        func off(_ theirs: Double, _ ours: Double) -> String {
            ours > 0 ? String(format: "%.4g (%+.2f %%)", theirs, 100 * (theirs / ours - 1)) : "-"
        }
        return "Own copy of ICRP 107 (difference to the above): half-life "
            + "\(off(copy.halfLifeSeconds, halfLifeSeconds)) s, electrons "
            + "\(off(copy.electronKeVPerDecay, electronKeVPerDecay)) keV, photons "
            + "\(off(copy.photonKeVPerDecay, photonKeVPerDecay)) keV"
    }

    private var balanceText: String {
        let one = energyBalance
        let retained = one.retainedKeV > 0 ? " + \(keV(one.retainedKeV)) kept by a daughter" : ""
        return "Energy: \(keV(one.decayKeV)) keV = electrons \(keV(one.electronsKeV)) + photons "
            + "\(keV(one.photonsKeV)) + neutrinos \(keV(one.neutrinosKeV))\(retained), "
            + "\(keV(one.missingKeV)) ± \(keV(one.uncertaintyKeV)) missing"
    }

    private func table(_ name: String, _ lines: [Line]) -> [String] {
        guard !lines.isEmpty else { return [] }
        let shown = lines.filter { $0.energyKeV * $0.perDecay >= Self.leastShownKeV }
        let left = lines.filter { $0.energyKeV * $0.perDecay < Self.leastShownKeV }
        var result = ["", "\(name)                                energy keV    per 100         ±"]
        result += shown.map {
            row([
                Self.words(for: $0).padding(toLength: 36, withPad: " ", startingAt: 0),
                fixed($0.energyKeV, 2, 14), share($0.perDecay, 10),
                share($0.perDecayUncertainty, 9),
            ])
        }
        if !left.isEmpty {
            let energy = left.reduce(0) { $0 + $1.energyKeV * $1.perDecay }
            let words = left.count == 1 ? "a weaker one" : "\(left.count) weaker ones"
            result.append("  and \(words), \(keV(energy)) keV per decay")
        }
        return result
    }

    private static func words(for line: Line) -> String {
        switch line.origin {
        case "gamma": "gamma"
        case "xRay": "X ray \(line.label)"
        case "conversionElectron": "conversion \(line.label)"
        case "auger": "Auger \(line.label)"
        case "relaxation": "\(line.label), number nominal"
        default: line.label
        }
    }

    private func row(_ cells: [String]) -> String { "  " + cells.joined(separator: " ") }

    private func keV(_ value: Double) -> String { String(format: "%.2f", value) }

    private func fixed(_ value: Double, _ decimals: Int, _ width: Int) -> String {
        String(format: "%\(width).\(decimals)f", value)
    }

    private func share(_ value: Double?, _ width: Int) -> String {
        let text = value.map { String(format: "%.4g", 100 * $0) } ?? "?"
        return String(repeating: " ", count: max(width - text.count, 0)) + text
    }
}
