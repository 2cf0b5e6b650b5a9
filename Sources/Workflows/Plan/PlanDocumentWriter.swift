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
    let bodySurface: PlannedBodySurface?
    let shunt: PlannedLungShunt
    let dose: DoseMap
    let density: DensityMap
    let engine: PlanEngine
    let constants: PlanConstants

    func document() throws -> PlanDocument {
        let vial = activities.injectedGBq.map { $0 / (1 - spec.residualFraction) }
        let order = try PlannedOrder(
            spec: spec, doses: doses, activities: activities, vialGBq: vial, profile: profile)
        return PlanDocument(
            name: spec.name, device: spec.device.rawValue, tumourEntity: spec.tumourEntity,
            evidence: spec.evidence.map {
                PlanDocument.Evidence(basis: $0.basis, recordedBy: $0.recordedBy)
            },
            software: PlanDocument.Software(
                program: Software.name, version: Software.version,
                engine: engine.identifier),
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
            bindingLimit: activities.checks.first(where: \.isBinding)?.constraint.name,
            order: order?.document,
            profileComparison: try comparison(),
            findings: inputs.findings + activities.findings
                + (bodySurface?.findings ?? []) + (order?.findings ?? [])
                + (try PlanGuards(
                    spec: spec, inputs: inputs, regions: regions, uptake: uptake, doses: doses,
                    activities: activities, shunt: shunt, constants: constants,
                    profile: profile
                ).findings()), dosePerVoxelDigest: "",
            bodySurface: try bodySurface?.document(
                constants: constants, activities: activities, shunt: shunt, profile: profile),
            constants: usedConstants, physicalDose: engine.document(maps, profile: profile))
    }

    private var usedConstants: [PlanDocument.Constant] {
        var uses: Set<PlanConstants.Use> = [
            .bed, .pictures, .lungLimits, .recovery, .uncertainty,
        ]
        if spec.order != nil { uses.insert(.order) }
        if spec.method == .bsa { uses.insert(.bsa) }
        return constants.used(by: spec.device.therapyDevice, for: uses).map {
            PlanDocument.Constant(
                id: $0.id, what: $0.what, values: $0.values, status: $0.status.rawValue,
                source: $0.source, tableDate: constants.date)
        }
    }

    private func limit(_ check: ConstraintCheck) -> PlanDocument.Limit {
        PlanDocument.Limit(
            name: check.constraint.name, structure: check.constraint.structure,
            measure: check.constraint.measure.label, limitGy: check.constraint.limit.grays,
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
            case .bodySurface: aim = "body-surface rule"
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
        try doses.entries.concurrentMap { entry in
            let histogram = try DoseVolumeHistogram(dose: dose, region: entry.region.dosed)
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
                bedGy: try biologicallyEffectiveDose(meanGy: mean, role: entry.region.role),
                statisticalSigmaGy: TerritoryDoseMap.statisticalSigmaGy(
                    zip(maps, activities.injectedGBq).map { ($0, $1) }, of: entry.region.dosed,
                    density: density))
        }
    }

    func biologicallyEffectiveDose(
        meanGy: Double, role: PlanRegions.Role
    ) throws -> Double? {
        try constants.repair(of: role.therapyRole).map {
            try BEDModel(
                alphaBetaGy: $0.alphaBetaGy,
                repairHalfTime: TimeSpan(hours: $0.repairHalfTimeHours),
                effectiveHalfLife: profile.halfLife
            ).bedGy(doseGy: meanGy)
        }
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
