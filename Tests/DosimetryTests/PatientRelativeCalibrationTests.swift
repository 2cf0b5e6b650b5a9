import Dosimetry
import Imaging
import Physics
import Quantities
import Testing

@Suite("Patient-relative calibration")
struct PatientRelativeCalibrationTests {
    static func territory(
        _ range: Range<Int>, of grid: VolumeGeometry, gigabecquerels: Double, shunt: Double
    ) throws -> InjectedTerritory {
        try InjectedTerritory(
            name: "T\(range.lowerBound)", region: region(range, of: grid),
            injected: Activity(gigabecquerels: gigabecquerels), lungShuntFraction: shunt)
    }

    @Test("counts and an injected activity give the doses of vector V25")
    func v25() async throws {
        let grid = try row(4)
        let profile = try ConventionProfile.named("eanm2022")
        let counts = CountMap(counts: try Volume(voxels: [10, 30, 50, 10], geometry: grid))
        let calibrated = try PatientRelativeCalibration(
            profile: profile,
            territories: [Self.territory(0 ..< 4, of: grid, gigabecquerels: 1, shunt: 0.05)]
        ).decays(from: counts)
        let dose = try await LocalDepositionEngine(profile: profile).dose(
            decays: calibrated.decays, density: DensityMap(uniform: 1.05, geometry: grid))
        for (i, gray) in [70218.0, 210654.0, 351090.0, 70218.0].enumerated() {
            #expect(abs(Double(dose.grays[i, 0, 0]) - gray) < 0.5)  // one unit printed
        }
        let massKg = grid.voxelVolumeML * 1.05 / 1000
        #expect(abs(dose.grays.sum() * massKg / (49.67 * 0.95) - 1) < 1e-6)
        #expect(calibrated.findings.map(\.code) == ["dose.lungs-not-in-image"])
    }

    @Test("each territory keeps its activity and the lungs get every shunt")
    func territories() throws {
        let grid = try row(6)
        let profile = try ConventionProfile.named("eanm2022")
        let calibration = try PatientRelativeCalibration(
            profile: profile,
            territories: [
                Self.territory(0 ..< 2, of: grid, gigabecquerels: 1, shunt: 0.1),
                Self.territory(2 ..< 4, of: grid, gigabecquerels: 2, shunt: 0.2),
            ], lungs: region(4 ..< 6, of: grid))
        let calibrated = try calibration.decays(
            from: CountMap(counts: try Volume(voxels: [1, 3, 7, 7, 5, -1], geometry: grid)))
        let toGBq = grid.voxelVolumeML / profile.decays(of: Activity(gigabecquerels: 1))
        let activity = (0 ..< 6).map { Double(calibrated.decays.decaysPerML[$0, 0, 0]) * toGBq }
        for (found, expected) in zip(activity, [0.225, 0.675, 0.8, 0.8, 0.5, 0]) {
            #expect(abs(found - expected) < 1e-6)  // Float voxels
        }
        #expect(calibrated.findings.map(\.code) == ["dose.negative-counts"])
        // 1 of 23 counts.
        #expect(calibrated.findings[0].severity == .warning)
        #expect(calibrated.findings[0].sentence.contains(" 4.35 %"))
    }

    @Test("overlapping territories are refused, or split with a finding")
    func overlap() throws {
        let grid = try row(3)
        let profile = try ConventionProfile.named("eanm2022")
        let pair = [
            try Self.territory(0 ..< 2, of: grid, gigabecquerels: 1, shunt: 0),
            try Self.territory(1 ..< 3, of: grid, gigabecquerels: 1, shunt: 0),
        ]
        #expect(
            throws: DoseError.overlappingTerritories(
                names: ["T0", "T1"], sharedML: grid.voxelVolumeML)
        ) { try PatientRelativeCalibration(profile: profile, territories: pair) }
        let calibrated = try PatientRelativeCalibration(
            profile: profile, territories: pair, overlap: .split
        ).decays(from: CountMap(counts: Volume(repeating: 1, geometry: grid)))
        #expect(calibrated.findings.map(\.code) == ["dose.territories-overlap"])
        let total = calibrated.total / profile.decays(of: Activity(gigabecquerels: 1))
        #expect(abs(total - 2) < 1e-6)  // Float voxels
    }

    @Test("a territory with activity and no counts is refused")
    func noCounts() throws {
        let grid = try row(2)
        let calibration = try PatientRelativeCalibration(
            profile: .named("eanm2022"),
            territories: [Self.territory(0 ..< 1, of: grid, gigabecquerels: 1, shunt: 0)])
        #expect(throws: DoseError.noCounts(region: "T0")) {
            try calibration.decays(
                from: CountMap(counts: try Volume(voxels: [0, 5], geometry: grid)))
        }
    }

    @Test("counts outside every region are reported")
    func outside() throws {
        let grid = try row(2)
        let calibrated = try PatientRelativeCalibration(
            profile: .named("eanm2022"),
            territories: [Self.territory(0 ..< 1, of: grid, gigabecquerels: 1, shunt: 0)]
        ).decays(from: CountMap(counts: try Volume(voxels: [5, 5], geometry: grid)))
        #expect(calibrated.findings.map(\.code) == ["dose.counts-outside-regions"])
        #expect(calibrated.decays.decaysPerML[1, 0, 0] == 0)
    }

    @Test("a whole image holds exactly the activity it is given")
    func wholeImage() throws {
        let grid = try row(3)
        let profile = try ConventionProfile.named("ho")
        let calibrated = try WholeImageCalibration(
            profile: profile, total: Activity(gigabecquerels: 3)
        ).decays(from: CountMap(counts: try Volume(voxels: [1, -2, 3], geometry: grid)))
        let total = calibrated.total / profile.decays(of: Activity(gigabecquerels: 1))
        #expect(abs(total - 3) < 1e-6)  // Float voxels
        #expect(calibrated.findings.map(\.code) == ["dose.negative-counts"])
        // Noise keeps its sign: counts of 1, -2 and 3 share as they are.
        let decays = calibrated.decays.decaysPerML
        #expect(abs(decays[1, 0, 0] / decays[0, 0, 0] + 2) < 1e-6)
    }
}
