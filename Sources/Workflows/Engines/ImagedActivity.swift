package import DICOM
import Dosimetry
import Foundation
package import Imaging
package import Physics
package import Quantities
import Therapy

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
package struct ImagedActivity: Sendable {
    /// Decays per voxel; those of noise may be negative.
    ///
    /// None where no CT shows matter.
    package let signedDecays: Volume<Float>
    /// The share of all activity that lay outside the CT and was left out; noise may make it
    /// negative.
    package let shareOutsideCT: Double
    /// Hours after administration that the image was decay-corrected for; `nil` where they do
    /// not matter.
    package let hours: Double?
    /// Whether an activity in GBq was the start, not a number of decays.
    package let isFromActivity: Bool
    package let findings: [Finding]

    /// More of the activity than this must not lie where no matter is known.
    static let outsideShare = 0.01

    /// Calibrates an image.
    ///
    /// Half-life and energy are the physical ones of the nuclide, and all activity stays where it
    /// is. What lies outside the CT is left out first: then noise out there, which is most of an
    /// image, has no part in a total that is spread.
    ///
    /// - Parameters:
    ///   - volume: Amounts, or concentrations of a series.
    ///   - series: What it was read from; `nil` for a file.
    ///   - ct: The grid of the CT, in the frame of the image; `nil` where maps say what is where.
    ///   - calibration: What the numbers stand for.
    ///   - decay: The nuclide.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the image does not say what its
    ///   numbers are, or shows too much where no CT does; `DoseError`.
    package init(
        _ volume: Volume<Float>, _ series: ImageSeries?, within ct: VolumeGeometry?,
        _ calibration: ActivityCalibration, _ decay: DecayData
    ) throws {
        let profile = try ConventionProfile(physical: decay)
        // A file's decays are exact: those outside the CT are refused where the matter is read.
        let isExact = series == nil && calibration == .asStated
        let (volume, outside) = try Self.seen(volume, by: isExact ? nil : ct)
        shareOutsideCT = outside
        // `nil` for decays per voxel as a file states them.
        var calibrated: CalibratedDecays?
        var hours: Double?
        var told: [Finding] = []
        switch (calibration, series?.quantity) {
        case (.injected(let gigabecquerels), _):
            calibrated = try WholeImageCalibration(
                profile: profile, total: Activity(gigabecquerels: gigabecquerels)
            ).decays(from: CountMap(counts: volume))
            told =
                [
                    Self.assumed(
                        "All of \(String(format: "%.4g", gigabecquerels)) GBq was spread as the image "
                            + "shows", decay)
                ] + Self.otherNuclide(series, decay)
        case (.asStated, nil):
            break
        case (_, .becquerelsPerML):
            let timing = try Self.timing(calibration, series)
            hours = timing.hours
            calibrated = try AbsoluteCalibration(
                profile: profile, timeAfterAdministration: TimeSpan(hours: timing.hours)
            ).decays(from: ActivityMap(becquerelsPerML: volume))
            let teller = calibration == .asStated ? "by its header" : "as given"
            told =
                [
                    Self.assumed(
                        "The image's Bq/mL hold \(String(format: "%.4g", timing.hours)) h after "
                            + "administration (\(teller))", decay)
                ] + timing.findings
                + HalfLifeCheck(profile: profile).findings(
                    headerHalfLife: series?.radiopharmaceutical?.halfLifeSeconds.map {
                        TimeSpan(seconds: $0)
                    }, subject: nil)
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
        self.hours = hours
        isFromActivity = calibrated != nil
        findings = told + (calibrated?.findings ?? [])
    }

    /// Takes out voxels whose centre lies outside the CT.
    ///
    /// - Returns: The rest, and the share of the sum that was taken out.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for more than ``outsideShare``, and when
    ///   nothing is left.
    private static func seen(
        _ volume: Volume<Float>, by ct: VolumeGeometry?
    ) throws -> (Volume<Float>, outside: Double) {
        let all = volume.sum()
        guard all > 0 else {
            throw WorkflowError.refused(
                sentence: volume.firstIndex { $0 != 0 } == nil
                    ? "The activity is 0 in every voxel."
                    : "The activity adds up to nothing: the image holds noise alone.")
        }
        guard let ct else { return (volume, 0) }
        var kept = volume
        let grid = volume.geometry
        kept.updateSlices { k, slice in
            for n in slice.indices {
                let (i, j) = (n % grid.shape.x, n / grid.shape.x)
                let place = ct.index(
                    positionMM: grid.positionMM(index: Vector3(Double(i), Double(j), Double(k))))
                if !ct.holds(index: place) { slice[n] = 0 }
            }
        }
        let share = 1 - kept.sum() / all
        guard abs(share) <= outsideShare else { throw Self.outside(share) }
        return (kept, share)
    }

    /// The refusal of activity where no matter is known.
    static func outside(_ share: Double) -> WorkflowError {
        .refused(
            sentence: String(format: "%.3g", 100 * share)
                + " % of the activity lie outside the CT, where no matter is known. Crop the "
                + "activity or take a larger CT.")
    }

    /// Says by which law activity became decays.
    private static func assumed(_ start: String, _ decay: DecayData) -> Finding {
        Finding(
            "activity.decays-assumed", .note,
            "\(start), and was taken to stay where it is from administration on and to decay with "
                + "the physical half-life of \(decay.nuclide.rawValue), "
                + String(format: "%.5g h: A(0) T/ln 2 decays.", decay.halfLifeSeconds / 3600))
    }

    /// When a series holds, and what is odd about that.
    private static func timing(
        _ calibration: ActivityCalibration, _ series: ImageSeries?
    ) throws -> (hours: Double, findings: [Finding]) {
        var given: Double?
        if case .hoursAfterAdministration(let hours) = calibration { given = hours }
        guard let series else {
            throw WorkflowError.refused(sentence: "A file does not say when its values hold.")
        }
        let timing = try ImageTiming(
            typedHours: given, image: series, rails: GuardRails(), option: "--hours")
        guard let hours = timing.hours else {
            throw WorkflowError.refused(sentence: timing.missing(option: "--hours"))
        }
        return (hours, timing.findings)
    }

    /// How much a half-life in a header may differ; publications differ by 0.7 %.
    private static let halfLifeShare = 0.02

    /// Where the image is a stand-in for the activity, its half-life changes no dose.
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

extension VolumeGeometry {
    /// Whether a place, in voxels, lies inside the box of the grid.
    fileprivate func holds(index p: Vector3<Double>) -> Bool {
        p.x >= -0.5 && p.x <= Double(shape.x) - 0.5 && p.y >= -0.5
            && p.y <= Double(shape.y) - 0.5 && p.z >= -0.5 && p.z <= Double(shape.z) - 0.5
    }
}
