import Foundation
import Quantities
import Therapy

/// A treatment sheet as it was typed: reads it, and says by the field what is wrong.
struct TreatmentForm {
    let values: [String: String]
    private(set) var faults: [String: String] = [:]

    /// More is a slip of the unit: no vial for radioembolisation holds it.
    private static let highestGBq = 100.0
    /// Clocks of browser, server and treatment room differ.
    private static let clockSeconds = 300.0
    private static let longestHours = 24.0

    init(_ values: [String: String]) { self.values = values }

    /// What the fields say; `nil` when one of them has a fault.
    struct Read {
        let vialID: String
        let vialLot: String
        let calibratedGBq: Double
        let calibration: ZonedTime
        let measuredGBq: Double
        let measurement: ZonedTime
        let territory: String
        let catheterPosition: String
        let start: ZonedTime
        let end: ZonedTime
        let residualGBq: Double
        let residual: ZonedTime
        let stasis: Bool
        let administeredBy: String
    }

    mutating func read(decay: Decay, now: Date) -> Read? {
        let vialID = text("vial", "the number on the vial")
        let vialLot = text("lot", "the lot on the vial")
        let calibratedGBq = activity("calibratedGBq")
        let calibration = time("calibrationTime", zone: "calibrationZone")
        let measuredGBq = activity("measuredGBq")
        let measurement = time("measurementTime", zone: "zone")
        let territory = text("territory", "the territory that was treated")
        let catheterPosition = text("catheter", "where the catheter's tip was")
        let start = time("start", zone: "zone")
        let end = time("end", zone: "zone")
        let residualGBq = activity("residualGBq", mayBeZero: true)
        let residual = time("residualTime", zone: "zone")
        let stasis = choice("stasis")
        let administeredBy = text("by", "who gave it")
        guard let vialID, let vialLot, let calibratedGBq, let calibration, let measuredGBq,
            let measurement, let territory, let catheterPosition, let start, let end,
            let residualGBq, let residual, let stasis, let administeredBy
        else { return nil }
        let read = Read(
            vialID: vialID, vialLot: vialLot, calibratedGBq: calibratedGBq,
            calibration: calibration, measuredGBq: measuredGBq, measurement: measurement,
            territory: territory, catheterPosition: catheterPosition, start: start, end: end,
            residualGBq: residualGBq, residual: residual, stasis: stasis,
            administeredBy: administeredBy)
        checkOrder(read, decay: decay, now: now)
        return faults.isEmpty ? read : nil
    }

    /// The calibration alone, which gives the expected activity while the rest is empty.
    mutating func calibration() -> (activityGBq: Double, time: ZonedTime)? {
        guard let activityGBq = activity("calibratedGBq"),
            let time = time("calibrationTime", zone: "calibrationZone")
        else { return nil }
        return (activityGBq, time)
    }

    /// A reason that is asked for.
    mutating func reason(_ name: String, _ sentence: String) -> String? {
        let reason = try? Reason.checked(values[name] ?? "")
        if reason == nil { faults[name] = sentence }
        return reason
    }

    private mutating func checkOrder(_ read: Read, decay: Decay, now: Date) {
        if read.measurement.instant > read.start.instant {
            faults["measurementTime"] = "The vial was measured before the start; this is after it."
        }
        if read.end.instant < read.start.instant {
            faults["end"] = "The end comes before the start."
        } else if read.end.since(read.start).hours > Self.longestHours {
            faults["end"] = "The end is more than a day after the start; check both dates."
        }
        if read.end.instant.timeIntervalSince(now) > Self.clockSeconds {
            faults["end"] = "The end lies in the future; check date and offset."
        }
        if read.residual.instant < read.end.instant {
            faults["residualTime"] = "The residual is measured after the end; this is before it."
        }
        let atStart = decay.activityGBq(
            read.measuredGBq, from: read.measurement, to: read.start)
        let left = decay.activityGBq(read.residualGBq, from: read.residual, to: read.start)
        if left > atStart {
            faults["residualGBq"] = "More is left than there was; check the unit, which is GBq."
        }
    }

    private mutating func text(_ name: String, _ what: String) -> String? {
        let text = (values[name] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let isPlain = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1 ... 200).contains(text.count), isPlain else {
            faults[name] =
                text.isEmpty
                ? "Write \(what)." : "Write \(what) in at most 200 characters on one line."
            return nil
        }
        return text
    }

    private mutating func activity(_ name: String, mayBeZero: Bool = false) -> Double? {
        let text = (values[name] ?? "").trimmingCharacters(in: .whitespaces)
        guard text.wholeMatch(of: /\d{1,4}(\.\d{1,6})?/) != nil, let value = Double(text),
            value > 0 || mayBeZero
        else {
            faults[name] =
                text.contains(",")
                ? "Write the activity in GBq with a point, as 2.5."
                : "Write the activity in GBq, as 2.5."
            return nil
        }
        guard value <= Self.highestGBq else {
            faults[name] = "The activity is in GBq; \(text) GBq is no vial. Is it in MBq?"
            return nil
        }
        return value
    }

    private mutating func time(_ name: String, zone: String) -> ZonedTime? {
        let offset = values[zone] ?? ""
        guard offset.wholeMatch(of: /[+-](0\d|1[0-4]):[0-5]\d/) != nil else {
            faults[zone] = "Write the offset from UTC as +01:00 or -05:00."
            return nil
        }
        let text = (values[name] ?? "").trimmingCharacters(in: .whitespaces)
        guard text.wholeMatch(of: /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/) != nil,
            let time = try? ZonedTime(
                iso8601: text.replacing(" ", with: "T") + offset, key: name)
        else {
            faults[name] = "Write date and time as 2026-03-10 14:30."
            return nil
        }
        return time
    }

    private mutating func choice(_ name: String) -> Bool? {
        switch values[name] {
        case "yes": return true
        case "no": return false
        default:
            faults[name] = "Say yes or no."
            return nil
        }
    }
}
