import Dosimetry
import Imaging
import Physics
import Quantities
import Testing

@Suite("Local deposition")
struct LocalDepositionTests {
    /// Float voxels carry 7 digits.
    static let float = 3e-7

    static func dose(
        megabecquerelsPerML: Double, hours: Double, profile: ConventionProfile, rho: Double
    ) async throws -> Double {
        let grid = try row(1)
        let activity = ActivityMap(
            becquerelsPerML: Volume(repeating: Float(megabecquerelsPerML * 1e6), geometry: grid))
        let calibrated = try AbsoluteCalibration(
            profile: profile, timeAfterAdministration: TimeSpan(hours: hours)
        ).decays(from: activity)
        let dose = try await LocalDepositionEngine(profile: profile).dose(
            decays: calibrated.decays, density: DensityMap(uniform: rho, geometry: grid))
        return Double(dose.grays[0, 0, 0])
    }

    @Test("a uniform medium has the dose C · A / m", arguments: ["mppg14a", "eanm2022", "ho"])
    func identity(name: String) async throws {
        let profile = try ConventionProfile.named(name)
        let dose = try await Self.dose(
            megabecquerelsPerML: 1, hours: 0, profile: profile, rho: 1.03)
        #expect(abs(dose / (profile.doseConstantGyKgPerGBq / 1.03) - 1) < Self.float)
    }

    @Test(
        "PET concentrations hours after administration give the doses of vector V26",
        arguments: [(1.0, 20.0, 58.706), (2.5, 4.0, 123.481)])
    func v26(concentration: Double, hours: Double, gray: Double) async throws {
        let dose = try await Self.dose(
            megabecquerelsPerML: concentration, hours: hours, profile: .named("eanm2022"),
            rho: 1.05)
        #expect(abs(dose - gray) < 0.0005 + gray * Self.float)  // digits printed
    }

    @Test("a negative concentration gives the negative dose of vector V9")
    func v9() async throws {
        let dose = try await Self.dose(
            megabecquerelsPerML: -0.581, hours: 0, profile: .named("eanm2022"), rho: 1)
        #expect(abs(dose - -28.9) < 0.05)  // one decimal printed
    }

    @Test("a voxel without mass is refused, and named", arguments: [0, -1, Float.nan])
    func noMass(density: Float) async throws {
        let grid = try row(4)
        var rho = Volume<Float>(repeating: 1, geometry: grid)
        rho[3, 0, 0] = density
        let decays = TimeIntegratedActivityMap(decaysPerML: Volume(repeating: 1, geometry: grid))
        let engine = LocalDepositionEngine(profile: try .named("eanm2022"))
        await #expect(throws: DoseError.nonPositiveDensity(atVoxel: 3)) {
            try await engine.dose(decays: decays, density: DensityMap(gramsPerML: rho))
        }
    }

    @Test("the density floor says how many voxels and how much energy it moved")
    func floor() throws {
        let grid = try row(4)
        let decays = TimeIntegratedActivityMap(
            decaysPerML: try Volume(voxels: [0, 10, 20, 70], geometry: grid))
        let density = DensityMap(
            gramsPerML: try Volume(voxels: [0.001, 0.001, 0.3, 1], geometry: grid))
        let (floored, findings) = try density.floored(
            atGPerML: DensityMap.gasFloorGPerML, decays: decays)
        #expect(floored.gramsPerML[1, 0, 0] == 0.1)
        #expect(floored.gramsPerML[2, 0, 0] == 0.3)
        let finding = try #require(findings.first)
        #expect(finding.code == "dose.density-floor")
        #expect(finding.sentence.hasPrefix("1 voxels"))
        #expect(finding.sentence.contains("10.00 %"))
    }

    @Test("CT numbers outside the curve are counted")
    func clamped() throws {
        let grid = try row(4)
        let image = HounsfieldMap(
            hounsfieldUnits: try Volume(voxels: [-2000, 14, 4000, -98], geometry: grid))
        let (density, findings) = try HounsfieldDensityCurve.generic.density(of: image)
        #expect(density.gramsPerML[0, 0, 0] == 0.00121)
        #expect(density.gramsPerML[1, 0, 0] == 1.03)
        #expect(density.gramsPerML[2, 0, 0] == 2.8)
        #expect(findings.map(\.code) == ["density.outside-curve"])
        #expect(findings[0].sentence.contains("1 lie below and 1 above"))
    }
}
