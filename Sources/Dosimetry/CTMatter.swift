public import Imaging
public import Physics
public import Quantities

/// What a CT says of the matter on the grid of an activity map.
public struct CTMatter: Sendable {
    /// Mean density over each voxel; that of the curve at -1000 HU where the CT has nothing.
    public var density: DensityMap
    /// Index of each voxel's medium, as ``Medium/index``; that of -1000 HU outside the CT.
    public var medium: Volume<UInt8>
    /// Mean CT number over each voxel; NaN where the CT has nothing.
    public let hounsfieldUnits: Volume<Float>
    /// What was assumed.
    public let findings: [Finding]

    /// The CT number of air.
    ///
    /// Scanners pad outside the field of view below it.
    private static let airHU = -1000.0

    /// Brings a CT onto a grid.
    ///
    /// Density is taken from each CT voxel and then averaged by volume; a voxel's medium is that
    /// of its mean CT number, with numbers below -1000 HU taken as -1000. So a voxel half lung,
    /// half liver has exactly the mass of both halves, and the composition of lung or adipose
    /// tissue, which differs from soft tissue by 1 to 2 % in stopping power.
    ///
    /// - Parameters:
    ///   - image: The CT, in the frame of the grid.
    ///   - curve: CT number to density.
    ///   - media: CT number to medium.
    ///   - grid: Where density and media are wanted.
    /// - Throws: ``DoseError/nonFiniteValue(atVoxel:)`` for a CT number that is none.
    public init(
        ct image: HounsfieldMap, curve: HounsfieldDensityCurve, media: HounsfieldMedia,
        onto grid: VolumeGeometry
    ) throws {
        let numbers = image.hounsfieldUnits
        if let voxel = numbers.firstIndex(where: { !$0.isFinite }) {
            throw DoseError.nonFiniteValue(atVoxel: voxel)
        }
        let (fine, outsideCurve) = curve.density(of: image)
        var clamped = numbers
        clamped.updateSlices { _, slice in
            for n in slice.indices { slice[n] = max(slice[n], Float(Self.airHU)) }
        }
        let hu = clamped.averaged(onto: grid, outside: .nan)
        let indices = media.ranges.map(\.medium.index)
        let air = media.medium(hounsfieldUnits: Self.airHU).index
        let assigned: [UInt8] = hu.withVoxels { hu in
            hu.indices.map { hu[$0].isNaN ? air : indices[media.place(of: Double(hu[$0]))] }
        }
        let airDensity = Float(curve.gramsPerML(hounsfieldUnits: Self.airHU))
        density = DensityMap(
            gramsPerML: fine.gramsPerML.averaged(onto: grid, outside: airDensity))
        medium = try Volume(voxels: assigned, geometry: grid)
        hounsfieldUnits = hu
        findings = Self.findings(curve, numbers, media) + outsideCurve
    }

    private static func findings(
        _ curve: HounsfieldDensityCurve, _ numbers: Volume<Float>, _ media: HounsfieldMedia
    ) -> [Finding] {
        var findings: [Finding] = []
        if curve.isGeneric {
            findings.append(
                Finding(
                    "density.generic-curve", .warning,
                    "Density comes from the generic curve \(curve.name), measured on no scanner; "
                        + "give the calibration of this one."))
        }
        var metal = 0
        numbers.withVoxels { voxels in
            for n in voxels.indices where Double(voxels[n]) >= media.metalHU { metal += 1 }
        }
        if metal > 0 {
            let volume = Double(metal) * numbers.geometry.voxelVolumeML
            findings.append(
                Finding(
                    "ct.metal", .warning,
                    "\(metal) voxels of the CT (\(volume.decimals(2)) mL) are at or above "
                        + "\(media.metalHU.decimals(0)) HU, so metal; streaks make the density "
                        + "around it wrong."))
        }
        return findings
    }
}
