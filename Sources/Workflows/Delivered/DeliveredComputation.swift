import DICOM
import Dosimetry
package import Imaging
import Physics
import Quantities
import Therapy

/// What delivered doses are computed from, already read.
struct DeliveredInputs: Sendable {
    var plan: KeptPlan
    var image: ImageSeries
    var registration: AcceptedRegistration
    /// Whether somebody has looked at how the image lies; see ``AcceptedRegistration/isChecked(emission:planning:moving:)``.
    var isOnCheckedRegistration: Bool
    var sources: [PlanDocument.Input]
    var findings: [Finding]
}

/// Delivered doses with the maps behind the numbers.
package struct DeliveredResult: Sendable {
    package var document: DeliveredDocument
    /// From the image's Bq/mL; `nil` when it is not calibrated.
    package let absolute: DoseMap?
    /// From shares of counts times what was injected.
    package let relative: DoseMap
    package let ground: PlanGround
    let uptake: UptakeMap
    let profile: ConventionProfile
}

/// From a post-treatment image and what was injected to doses held against the plan's.
///
/// Pure: it reads no file and no clock.
struct DeliveredComputation: Sendable {
    let spec: DeliveredSpec
    let inputs: DeliveredInputs
    /// Told how far a long dose run is.
    var stage: @Sendable (String) -> Void = { _ in }

    private var plan: KeptPlan { inputs.plan }
    private var ground: PlanGround { inputs.plan.ground }
    private var profile: ConventionProfile { inputs.plan.profile }

    /// Computes the doses.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``; ``DoseError``, with `noCounts` when the
    ///   image shows nothing in a territory that was treated; ``TherapyError``.
    @concurrent
    func run() async throws -> DeliveredResult {
        let rails = try GuardRails()
        let engine = try PlanEngine(spec: plan.spec, ground: ground, profile: profile)
        let activities = try DeliveredActivities(spec.territories, plan: plan.document)
        let timing = try ImageTiming(
            typedHours: spec.hoursAfterAdministration, image: inputs.image, rails: rails)
        let isConcentration = inputs.image.quantity == .becquerelsPerML
        let uptake = UptakeMap(
            image: inputs.image.volume, isConcentration: isConcentration, grid: ground.grid,
            through: inputs.registration.transform)
        try Task.checkCancellation()
        let parts = try await relativeParts(activities, uptake: uptake, engine: engine)
        let relative = DoseMap.sum(parts)
        let calibration = isConcentration ? try self.calibration(timing, engine: engine) : nil
        let absolute = try await absoluteDose(
            calibration, activities, uptake: uptake, engine: engine)
        let writer = DeliveredDocumentWriter(
            inputs: inputs, activities: activities, timing: timing, uptake: uptake,
            calibration: calibration, relative: relative, absolute: absolute?.dose,
            statistics: DeliveredStatistics(
                relative: parts, absolute: absolute.map { ($0.dose, $0.statistics) },
                density: ground.density), rails: rails, engine: engine.identifier)
        var document = try writer.document()
        try writer.addUncertainty(
            to: &document, choice: spec.uncertainty ?? plan.spec.uncertainty,
            profile: engine.calibration)
        document.doseTo = engine.depositsLocally ? nil : engine.doseTo.rawValue
        document.findings +=
            engine.findings + parts.flatMap(\.map.findings) + (absolute?.findings ?? [])
        if !inputs.isOnCheckedRegistration {
            document.findings.append(.notVerified)
        }
        return DeliveredResult(
            document: document, absolute: absolute?.dose, relative: relative, ground: ground,
            uptake: uptake, profile: profile)
    }

    /// The plan's own way to a dose, with the delivered image and what was injected.
    private func relativeParts(
        _ activities: DeliveredActivities, uptake: UptakeMap, engine: PlanEngine
    ) async throws -> [TerritoryDoseMap.Part] {
        let occupancy = try ground.regions.occupancy
        var parts: [TerritoryDoseMap.Part] = []
        for (entry, region) in zip(activities.entries, ground.regions.all(.territory))
        where entry.delivered != nil {
            let map = try await TerritoryDoseMap.computed(
                territory: entry.planned.name, region: region.mask, occupancy: occupancy,
                lungShuntFraction: entry.planned.lungShuntFraction, uptake: uptake,
                density: ground.density, engine: engine, run: parts.count, stage: stage)
            parts.append((map, entry.injected.gigabecquerels))
        }
        return parts
    }

    private func calibration(
        _ timing: ImageTiming, engine: PlanEngine
    ) throws -> AbsoluteCalibration {
        guard let hours = timing.hours else {
            throw WorkflowError.refused(
                sentence: timing.missing(option: "hoursAfterAdministration"))
        }
        return try AbsoluteCalibration(
            profile: engine.calibration, timeAfterAdministration: TimeSpan(hours: hours))
    }

    private func absoluteDose(
        _ calibration: AbsoluteCalibration?, _ activities: DeliveredActivities,
        uptake: UptakeMap, engine: PlanEngine
    ) async throws -> (dose: DoseMap, statistics: DoseStatistics?, findings: [Finding])? {
        guard let calibration else { return nil }
        let decays = calibration.decays(
            from: ActivityMap(becquerelsPerML: uptake.concentrations))
        var concentrations = decays.decays.decaysPerML
        var negative: [Finding] = []
        if engine.startsParticles {
            let balanced = BalancedActivity(concentrations)
            (concentrations, negative) = (balanced.amounts, balanced.findings)
        }
        let (dose, statistics) = try await engine.dose(
            TimeIntegratedActivityMap(decaysPerML: concentrations), density: ground.density,
            run: activities.entries.count, stage: stage)
        return (dose, statistics, decays.findings + negative)
    }
}

extension Finding {
    /// What to do about a registration that nobody has looked at.
    static let notVerified = Finding(
        "delivered.not-verified", .warning,
        "These doses verify nothing yet, and the case stays as it is: register the image itself, or a CT in its frame of reference, look at the registration, accept it, and compute what was delivered again.",
        subject: "registration")
}

extension UptakeMap {
    /// Amounts per millilitre.
    var concentrations: Volume<Float> {
        amounts.scaled(by: 1 / amounts.geometry.voxelVolumeML)
    }
}
