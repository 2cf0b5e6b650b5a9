import DICOM
import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

extension DeliveredDocumentWriter {
    /// Puts beside every delivered dose how well it is known.
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
        for (n, region) in regions.enumerated() where n < document.structures.count {
            func told(
                _ source: PlanUncertainty?, _ meanGy: Double?, _ sigmaGy: Double?
            ) throws
                -> PlanDocument.Uncertainty?
            {
                guard let source, let meanGy else { return nil }
                return try source.structure(
                    region, meanDoseGy: meanGy, statisticalSigmaGy: sigmaGy
                ).map {
                    PlanDocument.Uncertainty($0, doseGy: meanGy) { _ in nil }
                }
            }
            let shown = document.structures[n]
            document.structures[n].relativeUncertainty = try told(
                relative, shown.relativeMeanDoseGy,
                statistics.relativeSigmaGy(of: region.dosed))
            document.structures[n].absoluteUncertainty = try told(
                absolute, shown.absoluteMeanDoseGy,
                statistics.absoluteSigmaGy(of: region.dosed))
        }
        document.lungs.uncertainty = PlanDocument.Uncertainty(
            try relative.lungs(), doseGy: document.lungs.deliveredMeanDoseGy
        ) { _ in nil }
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
