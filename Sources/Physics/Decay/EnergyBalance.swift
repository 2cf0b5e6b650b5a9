/// Where the energy of one decay goes.
///
/// The sums use every list of a ``DecayData`` once, so that a branch, a line or a conversion
/// electron that was forgotten or counted twice shows as energy that is missing.
public struct EnergyBalance: Hashable, Sendable {
    /// Energy of the decay.
    public let decayKeV: Double
    /// Kinetic energy of betas and all other electrons.
    public let electronsKeV: Double
    /// Gamma, X and annihilation photons.
    public let photonsKeV: Double
    /// What neutrinos carry away.
    public let neutrinosKeV: Double
    /// What a long-lived state of the daughter keeps.
    public let retainedKeV: Double
    /// One standard uncertainty of ``missingKeV``, from the uncertainties of branches and
    /// transitions as if they were independent; a bound, because evaluators make them agree.
    public let uncertaintyKeV: Double
    /// Energy that the branches leave in levels of the daughter.
    public let levelsKeV: Double
    /// Energy that transitions take out of them, and what is retained.
    public let transitionsKeV: Double
    /// One standard uncertainty of the difference of the two.
    public let levelsUncertaintyKeV: Double

    /// Energy of the decay that no list accounts for; negative when they hold too much.
    public var missingKeV: Double {
        decayKeV - electronsKeV - photonsKeV - neutrinosKeV - retainedKeV
    }
}

extension DecayData {
    /// The energy balance of one decay.
    public var energyBalance: EnergyBalance {
        let retained = metastableDaughter.map { $0.levelKeV * $0.perDecay } ?? 0
        let isomer = betaBranches.isEmpty && captureBranches.isEmpty
        let neutrinos =
            betaBranches.reduce(0) { $0 + $1.intensity * ($1.endpointKeV - $1.meanKeV) }
            + captureBranches.reduce(0) {
                $0 + $1.intensity * (decayEnergyKeV - $1.levelKeV - meanBindingKeV($1))
            }
        let levels =
            betaBranches.reduce(0) { $0 + $1.intensity * $1.levelKeV }
            + captureBranches.reduce(0) { $0 + $1.intensity * $1.levelKeV }
        let drained = transitions.reduce(0) { $0 + $1.perDecay * $1.energyKeV }
        return EnergyBalance(
            decayKeV: decayEnergyKeV, electronsKeV: electronKeVPerDecay,
            photonsKeV: photonKeVPerDecay, neutrinosKeV: neutrinos, retainedKeV: retained,
            uncertaintyKeV: spread { decayEnergyKeV - $0 },
            levelsKeV: isomer ? decayEnergyKeV : levels, transitionsKeV: drained + retained,
            levelsUncertaintyKeV: spread { $0 })
    }

    /// Mean energy that the electron taken by a capture was bound with.
    private func meanBindingKeV(_ branch: CaptureBranch) -> Double {
        AtomicShell.allCases.reduce(0) {
            $0 + (branch.shellFractions[$1] ?? 0) * (bindingKeV[$1] ?? 0)
        }
    }

    /// Uncertainties of branches, weighed with `weight` of the level they feed, and of transitions.
    private func spread(_ weight: (Double) -> Double) -> Double {
        func square(_ value: Double) -> Double { value * value }
        let betas = betaBranches.map { weight($0.levelKeV) * ($0.intensityUncertainty ?? 0) }
        let captures = captureBranches.map {
            weight($0.levelKeV) * ($0.intensityUncertainty ?? 0)
        }
        let lines = transitions.map { $0.energyKeV * $0.perDecay * ($0.relativeUncertainty ?? 0) }
        let kept = metastableDaughter.map { $0.levelKeV * $0.perDecayUncertainty } ?? 0
        return (betas + captures + lines + [kept]).reduce(0) { $0 + square($1) }.squareRoot()
    }
}
