import Dosimetry
package import Imaging
import Quantities

/// The volumes of interest of one plan on its dose grid.
package struct PlanRegions: Sendable {
    package enum Role: String, Hashable, Sendable {
        case tumour
        case perfusedNormal = "perfused-normal"
        case territory
        case liver
        case normalLiver = "normal-liver"
        case lungs
        case other
    }

    package struct Region: Sendable {
        package let name: String
        package let role: Role
        /// As outlined: what takes activity, and what a volume is of.
        package let mask: RegionMask
        /// The part that counts in means and histograms of dose: all but voxels of gas.
        package let dosed: RegionMask

        init(name: String, role: Role, mask: RegionMask, dosed: RegionMask? = nil) {
            (self.name, self.role, self.mask) = (name, role, mask)
            self.dosed = dosed ?? mask
        }

        /// What its part without any tumour is called.
        var normalName: String { "Normal \(name)" }
    }

    package let grid: VolumeGeometry
    package let regions: [Region]

    /// Puts a plan's structures on `grid` and derives the normal tissues.
    ///
    /// Derived regions are named `Normal <liver's name>` and `Normal <territory's name>`: the
    /// liver and each territory without any tumour. What is tumour throughout has none.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a named structure is missing or
    ///   empty, territories overlap, or an aim or a limit names normal tissue that is not there;
    ///   ``ImagingError``.
    package init(
        spec: PlanSpec, outlines: [String: StructureOutline], grid: VolumeGeometry,
        sliceSpacingMM: Double
    ) throws {
        let outlined = try Self.outlined(spec).concurrentMap { name, role, structure in
            Region(
                name: name, role: role,
                mask: try structure.map {
                    try Self.mask($0, outlines, grid: grid, sliceSpacingMM: sliceSpacingMM)
                } ?? RegionMask(wholeOf: grid))
        }
        func all(_ role: Role) -> [Region] { outlined.filter { $0.role == role } }
        let (tumours, livers, territories) = (all(.tumour), all(.liver), all(.territory))
        let normal = try (livers + (tumours.isEmpty ? [] : territories)).concurrentMap { region in
            Region(
                name: region.normalName,
                role: region.role == .liver ? .normalLiver : .perfusedNormal,
                mask: try tumours.reduce(region.mask) { try $0.subtracting($1.mask) })
        }
        let wholes = livers + territories
        let there = normal.filter { normal in
            wholes.contains {
                $0.normalName == normal.name
                    && normal.mask.volumeML > Self.leastNormalShare * $0.mask.volumeML
            }
        }
        self.grid = grid
        regions =
            livers + there.filter { $0.role == .normalLiver } + tumours
            + there.filter { $0.role == .perfusedNormal } + territories + all(.lungs)
            + all(.other)
        try refuseOverlap()
        try refuseMissingNormal(spec)
    }

    /// Less of a structure than this share is no tissue but the rounding of its borders.
    private static let leastNormalShare = 1e-4

    /// A structure to outline: the region's name and role, and the structure, `nil` for the grid.
    private typealias Wanted = (name: String, role: Role, structure: String?)

    private static func outlined(_ spec: PlanSpec) -> [Wanted] {
        func own(_ names: [String], _ role: Role) -> [Wanted] { names.map { ($0, role, $0) } }
        let (liver, lungs) = (spec.structures.liver, spec.structures.lungs)
        return own(spec.structures.tumours, .tumour) + own([liver].compactMap(\.self), .liver)
            + spec.territories.map { ($0.name, .territory, $0.structure) }
            + own([lungs].compactMap(\.self), .lungs) + own(spec.structures.others, .other)
    }

    private static func mask(
        _ name: String, _ outlines: [String: StructureOutline], grid: VolumeGeometry,
        sliceSpacingMM: Double
    ) throws -> RegionMask {
        guard let outline = outlines[name] else {
            let known = outlines.keys.sorted().joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "The structure set has no '\(name)'; it has \(known).")
        }
        let mask = try outline.region(on: grid, sliceSpacingMM: sliceSpacingMM)
        guard mask.volumeML > 0 else {
            throw WorkflowError.refused(
                sentence: "The structure '\(name)' is empty on the dose grid.")
        }
        return mask
    }

    private init(grid: VolumeGeometry, regions: [Region]) {
        (self.grid, self.regions) = (grid, regions)
    }

    /// Returns the regions with voxels of gas carrying no dose, and what each loses.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a structure of gas alone.
    func leavingOutGas(_ density: DensityMap) throws -> (regions: PlanRegions, findings: [Finding])
    {
        var findings: [Finding] = []
        let regions = try regions.map { region in
            guard region.role != .lungs else { return region }
            let dosed = density.withoutGas(region.mask)
            let whole = region.mask.volumeML
            guard dosed.volumeML > 0 || whole == 0 else {
                throw WorkflowError.refused(
                    sentence: "The structure '\(region.name)' holds gas alone, which carries no "
                        + "dose. Leave it out of the plan, set its density with 'dose.overrides', "
                        + "or say 'dose.gas: counted'.")
            }
            // Derived regions lose what their outlines lose; a whole grid is mostly air.
            let isTold =
                ![.normalLiver, .perfusedNormal].contains(region.role)
                && region.mask.box != grid.box
            if isTold {
                findings += [
                    Finding.gasLeftOut(
                        volumeML: whole - dosed.volumeML, of: whole, subject: region.name)
                ].compactMap(\.self)
            }
            return Region(name: region.name, role: region.role, mask: region.mask, dosed: dosed)
        }
        return (PlanRegions(grid: grid, regions: regions), findings)
    }

    package func all(_ role: Role) -> [Region] { regions.filter { $0.role == role } }

    package func first(_ role: Role) -> Region? { regions.first { $0.role == role } }

    package func named(_ name: String) -> Region? { regions.first { $0.name == name } }
}

extension RegionMask {
    /// The region that holds a whole grid.
    package init(wholeOf grid: VolumeGeometry) throws {
        try self.init(
            geometry: grid, box: IndexBox(lower: [0, 0, 0], upper: grid.shape),
            coverage: [Float](repeating: 1, count: grid.count))
    }
}
