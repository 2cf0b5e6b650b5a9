/// How selection rules shape a beta spectrum.
public enum BetaShape: String, Hashable, Sendable, CaseIterable {
    case allowed
    /// Non-unique first forbidden, in the ξ approximation: the shape of an allowed branch.
    ///
    /// The approximation fails for some nuclides; 1 % of the mean is its model uncertainty.
    case firstForbidden
    case firstForbiddenUnique
    case secondForbiddenUnique
}

/// The betas that feed one level of the daughter.
public struct BetaBranch: Hashable, Sendable {
    /// Greatest kinetic energy.
    public let endpointKeV: Double
    public let endpointUncertaintyKeV: Double?
    /// Decays that take this branch, per decay of the parent (0-1).
    public let intensity: Double
    public let intensityUncertainty: Double?
    public let shape: BetaShape
    public let isPositron: Bool
    public let daughterAtomicNumber: Int
    public let massNumber: Int
    /// Energy of the daughter's level that is fed, above its ground state.
    public let levelKeV: Double
    public let evaluation: Evaluation
    /// The energy distribution, from theory.
    public let spectrum: BetaSpectrum

    /// Mean kinetic energy of the branch, from theory; evaluations' own means are not used.
    public var meanKeV: Double { spectrum.meanKeV }
}

/// Electron captures that feed one level of the daughter.
public struct CaptureBranch: Hashable, Sendable {
    public let levelKeV: Double
    /// Captures per decay of the parent (0-1).
    public let intensity: Double
    public let intensityUncertainty: Double?
    /// Share of the captures that take an electron of the shell; L is all of L, N all beyond M.
    public let shellFractions: [AtomicShell: Double]
    public let evaluation: Evaluation
}

/// A transition between levels of the daughter, by photon, conversion electron or internal pair.
public struct NuclearTransition: Hashable, Sendable {
    public let energyKeV: Double
    /// Photons per decay of the parent.
    public let photonsPerDecay: Double
    /// Conversion electrons per decay of the parent, by the shell they leave.
    public let electronsPerDecay: [AtomicShell: Double]
    /// Pairs of electron and positron per decay of the parent.
    public let pairsPerDecay: Double
    /// One standard uncertainty of ``perDecay``, relative; `nil` where no source states one.
    public let relativeUncertainty: Double?
    /// One standard uncertainty of ``electronsPerDecay``, relative, alike for every shell.
    public let electronsRelativeUncertainty: Double?
    public let evaluation: Evaluation

    /// Transitions per decay of the parent, by any way.
    public var perDecay: Double {
        photonsPerDecay + pairsPerDecay
            + AtomicShell.allCases.reduce(0) { $0 + (electronsPerDecay[$1] ?? 0) }
    }
}

/// A shell of the atom, its sub-shells together.
public enum AtomicShell: String, Hashable, Sendable, CaseIterable {
    case k = "K"
    case l = "L"
    case m = "M"
    /// N and all beyond it.
    case n = "N"
}
