/// A material as particle transport sees it: elements, density and mean excitation energy.
///
/// Its stopping power and cross sections are per gram, so one medium serves at any density; the
/// density effect is that of ``referenceDensityGramsPerML`` at every density.
public struct Medium: Hashable, Sendable {
    /// One element and its share of the mass.
    public struct Constituent: Hashable, Sendable {
        /// The atomic number.
        public let z: Int
        /// The atomic weight, in g/mol.
        public let atomicWeight: Double
        /// The mass fraction; the fractions of a medium add to 1.
        public let massFraction: Double
        /// The first ionisation energy of the atom, in eV: the least binding of its electrons.
        public let ionisationEV: Double

        public init(z: Int, atomicWeight: Double, massFraction: Double, ionisationEV: Double) {
            self.z = z
            self.atomicWeight = atomicWeight
            self.massFraction = massFraction
            self.ionisationEV = ionisationEV
        }
    }

    /// The number that label maps of media use.
    public let index: UInt8
    /// A short name without blanks: `soft-tissue`.
    public let name: String
    /// What the medium is, in words.
    public let title: String
    /// The density for which the density effect holds, in g/mL.
    public let referenceDensityGramsPerML: Double
    /// The mean excitation energy I, in eV.
    public let meanExcitationEnergyEV: Double
    public let constituents: [Constituent]
    /// Where composition and I come from.
    public let source: String

    /// Creates a medium; mass fractions are normalised to add to 1.
    ///
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when a density, I, weight or the
    ///   sum of the fractions is not positive and finite.
    public init(
        index: UInt8, name: String, title: String, referenceDensityGramsPerML: Double,
        meanExcitationEnergyEV: Double, constituents: [Constituent], source: String
    ) throws {
        let sum = constituents.reduce(0) { $0 + $1.massFraction }
        let smallest =
            constituents.map { min($0.atomicWeight, $0.massFraction, $0.ionisationEV) }.min() ?? 0
        for (quantity, value) in [
            ("referenceDensityGramsPerML", referenceDensityGramsPerML),
            ("meanExcitationEnergyEV", meanExcitationEnergyEV), ("sumOfMassFractions", sum),
            ("smallestWeightOrFraction", smallest),
        ] {
            guard value > 0, value.isFinite else {
                throw PhysicsError.notPositive(quantity: quantity, value: value)
            }
        }
        self.index = index
        self.name = name
        self.title = title
        self.referenceDensityGramsPerML = referenceDensityGramsPerML
        self.meanExcitationEnergyEV = meanExcitationEnergyEV
        self.constituents = constituents.map {
            Constituent(
                z: $0.z, atomicWeight: $0.atomicWeight, massFraction: $0.massFraction / sum,
                ionisationEV: $0.ionisationEV)
        }
        self.source = source
    }

    /// Electrons per nucleon mass, Z/A summed over the mass fractions, in mol/g.
    public var zOverA: Double {
        constituents.reduce(0) { $0 + $1.massFraction * Double($1.z) / $1.atomicWeight }
    }

    /// Electrons in one gram.
    public var electronsPerGram: Double { zOverA * PhysicalConstant.avogadro }
}

/// Constants that transport formulas share.
public enum PhysicalConstant {
    /// The rest energy of the electron, in keV.
    ///
    /// Source: CODATA 2018.
    public static let electronRestKeV = 510.998_95
    /// The classical radius of the electron squared, in barn.
    ///
    /// Source: CODATA 2018.
    public static let classicalRadiusSquaredBarn = 0.079_407_878
    /// The fine-structure constant.
    ///
    /// Source: CODATA 2018.
    public static let fineStructure = 7.297_352_569_3e-3
    /// Particles per mole; exact since the SI of 2019.
    public static let avogadro = 6.022_140_76e23
    /// Square centimetres in one barn.
    public static let cm2PerBarn = 1e-24
    /// Joules in one kiloelectronvolt; exact since the SI of 2019.
    public static let joulesPerKeV = 1.602_176_634e-16
}
