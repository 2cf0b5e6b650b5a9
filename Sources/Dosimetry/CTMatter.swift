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
        let survey = CTSurvey(numbers, curve: curve, media: media)
        if survey.hasNonFinite, let voxel = numbers.firstIndex(where: { !$0.isFinite }) {
            throw DoseError.nonFiniteValue(atVoxel: voxel)
        }
        let air = Float(Self.airHU)
        let hu = numbers.averaged(onto: grid, outside: .nan) { numbers, clamped in
            for n in 0 ..< min(numbers.count, clamped.count) { clamped[n] = max(numbers[n], air) }
        }
        medium = Self.medium(of: hu, media)
        let table = DensityTable(curve)
        density = DensityMap(
            gramsPerML: numbers.averaged(onto: grid, outside: table(air)) { numbers, densities in
                for n in 0 ..< min(numbers.count, densities.count) {
                    densities[n] = table(numbers[n])
                }
            })
        hounsfieldUnits = hu
        findings =
            Self.findings(curve, survey, media, voxelVolumeML: numbers.geometry.voxelVolumeML)
            + curve.findings(survey.outside, of: numbers.geometry.count)
    }

    private static func medium(of hu: Volume<Float>, _ media: HounsfieldMedia) -> Volume<UInt8> {
        let indices = media.ranges.map(\.medium.index)
        let ends = media.ranges.map(\.upperHU)
        let air = media.medium(hounsfieldUnits: airHU).index
        let size = hu.geometry.shape.x * hu.geometry.shape.y
        var medium = Volume(repeating: air, geometry: hu.geometry)
        medium.updateSlices { k, slice in
            hu.withVoxels { hu in
                for n in slice.indices where !hu[k * size + n].isNaN {
                    let number = Double(hu[k * size + n])
                    var place = 0
                    while place < ends.count - 1, number >= ends[place] { place += 1 }
                    slice[n] = indices[place]
                }
            }
        }
        return medium
    }

    private static func findings(
        _ curve: HounsfieldDensityCurve, _ survey: CTSurvey, _ media: HounsfieldMedia,
        voxelVolumeML: Double
    ) -> [Finding] {
        var findings: [Finding] = []
        if curve.isGeneric {
            findings.append(
                Finding(
                    "density.generic-curve", .warning,
                    "Density comes from the generic curve \(curve.name), measured on no scanner; "
                        + "give the calibration of this one."))
        }
        if survey.metal > 0 {
            let volume = Double(survey.metal) * voxelVolumeML
            findings.append(
                Finding(
                    "ct.metal", .warning,
                    "\(survey.metal) voxels of the CT (\(volume.decimals(2)) mL) are at or above "
                        + "\(media.metalHU.decimals(0)) HU, so metal; streaks make the density "
                        + "around it wrong."))
        }
        return findings
    }
}
