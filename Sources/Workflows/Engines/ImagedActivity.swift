import DICOM
import Dosimetry
import Foundation
import Imaging
import Physics
import Quantities

/// What the numbers of an activity image stand for.
package enum ActivityCalibration: Hashable, Sendable {
    /// A file holds decays (Bq s) per voxel; a series holds Bq/mL at the time its header says.
    case asStated
    /// All this activity, at administration, is spread as the image is.
    case injected(gigabecquerels: Double)
    /// A series holds Bq/mL as of so many hours after administration.
    case hoursAfterAdministration(Double)
}

/// An activity image as decays per voxel on its own grid.
struct ImagedActivity: Sendable {
    /// Decays per voxel; those of noise may be negative.
    let signedDecays: Volume<Float>
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
        _ volume: Volume<Float>, _ series: ImageSeries?, _ calibration: ActivityCalibration,
        _ decay: DecayData
    ) throws {
        let profile = try ConventionProfile(physical: decay)
        // `nil` for decays per voxel as a file states them.
        var calibrated: CalibratedDecays?
        var hours: Double?
        var assumed: [Finding] = []
        switch (calibration, series?.quantity) {
        case (.injected(let gigabecquerels), _):
            calibrated = try WholeImageCalibration(
                profile: profile, total: Activity(gigabecquerels: gigabecquerels)
            ).decays(from: CountMap(counts: volume))
            assumed = [
                Self.assumed(
                    "All of \(String(format: "%.4g", gigabecquerels)) GBq was spread as the image "
                        + "shows", decay)
            ]
        case (.asStated, nil):
            break
        case (_, .becquerelsPerML):
            let time = try Self.hours(calibration, series)
            hours = time
            calibrated = try AbsoluteCalibration(
                profile: profile, timeAfterAdministration: TimeSpan(hours: time)
            ).decays(from: ActivityMap(becquerelsPerML: volume))
            let teller = calibration == .asStated ? "by its header" : "as given"
            assumed = [
                Self.assumed(
                    "The image's Bq/mL hold \(String(format: "%.4g", time)) h after administration "
                        + "(\(teller))", decay)
            ]
        case (.hoursAfterAdministration, nil):
            throw WorkflowError.refused(
                sentence: "Hours after administration go with a series in Bq/mL; a file holds "
                    + "decays (Bq s) per voxel.")
        default:
            throw WorkflowError.refused(
                sentence: "The activity image is not in Bq/mL, so its numbers are shares only; "
                    + "give the activity in it with '--injected-gbq'.")
        }
        signedDecays =
            calibrated?.decays.decaysPerML.scaled(by: volume.geometry.voxelVolumeML) ?? volume
        guard signedDecays.sum() > 0 else {
            throw WorkflowError.refused(sentence: "The activity is 0 in every voxel.")
        }
        self.hours = hours
        isFromActivity = calibrated != nil
        findings =
            assumed + (calibrated?.findings ?? []) + Self.otherNuclide(series, decay)
    }

    /// Says by which law activity became decays.
    private static func assumed(_ start: String, _ decay: DecayData) -> Finding {
        Finding(
            "activity.decays-assumed", .note,
            "\(start), and was taken to stay where it is from administration on and to decay with "
                + "the physical half-life of \(decay.nuclide.rawValue), "
                + String(format: "%.5g h: A(0) T/ln 2 decays.", decay.halfLifeSeconds / 3600))
    }

    private static func hours(
        _ calibration: ActivityCalibration, _ series: ImageSeries?
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

    /// Takes negative amounts as none: no engine can start a negative number of particles.
    ///
    /// - Returns: By how much the sum rose, where it did.
    static func clip(_ decays: inout Volume<Float>) -> [Finding] {
        let before = decays.sum()
        decays.updateSlices { _, slice in
            for n in slice.indices where slice[n] < 0 { slice[n] = 0 }
        }
        let after = decays.sum()
        guard after > before else { return [] }
        return [
            Finding(
                "activity.negative-values", .warning,
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
                "activity.other-nuclide", .warning,
                "The activity image states a half-life of "
                    + String(format: "%.4g h, ", stated / 3600)
                    + "\(decay.nuclide.rawValue) has "
                    + String(format: "%.4g h.", decay.halfLifeSeconds / 3600))
        ]
    }
}
