import Imaging
import Physics
import Quantities
import Therapy

/// What a person should look at in a plan: guard rails on volumes, counts, shunt and doses.
struct PlanGuards {
    let spec: PlanSpec
    let inputs: PlanInputs
    let regions: PlanRegions
    let uptake: UptakeMap
    let doses: StructureDoses
    let activities: PlannedActivities
    let shunt: PlannedLungShunt
    let constants: PlanConstants
    let profile: ConventionProfile

    func findings() throws -> [Finding] {
        let rails = try GuardRails()
        let device = spec.device.therapyDevice
        return inputs.registration.findings + volumes(rails) + (try recovery())
            + (try patient(device))
            + uptake.findings(regions, rails: rails) + otherOrgans(rails)
            + structureDoses(rails, device: device)
            + rails.check(
                .lungShuntFraction, shunt.record.used.fraction, device: device, subject: "lungs")
            + rails.check(
                .lungDoseGy, activities.lungDose.grays, device: device, subject: "lungs")
            + rails.check(
                .cumulativeLungDoseGy,
                (activities.lungDose + activities.lungLimit.earlier).grays, device: device,
                subject: "lungs")
            + (shunt.visibleLungShare.map { rails.check(.lungShareInView, $0, subject: "lungs") }
                ?? [])
    }

    private func volumes(_ rails: GuardRails) -> [Finding] {
        var findings: [Finding] = []
        for region in regions.regions {
            let quantity: GuardRails.Quantity? =
                switch region.role {
                case .liver: .liverVolumeML
                case .territory: .perfusedVolumeML
                case .tumour: .tumourVolumeML
                case .lungs: .lungVolumeML
                case .normalLiver, .perfusedNormal, .other: nil
                }
            findings +=
                quantity.map {
                    rails.check($0, region.mask.volumeML, subject: region.name)
                } ?? []
        }
        if let liver = regions.first(.liver) {
            let tumourML = regions.all(.tumour).reduce(0) { $0 + $1.mask.volumeML }
            findings += rails.check(
                .tumourBurdenFraction, tumourML / liver.mask.volumeML, subject: liver.name)
        }
        return findings
    }

    /// Tumours that the emission image is too blurred for.
    private func recovery() throws -> [Finding] {
        let key = inputs.activity.modality == "PT" ? "ptMM" : "nmMM"
        let typed = spec.images.activityResolutionMM
        let resolutionMM = try typed ?? constants.value("emission-resolution", key)
        return try regions.all(.tumour).flatMap {
            try SphereRecovery(volumeML: $0.mask.volumeML, resolutionMM: resolutionMM).findings(
                of: $0.name, isMeasured: typed != nil, constants: constants)
        }
    }

    private func patient(_ device: SIRTDevice) throws -> [Finding] {
        var derived = PatientFacts()
        if let liver = regions.first(.liver) {
            try derived.set(.liverVolumeML, liver.mask.volumeML)
            let treatedML = try regions.all(.territory).reduce(0) {
                $0 + (try $1.mask.intersection(liver.mask).volumeML)
            }
            try derived.set(.treatedLiverShare, treatedML / liver.mask.volumeML)
        }
        return try PatientGates().findings(spec.patient, derived: derived, device: device)
    }

    /// Activity that the image shows in organs which the plan only spares: no territory accounts for
    /// it, so no dose map holds it.
    ///
    /// The dose is C · A · n / (N · m) with n of the image's N counts, all of A staying there.
    private func otherOrgans(_ rails: GuardRails) -> [Finding] {
        guard uptake.imageTotal > 0 else { return [] }
        let injected = Activity(gigabecquerels: activities.injectedGBq.reduce(0, +))
        return regions.all(.other).flatMap { region -> [Finding] in
            let share = max(0, uptake.amount(in: region.mask)) / uptake.imageTotal
            let own = profile.meanDose(
                of: share * injected, in: profile.tissueMass(volumeML: region.mask.volumeML)
            ).grays
            return rails.check(.ownActivityDoseGy, own, subject: region.name)
                + ownActivityLimits(region.name, ownGy: own)
        }
    }

    /// Limits on means that would not hold with the organ's own activity.
    private func ownActivityLimits(_ name: String, ownGy: Double) -> [Finding] {
        let crossfireGy = doses.entries.first { $0.region.name == name }.map {
            zip($0.methodGyPerGBq, activities.injectedGBq).map(*).reduce(0, +)
        }
        return spec.limits.compactMap { limit in
            guard limit.structure == name, case .meanDoseGy(let most, _) = limit.value,
                let crossfireGy, crossfireGy <= most, crossfireGy + ownGy > most
            else { return nil }
            return Finding(
                "limit.own-activity", .error,
                "With the activity that the image shows in it, it would get \(Figures.gy(crossfireGy + ownGy)) Gy, above its limit of \(Figures.gy(most)) Gy: the limit is held against the dose from the territories alone.",
                subject: name)
        }
    }

    private func structureDoses(_ rails: GuardRails, device: SIRTDevice) -> [Finding] {
        doses.entries.flatMap { entry -> [Finding] in
            let mean = zip(entry.methodGyPerGBq, activities.injectedGBq).map(*).reduce(0, +)
            let name = entry.region.name
            switch entry.region.role {
            case .tumour:
                return rails.check(.tumourDoseGy, mean, device: device, subject: name)
                    + (entry.tumourToNormalRatio.map {
                        rails.check(.tumourToNormalRatio, $0, subject: name)
                    } ?? [])
            case .normalLiver, .perfusedNormal:
                return rails.check(.normalDoseGy, mean, device: device, subject: name)
            case .liver, .territory, .lungs, .other: return []
            }
        }
    }
}

extension UptakeMap {
    /// Where an emission image shows activity that no territory accounts for.
    func findings(_ regions: PlanRegions, rails: GuardRails) -> [Finding] {
        guard let liver = regions.first(.liver), let lungs = regions.first(.lungs),
            imageTotal > 0
        else { return [] }
        let inLiver = amount(in: liver.mask)
        let inLungs = amount(in: lungs.mask)
        let inTerritories = regions.all(.territory).reduce(0) { $0 + amount(in: $1.mask) }
        return rails.check(
            .countsOutsideLiverAndLungsFraction, 1 - (inLiver + inLungs) / imageTotal,
            subject: "activity")
            + (inLiver > 0
                ? rails.check(
                    .liverCountsOutsideTerritoryFraction, 1 - inTerritories / inLiver,
                    subject: "activity") : [])
    }
}
