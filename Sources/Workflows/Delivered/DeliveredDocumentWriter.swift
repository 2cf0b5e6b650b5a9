import DICOM
import Dosimetry
import Imaging
import Physics
import Quantities
import Storage
import Therapy

/// Puts delivered doses and what should be known about them into their document.
struct DeliveredDocumentWriter {
    let inputs: DeliveredInputs
    let activities: DeliveredActivities
    let timing: ImageTiming
    let uptake: UptakeMap
    /// `nil` for an image that holds no Bq/mL.
    let calibration: AbsoluteCalibration?
    let relative: DoseMap
    let absolute: DoseMap?
    let statistics: DeliveredStatistics
    let rails: GuardRails
    let engine: String

    private var plan: KeptPlan { inputs.plan }
    private var ground: PlanGround { inputs.plan.ground }

    func document() throws -> DeliveredDocument {
        let lungs = try lungs()
        return DeliveredDocument(
            plan: plan.record.id, planName: plan.document.name,
            planDigest: plan.record.draft.content.hex, planMethod: plan.document.method,
            software: PlanDocument.Software(
                program: Software.name, version: Software.version,
                engine: engine),
            profile: plan.document.profile, inputs: inputs.sources,
            registration: PlanDocument.Registration(inputs.registration),
            doseGrid: plan.document.doseGrid, image: image(),
            injectedActivityGBq: activities.injected.gigabecquerels,
            plannedInjectedActivityGBq: plan.document.totalInjectedActivityGBq,
            territories: territories(), structures: try structures(), lungs: lungs, limits: nil,
            findings: try findings(lungs), absoluteDoseDigest: nil, relativeDoseDigest: "")
    }

    /// An amount of the image as activity at administration; `nil` for a relative image.
    private func activity(_ amount: Double) -> Activity? {
        calibration.map {
            Activity(becquerels: amount).decayed(
                over: .zero - $0.timeAfterAdministration, halfLife: $0.profile.halfLife)
        }
    }

    private func image() -> DeliveredDocument.Image {
        let imaged = activity(uptake.imageTotal)
        return DeliveredDocument.Image(
            modality: inputs.image.modality, unit: calibration == nil ? "relative" : "Bq/mL",
            hoursAfterAdministration: timing.hours, hoursSource: timing.source,
            hoursInImageHeader: timing.hoursInHeader,
            halfLifeHoursInImageHeader: inputs.image.radiopharmaceutical?.halfLifeSeconds.map {
                $0 / 3600
            },
            activityGBq: imaged?.gigabecquerels,
            activityToInjectedRatio: imaged.map { $0 / activities.injected })
    }

    private func territories() -> [DeliveredDocument.Territory] {
        zip(activities.entries, ground.regions.all(.territory)).map { entry, region in
            let amount = uptake.amount(in: region.mask)
            return DeliveredDocument.Territory(
                name: entry.planned.name,
                plannedInjectedActivityGBq: entry.planned.injectedActivityGBq,
                injectedActivityGBq: entry.injected.gigabecquerels,
                lungShuntFraction: entry.planned.lungShuntFraction,
                stasis: entry.delivered?.stasis ?? false,
                imageActivityGBq: activity(amount)?.gigabecquerels,
                shareOfImageInTerritory: uptake.imageTotal > 0 ? amount / uptake.imageTotal : 0,
                visibleShare: uptake.visibleShare(of: region.mask))
        }
    }

    private func structures() throws -> [DeliveredDocument.Structure] {
        let regions = ground.regions.regions.filter { $0.role != .lungs }
        return try zip(regions, plan.document.structures).map { region, planned in
            func numbers(_ dose: DoseMap) throws -> (mean: Double, d95: Double) {
                (
                    region.dosed.massMean(of: dose.grays, density: ground.density),
                    try DoseVolumeHistogram(dose: dose, region: region.dosed, name: region.name)
                        .doseGy(hottestPercent: 95)
                )
            }
            func ratio(_ meanGy: Double) -> Double? {
                DeliveredDose(
                    structure: region.name, planned: AbsorbedDose(grays: planned.meanDoseGy),
                    delivered: AbsorbedDose(grays: meanGy)
                ).ratio
            }
            let relative = try numbers(relative)
            let absolute = try absolute.map(numbers)
            return DeliveredDocument.Structure(
                name: region.name, role: region.role.rawValue, volumeML: region.mask.volumeML,
                plannedMeanDoseGy: planned.meanDoseGy,
                plannedVoxelMeanDoseGy: planned.voxelMeanDoseGy, plannedD95Gy: planned.d95Gy,
                absoluteMeanDoseGy: absolute?.mean, absoluteD95Gy: absolute?.d95,
                absoluteToPlannedRatio: absolute.flatMap { ratio($0.mean) },
                relativeMeanDoseGy: relative.mean, relativeD95Gy: relative.d95,
                relativeToPlannedRatio: ratio(relative.mean))
        }
    }

    private func lungs() throws -> DeliveredDocument.Lungs {
        let mass = plan.document.lungShunt.lungMassKg
        return DeliveredDocument.Lungs(
            plannedMeanDoseGy: plan.document.lungDoseGy,
            deliveredMeanDoseGy: try activities.lungDose(
                mass: Mass(kilograms: mass), profile: plan.profile
            ).grays,
            earlierMeanDoseGy: plan.document.earlierLungDoseGy, lungMassKg: mass)
    }
}

// MARK: - Findings

extension DeliveredDocumentWriter {
    private func findings(_ lungs: DeliveredDocument.Lungs) throws -> [Finding] {
        let device = plan.spec.device.therapyDevice
        let delivered = lungs.deliveredMeanDoseGy
        return inputs.findings + planFindings + inputs.registration.findings
            + timing.findings + halfLife + (try total()) + activities.findings(rails)
            + unseen + uptake.findings(ground.regions, rails: rails) + ground.findings
            + rails.check(.lungDoseGy, delivered, device: device, subject: "lungs")
            + rails.check(
                .cumulativeLungDoseGy, delivered + lungs.earlierMeanDoseGy, device: device,
                subject: "lungs")
    }

    private var planFindings: [Finding] {
        var findings: [Finding] = []
        if case .outdated(reason: let reason) = plan.record.state {
            findings.append(
                Finding(
                    "delivered.plan-outdated", .warning,
                    "The plan is outdated (\(reason)); the planned doses here are those it was kept with.",
                    subject: plan.record.id))
        }
        if plan.spec.method != .voxel, plan.spec.method != .bsa {
            findings.append(
                Finding(
                    "delivered.other-method", .note,
                    "Planned doses are by the plan's method (\(plan.document.method)), delivered ones are means over voxels."
                ))
        }
        return findings
    }

    private var halfLife: [Finding] {
        HalfLifeCheck(profile: plan.profile).findings(
            headerHalfLife: inputs.image.radiopharmaceutical?.halfLifeSeconds.map {
                TimeSpan(seconds: $0)
            }, subject: "image")
    }

    private func total() throws -> [Finding] {
        guard let imaged = activity(uptake.imageTotal) else {
            return [
                Finding(
                    "delivered.relative-only", .note,
                    "The image holds no Bq/mL, so no absolute dose follows from it.",
                    subject: "image")
            ]
        }
        return try ImageActivityCheck(imaged: imaged, injected: activities.injected)
            .findings(rails)
    }

    /// Where the image does not look, an absolute dose of zero means nothing.
    private var unseen: [Finding] {
        zip(activities.entries, territories()).compactMap { entry, territory in
            guard entry.delivered != nil, territory.visibleShare < 0.99 else { return nil }
            return Finding(
                "delivered.territory-outside-field", .warning,
                "The image shows only \(Figures.percent(territory.visibleShare)) % of this territory; doses outside its field are missing and those inside come out too high.",
                subject: territory.name)
        }
    }
}
