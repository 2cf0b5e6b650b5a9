/// Who evaluated a figure, and when.
public struct Evaluation: Hashable, Sendable {
    /// `DDEP`, `ENSDF`, or what else the figure was taken from.
    public let name: String
    /// Year of the evaluation; `nil` when the source does not say it.
    public let year: Int?

    public init(name: String, year: Int?) {
        self.name = name
        self.year = year
    }
}

extension Evaluation: CustomStringConvertible {
    public var description: String { "\(name), \(year.map(String.init) ?? "year unknown")" }
}

/// One line of a decay's discrete spectrum.
///
/// Beta particles are continuous and are ``BetaBranch``es.
public struct Emission: Hashable, Sendable {
    /// What made the particle.
    public enum Origin: String, Hashable, Sendable {
        case gamma
        case xRay
        case conversionElectron
        /// A K or L Auger electron, with the mean energy of its group.
        case auger
        /// The rest of the atom's energy: electrons of outer shells, mostly below 3 keV.
        case relaxation
        /// Electron or positron of an internal pair; the annihilation is not in it.
        case internalPair
    }

    public let origin: Origin
    /// Shell and transition or line, for tables shown to people.
    public let label: String
    /// Kinetic energy of the electron, or energy of the photon.
    public let energyKeV: Double
    /// Expected number per decay of the parent, 0 or more.
    public let perDecay: Double
    /// One standard uncertainty of ``perDecay``; `nil` where no source states one.
    public let perDecayUncertainty: Double?
    public let evaluation: Evaluation

    public init(
        origin: Origin, label: String, energyKeV: Double, perDecay: Double,
        perDecayUncertainty: Double?, evaluation: Evaluation
    ) {
        self.origin = origin
        self.label = label
        self.energyKeV = energyKeV
        self.perDecay = perDecay
        self.perDecayUncertainty = perDecayUncertainty
        self.evaluation = evaluation
    }

    /// Mean energy that the line carries, in keV per decay of the parent.
    public var keVPerDecay: Double { energyKeV * perDecay }
}
