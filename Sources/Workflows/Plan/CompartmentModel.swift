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
        let normals = regions.all(.perfusedNormal)
        guard let index = try home(of: tumour), index < normals.count else { return nil }
        let inTumour = uptake.amount(in: tumour.mask) / tumour.mask.volumeML
        let inNormal = uptake.amount(in: normals[index].mask) / normals[index].mask.volumeML
        guard inNormal > 0, inTumour > 0 else { return nil }
        return inTumour / inNormal
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
            let index = regions.all(.perfusedNormal).firstIndex { $0.name == region.name }
            return try shunts.indices.map {
                $0 == index ? try normalGyPerGBq($0, shunt: shunts[$0]) : 0
            }
        case .normalLiver:
            let normals = regions.all(.perfusedNormal)
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
        let normalML = regions.all(.perfusedNormal)[territory].mask.volumeML
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

    /// Gy per injected GBq when each territory takes one uniform dose.
    func single(
        _ region: PlanRegions.Region, shunts: [Double], voxel: [Double]
    ) throws -> [Double] {
        guard region.role != .other, region.role != .lungs else { return voxel }
        return try zip(regions.all(.territory), shunts).map { territory, shunt in
            let model = try SingleCompartment(
                perfusedVolumeML: territory.mask.volumeML, lungShuntFraction: shunt,
                residualFraction: 0, profile: profile)
            let dose = model.perfusedDose(try model.activities(forVial: Self.oneGBq)).grays
            return dose * (try territory.mask.intersection(region.mask).volumeML)
                / region.mask.volumeML
        }
    }

    private static let oneGBq = Activity(gigabecquerels: 1)
}
