import Dosimetry
import Quantities
import Therapy

extension PlanDocumentWriter {
    /// Puts beside every dose how well it is known, and beside every limit the chance to keep it.
    ///
    /// A point of the histogram takes the relative uncertainty of its structure's mean.
    ///
    /// - Throws: ``TherapyError``, ``DoseError``, ``ImagingError``.
    func addUncertainty(to document: inout PlanDocument) throws {
        let uncertainty = try PlanUncertainty(
            spec: spec, ground: (regions, density),
            image: .init(
                uptake: uptake, modality: inputs.activity.modality,
                registrationSpreadMM: inputs.registration.spreadMM, isAbsolute: false),
            injection: .init(
                injectedGBq: activities.injectedGBq,
                lungShunts: maps.map(\.lungShuntFraction),
                shuntSource: shunt.record.used.method.rawValue),
            dose: dose, method: spec.method, profile: engine.calibration, constants: constants,
            choice: spec.uncertainty)
        var known: [String: DoseUncertainty] = [:]
        for (n, entry) in doses.entries.enumerated() {
            let shown = document.structures[n]
            guard
                let found = try uncertainty.structure(
                    entry.region, meanDoseGy: shown.meanDoseGy,
                    statisticalSigmaGy: shown.statisticalSigmaGy)
            else { continue }
            known[entry.region.name] = found
            document.structures[n].uncertainty = try PlanDocument.Uncertainty(
                found, doseGy: shown.meanDoseGy
            ) { try biologicallyEffectiveDose(meanGy: $0, role: entry.region.role) }
        }
        let lungs = try uncertainty.lungs()
        known[PlannedActivities.lungs] = lungs
        document.lungDoseUncertainty = PlanDocument.Uncertainty(
            lungs, doseGy: document.lungDoseGy
        ) { _ in nil }
        for (n, limit) in document.limits.enumerated() {
            document.limits[n].probabilityMet = limit.structure.flatMap { known[$0] }.map {
                $0.probability(ofDoseGy: limit.valueGy, atMostGy: limit.limitGy)
            }
        }
    }
}
