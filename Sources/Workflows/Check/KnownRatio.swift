import Foundation
import Physics
import Quantities

/// A factor between two doses that is known to come from a choice people make.
struct KnownRatio: Hashable, Sendable {
    /// Goes on from "which is the factor of".
    let text: String
    let value: Double

    /// A scale this close to a factor may be that factor.
    static let tolerance = 0.003

    /// The factors that this nuclide and image could give.
    ///
    /// - Parameters:
    ///   - decay: The nuclide.
    ///   - inputs: Tells whether the image was calibrated here.
    ///   - meanDensity: Of the compared voxels, in g/mL.
    /// - Returns: The factors, some of them nearly 1.
    /// - Throws: `PhysicsError` when a built-in table is damaged.
    static func all(
        _ decay: DecayData, _ inputs: CheckInputs, _ meanDensity: Double
    ) throws -> [KnownRatio] {
        let joules = decay.electronKeVPerDecay * PhysicalConstant.joulesPerKeV
        let halfLife = decay.halfLifeSeconds
        let constant = joules * 1e9 * halfLife / log(2)
        var all = try ConventionProfile.all.filter { $0.nuclide == decay.nuclide }.map {
            KnownRatio(
                text: "the dose constant C = \($0.doseConstantGyKgPerGBq) Gy kg/GBq of profile "
                    + "\($0.name) over the physical "
                    + String(format: "%.2f", constant),
                // From decays on, the half-life in C has no part.
                value: inputs.activity.isFromActivity
                    ? $0.doseConstantGyKgPerGBq / constant : $0.energyPerDecay.joules / joules)
        }
        if let hours = inputs.activity.hours, hours > 0 {
            let decayed = exp2(-hours * 3600 / halfLife)
            let text = String(format: "%.4g h", hours)
            all += [
                KnownRatio(text: "\(text) of decay that was left out", value: decayed),
                KnownRatio(text: "\(text) of decay that was counted twice", value: 1 / decayed),
            ]
        }
        all += [
            KnownRatio(text: "ln 2, of a half-life taken for a mean life", value: log(2)),
            KnownRatio(text: "1 / ln 2, of a mean life taken for a half-life", value: 1 / log(2)),
            KnownRatio(text: "1 g/mL taken for all matter", value: meanDensity),
            KnownRatio(text: "1.03 g/mL taken for all matter", value: meanDensity / 1.03),
        ]
        return all
    }

    /// Returns the factors that a scale may be, nearest first; none that is nearly 1.
    static func matching(_ scale: Double, among ratios: [KnownRatio]) -> [KnownRatio] {
        func distance(_ ratio: KnownRatio) -> Double { abs(scale / ratio.value - 1) }
        return ratios.filter { abs($0.value - 1) > tolerance && distance($0) <= tolerance }
            .sorted { distance($0) < distance($1) }
    }
}
