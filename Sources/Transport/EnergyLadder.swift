import Foundation
import Physics

/// A fixed ladder of energies, with all that a step down one rung needs, per medium.
///
/// An electron loses a fixed share of its energy per rung. Lengths are per unit density, so that
/// one row serves every density of its medium.
struct EnergyLadder {
    /// The energies of one rung.
    struct Step: BitwiseCopyable {
        let topKeV: Double
        let bottomKeV: Double
        let lossKeV: Double
        let inverseLoss: Double
    }

    /// One rung in one medium.
    ///
    /// Lengths in mm·g/mL.
    struct Row: BitwiseCopyable {
        var length = 0.0
        var inverseLength = 0.0
        /// Path left below this rung.
        var rangeBelow = 0.0
        /// Two-step distribution of μ = (1 - cos θ)/2: uniform up to `split` with probability
        /// `chance`, else uniform above; it has the exact first two moments.
        var chance = 0.0
        var slopeBelow = 0.0
        var split = 0.0
        var slopeAbove = 0.0
        /// Makes the first moment of a partial rung right to second order.
        var curvature = 0.0
        var hardChance = 0.0
        var inverseHardChance = 0.0
        /// Share of bremsstrahlung among hard events.
        var photonShare = 0.0
        /// Expected bremsstrahlung photons in this rung, and in all below.
        var photons = 0.0
        var photonsBelow = 0.0
    }

    let steps: [Step]
    /// Rows by rung, then by medium.
    let rows: [Row]

    init(highestKeV: Double, media: [ElectronInteractions], settings: TransportSettings) {
        var energies = [max(highestKeV, settings.electronCutKeV * 1.01)]
        while let last = energies.last, last > settings.electronCutKeV {
            energies.append(last - min(last * settings.fractionalLoss, settings.largestLossKeV))
        }
        steps = zip(energies, energies.dropFirst()).map {
            Step(topKeV: $0, bottomKeV: $1, lossKeV: $0 - $1, inverseLoss: 1 / ($0 - $1))
        }
        var rows = [Row](repeating: Row(), count: steps.count * media.count)
        for (slot, medium) in media.enumerated() {
            let bottom = steps.last?.bottomKeV ?? 1
            var range = 10 * bottom / medium.collisionStoppingPower(energyKeV: bottom)
            var photons = 0.0
            for (rung, step) in steps.enumerated().reversed() {
                var row = Self.row(step, medium: medium, settings: settings)
                row.rangeBelow = range
                row.photonsBelow = photons
                range += row.length
                photons += row.photons
                rows[rung * media.count + slot] = row
            }
        }
        self.rows = rows
    }

    private static func row(
        _ step: Step, medium: ElectronInteractions, settings: TransportSettings
    ) -> Row {
        let photonCut = settings.bremsstrahlung == .transported ? settings.photonCutKeV : nil
        var sums = (path: 0.0, first: 0.0, second: 0.0, moller: 0.0, photons: 0.0)
        // Gauss's two points in each of four parts of the rung.
        let parts = 4
        for part in 0 ..< parts {
            for node in [-0.577_350_269_189_625_8, 0.577_350_269_189_625_8] {
                let place = (Double(part) + 0.5 + 0.5 * node) / Double(parts)
                let energy = step.bottomKeV + place * step.lossKeV
                let power = medium.restrictedStoppingPower(
                    energyKeV: energy, mollerCutKeV: settings.mollerThresholdKeV,
                    photonCutKeV: photonCut)
                let path = step.lossKeV / Double(2 * parts) / power
                let scattering = medium.scattering(
                    energyKeV: energy, mollerCutKeV: settings.mollerThresholdKeV)
                sums.path += path
                sums.first += path * scattering.first
                sums.second += path * scattering.second
                sums.moller +=
                    path
                    * medium.mollerEvents(energyKeV: energy, cutKeV: settings.mollerThresholdKeV)
                if let photonCut {
                    sums.photons +=
                        path
                        * medium.bremsstrahlung.photonsPerArealDensity(
                            energyKeV: energy, cutKeV: photonCut)
                }
            }
        }
        var row = Row()
        // 1 cm²/g is 10 mm·g/mL.
        row.length = 10 * sums.path
        row.inverseLength = 1 / row.length
        row.setHinge(first: sums.first, second: sums.second)
        let hard = sums.moller + sums.photons
        row.hardChance = 1 - exp(-hard)
        row.inverseHardChance = hard > 0 ? 1 / row.hardChance : 0
        row.photonShare = hard > 0 ? sums.photons / hard : 0
        row.photons = sums.photons
        return row
    }
}

extension EnergyLadder.Row {
    /// Sets the deflection of a whole rung from ∫ds/λ₁ and ∫ds/λ₂.
    ///
    /// Source: PENELOPE-2018, NEA/MBDAV/R(2019)1, section 4.1.1.
    fileprivate mutating func setHinge(first: Double, second: Double) {
        let mean = 0.5 * (1 - exp(-first))
        let square = mean - (1 - exp(-second)) / 6
        let split = min(1, max(0, (2 * mean - 3 * square) / (1 - 2 * mean)))
        self.split = split
        chance = min(1, max(0, 1 - 2 * mean + split))
        slopeBelow = chance > 0 ? split / chance : 0
        slopeAbove = chance < 1 ? (1 - split) / (1 - chance) : 0
        let half = first > 1e-9 ? (1 - exp(-first / 2)) / (1 - exp(-first)) : 0.5
        curvature = 2 * (2 * half - 1)
    }
}
