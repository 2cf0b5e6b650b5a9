import Foundation
public import Physics
public import Quantities

/// When the angiography suite can treat, in the hospital's own zone.
public struct WorkingHours: Hashable, Sendable {
    /// Hour of the day, 0 to 24.
    public let firstHour: Double
    public let lastHour: Double
    /// 0 Sunday to 6 Saturday.
    public let weekdays: Set<Int>

    public static let office = WorkingHours(firstHour: 8, lastHour: 17, weekdays: [1, 2, 3, 4, 5])

    public init(firstHour: Double, lastHour: Double, weekdays: Set<Int>) {
        self.firstHour = firstHour
        self.lastHour = lastHour
        self.weekdays = weekdays
    }

    /// Whether an instant lies inside, read in its own offset from UTC.
    public func contains(_ time: ZonedTime) -> Bool {
        let local = time.instant.timeIntervalSince1970 + Double(time.secondsFromUTC)
        let days = (local / 86_400).rounded(.down)
        let hour = (local - days * 86_400) / 3600
        // 1 January 1970 was a Thursday, day 4.
        let weekday = Int((days + 4).truncatingRemainder(dividingBy: 7) + 7) % 7
        return weekdays.contains(weekday) && hour >= firstHour && hour <= lastHour
    }
}

/// One glass vial on one treatment time, with what it delivers.
public struct GlassOrderOption: Hashable, Sendable {
    public let treatment: ZonedTime
    public let option: VialOption
    public let millicuriesAtCalibration: Double
    public let sphereCount: Double
    /// Mean doses of the plan's structures, in the plan's order.
    public let doses: [AbsorbedDose]
    /// The same when treatment is late by ``GlassOrderSearch/delay``.
    public let dosesWhenLate: [AbsorbedDose]
    /// The same when treatment is early by as much.
    public let dosesWhenEarly: [AbsorbedDose]
    /// Whether the vial may still be given when treatment is late by ``GlassOrderSearch/delay``.
    public let isUsableWhenLate: Bool
}

/// Every glass vial over several possible treatment times.
public enum GlassOrderSearch {
    /// How far treatment may slip, in the robustness columns.
    public static let delay = TimeSpan(hours: 4)

    /// Returns vials inside shelf life and working hours, the closest to the need first.
    ///
    /// `doses` turns a vial activity at administration into the doses of the plan's structures;
    /// options further off than `tolerance` are left out.
    ///
    /// - Throws: what ``VialSearch/options(device:needed:treatment:calibration:halfLife:)`` and
    ///   `doses` throw.
    public static func options(
        needed: Activity, treatments: [ZonedTime], hours: WorkingHours = .office,
        tolerance: Double = 0.10, profile: ConventionProfile,
        doses: (Activity) throws -> [AbsorbedDose]
    ) throws -> [GlassOrderOption] {
        let found = try treatments.filter(hours.contains).flatMap { treatment in
            try VialSearch.options(
                device: .glass, needed: needed, treatment: treatment, halfLife: profile.halfLife
            ).filter { abs($0.offTargetFraction) <= tolerance }.map { option in
                func delivered(late: TimeSpan) throws -> [AbsorbedDose] {
                    try doses(option.activity(delayedBy: late, halfLife: profile.halfLife))
                }
                return GlassOrderOption(
                    treatment: treatment, option: option,
                    millicuriesAtCalibration: option.vial.millicuries,
                    sphereCount: SIRTDevice.glass.sphereCount(
                        activity: option.activityAtTreatment,
                        hoursAfterCalibration: option.hoursAfterCalibration, profile: profile),
                    doses: try delivered(late: .zero), dosesWhenLate: try delivered(late: delay),
                    dosesWhenEarly: try delivered(late: .zero - delay),
                    isUsableWhenLate: SIRTDevice.glass.usableHours.contains(
                        option.hoursAfterCalibration + delay.hours))
            }
        }
        return found.sorted {
            (abs($0.option.offTargetFraction), $0.treatment.instant)
                < (abs($1.option.offTargetFraction), $1.treatment.instant)
        }
    }
}

/// How much of a resin vial to draw up.
public struct ResinDraw: Hashable, Sendable {
    /// 44 million in a vial of 3.0 GBq at calibration.
    public static let spheresPerVial = 44e6

    public let option: VialOption
    public let needed: Activity
    /// Share of the vial's volume; above 1 when one vial does not hold enough.
    public var volumeFraction: Double { needed / option.activityAtTreatment }
    public var sphereCount: Double { volumeFraction * Self.spheresPerVial }

    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public init(needed: Activity, option: VialOption) throws {
        _ = try Checked.positive(needed.gigabecquerels, "neededActivityGBq")
        _ = try Checked.positive(
            option.activityAtTreatment.gigabecquerels, "activityAtTreatmentGBq")
        self.needed = needed
        self.option = option
    }

    /// A warning when the vial does not hold enough.
    public var findings: [Finding] {
        guard volumeFraction > 1 else { return [] }
        return [
            Finding(
                "resin.vial-too-small", .warning,
                "The draw needs more than one vial holds at treatment.", subject: "resin")
        ]
    }
}
