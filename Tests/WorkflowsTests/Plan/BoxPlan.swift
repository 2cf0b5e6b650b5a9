import DICOM
import Imaging
import Physics
import Quantities
import Workflows

/// A plan over boxes on one grid, so that volumes and doses have closed forms.
///
/// Liver 24 × 24 × 24 voxels of 4 mm, cut at column 24 into `Right` (16 columns) and `Left` (8);
/// a tumour of 6 × 6 × 6 voxels in the right with four times the uptake of the liver.
enum BoxPlan {
    static let voxelML = 0.064
    static let tumourML = 216 * voxelML
    static let liverML = 13_824 * voxelML
    static let rightML = 9_216 * voxelML
    static let ratio = 4.0

    /// Voxels of the structure `Stomach`, 8 mm off the liver.
    static let stomachVoxels = 125
    static let stomachML = Double(stomachVoxels) * voxelML
    /// Counts of liver and tumour together.
    static let liverCounts = 13_824 + 3 * 216.0

    /// Computes a plan; the CT shows air in the box `gas`, the emission image so many counts in each
    /// voxel of the stomach.
    static func run(
        _ yaml: String, gas: IndexBox? = nil, stomachCounts: Float = 0
    ) async throws -> PlanResult {
        let grid = try VolumeGeometry(
            shape: Vector3(40, 40, 40), spacingMM: Vector3(4, 4, 4), originMM: Vector3(0, 0, 0),
            axes: .identity)
        let liver = IndexBox(lower: Vector3(8, 8, 8), upper: Vector3(32, 32, 32))
        let right = IndexBox(lower: Vector3(8, 8, 8), upper: Vector3(24, 32, 32))
        let left = IndexBox(lower: Vector3(24, 8, 8), upper: Vector3(32, 32, 32))
        let tumour = IndexBox(lower: Vector3(12, 16, 16), upper: Vector3(18, 22, 22))
        var counts = [Float](repeating: 0, count: grid.count)
        let stomach = IndexBox(lower: Vector3(34, 10, 10), upper: Vector3(39, 15, 15))
        for (box, value) in [
            (liver, Float(1)), (tumour, Float(ratio)), (stomach, stomachCounts),
        ] {
            for k in box.lower.z ..< box.upper.z {
                for j in box.lower.y ..< box.upper.y {
                    for i in box.lower.x ..< box.upper.x { counts[i + 40 * (j + 40 * k)] = value }
                }
            }
        }
        var ct = Volume<Float>(repeating: 0, geometry: grid)
        if let gas {
            for k in gas.lower.z ..< gas.upper.z {
                for j in gas.lower.y ..< gas.upper.y {
                    for i in gas.lower.x ..< gas.upper.x { ct[i, j, k] = -1000 }
                }
            }
        }
        func mask(_ box: IndexBox) throws -> StructureOutline {
            .mask(
                try RegionMask(
                    geometry: grid, box: box,
                    coverage: [Float](repeating: 1, count: box.count)))
        }
        // The left, and 1 × 6 × 7 voxels of the right's last column.
        let reach = IndexBox(lower: Vector3(23, 8, 8), upper: Vector3(32, 32, 32))
        var wide: [Float] = []
        for k in 0 ..< 24 {
            for j in 0 ..< 24 {
                for i in 0 ..< 9 { wide.append(i > 0 || (j < 6 && k < 7) ? 1 : 0) }
            }
        }
        let outlines = try [
            "Wide left": .mask(RegionMask(geometry: grid, box: reach, coverage: wide)),
            "Liver": mask(liver), "Right": mask(right), "Left": mask(left),
            "Tumour": mask(tumour), "Stomach": mask(stomach),
        ]
        let planning = ImageSeries(
            modality: "CT", seriesInstanceUID: "2.25.1", frameOfReferenceUID: "2.25.2",
            quantity: .hounsfieldUnits, volume: ct,
            radiopharmaceutical: nil, findings: [])
        let inputs = PlanInputs(
            planning: planning,
            activity: EmissionImage(
                volume: try Volume(voxels: counts, geometry: grid), isConcentration: false,
                quantisationStep: nil, modality: "NM"),
            outlines: outlines,
            registration: AcceptedRegistration(
                kind: .identity, transform: .identity, spreadMM: nil, acceptedBy: "test"),
            densityCurve: try .generic, planarShuntFraction: nil, sources: [], findings: [])
        return try await PlanComputation(spec: try PlanSpec(yaml: yaml), inputs: inputs).run()
    }

    /// A plan file; later lines come from the test.
    static func yaml(
        device: String = "glass", profile: String = "eanm2022", shunt: Double = 0.05,
        residual: Double = 0, images: String = "",
        territories: String = "[{name: all, structure: Liver, injectedActivityGBq: 2}]",
        dose: String = "density: fixed", others: String = "", more: String = ""
    ) -> String {
        """
        name: boxes
        device: \(device)
        profile: \(profile)
        evidence: {basis: closed form, recordedBy: test}
        images: {planning: none, activity: none\(images)}
        structures: {from: none, liver: Liver, tumours: [Tumour], others: [\(others)]}
        territories: \(territories)
        lungShunt: {use: typed, fraction: \(shunt)}
        residualFraction: \(residual)
        dose: {gridSpacingMM: ct, \(dose)}
        \(more)
        """
    }

    /// Gy of normal liver per GBq injected into the whole liver at a shunt: C (1 − L) / (M_N + r M_T).
    static func normalGyPerGBq(shunt: Double, profile: ConventionProfile) -> Double {
        let gramsPerML = profile.tissueDensityGPerML
        let massKg = gramsPerML * (liverML - tumourML + ratio * tumourML) / 1000
        return profile.doseConstantGyKgPerGBq * (1 - shunt) / massKg
    }
}
