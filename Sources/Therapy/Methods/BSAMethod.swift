public import Quantities

#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// The body-surface rule for resin microspheres.
///
/// Whole liver: A = (BSA − 0.2) + V_T / V_liver. A lobe: A = [(BSA − 0.2) + V_T,lobe / V_lobe] ·
/// V_lobe / V_liver. It knows nothing of the dose: it ignores how large the liver is.
///
/// Source: resin instructions for use and REBOC consensus 2007 (reduction by lung shunt); DuBois
/// and DuBois, Arch Intern Med 1916;17:863–871 (surface).
public struct BSAMethod: Hashable, Sendable {
    /// m² at 1 m and 1 kg.
    public static let duBoisFactor = 0.20247
    public static let duBoisHeightExponent = 0.725
    public static let duBoisWeightExponent = 0.425
    /// Taken from the surface in m² to give GBq.
    public static let surfaceOffset = 0.2
    /// People lie inside; a height in metres does not.
    public static let heightRangeCM = 50.0 ... 260.0
    public static let weightRangeKg = 3.0 ... 500.0

    public let bodySurfaceM2: Double
    public let unreducedActivity: Activity

    /// Computes surface and activity.
    ///
    /// `tumourVolumeML` is all tumour in the liver, `liverVolumeML` holds it; `lobe` is `nil`
    /// when the whole liver is treated.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``,
    ///   ``TherapyError/inconsistent(reason:)`` when one volume cannot hold another, or the rule,
    ///   which is made for adults, gives a small body no activity.
    public init(
        heightCM: Double, weightKg: Double, tumourVolumeML: Double, liverVolumeML: Double,
        lobe: Lobe? = nil
    ) throws {
        let heightCM = try Checked.within(Self.heightRangeCM, heightCM, "heightCM")
        let weightKg = try Checked.within(Self.weightRangeKg, weightKg, "weightKg")
        let tumour = try Checked.positive(tumourVolumeML, "tumourVolumeML")
        let liver = try Checked.positive(liverVolumeML, "liverVolumeML")
        try Self.require(
            tumour, "tumourVolumeML", within: liver, "liverVolumeML")
        bodySurfaceM2 =
            Self.duBoisFactor * pow(heightCM / 100, Self.duBoisHeightExponent)
            * pow(weightKg, Self.duBoisWeightExponent)
        let surfaceTerm = bodySurfaceM2 - Self.surfaceOffset
        guard let lobe else {
            unreducedActivity = try Self.some(surfaceTerm, tumour / liver, times: 1)
            return
        }
        try lobe.check(tumourVolumeML: tumour, liverVolumeML: liver)
        unreducedActivity = try Self.some(
            surfaceTerm, lobe.tumourVolumeML / lobe.volumeML, times: lobe.volumeML / liver)
    }

    /// (surface term + tumour share) · part of the liver, unless that is no activity.
    private static func some(
        _ surfaceTerm: Double, _ tumourShare: Double, times part: Double
    ) throws -> Activity {
        guard surfaceTerm + tumourShare > 0 else {
            throw TherapyError.inconsistent(
                reason: "'heightCM' and 'weightKg' give a surface of "
                    + "\(((surfaceTerm + surfaceOffset) * 1000).rounded() / 1000) m², less than the "
                    + "\(surfaceOffset) m² that the body-surface rule takes off before it adds the "
                    + "tumour's share: it gives no activity. Is the size right, in cm and kg?")
        }
        return Activity(gigabecquerels: (surfaceTerm + tumourShare) * part)
    }

    /// Returns the share of activity that the resin rule takes away for a lung shunt.
    ///
    /// 0 below 0.10, 0.20 from 0.10, 0.40 from 0.15 to 0.20 inclusive, 1 above.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public static func reductionFraction(lungShuntFraction: Double) throws -> Double {
        switch try Checked.fraction(lungShuntFraction, "lungShuntFraction") {
        case ..<0.10: 0
        case ..<0.15: 0.20
        case ...0.20: 0.40
        default: 1
        }
    }

    fileprivate static func require(
        _ part: Double, _ partKey: String, within whole: Double, _ wholeKey: String
    ) throws {
        guard Checked.fits(part, into: whole) else {
            throw TherapyError.inconsistent(
                reason: "'\(partKey)' \(part) is more than '\(wholeKey)' \(whole), which holds it.")
        }
    }
}

extension BSAMethod {
    /// The lobe that is treated; both volumes include tumour.
    public struct Lobe: Hashable, Sendable {
        public let volumeML: Double
        public let tumourVolumeML: Double

        /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
        public init(volumeML: Double, tumourVolumeML: Double) throws {
            self.volumeML = try Checked.positive(volumeML, "lobeVolumeML")
            self.tumourVolumeML = try Checked.positive(tumourVolumeML, "lobeTumourVolumeML")
            try BSAMethod.require(
                tumourVolumeML, "lobeTumourVolumeML", within: volumeML, "lobeVolumeML")
        }

        fileprivate func check(tumourVolumeML all: Double, liverVolumeML liver: Double) throws {
            try BSAMethod.require(volumeML, "lobeVolumeML", within: liver, "liverVolumeML")
            try BSAMethod.require(
                tumourVolumeML, "lobeTumourVolumeML", within: all, "tumourVolumeML")
            guard Checked.fits(volumeML + (all - tumourVolumeML), into: liver) else {
                throw TherapyError.inconsistent(
                    reason: "The tumour outside the lobe ('tumourVolumeML' less "
                        + "'lobeTumourVolumeML') does not fit into 'liverVolumeML' less "
                        + "'lobeVolumeML'.")
            }
        }
    }
}

/// The historic resin rule by the tumour's share of the liver; for comparison only.
public enum EmpiricMethod {
    /// Returns 2.0 GBq below 25 %, 2.5 GBq to 50 %, 3.0 GBq above.
    ///
    /// Source: early resin instructions for use.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public static func activity(tumourVolumeML: Double, liverVolumeML: Double) throws -> Activity {
        let tumour = try Checked.notNegative(tumourVolumeML, "tumourVolumeML")
        let liver = try Checked.positive(liverVolumeML, "liverVolumeML")
        guard Checked.fits(tumour, into: liver) else {
            throw TherapyError.outOfRange(
                key: "tumourVolumeML", value: tumour, allowed: "at most liverVolumeML")
        }
        switch tumour / liver {
        case ..<0.25: return Activity(gigabecquerels: 2.0)
        case ...0.5: return Activity(gigabecquerels: 2.5)
        default: return Activity(gigabecquerels: 3.0)
        }
    }
}
