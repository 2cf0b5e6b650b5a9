import Foundation
public import Imaging
public import Physics
public import Quantities

/// Takes an image's Bq/mL at its word: ã = f · c · 2^(t/T) · T / ln 2.
///
/// Permanent implant: what is there at the image's reference time was there from administration
/// on. Negative concentrations (PET noise) stay, because cutting them would raise every mean.
public struct AbsoluteCalibration: Sendable {
    public let profile: ConventionProfile
    /// Time from administration to the instant the values are decay-corrected to; 0 when they
    /// are corrected to administration.
    public let timeAfterAdministration: TimeSpan
    /// What the values are multiplied with, 1 when the scanner knew the nuclide; see
    /// ``Physics/ScannerNuclideCorrection``.
    public let correctionFactor: Double

    /// Creates a calibration.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` for a time that is negative or
    ///   longer than 20 half-lives, or a factor that is not positive and finite.
    public init(
        profile: ConventionProfile, timeAfterAdministration: TimeSpan,
        correctionFactor: Double = 1
    ) throws {
        // After 20 half-lives a millionth is left: the clocks are wrong.
        guard timeAfterAdministration.seconds >= 0,
            timeAfterAdministration / profile.halfLife <= 20
        else {
            throw DoseError.outOfRange(
                parameter: "hoursAfterAdministration", value: timeAfterAdministration.hours)
        }
        guard correctionFactor > 0, correctionFactor.isFinite else {
            throw DoseError.outOfRange(parameter: "correctionFactor", value: correctionFactor)
        }
        self.profile = profile
        self.timeAfterAdministration = timeAfterAdministration
        self.correctionFactor = correctionFactor
    }

    /// The decays that one becquerel in the image stands for.
    public var decaysPerBecquerel: Double {
        correctionFactor * exp2(timeAfterAdministration / profile.halfLife)
            * profile.decays(of: Activity(becquerels: 1))
    }

    /// Returns the decays that an image implies.
    public func decays(from activity: ActivityMap) -> CalibratedDecays {
        let scale = decaysPerBecquerel
        var decays = activity.becquerelsPerML
        decays.updateSlices { _, slice in
            for n in slice.indices { slice[n] = Float(Double(slice[n]) * scale) }
        }
        var findings: [Finding] = []
        if timeAfterAdministration == .zero {
            findings.append(
                Finding(
                    "dose.no-time-after-administration", .note,
                    "The image is taken as decay-corrected to administration; check the clocks "
                        + "if it is not."))
        }
        if correctionFactor != 1 {
            findings.append(
                Finding(
                    "dose.concentration-corrected", .warning,
                    "All concentrations were multiplied by \(correctionFactor)."))
        }
        return CalibratedDecays(
            decays: TimeIntegratedActivityMap(decaysPerML: decays), findings: findings)
    }
}
