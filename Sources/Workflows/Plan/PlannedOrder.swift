import Physics
import Quantities
import Therapy

/// The vials that could serve a plan, and what each would deliver.
///
/// Glass is never split and Ho-166 comes in a vial per territory: one search for each. A resin
/// vial may serve all.
struct PlannedOrder {
    let document: PlanDocument.Order
    let findings: [Finding]

    /// Options beyond these are farther off and would bury the good ones.
    private static let shownOptions = 6

    /// Searches; `nil` when the plan asks for no order.
    ///
    /// - Throws: ``TherapyError``, ``WorkflowError/refused(sentence:)``.
    init?(
        spec: PlanSpec, doses: StructureDoses, activities: PlannedActivities, vialGBq: [Double],
        profile: ConventionProfile
    ) throws {
        guard let order = spec.order else { return nil }
        let search = try Search(
            spec: spec, order: order, activities: activities, vialGBq: vialGBq, profile: profile)
        var options: [PlanDocument.VialOption] = []
        var findings: [Finding] = []
        switch spec.device {
        case .glass:
            for territory in spec.territories.indices {
                let found = try search.glass(territory)
                options += found.options.prefix(Self.shownOptions)
                // The best that keeps the limits may be farther from the need than those.
                if let kept = found.options.largestWithinLimits, !options.contains(kept) {
                    options.append(kept)
                }
                findings += found.findings
            }
        case .resin: (options, findings) = try search.resin()
        case .holmium:
            for territory in spec.territories.indices {
                let found = try search.holmium(territory)
                options += found.options
                findings += found.findings
            }
        }
        document = PlanDocument.Order(treatmentTime: order.treatmentTime, options: options)
        self.findings = findings + search.exceeding(options)
    }
}

/// One plan's search for vials.
private struct Search {
    let spec: PlanSpec
    let order: PlanSpec.OrderChoice
    let activities: PlannedActivities
    let vialGBq: [Double]
    let profile: ConventionProfile
    let treatment: ZonedTime
    let otherTreatments: [ZonedTime]
    let calibration: ZonedTime?

    init(
        spec: PlanSpec, order: PlanSpec.OrderChoice, activities: PlannedActivities,
        vialGBq: [Double], profile: ConventionProfile
    ) throws {
        (self.spec, self.order, self.activities) = (spec, order, activities)
        (self.vialGBq, self.profile) = (vialGBq, profile)
        treatment = try ZonedTime(iso8601: order.treatmentTime, key: "order.treatmentTime")
        otherTreatments = try order.otherTreatmentTimes.map {
            try ZonedTime(iso8601: $0, key: "order.otherTreatmentTimes")
        }
        calibration = try order.calibrationTime.map {
            try ZonedTime(iso8601: $0, key: "order.calibrationTime")
        }
        guard spec.device != .glass || calibration == nil else {
            throw WorkflowError.refused(
                sentence:
                    "'order.calibrationTime' is for resin and holmium; glass is calibrated on fixed days."
            )
        }
        guard spec.device == .glass || otherTreatments.isEmpty else {
            throw WorkflowError.refused(
                sentence: "'order.otherTreatmentTimes' is for glass alone.")
        }
    }

    private var hours: WorkingHours {
        WorkingHours(
            firstHour: order.workingHours.first, lastHour: order.workingHours.last,
            weekdays: Set(order.workingHours.weekdays))
    }

    private var structures: [String] { activities.model.responses.map(\.name) }

    /// Doses when one territory gets this vial and the others what is planned.
    private func delivered(_ vial: Activity, to territory: Int) throws -> [AbsorbedDose] {
        var injected = activities.injected
        injected[territory] = (1 - spec.residualFraction) * vial
        return try activities.model.doses(injected: injected)
    }

    private func byName(_ doses: [AbsorbedDose]) -> [String: Double] {
        Dictionary(zip(structures, doses.map(\.grays))) { first, _ in first }
    }

    private func exceeded(_ doses: [String: Double]) -> [String] {
        var names: [String] = []
        for check in activities.checks where check.constraint.measure == .mean {
            let limitGy = check.constraint.limit.grays
            // A vial of exactly what is needed meets the limit that cut the plan down.
            if let doseGy = doses[check.constraint.structure], doseGy > limitGy * (1 + 1e-12) {
                names.append(check.constraint.name)
            }
        }
        return names
    }

    private func document(
        _ option: VialOption, treatment: ZonedTime, territory: Int?,
        onTime: [String: Double]?, late: [String: Double]?, early: [String: Double]?
    ) -> PlanDocument.VialOption {
        let name = territory.map { spec.territories[$0].name }
        return PlanDocument.VialOption(
            territory: name ?? "all",
            neededActivityGBq: territory.map { vialGBq[$0] } ?? vialGBq.reduce(0, +),
            vialGBq: option.vial.gigabecquerels, calibrationTime: option.calibration.iso8601,
            hoursAfterCalibration: option.hoursAfterCalibration,
            activityAtTreatmentGBq: option.activityAtTreatment.gigabecquerels,
            offTargetFraction: option.offTargetFraction, belowNeed: option.isBelowNeed,
            perfusedDoseGy: name.flatMap { onTime?[$0] },
            perfusedDoseFourHoursLaterGy: name.flatMap { late?[$0] },
            treatmentTime: treatment.iso8601, deliveredDosesGy: onTime,
            deliveredDosesFourHoursLaterGy: late, deliveredDosesFourHoursEarlierGy: early,
            limitsExceeded: onTime.map(exceeded),
            isUsableFourHoursLater: spec.device.therapyDevice.usableHours.contains(
                option.hoursAfterCalibration + GlassOrderSearch.delay.hours),
            sphereCount: spec.device.therapyDevice.sphereCount(
                activity: option.activityAtTreatment,
                hoursAfterCalibration: option.hoursAfterCalibration, profile: profile))
    }

    typealias Found = (options: [PlanDocument.VialOption], findings: [Finding])

    func glass(_ territory: Int) throws -> Found {
        let name = spec.territories[territory].name
        let times = [treatment] + otherTreatments
        let possible = times.filter(hours.contains)
        let needed = Activity(gigabecquerels: vialGBq[territory])
        let found = try GlassOrderSearch.options(
            needed: needed, treatments: possible, hours: hours, tolerance: order.tolerance,
            profile: profile
        ) { try delivered($0, to: territory) }
        var findings = times.filter { !hours.contains($0) }.map {
            Finding(
                "order.outside-working-hours", .warning,
                "\($0.iso8601) lies outside the working hours; no vial is offered for it.",
                subject: name)
        }
        if found.isEmpty, let first = possible.first {
            let closest = try VialSearch.options(
                device: .glass, needed: needed, treatment: first, halfLife: profile.halfLife
            ).first
            let words =
                closest.map {
                    "the closest is \(Figures.fixed($0.vial.gigabecquerels, 1)) GBq of \($0.calibration.iso8601), \(Figures.signedPercent($0.offTargetFraction)) % off"
                } ?? "none is calibrated in time"
            findings.append(
                Finding(
                    "order.no-vial", .warning,
                    "No glass vial lies within \(Figures.percent(order.tolerance)) % of the need; \(words).",
                    subject: name))
        }
        return (
            found.map {
                document(
                    $0.option, treatment: $0.treatment, territory: territory,
                    onTime: byName($0.doses), late: byName($0.dosesWhenLate),
                    early: byName($0.dosesWhenEarly))
            }, findings
        )
    }

    func resin() throws -> Found {
        let needed = Activity(gigabecquerels: vialGBq.reduce(0, +))
        var findings: [Finding] = []
        let options = try VialSearch.options(
            device: .resin, needed: needed, treatment: treatment, calibration: calibration,
            halfLife: profile.halfLife
        ).map { option in
            let draw = try ResinDraw(needed: needed, option: option)
            var shown = document(
                option, treatment: treatment, territory: nil, onTime: nil, late: nil, early: nil)
            shown.drawFraction = draw.volumeFraction
            shown.sphereCount = draw.sphereCount
            return shown
        }
        if !options.contains(where: { ($0.drawFraction ?? 2) <= 1 }) {
            findings.append(
                Finding(
                    "order.no-vial", .warning,
                    "No resin vial holds the \(Figures.gbq(needed.gigabecquerels)) GBq that are needed; more than one would have to be given.",
                    subject: "resin"))
        }
        if findings.isEmpty, let first = options.first, (first.drawFraction ?? 0) > 1 {
            findings.append(
                Finding(
                    "order.vial-too-small", .warning,
                    "The vial closest to the need, of \(first.calibrationTime), holds \(Figures.gbq(first.activityAtTreatmentGBq)) GBq at treatment, less than the \(Figures.gbq(needed.gigabecquerels)) GBq that are needed; a vial with a later calibration holds more.",
                    subject: "resin"))
        }
        return (options, findings + outsideHours("resin"))
    }

    func holmium(_ territory: Int) throws -> Found {
        let name = spec.territories[territory].name
        let needed = Activity(gigabecquerels: vialGBq[territory])
        let options = try VialSearch.options(
            device: .holmium, needed: needed, treatment: treatment, calibration: calibration,
            halfLife: profile.halfLife
        ).map { option in
            func doses(_ delay: TimeSpan) throws -> [String: Double] {
                byName(
                    try delivered(
                        option.activity(delayedBy: delay, halfLife: profile.halfLife),
                        to: territory))
            }
            return document(
                option, treatment: treatment, territory: territory, onTime: try doses(.zero),
                late: try doses(GlassOrderSearch.delay),
                early: try doses(.zero - GlassOrderSearch.delay))
        }
        let usable = SIRTDevice.holmium.usableHours
        let late = options.filter { !usable.contains($0.hoursAfterCalibration) }.map {
            Finding(
                "order.outside-shelf-life", .warning,
                "Treatment lies \(Figures.fixed($0.hoursAfterCalibration, 1)) h after calibration, outside \(Figures.fixed(usable.lowerBound, 0)) to \(Figures.fixed(usable.upperBound, 0)) h (from memory; ask the manufacturer).",
                subject: name)
        }
        return (options, late + outsideHours(name))
    }

    /// Says where the vial closest to the need breaks a limit.
    func exceeding(_ options: [PlanDocument.VialOption]) -> [Finding] {
        spec.territories.compactMap { territory in
            let own = options.filter { $0.territory == territory.name }
            guard let closest = own.first, let names = closest.limitsExceeded, !names.isEmpty
            else { return nil }
            let limits = activities.checks.filter { names.contains($0.constraint.name) }.map {
                let doseGy = closest.deliveredDosesGy?[$0.constraint.structure]
                let limitGy = $0.constraint.limit.grays
                return
                    "\($0.constraint.name) (\(Figures.gy(doseGy, above: limitGy)) Gy, above \(Figures.constant(limitGy)) Gy)"
            }
            let kept =
                own.largestWithinLimits.map {
                    "The largest one that keeps the limits is \(Figures.fixed($0.vialGBq, 1)) GBq of \($0.calibrationTime), \(Figures.signedPercent($0.offTargetFraction)) % off."
                } ?? "None that is near the need keeps the limits."
            return Finding(
                "vials.exceeds-limit", .warning,
                "The vial closest to the need, \(Figures.fixed(closest.vialGBq, 1)) GBq of \(closest.calibrationTime), would exceed \(limits.joined(separator: ", ")) with the other territories as planned. \(kept)",
                subject: territory.name)
        }
    }

    private func outsideHours(_ subject: String) -> [Finding] {
        hours.contains(treatment)
            ? []
            : [
                Finding(
                    "order.outside-working-hours", .warning,
                    "\(treatment.iso8601) lies outside the working hours.", subject: subject)
            ]
    }
}

extension [PlanDocument.VialOption] {
    /// The most active one at treatment that exceeds no limit; `nil` where each does.
    var largestWithinLimits: PlanDocument.VialOption? {
        filter { $0.limitsExceeded?.isEmpty == true }
            .max { $0.activityAtTreatmentGBq < $1.activityAtTreatmentGBq }
    }
}
