import Physics
import Quantities
import Therapy

/// What each territory gets: the wish, cut down to what every limit allows.
struct PlannedActivities {
    let model: LinearDoseModel
    let wished: [Activity]
    let injected: [Activity]
    /// The limits held against what is injected.
    let checks: [ConstraintCheck]
    let lungLimit: LungDoseLimit
    let lungDose: AbsorbedDose
    /// What is known about the limits and the evidence behind them.
    let findings: [Finding]

    var injectedGBq: [Double] { injected.map(\.gigabecquerels) }

    /// The name that the lungs have among the structures.
    static let lungs = "Lungs (shunt)"

    init(
        spec: PlanSpec, doses: StructureDoses, maps: [TerritoryDoseMap], shunt: PlannedLungShunt,
        bodySurface: PlannedBodySurface?, profile: ConventionProfile
    ) throws {
        let responses =
            doses.entries.map {
                StructureResponse(
                    name: $0.region.name, role: $0.region.role.therapyRole,
                    mass: Mass(grams: $0.massG), graysPerGBq: $0.methodGyPerGBq)
            }
            + [
                try .lungs(
                    name: Self.lungs, shunts: maps.map(\.lungShuntFraction),
                    mass: shunt.lungMass, profile: profile)
            ]
        model = try LinearDoseModel(
            territories: spec.territories.map(\.name), responses: responses)
        lungLimit = try LungDoseLimit(
            single: AbsorbedDose(grays: spec.lungLimits.singleGy),
            cumulative: AbsorbedDose(grays: spec.lungLimits.cumulativeGy),
            earlier: AbsorbedDose(grays: spec.lungLimits.earlierGy))
        guard
            lungLimit.allowed > .zero || maps.allSatisfy({ $0.lungShuntFraction == 0 })
                || spec.territories.allSatisfy(\.aim.isActivity)
        else {
            throw WorkflowError.refused(
                sentence: "The lungs have had \(Figures.gy(lungLimit.earlier.grays)) Gy in earlier "
                    + "sessions ('lungLimits.earlierGy'), which uses up the cumulative limit of "
                    + "\(Figures.gy(lungLimit.cumulative.grays)) Gy: no activity is left to plan.")
        }
        let device = spec.device.therapyDevice
        let library = try ThresholdLibrary()
        let choice = try spec.evidence.map {
            try ThresholdChoice(
                thresholdIDs: $0.thresholds, basis: $0.basis, recordedBy: $0.recordedBy)
        }
        let taken = try choice.map { try library.chosen($0, device: device) } ?? []
        let constraints =
            [
                try PlanConstraint(
                    structure: Self.lungs, limit: lungLimit.allowed,
                    provenance: spec.lungLimits.source)
            ] + (try spec.limits.map { try Self.constraint($0, taken: taken) })
        let wish = try model.activities(
            for: spec.territories.indices.map {
                try spec.territories[$0].aim.therapyAim(bodySurface?.activities[$0])
            })
        let points = try PointDoses(
            constraints, activities: wish, maps: maps, entries: doses.entries)
        let total = wish.reduce(Activity.zero, +)
        let assessment = try model.assess(
            wish, constraints: constraints, pointDose: { try points.dose($0) })
        wished = wish
        injected = assessment.allowed
        lungDose = try model.dose(Self.lungs, injected: assessment.allowed)
        let factor = min(1, assessment.binding.flatMap(\.maximumTotal).map { $0 / total } ?? 1)
        checks = try model.assess(
            assessment.allowed, constraints: constraints,
            pointDose: { factor * (try points.dose($0)) }
        ).checks
        findings =
            library.findings(device: device, entity: spec.tumourEntity, choice: choice)
            + (assessment.meetsAllLimits
                ? []
                : [
                    Finding(
                        "plan.wish-above-limits", .warning,
                        "The wish exceeds a limit; activities were lowered in their own split to what '\(assessment.binding?.constraint.name ?? "")' allows."
                    )
                ])
    }

    /// A limit typed in the plan, or a threshold that the recorded choice takes over.
    private static func constraint(
        _ limit: PlanSpec.LimitChoice, taken: [Threshold]
    ) throws -> PlanConstraint {
        switch limit.value {
        case .meanDoseGy(let doseGy, let source):
            return try PlanConstraint(
                structure: limit.structure, limit: AbsorbedDose(grays: doseGy),
                provenance: source)
        case .hottestPercent(let percent, let doseGy, let source):
            return try PlanConstraint(
                structure: limit.structure, measure: .hottestPercent(percent),
                limit: AbsorbedDose(grays: doseGy), provenance: source)
        case .threshold(let id):
            guard let threshold = taken.first(where: { $0.id == id }) else {
                throw WorkflowError.refused(
                    sentence:
                        "The limit of '\(limit.structure)' names threshold '\(id)', which 'evidence.thresholds' does not take over."
                )
            }
            return try PlanConstraint(
                structure: limit.structure, limit: AbsorbedDose(grays: threshold.doseGy),
                provenance: threshold.provenance)
        }
    }
}

extension PlanRegions.Role {
    /// What the therapy layer calls it.
    var therapyRole: StructureRole {
        switch self {
        case .tumour: .tumour
        case .perfusedNormal: .normalPerfused
        case .territory: .perfused
        case .normalLiver: .normalWholeLiver
        case .lungs: .lungs
        case .liver, .other: .other
        }
    }
}

extension PlanSpec.DeviceChoice {
    var therapyDevice: SIRTDevice {
        switch self {
        case .glass: .glass
        case .resin: .resin
        case .holmium: .holmium
        }
    }
}

extension PlanSpec.TerritoryChoice.Aim {
    /// The aim, where `bodySurface` is what the body-surface rule gives the territory.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when that is missing.
    func therapyAim(_ bodySurface: Activity?) throws -> TerritoryAim {
        switch self {
        case .injectedActivityGBq(let activity):
            return .injectedActivity(Activity(gigabecquerels: activity))
        case .meanDoseGy(let structure, let doseGy):
            return .meanDose(structure: structure, dose: AbsorbedDose(grays: doseGy))
        case .bodySurface:
            guard let bodySurface else {
                throw WorkflowError.refused(
                    sentence: "A territory without aim needs 'method: bsa'.")
            }
            return .injectedActivity(bodySurface)
        }
    }
}
