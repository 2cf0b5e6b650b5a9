import DICOM
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
        profile: ConventionProfile
    ) throws {
        let lungs = regions.first(.lungs)
        ctLungMass = try lungs.flatMap { inputs.outlines[$0.name] }.map {
            try Self.mass(of: $0, in: inputs.planning.volume)
        }
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

    /// Σ (HU + 1000) / 1000 · v over the CT's own voxels, those at the border by their share.
    ///
    /// On a coarser grid a voxel at the border holds lung and chest wall in one mean, and its share
    /// carries wall into the lungs: on 6 mm by a tenth of their mass. The CT's own voxels do the
    /// same in small, r · (1 − r) · v · (ρ_wall − ρ_lung) each, because a voxel has one number and
    /// its image is as blurred as the scanner makes it; the sum of the source does not undo that.
    ///
    /// Source: Kao et al., EJNMMI Research 2014;4:33.
    private static func mass(of lungs: StructureOutline, in ct: Volume<Float>) throws -> Mass {
        let region = try lungs.region(on: ct.geometry, sliceSpacingMM: ct.geometry.spacingMM.z)
        let grams = ct.withVoxels { voxels in
            var sum = 0.0
            region.forEachVoxel { index, share in
                sum += Double(share) * max(0, Double(voxels[index]) + 1000) / 1000
            }
            return sum * region.geometry.voxelVolumeML
        }
        return Mass(grams: grams)
    }
}
