import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// An activity image as decays per voxel on its own grid.
struct CheckActivity: Sendable {
    /// Decays per voxel, none below zero.
    let decays: Volume<Float>
    /// Hours after administration that the image was decay-corrected for; `nil` where they do
    /// not matter.
    let hours: Double?
    /// Whether an activity in GBq was the start, not a number of decays.
    let isFromActivity: Bool
    let findings: [Finding]

    /// Calibrates an image.
    ///
    /// Half-life and energy are the physical ones of the nuclide, and all activity stays where it
    /// is.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the image does not say what its
    ///   numbers are; `DoseError`.
    init(
        _ volume: Volume<Float>, _ series: ImageSeries?, _ calibration: SecondCheck.Calibration,
        _ decay: DecayData
    ) throws {
        let profile = try ConventionProfile(physical: decay)
        var calibrated: CalibratedDecays
        var hours: Double?
        switch (calibration, series?.quantity) {
        case (.injected(let gigabecquerels), _):
            calibrated = try WholeImageCalibration(
                profile: profile, total: Activity(gigabecquerels: gigabecquerels)
            ).decays(from: CountMap(counts: volume))
        case (.asStated, nil):
            calibrated = CalibratedDecays(
                decays: TimeIntegratedActivityMap(
                    decaysPerML: volume.scaled(by: 1 / volume.geometry.voxelVolumeML)))
        case (_, .becquerelsPerML):
            let time = try Self.hours(calibration, series)
            hours = time
            calibrated = try AbsoluteCalibration(
                profile: profile, timeAfterAdministration: TimeSpan(hours: time)
            ).decays(from: ActivityMap(becquerelsPerML: volume))
        case (.hoursAfterAdministration, nil):
            throw WorkflowError.refused(
                sentence: "Hours after administration go with a series in Bq/mL; a file holds "
                    + "decays (Bq s) per voxel.")
        default:
            throw WorkflowError.refused(
                sentence: "The activity image is not in Bq/mL, so its numbers are shares only; "
                    + "give the activity in it with '--injected-gbq'.")
        }
        var decays = calibrated.decays.decaysPerML.scaled(by: volume.geometry.voxelVolumeML)
        let negative = Self.clip(&decays)
        guard decays.sum() > 0 else {
            throw WorkflowError.refused(sentence: "The activity is 0 in every voxel.")
        }
        self.decays = decays
        self.hours = hours
        isFromActivity = series != nil || calibration != .asStated
        findings = calibrated.findings + negative + Self.otherNuclide(series, decay)
    }

    private static func hours(
        _ calibration: SecondCheck.Calibration, _ series: ImageSeries?
    ) throws -> Double {
        let header = series?.radiopharmaceutical?.secondsFromInjectionToReference
        let hours: Double
        if case .hoursAfterAdministration(let given) = calibration {
            hours = given
        } else if let header {
            hours = header / 3600
        } else {
            throw WorkflowError.refused(
                sentence: "The activity image does not say how long after administration its "
                    + "values hold; give '--hours'.")
        }
        guard hours >= 0 else {
            throw WorkflowError.refused(
                sentence: "The activity image would be from before administration; check the "
                    + "clocks and give '--hours'.")
        }
        return hours
    }

    /// Engines that follow particles cannot start a negative number of them.
    private static func clip(_ decays: inout Volume<Float>) -> [Finding] {
        let before = decays.sum()
        decays.updateSlices { _, slice in
            for n in slice.indices where slice[n] < 0 { slice[n] = 0 }
        }
        let after = decays.sum()
        guard after > before else { return [] }
        return [
            Finding(
                "check.negative-activity", .warning,
                "Noise below zero was taken as no activity, which adds "
                    + String(format: "%.3g", 100 * (after - before) / after)
                    + " % to the sum of the image.")
        ]
    }

    /// How much a half-life in a header may differ; publications differ by 0.7 %.
    private static let halfLifeShare = 0.02

    private static func otherNuclide(_ series: ImageSeries?, _ decay: DecayData) -> [Finding] {
        guard let stated = series?.radiopharmaceutical?.halfLifeSeconds,
            abs(stated / decay.halfLifeSeconds - 1) > halfLifeShare
        else { return [] }
        return [
            Finding(
                "check.other-nuclide", .warning,
                "The activity image states a half-life of "
                    + String(format: "%.4g h, ", stated / 3600)
                    + "\(decay.nuclide.rawValue) has "
                    + String(format: "%.4g h.", decay.halfLifeSeconds / 3600))
        ]
    }
}
