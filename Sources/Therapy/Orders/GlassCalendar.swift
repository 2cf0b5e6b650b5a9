import Foundation
import Quantities

/// When glass vials are calibrated: Sundays at noon on the American east coast.
///
/// Source: manufacturer's calibration convention, from memory with high confidence.
public enum GlassCalendar {
    public static let zoneName = "America/New_York"

    /// Returns the calibrations from which `treatment` is inside the shelf life, earliest first.
    ///
    /// The hours between count true time, so the clock changes of either side are in them.
    ///
    /// - Throws: ``TherapyError/unknown(kind:name:)`` when the machine has no such time zone.
    public static func calibrations(for treatment: ZonedTime) throws -> [ZonedTime] {
        guard let zone = TimeZone(identifier: zoneName) else {
            throw TherapyError.unknown(kind: "time zone", name: zoneName)
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let shelfLife = SIRTDevice.glass.usableHours
        // A day more on each side, because local days and shelf life do not start together.
        let daysBack = -1 ... Int(shelfLife.upperBound / 24) + 1
        return daysBack.compactMap { back -> ZonedTime? in
            let day = treatment.instant.addingTimeInterval(-Double(back) * 86_400)
            return noon(of: day, calendar: calendar)
        }.reduce(into: [ZonedTime]()) { found, noon in
            guard !found.contains(noon), shelfLife.contains(treatment.since(noon).hours) else {
                return
            }
            found.append(noon)
        }.sorted { $0.instant < $1.instant }
    }

    /// Whether an instant is a Sunday noon in New York.
    public static func isCalibration(_ time: ZonedTime) -> Bool {
        (try? calibrations(for: time))?.contains { $0.instant == time.instant } ?? false
    }

    /// Noon of the local day when that is a Sunday.
    private static func noon(of day: Date, calendar: Calendar) -> ZonedTime? {
        var parts = calendar.dateComponents([.year, .month, .day, .weekday], from: day)
        guard parts.weekday == 1 else { return nil }
        parts.weekday = nil
        parts.hour = 12
        guard let noon = calendar.date(from: parts) else { return nil }
        return ZonedTime(
            instant: noon, secondsFromUTC: calendar.timeZone.secondsFromGMT(for: noon))
    }
}
