import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows

/// What an activity image is taken to hold.
@Suite("Imaged activity")
struct ImagedActivityTests {
    /// Eight voxels of 1 MBq/mL in the middle of a row, noise of both signs at its ends.
    private static func volume(noise: [Float] = [0, 0]) throws -> Volume<Float> {
        let row = [noise[0]] + [Float](repeating: 1e6, count: 8) + [noise[1]]
        return try Volume(
            voxels: row, geometry: VolumeGeometry(shape: [10, 1, 1], spacingMM: [5, 5, 5]))
    }

    private static func series(
        _ volume: Volume<Float>, header hours: Double? = 20, halfLifeHours: Double? = 64.1,
        correction: String? = "START"
    ) -> ImageSeries {
        ImageSeries(
            modality: "PT", seriesInstanceUID: "2.25.1", frameOfReferenceUID: nil,
            quantity: .becquerelsPerML, volume: volume,
            radiopharmaceutical: Radiopharmaceutical(
                nuclide: nil, injectedBecquerels: nil,
                halfLifeSeconds: halfLifeHours.map { $0 * 3600 },
                secondsFromInjectionToReference: hours.map { $0 * 3600 },
                decayCorrection: correction, patientWeightKg: nil), findings: [])
    }

    private static func imaged(
        _ series: ImageSeries, within ct: VolumeGeometry? = nil,
        _ calibration: ActivityCalibration = .asStated
    ) throws -> ImagedActivity {
        try ImagedActivity(series.volume, series, within: ct, calibration, DecayData(.y90))
    }

    /// Law of decay: A 2^(t/T) T / ln 2 decays, of the signed sum.
    @Test("noise below zero keeps its sign, so that the decays are those of the sum")
    func signed() throws {
        let volume = try Self.volume(noise: [-2e6, 1e6])
        let halfLife = try DecayData(.y90).halfLifeSeconds
        let imaged = try Self.imaged(Self.series(volume))
        let expected = 7e6 * 0.125 * exp2(20 * 3600 / halfLife) * halfLife / log(2)
        // Single precision of voxels.
        #expect(abs(imaged.signedDecays.sum() / expected - 1) < 1e-6)
        #expect(imaged.signedDecays[0, 0, 0] < 0)
        #expect(!imaged.findings.contains { $0.severity != .note })
    }

    /// Closed form: 2 GBq in eight voxels that the CT shows, whatever lies beyond.
    @Test("an injected activity is spread over what the CT shows")
    func injected() throws {
        let ct = try VolumeGeometry(
            shape: [8, 1, 1], spacingMM: [5, 5, 5], originMM: Vector3(5, 0, 0))
        let halfLife = try DecayData(.y90).halfLifeSeconds
        let volume = try Self.volume(noise: [-3e6, 3.04e6])
        let imaged = try Self.imaged(
            Self.series(volume), within: ct, .injected(gigabecquerels: 2))
        for i in 1 ..< 9 {
            let expected = 2e9 * halfLife / log(2) / 8
            #expect(abs(Double(imaged.signedDecays[i, 0, 0]) / expected - 1) < 1e-6)
        }
        #expect(imaged.signedDecays[0, 0, 0] == 0 && imaged.signedDecays[9, 0, 0] == 0)
        #expect(abs(imaged.shareOutsideCT - 0.04 / 8.04) < 1e-6)
    }

    @Test("activity outside the CT, and noise alone, are refused")
    func refused() throws {
        let ct = try VolumeGeometry(shape: [9, 1, 1], spacingMM: [5, 5, 5])
        func refusal(_ noise: [Float]) throws -> String {
            let series = Self.series(try Self.volume(noise: noise))
            do {
                _ = try Self.imaged(series, within: ct)
                return ""
            } catch { return "\(error)" }
        }
        #expect(try refusal([0, 1e6]).contains("of the activity lie outside the CT"))
        #expect(try refusal([-9e6, 0]).contains("noise alone"))
        #expect(try refusal([-1e6, 0.01e6]).isEmpty)
    }

    @Test("an image that does not state its decay correction is refused without hours")
    func unstated() throws {
        let series = Self.series(try Self.volume(), header: nil, correction: nil)
        #expect {
            try Self.imaged(series)
        } throws: { error in
            "\(error)".contains("corrected for decay") && "\(error)".contains("'--hours'")
        }
        #expect(try Self.imaged(series, .hoursAfterAdministration(2)).hours == 2)
    }

    @Test("half-life and hours are watched as in delivered doses")
    func rails() throws {
        let volume = try Self.volume()
        func severities(
            _ series: ImageSeries, _ calibration: ActivityCalibration = .asStated
        ) throws -> [String: String] {
            try Self.imaged(series, calibration).findings.reduce(into: [:]) {
                $0[$1.code] = $1.severity.rawValue
            }
        }
        let off = try severities(Self.series(volume, halfLifeHours: 65))
        #expect(off["image.half-life-mismatch"] == "error")
        let odd = try severities(Self.series(volume, halfLifeHours: 64.5))
        #expect(odd["image.half-life-unusual"] == "warning")
        let typed = try severities(Self.series(volume), .hoursAfterAdministration(19))
        #expect(typed["times.injection-differs"] == "warning")
        let zero = try severities(Self.series(volume, header: 0))
        #expect(zero["pet.no-time-since-treatment"] == "warning")
        // Spread by shares, the half-life of a stand-in changes no dose.
        let spread = try severities(
            Self.series(volume, halfLifeHours: 6), .injected(gigabecquerels: 1))
        #expect(spread["activity.other-nuclide"] == "warning")
        #expect(spread["image.half-life-mismatch"] == nil)
    }
}
