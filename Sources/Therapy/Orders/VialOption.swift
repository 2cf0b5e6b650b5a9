public import Quantities

/// One vial that could be ordered, and what is left in it at treatment.
public struct VialOption: Hashable, Sendable {
    /// Activity at calibration.
    public let vial: Activity
    public let calibration: ZonedTime
    public let hoursAfterCalibration: Double
    public let activityAtTreatment: Activity
    /// (activity − needed) / needed.
    public let offTargetFraction: Double

    /// Whether it holds less than is needed.
    public var isBelowNeed: Bool { offTargetFraction < 0 }

    /// - Throws: ``TherapyError/notFinite(result:)``.
    public init(
        vial: Activity, calibration: ZonedTime, treatment: ZonedTime, needed: Activity,
        halfLife: TimeSpan
    ) throws {
        let elapsed = treatment.since(calibration)
        self.init(
            vial: vial, calibration: calibration, hoursAfterCalibration: elapsed.hours,
            activityAtTreatment: vial.decayed(over: elapsed, halfLife: halfLife), needed: needed)
        _ = try Checked.finiteResult(offTargetFraction, "offTargetFraction")
    }

    init(
        vial: Activity, calibration: ZonedTime, hoursAfterCalibration: Double,
        activityAtTreatment: Activity, needed: Activity
    ) {
        self.vial = vial
        self.calibration = calibration
        self.hoursAfterCalibration = hoursAfterCalibration
        self.activityAtTreatment = activityAtTreatment
        offTargetFraction = (activityAtTreatment - needed) / needed
    }

    /// Returns what is in the vial when treatment is late (or early, negative) by `delay`.
    public func activity(delayedBy delay: TimeSpan, halfLife: TimeSpan) -> Activity {
        activityAtTreatment.decayed(over: delay, halfLife: halfLife)
    }
}

/// The vials of each device that can serve a need at a treatment time.
public enum VialSearch {
    /// GBq at calibration: 3 to 20 in steps of 0.5.
    ///
    /// Source: standard sizes in the TheraSphere insert; the steps of 0.5 GBq from memory.
    public static let glassSizesGBq = (6 ... 40).map { Double($0) / 2 }
    /// The sizes that need no special order.
    public static let glassStandardSizesGBq: [Double] = [3, 5, 7, 10, 15, 20]
    /// GBq at calibration (± 10 % by the manufacturer).
    public static let resinVialGBq = 3.0
    /// Hours after calibration of a resin vial that is used early, on the day, or a day late.
    public static let resinHours: [Double] = [-72, -48, -24, 0, 24]

    /// Returns every option, the one closest to the need first, those below the need too.
    ///
    /// Glass without calibration: each Sunday noon in New York inside the shelf life, each size.
    /// Resin without calibration: calibrated 3, 2 and 1 days after treatment, at treatment and a
    /// day before it. Ho-166: one custom vial, calibrated at treatment unless given.
    ///
    /// `needed` is the vial activity at treatment, residual included; a `calibration` that is
    /// given is the only one used.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)`` when the given calibration is
    ///   outside the shelf life of glass or resin.
    public static func options(
        device: SIRTDevice, needed: Activity, treatment: ZonedTime,
        calibration: ZonedTime? = nil, halfLife: TimeSpan
    ) throws -> [VialOption] {
        _ = try Checked.positive(needed.gigabecquerels, "neededActivityGBq")
        _ = try Checked.positive(halfLife.hours, "halfLifeHours")
        if device == .holmium {
            return [
                try custom(
                    needed: needed, treatment: treatment, calibration: calibration ?? treatment,
                    halfLife: halfLife)
            ]
        }
        if let calibration {
            let hours = treatment.since(calibration).hours
            guard device.usableHours.contains(hours) else {
                throw TherapyError.outOfRange(
                    key: "calibrationTime", value: hours,
                    allowed: "a time from which 'treatmentTime' is "
                        + "\(device.usableHours.lowerBound) to "
                        + "\(device.usableHours.upperBound) hours away (\(device.rawValue))")
            }
        }
        let calibrations =
            try calibration.map { [$0] }
            ?? (device == .glass
                ? GlassCalendar.calibrations(for: treatment)
                : resinHours.map { treatment.adding(hours: -$0) })
        let sizes = device == .glass ? glassSizesGBq : [resinVialGBq]
        return try calibrations.flatMap { calibration in
            try sizes.map { size in
                try VialOption(
                    vial: Activity(gigabecquerels: size), calibration: calibration,
                    treatment: treatment, needed: needed, halfLife: halfLife)
            }
        }.sorted(by: isCloser)
    }

    /// The custom vial decays exactly to the need.
    private static func custom(
        needed: Activity, treatment: ZonedTime, calibration: ZonedTime, halfLife: TimeSpan
    ) throws -> VialOption {
        let elapsed = treatment.since(calibration)
        let vial = needed.decayed(over: .zero - elapsed, halfLife: halfLife)
        _ = try Checked.finiteResult(vial.gigabecquerels, "vialGBq")
        _ = try Checked.positive(vial.gigabecquerels, "vialGBq")
        return VialOption(
            vial: vial, calibration: calibration, hoursAfterCalibration: elapsed.hours,
            activityAtTreatment: needed, needed: needed)
    }

    private static func isCloser(_ a: VialOption, _ b: VialOption) -> Bool {
        let (offA, offB) = (abs(a.offTargetFraction), abs(b.offTargetFraction))
        // Ties by the smaller vial, then the fresher one, so that the order never varies.
        return (offA, a.vial.becquerels, a.hoursAfterCalibration)
            < (offB, b.vial.becquerels, b.hoursAfterCalibration)
    }
}
