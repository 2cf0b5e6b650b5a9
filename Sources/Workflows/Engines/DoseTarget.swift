import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// What takes the dose that a result states.
package enum DoseTarget: String, Codable, Hashable, Sendable, CaseIterable {
    /// What each voxel is made of.
    case medium
    /// A little water in it, which the electrons of the medium cross.
    case water
}

extension DoseToWater {
    /// What a person should know of a dose to water.
    func finding(_ media: [Medium]) -> Finding {
        let factors = media.map {
            "\($0.name) \(String(format: "%.4f", ratios[$0.index] ?? 1))"
        }
        return Finding(
            "dose.to-water", .note,
            "Doses are to water in the medium of each voxel, by stopping powers: dose to the medium "
                + "times \(factors.joined(separator: ", ")).")
    }
}

extension DoseRun {
    /// Replaces doses to the medium by doses to water.
    ///
    /// Energies stay those that the media take. Means of labels change as the map's do; their
    /// relative uncertainty stays, exactly where a label holds one medium.
    ///
    /// - Returns: By how much doses changed.
    static func toWater(
        _ result: inout Result, _ decay: DecayData, _ inputs: DoseInputs
    ) throws -> Finding {
        let media = inputs.medium.used(of: try Medium.all)
        let change = try DoseToWater(decay, media: media)
        let dose = change.converted(DoseMap(grays: result.dose), media: inputs.medium).grays
        if let labels = inputs.labels?.map {
            let before = LabelMeans.sums(result.dose, inputs, labels, countsGas: true)
            let after = LabelMeans.sums(dose, inputs, labels, countsGas: true)
            result.labels = result.labels.map { label in
                guard let old = before[label.label], let new = after[label.label], old.joules > 0
                else { return label }
                return DoseReport.Label(
                    label: label.label, massKg: label.massKg,
                    meanGy: label.meanGy * new.joules / old.joules,
                    relativeUncertainty: label.relativeUncertainty)
            }
        }
        result.dose = dose
        return change.finding(media)
    }
}
