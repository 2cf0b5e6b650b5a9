import Quantities

/// What a report says beside doses and limits: the resin rule, what vials deliver, constants.
extension PlanDocument {
    /// The models behind numbers that are no measurement.
    var models: [String] {
        let repair = (constants ?? []).filter { $0.id.hasPrefix("bed-") }.map {
            "\($0.what): α/β \(Self.numbers($0, "alphaBetaGy")) Gy, repair \(Self.numbers($0, "repairHalfTimeHours")) h (\(Self.standing($0)); \($0.source))"
        }
        return [
            "BED for a permanent implant: D·(1 + T_rep/(T_rep + T)·D/(α/β)). \(repair.joined(separator: ". "))."
        ]
    }

    /// Names of the constants whose source nobody has read.
    var uncheckedConstants: String {
        guard let constants else { return Figures.missing }
        let names = constants.filter { $0.status == "unchecked" }.map(\.what)
        return names.isEmpty ? "none" : names.joined(separator: "; ")
    }

    private static func numbers(_ constant: Constant, _ name: String) -> String {
        (constant.values[name] ?? []).map(Figures.constant).joined(separator: ", ")
    }

    private static func standing(_ constant: Constant) -> String {
        switch constant.status {
        case "checked": "checked"
        case "house": "own choice"
        default: "not checked in a primary document"
        }
    }

    /// Every constant beside the profile's, and how well it is known.
    var constantTables: [ReportTable] {
        guard let constants, let date = constants.first?.tableDate else { return [] }
        return [
            ReportTable(
                title: "Constants of this plan and how well they are known",
                note:
                    "Table of \(date). Not checked: from memory or a secondary source; nobody has compared it with a primary document.",
                columns: [.init("Constant"), .init("Values"), .init("Known"), .init("Source")],
                rows: constants.map { constant in
                    [
                        constant.what,
                        constant.values.keys.sorted().map {
                            "\($0) \(Self.numbers(constant, $0))"
                        }.joined(separator: "; "),
                        Self.standing(constant), constant.source,
                    ]
                })
        ]
    }

    /// Both ways to the resin activity: reduced by the table, and by lung dose.
    var bodySurfaceTables: [ReportTable] {
        guard let rule = bodySurface else { return [] }
        let steps = rule.reductionTable.map {
            "from \(Figures.percent($0.fromLungShuntFraction)) % less \(Figures.percent($0.reductionFraction)) %"
        }.joined(separator: ", ")
        let rows = rule.territories.map {
            [
                $0.name, Figures.amount($0.volumeML), Figures.amount($0.tumourVolumeML),
                Figures.percent($0.lungShuntFraction), Figures.percent($0.reductionFraction),
                Figures.gbq($0.unreducedActivityGBq), Figures.gbq($0.reducedActivityGBq),
            ]
        }
        return [
            ReportTable(
                title: "Resin activity by body surface",
                note:
                    "\(Figures.fixed(rule.bodySurfaceM2, 4)) m² (DuBois, \(Figures.constant(rule.heightCM)) cm, \(Figures.constant(rule.weightKg)) kg). Reduction by lung shunt: \(steps) (nothing is given above the last). The plan takes the \(rule.isReductionApplied ? "reduced" : "unreduced") activity. Lung dose: \(Figures.gy(rule.unreducedLungDoseGy)) Gy unreduced, \(Figures.gy(rule.reducedLungDoseGy)) Gy reduced; limit \(Figures.gy(rule.allowedLungDoseGy)) Gy.",
                columns: [
                    .init("Territory"), .init("Volume mL", isNumber: true),
                    .init("Tumour mL", isNumber: true), .init("Lung shunt %", isNumber: true),
                    .init("Taken away %", isNumber: true),
                    .init("Unreduced GBq", isNumber: true), .init("Reduced GBq", isNumber: true),
                ], rows: rows)
        ]
    }

    /// What the offered vials would deliver, on time, late and early.
    var deliveryTables: [ReportTable] {
        let options = (order?.options ?? []).filter { $0.deliveredDosesGy != nil }
        guard !options.isEmpty else { return [] }
        let shown =
            structures.filter { $0.role == "tumour" || $0.role == "normal-liver" }
            .map(\.name) + [PlannedActivities.lungs]
        // Wider than a page beyond this.
        let widest = 5
        return stride(from: 0, to: shown.count, by: widest).map { start in
            let end = min(start + widest, shown.count)
            return deliveryTable(
                options, structures: Array(shown[start ..< end]), isFirst: start == 0)
        }
    }

    private func deliveryTable(
        _ options: [VialOption], structures: [String], isFirst: Bool
    ) -> ReportTable {
        ReportTable(
            title: isFirst ? "Mean doses with each vial" : "Mean doses with each vial, further",
            note:
                "In Gy: on time (4 h late / 4 h early), the other territories as planned. Exceeded: limits on mean doses.",
            columns: [.init("Vial")] + structures.map { .init($0) }
                + [.init("Exceeded"), .init("4 h late")],
            rows: options.map { option in
                let doses = structures.map { name in
                    "\(Figures.gy(option.deliveredDosesGy?[name])) (\(Figures.gy(option.deliveredDosesFourHoursLaterGy?[name]))\u{a0}/\u{a0}\(Figures.gy(option.deliveredDosesFourHoursEarlierGy?[name])))"
                }
                let ending = [
                    (option.limitsExceeded ?? []).joined(separator: ", "),
                    option.isUsableFourHoursLater == false ? "past shelf life" : "usable",
                ]
                return [Self.vial(option)] + doses + ending
            })
    }

    /// Which vial for when, in one cell.
    private static func vial(_ option: VialOption) -> String {
        let treatment = option.treatmentTime.map { " for \(ReadableTime.text($0))" } ?? ""
        return "\(option.territory), \(Figures.fixed(option.vialGBq, 1))\u{a0}GBq of "
            + ReadableTime.text(option.calibrationTime) + treatment
    }
}
