import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

/// Puts a computed plan's numbers into its document.
struct PlanDocumentWriter {
    let spec: PlanSpec
    let inputs: PlanInputs
    let profile: ConventionProfile
    let regions: PlanRegions
    let uptake: UptakeMap
    let maps: [TerritoryDoseMap]
    let doses: StructureDoses
    let activities: PlannedActivities
    let shunt: PlannedLungShunt
    let dose: DoseMap

    func document() throws -> PlanDocument {
        let vial = activities.injectedGBq.map { $0 / (1 - spec.residualFraction) }
        return PlanDocument(
            name: spec.name, device: spec.device.rawValue, tumourEntity: spec.tumourEntity,
            evidence: spec.evidence.map {
                PlanDocument.Evidence(basis: $0.basis, recordedBy: $0.recordedBy)
            },
            software: PlanDocument.Software(
                program: Software.name, version: Software.version,
                engine: LocalDepositionEngine.identifier),
            profile: PlanDocument.Profile(profile), inputs: inputs.sources,
            registration: PlanDocument.Registration(inputs.registration),
            doseGrid: PlanDocument.Grid(regions.grid, density: spec.dose.density.rawValue),
            lungShunt: lungShunt, residualFraction: spec.residualFraction,
            method: spec.method.rawValue, territories: territories(vial: vial),
            totalInjectedActivityGBq: activities.injectedGBq.reduce(0, +),
            totalVialActivityGBq: vial.reduce(0, +),
            lungDoseGy: activities.lungDose.grays,
            earlierLungDoseGy: activities.lungLimit.earlier.grays, structures: try structures(),
            limits: activities.checks.map(limit),
            bindingLimit: activities.checks.first(where: \.isBinding)?.constraint.structure,
            order: try order(vialGBq: vial),
            profileComparison: try comparison(),
            findings: inputs.findings + activities.findings
                + (try PlanGuards(
                    spec: spec, inputs: inputs, regions: regions, uptake: uptake, doses: doses,
                    activities: activities, shunt: shunt
                ).findings()), dosePerVoxelDigest: "")
    }

    private func limit(_ check: ConstraintCheck) -> PlanDocument.Limit {
        PlanDocument.Limit(
            name: check.constraint.structure, limitGy: check.constraint.limit.grays,
            valueGy: check.dose.grays, marginGy: check.margin.grays,
            maximumTotalInjectedActivityGBq: check.maximumTotal?.gigabecquerels,
            isBinding: check.isBinding,
            // A plan cut down to a limit meets it but for the rounding of the sum.
            isMet: check.margin.grays >= -1e-12 * check.constraint.limit.grays,
            source: check.constraint.provenance)
    }

    private var lungShunt: PlanDocument.LungShunt {
        func fraction(_ method: LungShuntRecord.Method) -> Double? {
            shunt.record.values.first { $0.method == method }?.fraction
        }
        return PlanDocument.LungShunt(
            used: shunt.record.used.method.rawValue, usedFraction: shunt.record.used.fraction,
            spectFraction: fraction(.spect), planarFraction: fraction(.planar),
            typedFraction: fraction(.typed), visibleLungShare: shunt.visibleLungShare,
            lungMassKg: shunt.lungMass.kilograms, lungMassSource: shunt.lungMassSource,
            ctLungMassKg: shunt.ctLungMass?.kilograms)
    }

    private func territories(vial: [Double]) -> [PlanDocument.Territory] {
        zip(spec.territories, regions.all(.territory)).enumerated().map { index, pair in
            let (territory, region) = pair
            let aim: String
            switch territory.aim {
            case .injectedActivityGBq(let activity): aim = "injected activity \(activity) GBq"
            case .meanDoseGy(let structure, let doseGy):
                aim = "\(structure) mean dose \(doseGy) Gy"
            }
            return PlanDocument.Territory(
                name: territory.name, structure: territory.structure ?? "whole grid",
                volumeML: region.mask.volumeML,
                lungShuntFraction: maps[index].lungShuntFraction, aim: aim,
                wishedInjectedActivityGBq: activities.wished[index].gigabecquerels,
                injectedActivityGBq: activities.injectedGBq[index],
                vialActivityGBq: vial[index],
                shareOfImageInTerritory: uptake.imageTotal > 0
                    ? uptake.amount(in: region.mask) / uptake.imageTotal : 0)
        }
    }

    private func structures() throws -> [PlanDocument.Structure] {
        try doses.entries.map { entry in
            let histogram = try DoseVolumeHistogram(dose: dose, region: entry.region.mask)
            let mean = zip(entry.methodGyPerGBq, activities.injectedGBq).map(*).reduce(0, +)
            let voxelMean = zip(entry.voxelGyPerGBq, activities.injectedGBq).map(*).reduce(0, +)
            let perGBq = zip(spec.territories.map(\.name), entry.methodGyPerGBq)
            return PlanDocument.Structure(
                name: entry.region.name, role: entry.region.role.rawValue,
                volumeML: entry.region.mask.volumeML, massG: entry.massG, meanDoseGy: mean,
                voxelMeanDoseGy: voxelMean,
                dosePerInjectedGBqGy: Dictionary(uniqueKeysWithValues: perGBq),
                d98Gy: histogram.doseGy(hottestPercent: 98),
                d95Gy: histogram.doseGy(hottestPercent: 95),
                d70Gy: histogram.doseGy(hottestPercent: 70),
                d50Gy: histogram.doseGy(hottestPercent: 50),
                d2Gy: histogram.doseGy(hottestPercent: 2),
                tumourToNormalRatio: entry.tumourToNormalRatio,
                bedGy: try biologicallyEffectiveDose(meanGy: mean, role: entry.region.role))
        }
    }

    private func biologicallyEffectiveDose(
        meanGy: Double, role: PlanRegions.Role
    ) throws -> Double? {
        // Cremonesi et al. 2008, 2014: tumour 10 Gy and 1.5 h, normal liver 2.5 Gy and 2.5 h.
        let parameters: (alphaBetaGy: Double, repairHours: Double)? =
            switch role {
            case .tumour: (10, 1.5)
            case .normalLiver, .perfusedNormal: (2.5, 2.5)
            default: nil
            }
        return try parameters.map {
            try BEDModel(
                alphaBetaGy: $0.alphaBetaGy, repairHalfTime: TimeSpan(hours: $0.repairHours),
                effectiveHalfLife: profile.halfLife
            ).bedGy(doseGy: meanGy)
        }
    }

    /// Glass is never split: one search per territory.
    ///
    /// A resin or Ho-166 order serves all.
    private func order(vialGBq: [Double]) throws -> PlanDocument.Order? {
        guard let order = spec.order else { return nil }
        let treatment = try ZonedTime(iso8601: order.treatmentTime, key: "order.treatmentTime")
        let needs: [(name: String, gbq: Double, gyPerVialGBq: Double?)] =
            spec.device == .glass
            ? spec.territories.enumerated().map { index, territory in
                (territory.name, vialGBq[index], perfusedGyPerVialGBq(index))
            }
            : [("all", vialGBq.reduce(0, +), nil)]
        return PlanDocument.Order(
            treatmentTime: order.treatmentTime,
            options: try needs.flatMap { need in
                try VialSearch.options(
                    device: spec.device.therapyDevice,
                    needed: Activity(gigabecquerels: need.gbq), treatment: treatment,
                    halfLife: profile.halfLife
                ).prefix(Self.shownOptions).map { vial($0, need: need) }
            })
    }

    /// Options beyond these are farther off and would bury the good ones.
    private static let shownOptions = 6

    private func perfusedGyPerVialGBq(_ territory: Int) -> Double? {
        let name = spec.territories[territory].name
        return doses.entries.first { $0.region.name == name }.map {
            $0.methodGyPerGBq[territory] * (1 - spec.residualFraction)
        }
    }

    private func vial(
        _ option: VialOption, need: (name: String, gbq: Double, gyPerVialGBq: Double?)
    ) -> PlanDocument.VialOption {
        let later = option.activity(delayedBy: TimeSpan(hours: 4), halfLife: profile.halfLife)
        return PlanDocument.VialOption(
            territory: need.name, neededActivityGBq: need.gbq,
            vialGBq: option.vial.gigabecquerels, calibrationTime: option.calibration.iso8601,
            hoursAfterCalibration: option.hoursAfterCalibration,
            activityAtTreatmentGBq: option.activityAtTreatment.gigabecquerels,
            offTargetFraction: option.offTargetFraction, belowNeed: option.isBelowNeed,
            perfusedDoseGy: need.gyPerVialGBq.map {
                $0 * option.activityAtTreatment.gigabecquerels
            },
            perfusedDoseFourHoursLaterGy: need.gyPerVialGBq.map { $0 * later.gigabecquerels })
    }

    /// The same activities under other profiles: constants and half-life change, activity stays.
    private func comparison() throws -> [PlanDocument.ProfileComparison] {
        try spec.compareProfiles.map { name in
            let other = try ConventionProfile.named(name)
            let scale = other.doseConstantGyKgPerGBq / profile.doseConstantGyKgPerGBq
            let means = doses.entries.map { entry in
                (
                    entry.region.name,
                    scale * zip(entry.methodGyPerGBq, activities.injectedGBq).map(*).reduce(0, +)
                )
            }
            return PlanDocument.ProfileComparison(
                profile: name,
                totalInjectedActivityGBq: activities.injectedGBq.reduce(0, +),
                lungDoseGy: scale * activities.lungDose.grays,
                meanDosesGy: Dictionary(means) { first, _ in first })
        }
    }
}
