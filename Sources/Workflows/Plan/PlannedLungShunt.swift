import Imaging
import Physics
import Quantities
import Therapy

/// The lung shunts a plan knows, the one it uses, and the lung mass its lung dose rests on.
struct PlannedLungShunt {
    let record: LungShuntRecord
    let visibleLungShare: Double?
    let lungMass: Mass
    let lungMassSource: String
    let ctLungMass: Mass?

    init(
        spec: PlanSpec, inputs: PlanInputs, regions: PlanRegions, uptake: UptakeMap,
        anatomy: HounsfieldMap, profile: ConventionProfile
    ) throws {
        let lungs = regions.first(.lungs)
        ctLungMass = lungs.map { Self.mass(of: $0.mask, in: anatomy) }
        switch spec.lungShunt.lungMass {
        case .convention:
            lungMass = profile.lungMass
            lungMassSource = "profile \(profile.name)"
        case .ct:
            guard let ctLungMass, ctLungMass > .zero else {
                throw WorkflowError.refused(
                    sentence: "'lungShunt.lungMass: ct' needs outlined lungs inside the CT.")
            }
            lungMass = ctLungMass
            lungMassSource = "CT numbers over \(lungs?.name ?? "the lungs")"
        }
        var spect: Double?
        var visible: Double?
        if let lungs, let liver = regions.first(.liver), let whole = ctLungMass {
            let lungsOnly = try lungs.mask.subtracting(liver.mask)
            let share = uptake.visibleShare(of: lungsOnly)
            visible = share
            let liverAmount = uptake.amount(in: liver.mask)
            if share > 0, liverAmount > 0 {
                spect = try TomographicLungShunt(
                    lungCounts: max(0, uptake.amount(in: lungsOnly)), liverCounts: liverAmount,
                    visibleLungMass: share * whole, lungMass: whole
                ).lungShuntFraction
            }
        }
        visibleLungShare = visible
        let method = LungShuntRecord.Method(rawValue: spec.lungShunt.use.rawValue) ?? .typed
        if method == .spect, spect == nil {
            throw WorkflowError.refused(
                sentence:
                    "'lungShunt.use: spect' needs outlined lungs and liver that the activity image shows."
            )
        }
        record = try LungShuntRecord(
            typed: spec.lungShunt.typedFraction, planar: inputs.planarShuntFraction, spect: spect,
            use: method)
    }

    /// Σ (HU + 1000) / 1000 · v, in grams per millilitre of voxel.
    ///
    /// Source: Kao et al., EJNMMI Research 2014;4:33.
    private static func mass(of lungs: RegionMask, in anatomy: HounsfieldMap) -> Mass {
        let grams = anatomy.hounsfieldUnits.withVoxels { voxels in
            var sum = 0.0
            lungs.forEachVoxel { index, share in
                sum += Double(share) * max(0, Double(voxels[index]) + 1000) / 1000
            }
            return sum * lungs.geometry.voxelVolumeML
        }
        return Mass(grams: grams)
    }
}
