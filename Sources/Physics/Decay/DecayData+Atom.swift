import Foundation

/// What the electron shell of the daughter emits.
struct AtomEmissions {
    let electrons: [Emission]
    let xRays: [Emission]
}

extension DecayTable {
    /// Returns conversion electrons, pairs, X rays and the electrons that fill the holes.
    ///
    /// A conversion electron leaves with the transition's energy less its binding energy. The
    /// binding energies of all holes, less X rays and K and L Auger electrons, leave as electrons
    /// of outer shells: that remainder closes the energy balance of the atom exactly.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when X rays and Auger electrons
    ///   carry more than the holes hold.
    func atom(
        captures: [CaptureBranch], transitions: [NuclearTransition]
    ) throws -> AtomEmissions {
        var electrons = transitions.flatMap { conversion($0) + pairs($0) }
        let xRays = try lines(xRays, .xRay)
        let augers = try lines(augers, .auger)
        let held = holes(captures: captures, transitions: transitions).reduce(0.0) {
            $0 + $1.value * binding($1.key)
        }
        let rest = held - (xRays + augers).reduce(0) { $0 + $1.keVPerDecay }
        guard rest >= 0 else { throw damaged("atomic lines exceed the holes by \(-rest) keV") }
        electrons += augers
        if rest > 0 {
            electrons.append(
                Emission(
                    origin: .relaxation, label: "outer shells", energyKeV: binding(.m),
                    perDecay: rest / binding(.m), perDecayUncertainty: nil,
                    evaluation: Evaluation(name: "energy balance of the atom", year: nil)))
        }
        return AtomEmissions(electrons: electrons, xRays: xRays)
    }

    /// Holes per decay that conversion and capture make, by shell.
    func holes(
        captures: [CaptureBranch], transitions: [NuclearTransition]
    ) -> [AtomicShell: Double] {
        var result: [AtomicShell: Double] = [:]
        for shell in AtomicShell.allCases {
            let converted = transitions.reduce(0) { $0 + ($1.electronsPerDecay[shell] ?? 0) }
            result[shell] = captures.reduce(converted) {
                $0 + $1.intensity * ($1.shellFractions[shell] ?? 0)
            }
        }
        return result
    }

    private func binding(_ shell: AtomicShell) -> Double { bindingKeV[shell] ?? 0 }

    private func conversion(_ transition: NuclearTransition) -> [Emission] {
        AtomicShell.allCases.compactMap { shell in
            guard let perDecay = transition.electronsPerDecay[shell] else { return nil }
            return Emission(
                origin: .conversionElectron,
                label: "\(shell.rawValue) \(String(format: "%.2f", transition.energyKeV))",
                energyKeV: transition.energyKeV - binding(shell), perDecay: perDecay,
                perDecayUncertainty: transition.electronsRelativeUncertainty.map { $0 * perDecay },
                evaluation: transition.evaluation)
        }
    }

    /// Electron and positron share the energy evenly on the mean.
    private func pairs(_ transition: NuclearTransition) -> [Emission] {
        guard transition.pairsPerDecay > 0 else { return [] }
        let energy = transition.energyKeV / 2 - FermiFunction.electronRestKeV
        return ["electron", "positron"].map {
            Emission(
                origin: .internalPair, label: "pair, \($0)", energyKeV: energy,
                perDecay: transition.pairsPerDecay, perDecayUncertainty: nil,
                evaluation: transition.evaluation)
        }
    }

    private func lines(_ rows: [Line], _ origin: Emission.Origin) throws -> [Emission] {
        try rows.map { row in
            Emission(
                origin: origin, label: row.label, energyKeV: row.energyKeV,
                perDecay: row.per100 / 100,
                perDecayUncertainty: row.uncertaintyPer100.map { $0 / 100 },
                evaluation: try evaluation(row.evaluation))
        }
    }
}
