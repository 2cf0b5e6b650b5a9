import Imaging
import Physics
import Quantities
import Therapy

/// What resin's body-surface rule gives each territory, with and without its shunt reduction.
///
/// A territory that is the whole liver gets the whole-liver rule: the rule for a lobe turns into
/// it there.
struct PlannedBodySurface {
    private let choice: PlanSpec.BodySurfaceChoice
    private let surfaceM2: Double
    private let territories: [PlanDocument.BodySurface.Territory]

    /// Activities that the plan takes, one per territory.
    var activities: [Activity] {
        territories.map {
            Activity(
                gigabecquerels: choice.shuntReduction == .apply
                    ? $0.reducedActivityGBq : $0.unreducedActivityGBq)
        }
    }

    /// Computes the rule; `nil` unless the plan's method is `bsa`.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the reduction leaves no activity,
    ///   ``TherapyError`` when volumes do not fit into each other.
    init?(spec: PlanSpec, regions: PlanRegions, shunts: [Double]) throws {
        guard spec.method == .bsa, let choice = spec.bodySurface,
            let liver = regions.first(.liver)
        else { return nil }
        self.choice = choice
        let liverML = liver.mask.volumeML
        let tumourML = regions.tumourML(in: liver)
        var surfaceM2 = 0.0
        var territories: [PlanDocument.BodySurface.Territory] = []
        for (territory, shunt) in zip(regions.all(.territory), shunts) {
            let volumeML = territory.mask.volumeML
            let inside = regions.tumourML(in: territory)
            guard inside > 0 else {
                throw WorkflowError.refused(
                    sentence:
                        "Territory '\(territory.name)' holds no tumour, so the body-surface rule has nothing to say of it."
                )
            }
            let method = try BSAMethod(
                heightCM: choice.heightCM, weightKg: choice.weightKg, tumourVolumeML: tumourML,
                liverVolumeML: liverML,
                lobe: BSAMethod.Lobe(volumeML: volumeML, tumourVolumeML: inside))
            let reduction = try BSAMethod.reductionFraction(lungShuntFraction: shunt)
            surfaceM2 = method.bodySurfaceM2
            let unreduced = method.unreducedActivity.gigabecquerels
            territories.append(
                PlanDocument.BodySurface.Territory(
                    name: territory.name, volumeML: volumeML, tumourVolumeML: inside,
                    lungShuntFraction: shunt, reductionFraction: reduction,
                    unreducedActivityGBq: unreduced,
                    reducedActivityGBq: (1 - reduction) * unreduced))
        }
        (self.surfaceM2, self.territories) = (surfaceM2, territories)
        for territory in territories
        where choice.shuntReduction == .apply && !(territory.reducedActivityGBq > 0) {
            throw WorkflowError.refused(
                sentence:
                    "The resin table leaves no activity for '\(territory.name)' at a lung shunt of \(Figures.percent(territory.lungShuntFraction)) %; 'bsa.shuntReduction: show' gives the activity without it, to look at beside the lung dose."
            )
        }
    }

    /// The rule's numbers beside the lung dose, so that both ways are seen.
    ///
    /// - Throws: ``TherapyError/malformedTable(name:reason:)``.
    func document(
        constants: PlanConstants, activities: PlannedActivities, shunt: PlannedLungShunt,
        profile: ConventionProfile
    ) throws -> PlanDocument.BodySurface {
        func sum(_ activity: (PlanDocument.BodySurface.Territory) -> Double) -> Double {
            territories.reduce(0) { $0 + activity($1) }
        }
        func lungDoseGy(_ activity: (PlanDocument.BodySurface.Territory) -> Double) -> Double {
            profile.meanDose(
                of: Activity(gigabecquerels: sum { activity($0) * $0.lungShuntFraction }),
                in: shunt.lungMass
            ).grays
        }
        let id = "bsa-lung-shunt-reduction"
        let steps = zip(
            try constants.values(id, "fromShunt") + constants.values(id, "nothingAbove"),
            try constants.values(id, "reduction") + [1])
        return PlanDocument.BodySurface(
            heightCM: choice.heightCM, weightKg: choice.weightKg, bodySurfaceM2: surfaceM2,
            isReductionApplied: choice.shuntReduction == .apply, territories: territories,
            reductionTable: steps.map {
                PlanDocument.BodySurface.Step(fromLungShuntFraction: $0, reductionFraction: $1)
            },
            unreducedActivityGBq: sum(\.unreducedActivityGBq),
            reducedActivityGBq: sum(\.reducedActivityGBq),
            unreducedLungDoseGy: lungDoseGy(\.unreducedActivityGBq),
            reducedLungDoseGy: lungDoseGy(\.reducedActivityGBq),
            allowedLungDoseGy: activities.lungLimit.allowed.grays)
    }

    var findings: [Finding] {
        let rule = Finding(
            "bsa.no-dose", .note,
            "The body-surface rule gives activity without any dose and does not look at the liver's volume; doses shown and held against limits are means over voxels."
        )
        let reduced = territories.filter { $0.reductionFraction > 0 }
        guard !reduced.isEmpty else { return [rule] }
        let shares = reduced.map {
            "\($0.name) \(Figures.percent($0.reductionFraction)) % at a shunt of \(Figures.percent($0.lungShuntFraction)) %"
        }.joined(separator: ", ")
        return [
            rule,
            Finding(
                "bsa.shunt-reduction", .warning,
                "The resin table takes away \(shares); the plan \(choice.shuntReduction == .apply ? "applies it" : "shows it and does not apply it"). Reduced activity gave less response (13 % against 56 % in 80 patients, Ward 2015); the lung dose stands beside it."
            ),
        ]
    }
}
