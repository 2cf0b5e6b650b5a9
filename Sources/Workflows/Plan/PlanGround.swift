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
    /// What was assumed for the density.
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
        regions = try PlanRegions(
            spec: spec, outlines: outlines, grid: grid,
            sliceSpacingMM: planning.geometry.spacingMM.z)
        anatomy = HounsfieldMap(hounsfieldUnits: planning.averaged(onto: grid, outside: -1000))
        switch spec.dose.density {
        case .fixed:
            density = try DensityMap(uniform: profile.tissueDensityGPerML, geometry: grid)
            medium = Volume(
                repeating: try Medium.named("soft-tissue").index, geometry: grid)
            findings = []
        case .ct:
            let matter = try CTMatter(
                ct: HounsfieldMap(hounsfieldUnits: planning), curve: densityCurve,
                media: .generic, onto: grid)
            (density, medium, findings) = (matter.density, matter.medium, matter.findings)
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
