public import Quantities

/// Evaluated decay data of one nuclide, for checks and derivations.
///
/// A plan takes its constants from a ``ConventionProfile``; this is what image headers and those
/// constants are checked against.
public struct NuclideData: Hashable, Sendable {
    public let nuclide: Nuclide
    public let halfLife: TimeSpan
    /// Mean energy of betas and other electrons per decay; `nil` when Grevy does not use it.
    public let meanElectronEnergy: Energy?
    /// Positrons per decay; `nil` when there are none worth imaging.
    public let positronBranching: Double?
    /// Where the figures come from.
    public let source: String

    /// Returns the data of a nuclide: a guideline's figures where the table has them, else those
    /// of ``DecayData``.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the built-in table is damaged.
    public static func of(_ nuclide: Nuclide) throws -> NuclideData {
        let table = try decodeTable(
            NuclideTable.self, PackageResources.nuclides_json, name: "nuclides")
        guard let row = table.nuclides.first(where: { $0.nuclide == nuclide.rawValue }) else {
            let decay = try DecayData(nuclide)
            return NuclideData(
                nuclide: nuclide, halfLife: TimeSpan(seconds: decay.halfLifeSeconds),
                meanElectronEnergy: Energy(megaelectronvolts: decay.electronKeVPerDecay / 1000),
                positronBranching: decay.positronsPerDecay > 0 ? decay.positronsPerDecay : nil,
                source: "\(decay.evaluation): \(decay.source)")
        }
        return NuclideData(
            nuclide: nuclide, halfLife: TimeSpan(hours: row.halfLifeHours),
            meanElectronEnergy: row.meanElectronEnergyMeV.map(Energy.init(megaelectronvolts:)),
            positronBranching: row.positronBranching, source: row.source)
    }
}

/// Dose constants from first principles.
public enum DoseConstant {
    /// Returns the dose constant of a permanent implant whose electrons stop where it decays.
    ///
    /// C = 10⁹ · (T / ln 2) · E, with T in seconds and E in joules.
    ///
    /// - Returns: C in Gy·kg/GBq, which is J/GBq.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)``.
    ///
    /// Source: MIRD formalism with an absorbed fraction of 1 and no biological loss.
    public static func gyKgPerGBq(meanEnergy: Energy, halfLife: TimeSpan) throws -> Double {
        for (quantity, value) in [
            ("meanEnergyMeV", meanEnergy.megaelectronvolts), ("halfLifeHours", halfLife.hours),
        ] {
            guard value > 0, value.isFinite else {
                throw PhysicsError.notPositive(quantity: quantity, value: value)
            }
        }
        return 1e9 * halfLife.seconds / Double.ln2 * meanEnergy.joules
    }
}

private struct NuclideTable: Decodable {
    struct Row: Decodable {
        let nuclide: String
        let halfLifeHours: Double
        let meanElectronEnergyMeV: Double?
        let positronBranching: Double?
        let source: String
    }

    let nuclides: [Row]
}
