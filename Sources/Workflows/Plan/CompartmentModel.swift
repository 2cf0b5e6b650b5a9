import Dosimetry
import Imaging
import Physics
import Quantities
import Therapy

/// Compartment doses (partition, single) of a plan's territories from image counts and volumes.
///
/// Masses are volume times the profile's tissue density, as these models are defined.
struct CompartmentModel {
    let regions: PlanRegions
    let uptake: UptakeMap
    let profile: ConventionProfile

    /// The territory that holds most of a region, as an index in the plan's order.
    func home(of region: PlanRegions.Region) throws -> Int? {
        let shared = try regions.all(.territory).map {
            try $0.mask.intersection(region.mask).volumeML
        }
        guard let most = shared.max(), most > 0 else { return nil }
        return shared.firstIndex(of: most)
    }

    /// Amount per volume in the tumour over that in the normal tissue of its territory.
    func tumourToNormalRatio(_ tumour: PlanRegions.Region) throws -> Double? {
        guard let index = try home(of: tumour),
            let normal = regions.normal(of: regions.all(.territory)[index])
        else { return nil }
        let inTumour = uptake.amount(in: tumour.mask) / tumour.mask.volumeML
        let inNormal = uptake.amount(in: normal.mask) / normal.mask.volumeML
        guard inNormal > 0, inTumour > 0 else { return nil }
        return inTumour / inNormal
    }

    /// Refuses the partition model for a territory without normal tissue to share the activity with.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func refuseWithoutNormal() throws {
        guard let whole = regions.withoutNormal.first(where: { $0.role == .territory }) else {
            return
        }
        throw WorkflowError.refused(
            sentence: "Territory '\(whole.name)' is tumour throughout, and 'method: partition' "
                + "shares activity between tumour and normal tissue. Take 'method: single' (one "
                + "dose for the territory) or 'method: voxel', or outline a territory with its "
                + "normal tissue.")
    }

    /// Gy per injected GBq by the partition model, territory by territory.
    ///
    /// Structures that are no compartment keep `voxel`, the mean of the voxel map.
    func partition(
        _ region: PlanRegions.Region, shunts: [Double], voxel: [Double]
    ) throws -> [Double] {
        switch region.role {
        case .tumour:
            guard let index = try home(of: region), let ratio = try tumourToNormalRatio(region)
            else { return voxel }
            let normal = try normalGyPerGBq(index, shunt: shunts[index])
            return shunts.indices.map { $0 == index ? ratio * normal : 0 }
        case .perfusedNormal:
            let index = regions.territory(of: region)
            return try shunts.indices.map {
                $0 == index ? try normalGyPerGBq($0, shunt: shunts[$0]) : 0
            }
        case .normalLiver:
            let normals = regions.all(.territory).compactMap(regions.normal)
            guard normals.count == shunts.count else { return voxel }
            return try shunts.indices.map {
                try normalGyPerGBq($0, shunt: shunts[$0]) * normals[$0].mask.volumeML
                    / region.mask.volumeML
            }
        case .territory: return try single(region, shunts: shunts, voxel: voxel)
        case .liver, .lungs, .other: return voxel
        }
    }

    private func normalGyPerGBq(_ territory: Int, shunt: Double) throws -> Double {
        let tumours = try regions.all(.tumour).filter { try home(of: $0) == territory }.compactMap {
            tumour in
            try tumourToNormalRatio(tumour).map {
                PartitionModel.Tumour(
                    volumeML: tumour.mask.volumeML, tumourToNormalRatio: $0)
            }
        }
        let normalML = regions.normal(of: regions.all(.territory)[territory])?.mask.volumeML ?? 0
        guard !tumours.isEmpty else {
            let alone = try SingleCompartment(
                perfusedVolumeML: normalML, lungShuntFraction: shunt, residualFraction: 0,
                profile: profile)
            return alone.perfusedDose(try alone.activities(forVial: Self.oneGBq)).grays
        }
        let model = try PartitionModel(
            tumours: tumours, normalVolumeML: normalML, lungShuntFraction: shunt,
            residualFraction: 0, profile: profile)
        return model.doses(try model.activities(forVial: Self.oneGBq)).normal.grays
    }

    /// Gy per injected GBq when each territory takes one uniform dose, C · (1 − L) / M.
    ///
    /// A region gets it in the part of it that lies in the territory: for territories side by side
    /// Σ D · M over them is C · Σ A · (1 − L).
    func single(
        _ region: PlanRegions.Region, shunts: [Double], voxel: [Double]
    ) throws -> [Double] {
        guard region.role != .other, region.role != .lungs else { return voxel }
        let parts = zip(regions.volumesML(of: region), shunts)
        return try zip(regions.all(.territory), parts).map { territory, part in
            let model = try SingleCompartment(
                perfusedVolumeML: territory.mask.volumeML, lungShuntFraction: part.1,
                residualFraction: 0, profile: profile)
            let dose = model.perfusedDose(try model.activities(forVial: Self.oneGBq)).grays
            return dose * part.0 / region.mask.volumeML
        }
    }

    private static let oneGBq = Activity(gigabecquerels: 1)
}
