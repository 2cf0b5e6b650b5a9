import Dosimetry
import Imaging
import Therapy

extension DeliveredDocumentWriter {
    /// How well the doses of each structure are known, by its name.
    struct Known {
        var relative: [String: DoseUncertainty] = [:]
        var absolute: [String: DoseUncertainty] = [:]
    }

    /// The plan's limits held against delivered doses, each with the chance that the true dose keeps
    /// it.
    ///
    /// A point of the histogram takes the relative uncertainty of its structure's mean, as in a
    /// plan.
    ///
    /// - Throws: ``DoseError``.
    func limits(
        of document: DeliveredDocument, known: Known
    ) throws -> [DeliveredDocument.Limit] {
        try inputs.plan.document.limits.map { limit in
            func reached(
                _ valueGy: Double?, _ known: [String: DoseUncertainty]
            ) -> DeliveredDocument.Limit.Reached? {
                valueGy.map { valueGy in
                    DeliveredDocument.Limit.Reached(
                        valueGy: valueGy, marginGy: limit.limitGy - valueGy,
                        isMet: valueGy <= limit.limitGy,
                        probabilityMet: limit.structure.flatMap { known[$0] }.map {
                            $0.probability(ofDoseGy: valueGy, atMostGy: limit.limitGy)
                        })
                }
            }
            let (relativeGy, absoluteGy) = try values(of: limit, in: document)
            return DeliveredDocument.Limit(
                name: limit.name, limitGy: limit.limitGy, source: limit.source,
                plannedGy: limit.valueGy, relative: reached(relativeGy, known.relative),
                absolute: reached(absoluteGy, known.absolute))
        }
    }

    /// The doses that a limit is about, in Gy.
    private func values(
        of limit: PlanDocument.Limit, in document: DeliveredDocument
    ) throws -> (relativeGy: Double?, absoluteGy: Double?) {
        guard limit.structure != PlannedActivities.lungs else {
            return (document.lungs.deliveredMeanDoseGy, nil)
        }
        guard let name = limit.structure,
            let measure = DoseMeasure(label: limit.measure ?? DoseMeasure.mean.label)
        else { return (nil, nil) }
        switch measure {
        case .mean:
            let structure = document.structures.first { $0.name == name }
            return (structure?.relativeMeanDoseGy, structure?.absoluteMeanDoseGy)
        case .hottestPercent(let percent):
            guard let region = inputs.plan.ground.regions.named(name) else { return (nil, nil) }
            func point(_ dose: DoseMap) throws -> Double {
                try DoseVolumeHistogram(dose: dose, region: region.dosed, name: name)
                    .doseGy(hottestPercent: percent)
            }
            return (try point(relative), try absolute.map(point))
        }
    }
}

extension DeliveredDocument {
    /// Every limit of the plan with what was delivered and how surely it is kept.
    var limitTables: [ReportTable] {
        guard let limits, !limits.isEmpty else { return [] }
        func cells(_ reached: Limit.Reached?) -> [String] {
            [
                Figures.gy(reached?.valueGy), reached.map { $0.isMet ? "kept" : "exceeded" } ?? "",
                Figures.chance(reached?.probabilityMet),
            ]
        }
        return [
            ReportTable(
                title: "Limits of the plan, as delivered",
                note: "In Gy. Chance to hold: that the true dose is at most the limit, by the "
                    + "stated uncertainty.",
                columns: [
                    .init("Limit"), .init("Limit", isNumber: true),
                    .init("Planned", isNumber: true), .init("Relative", isNumber: true),
                    .init("State"), .init("Chance to hold %", isNumber: true),
                    .init("Absolute", isNumber: true), .init("State"),
                    .init("Chance to hold %", isNumber: true),
                ],
                rows: limits.map {
                    [$0.name, Figures.constant($0.limitGy), Figures.gy($0.plannedGy)]
                        + cells($0.relative) + cells($0.absolute)
                })
        ]
    }
}
