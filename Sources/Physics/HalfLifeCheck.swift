import Foundation
public import Quantities

/// Checks the half-life in an image header against the profile a dose is computed with.
public struct HalfLifeCheck: Sendable {
    /// Half-lives in use for Y-90 lie between these, in hours; a header outside was not set to Y-90.
    static let y90HeaderHours = 64.0 ... 64.3
    /// The relative difference above which a header and a profile do not mean the same nuclide.
    static let tolerance = 0.01

    public let profile: ConventionProfile

    public init(profile: ConventionProfile) { self.profile = profile }

    /// Returns what a person should know about a header's half-life; nothing when it fits.
    ///
    /// - Parameters:
    ///   - halfLife: As written in the header; `nil` when it has none.
    ///   - subject: What the header belongs to, shown with the finding.
    /// - Returns: An error above 1 % off, a warning for Y-90 outside 64.0 to 64.3 h.
    public func findings(headerHalfLife halfLife: TimeSpan?, subject: String?) -> [Finding] {
        guard let halfLife, halfLife.seconds > 0, halfLife.seconds.isFinite else {
            return [
                Finding(
                    "image.half-life-missing", .note,
                    "The image states no half-life; that of profile \(profile.name) is used.",
                    subject: subject)
            ]
        }
        let offset = halfLife / profile.halfLife - 1
        let hours = "\(halfLife.hours.decimals(3)) h"
        let expected = "\(profile.halfLife.hours.decimals(2)) h of profile \(profile.name)"
        if abs(offset) > Self.tolerance {
            return [
                Finding(
                    "image.half-life-mismatch", .error,
                    "The image was decay-corrected with a half-life of \(hours), which is "
                        + "\((100 * offset).decimals(1)) % off the \(expected). Find out which "
                        + "nuclide the scanner was set to and correct for it.",
                    subject: subject)
            ]
        }
        if profile.nuclide == .y90, !Self.y90HeaderHours.contains(halfLife.hours) {
            return [
                Finding(
                    "image.half-life-unusual", .warning,
                    "The image states a half-life of \(hours), outside the 64.0 to 64.3 h in use "
                        + "for Y-90.", subject: subject)
            ]
        }
        return []
    }
}

/// Repairs concentrations that a scanner without the true nuclide's setting has computed.
///
/// The scanner divided by the wrong positron branching and corrected decay with the wrong
/// half-life. The factor undoes both: values · (b_used / b_true) · F_true / F_used, with F the
/// decay correction from the mean of the acquisition back to the image's reference time.
public struct ScannerNuclideCorrection: Hashable, Sendable {
    /// Positrons per decay that the scanner assumed.
    public let branchingUsed: Double
    /// Half-life that the scanner corrected with; `nil` when it did not correct for decay.
    public let halfLifeUsed: TimeSpan?

    /// Creates a correction.
    ///
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)``.
    public init(branchingUsed: Double, halfLifeUsed: TimeSpan?) throws {
        guard branchingUsed > 0, branchingUsed <= 1 else {
            throw PhysicsError.notPositive(quantity: "branchingUsed", value: branchingUsed)
        }
        if let halfLifeUsed, !(halfLifeUsed.seconds > 0 && halfLifeUsed.seconds.isFinite) {
            throw PhysicsError.notPositive(
                quantity: "halfLifeUsedHours", value: halfLifeUsed.hours)
        }
        self.branchingUsed = branchingUsed
        self.halfLifeUsed = halfLifeUsed
    }

    /// Returns the factor that makes the scanner's values right at its reference time.
    ///
    /// - Parameters:
    ///   - profile: The profile of the true nuclide; its half-life is used.
    ///   - startAfterReference: From the image's decay reference to the start of the frame.
    ///   - frameDuration: Length of the frame; zero or more.
    /// - Returns: What to multiply the values with.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)`` when the profile's nuclide has no
    ///   positron branching or a time is not finite or the duration is negative.
    public func factor(
        profile: ConventionProfile, startAfterReference: TimeSpan, frameDuration: TimeSpan
    ) throws -> Double {
        guard let branching = try NuclideData.of(profile.nuclide).positronBranching else {
            throw PhysicsError.notPositive(quantity: "positronBranching", value: 0)
        }
        guard startAfterReference.seconds.isFinite else {
            throw PhysicsError.notPositive(
                quantity: "startAfterReferenceS", value: startAfterReference.seconds)
        }
        guard frameDuration.seconds >= 0, frameDuration.seconds.isFinite else {
            throw PhysicsError.notPositive(
                quantity: "frameDurationS", value: frameDuration.seconds)
        }
        func decayCorrection(_ halfLife: TimeSpan) -> Double {
            let rate = Double.ln2 / halfLife.seconds
            let during = rate * frameDuration.seconds
            let mean = during > 0 ? during / -expm1(-during) : 1
            return exp(rate * startAfterReference.seconds) * mean
        }
        let used = halfLifeUsed.map(decayCorrection) ?? 1
        return branchingUsed / branching * decayCorrection(profile.halfLife) / used
    }
}

extension Double {
    /// The number with a fixed count of decimals, for sentences.
    fileprivate func decimals(_ count: Int) -> String { String(format: "%.\(count)f", self) }
}
