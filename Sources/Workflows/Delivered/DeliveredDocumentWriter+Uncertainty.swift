import DICOM
import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

extension DeliveredDocumentWriter {
    /// Puts beside every delivered dose how well it is known, and beside every limit of the plan
    /// the chance that it was kept.
    ///
    /// - Throws: ``TherapyError``, ``DoseError``, ``ImagingError``.
    func addUncertainty(
        to document: inout DeliveredDocument, choice: PlanSpec.UncertaintyChoice,
        profile: ConventionProfile
    ) throws {
        let spec = inputs.plan.spec
        let ground = inputs.plan.ground
        func uncertainty(_ dose: DoseMap, isAbsolute: Bool) throws -> PlanUncertainty {
            try PlanUncertainty(
                spec: spec, ground: (ground.regions, ground.density),
                image: .init(
                    uptake: uptake, modality: inputs.image.modality,
                    registrationSpreadMM: inputs.registration.spreadMM, isAbsolute: isAbsolute),
                injection: .init(
                    injectedGBq: activities.entries.map(\.injected.gigabecquerels),
                    lungShunts: activities.entries.map(\.planned.lungShuntFraction),
                    shuntSource: inputs.plan.document.lungShunt.used),
                dose: dose, method: .voxel, profile: profile, constants: PlanConstants(),
                choice: choice)
        }
        let relative = try uncertainty(relative, isAbsolute: false)
        let absolute = try absolute.map { try uncertainty($0, isAbsolute: true) }
        let regions = ground.regions.regions.filter { $0.role != .lungs }
        var known = Known()
        for (n, region) in regions.enumerated() where n < document.structures.count {
            let shown = document.structures[n]
            known.relative[region.name] = try relative.structure(
                region, meanDoseGy: shown.relativeMeanDoseGy,
                statisticalSigmaGy: statistics.relativeSigmaGy(of: region.dosed))
            document.structures[n].relativeUncertainty = known.relative[region.name].map {
                PlanDocument.Uncertainty($0, doseGy: shown.relativeMeanDoseGy) { _ in nil }
            }
            guard let absolute, let meanGy = shown.absoluteMeanDoseGy else { continue }
            known.absolute[region.name] = try absolute.structure(
                region, meanDoseGy: meanGy,
                statisticalSigmaGy: statistics.absoluteSigmaGy(of: region.dosed))
            document.structures[n].absoluteUncertainty = known.absolute[region.name].map {
                PlanDocument.Uncertainty($0, doseGy: meanGy) { _ in nil }
            }
        }
        let lungs = try relative.lungs()
        known.relative[PlannedActivities.lungs] = lungs
        document.lungs.uncertainty = PlanDocument.Uncertainty(
            lungs, doseGy: document.lungs.deliveredMeanDoseGy
        ) { _ in nil }
        document.limits = try limits(of: document, known: known)
    }
}

extension DeliveredDocument {
    /// How well every delivered dose is known, and by what.
    var uncertaintyTables: [ReportTable] {
        ReportTable.uncertainties(
            "How well the delivered doses are known",
            structures.map {
                UncertaintyRow(
                    name: "\($0.name), relative", doseGy: $0.relativeMeanDoseGy,
                    uncertainty: $0.relativeUncertainty)
            }
                + structures.compactMap { structure in
                    structure.absoluteMeanDoseGy.map {
                        UncertaintyRow(
                            name: "\(structure.name), absolute", doseGy: $0,
                            uncertainty: structure.absoluteUncertainty)
                    }
                }
                + [
                    UncertaintyRow(
                        name: "Lungs (shunt)", doseGy: lungs.deliveredMeanDoseGy,
                        uncertainty: lungs.uncertainty)
                ])
    }
}
