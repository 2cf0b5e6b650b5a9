import Dosimetry
package import Imaging
package import Physics
package import Quantities

/// What a plan's doses are computed on: structures, CT and density on its dose grid.
///
/// Planned and delivered doses stand on the same ground, so they can be compared voxel by voxel.
package struct PlanGround: Sendable {
    package let regions: PlanRegions
    /// The planning CT on the dose grid.
    package let anatomy: HounsfieldMap
    package let density: DensityMap
    /// Index of each voxel's medium, as `Medium.index`.
    let medium: Volume<UInt8>
    /// What was found of the structures and assumed for the density.
    package let findings: [Finding]

    package var grid: VolumeGeometry { regions.grid }

    /// Puts a plan's CT and structures on its dose grid.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a named structure is missing or
    ///   empty, or territories overlap; ``ImagingError``, ``DoseError``.
    package init(
        spec: PlanSpec, planning: Volume<Float>, outlines: [String: StructureOutline],
        densityCurve: HounsfieldDensityCurve, profile: ConventionProfile
    ) throws {
        let grid = try Self.grid(spec: spec, ct: planning.geometry, outlines: outlines)
        let outlined = try PlanRegions(
            spec: spec, outlines: outlines, grid: grid,
            sliceSpacingMM: planning.geometry.spacingMM.z)
        anatomy = HounsfieldMap(hounsfieldUnits: planning.averaged(onto: grid, outside: -1000))
        switch spec.dose.density {
        case .fixed:
            density = try DensityMap(uniform: profile.tissueDensityGPerML, geometry: grid)
            medium = Volume(
                repeating: try Medium.named("soft-tissue").index, geometry: grid)
            (regions, findings) = (outlined, outlined.findings)
        case .ct:
            var matter = try CTMatter(
                ct: HounsfieldMap(hounsfieldUnits: planning), curve: densityCurve,
                media: .generic, onto: grid)
            var overridden: [Finding] = []
            for choice in spec.dose.overrides {
                overridden.append(try matter.override(choice, in: outlined))
            }
            (density, medium) = (matter.density, matter.medium)
            var gas: [Finding] = []
            switch spec.dose.gas {
            case .counted: regions = outlined
            case .leftOut: (regions, gas) = try outlined.leavingOutGas(matter.density)
            }
            findings = outlined.findings + matter.findings + overridden + gas
        }
    }

    private static func grid(
        spec: PlanSpec, ct: VolumeGeometry, outlines: [String: StructureOutline]
    ) throws -> VolumeGeometry {
        switch spec.dose.grid {
        case .planningCT: return ct
        case .spacingMM(let spacing):
            let names =
                [spec.structures.liver, spec.structures.lungs].compactMap(\.self)
                + spec.structures.tumours + spec.structures.others
                + spec.territories.compactMap(\.structure)
            let corners = names.flatMap { outlines[$0]?.cornersMM ?? [] }
            return try PlanningGrid.covering(corners, of: ct, spacingMM: spacing)
        }
    }
}

extension CTMatter {
    /// Sets the matter of a structure; voxels on its border take their share.
    ///
    /// - Returns: What was set.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the plan names no such structure.
    fileprivate mutating func override(
        _ choice: PlanSpec.DoseChoice.MatterChoice, in regions: PlanRegions
    ) throws -> Finding {
        guard let region = regions.named(choice.structure) else {
            throw WorkflowError.refused(
                sentence: "'dose.overrides' names '\(choice.structure)', which the plan does not; "
                    + "it has \(regions.regions.map(\.name).joined(separator: ", ")).")
        }
        var densities = density.gramsPerML.voxels
        var media = medium.voxels
        let index = try choice.medium.map { try Medium.named($0).index }
        region.mask.forEachVoxel { voxel, share in
            let part = min(1, share)
            densities[voxel] += part * (Float(choice.densityGPerML) - densities[voxel])
            if let index, part > 0.5 { media[voxel] = index }
        }
        density = DensityMap(
            gramsPerML: try Volume(voxels: densities, geometry: regions.grid))
        medium = try Volume(voxels: media, geometry: regions.grid)
        return Finding(
            "density.override", .note,
            "The density of '\(choice.structure)' was set to \(choice.densityGPerML) g/mL"
                + (choice.medium.map { ", its medium to \($0)" } ?? "") + ".",
            subject: choice.structure)
    }
}
