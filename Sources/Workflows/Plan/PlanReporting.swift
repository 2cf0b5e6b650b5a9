import Dosimetry
import Imaging
import Physics
import Quantities
import Storage

/// Turns a kept plan into the values its report shows.
package struct PlanReporting {
    private let kept: PlanWorkflow.Kept
    private var document: PlanDocument { kept.result.document }

    package init(_ kept: PlanWorkflow.Kept) { self.kept = kept }

    /// The report's values.
    ///
    /// - Throws: ``DoseError``, ``ImagingError`` from curves and pictures.
    package func report() throws -> PlanReport {
        var report = PlanReport(
            title: "SIRT plan", planName: document.name, madeAt: kept.context.keptAt,
            patient: ReportPatient(kept.context.patient),
            convention: ReportConvention(document.profile))
        report.headlines = headlines
        report.inputs = ReportInput.list(
            document.inputs, document.registration, fullNames: kept.context.fullNames)
        report.territories = territories
        report.lungShunt = lungShunt
        report.structureMetrics = ["D98", "D95", "D50", "D2", "BED"].map {
            ReportMetric($0, unit: "Gy")
        }
        report.structures = document.structures.map(Self.structure)
        report.constraints = document.limits.map(constraint)
        report.orders = orders
        report.ordersNote = ordersNote
        report.findings = document.findings
        report.curves = try ReportCurve.list(kept.result.regions, dose: kept.result.dose)
        report.pictures = try PlanPictures(kept.result).pictures()
        report.furtherTables =
            document.bodySurfaceTables + document.deliveryTables + comparison
            + document.physicalDoseTables + document.uncertaintyTables
            + document.constantTables
        report.models = document.models
        report.provenance = provenance
        return report
    }

    private var headlines: [ReportHeadline] {
        [
            ReportHeadline(
                label: "Injected activity",
                value: Figures.gbq(document.totalInjectedActivityGBq), unit: "GBq",
                note: document.bindingLimit.map { "binding limit: \($0)" } ?? ""),
            ReportHeadline(
                label: "Vial activity", value: Figures.gbq(document.totalVialActivityGBq),
                unit: "GBq",
                note: "residual \(Figures.percent(document.residualFraction)) %"),
            ReportHeadline(
                label: "Lung dose", value: Figures.gy(document.lungDoseGy), unit: "Gy",
                note:
                    "\(document.lungDoseUncertainty.map { "95 %: \(Figures.gy($0.lowerGy))–\(Figures.gy($0.upperGy)) Gy; " } ?? "")shunt \(Figures.percent(document.lungShunt.usedFraction)) % by \(Self.shuntSource(document.lungShunt.used))"
            ),
        ]
    }

    private var territories: [ReportTerritory] {
        document.territories.map { territory in
            let perfused = document.structures.first { $0.name == territory.name }
            var row = ReportTerritory(
                name: territory.name, device: document.device, method: document.method,
                prescription: prescription(territory), volumeML: territory.volumeML,
                massGrams: perfused?.massG ?? 0,
                lungShuntFraction: territory.lungShuntFraction,
                residualFraction: document.residualFraction,
                injectedActivityGBq: territory.injectedActivityGBq,
                vialActivityGBq: territory.vialActivityGBq,
                perfusedDoseGy: perfused?.meanDoseGy ?? 0)
            row.perfusedIntervalGy = perfused?.uncertainty?.intervalGy
            return row
        }
    }

    /// The aim, and what it would have needed where a limit lowered the activity.
    private func prescription(_ territory: PlanDocument.Territory) -> String {
        let lowered =
            territory.injectedActivityGBq < territory.wishedInjectedActivityGBq * (1 - 1e-6)
        return territory.aim
            + (lowered
                ? "; needs \(Figures.gbq(territory.wishedInjectedActivityGBq)) GBq, lowered by a limit"
                : "")
    }

    private static func shuntSource(_ source: String) -> String {
        source == "spect" ? "SPECT" : source
    }

    private var lungShunt: ReportLungShunt {
        let shunt = document.lungShunt
        var row = ReportLungShunt(
            planarFraction: shunt.planarFraction, spectFraction: shunt.spectFraction,
            usedFraction: shunt.usedFraction, usedSource: Self.shuntSource(shunt.used),
            lungMassKg: shunt.lungMassKg, lungMassSource: shunt.lungMassSource,
            lungDoseGy: document.lungDoseGy, earlierLungDoseGy: document.earlierLungDoseGy)
        row.lungDoseIntervalGy = document.lungDoseUncertainty?.intervalGy
        return row
    }

    private static func structure(_ structure: PlanDocument.Structure) -> ReportStructure {
        let points = [structure.d98Gy, structure.d95Gy, structure.d50Gy, structure.d2Gy]
        var row = ReportStructure(
            name: structure.name, role: structure.role, volumeML: structure.volumeML,
            massGrams: structure.massG, meanDoseGy: structure.meanDoseGy,
            meanIntervalGy: structure.uncertainty?.intervalGy,
            values: points + [structure.bedGy])
        let factors = structure.uncertainty?.factors
        row.valueIntervals =
            points.map { $0.flatMap { Figures.interval(of: $0, times: factors) } }
            + [structure.uncertainty?.bedIntervalGy]
        return row
    }

    private func constraint(_ limit: PlanDocument.Limit) -> ReportConstraint {
        var row = ReportConstraint(
            name: limit.name, structure: limit.structure ?? limit.name, limit: limit.limitGy,
            value: limit.valueGy,
            maximumActivityGBq: limit.maximumTotalInjectedActivityGBq,
            isBinding: limit.isBinding, probabilityMet: limit.probabilityMet,
            provenance: limit.source)
        row.valueInterval = Figures.interval(
            of: limit.valueGy, times: document.uncertainty(of: limit)?.factors)
        return row
    }

    private var orders: [ReportOrder] {
        (document.order?.options ?? []).map { option in
            var order = ReportOrder(
                device: document.device, territory: option.territory, vialGBq: option.vialGBq,
                calibrationTime: option.calibrationTime,
                hoursAfterCalibration: option.hoursAfterCalibration,
                activityAtTreatmentGBq: option.activityAtTreatmentGBq,
                offTargetFraction: option.offTargetFraction,
                perfusedDoseGy: option.perfusedDoseGy,
                perfusedDoseAfterDelayGy: option.perfusedDoseFourHoursLaterGy,
                isBelowNeed: option.belowNeed, isChosen: false)
            order.limitsExceeded = option.limitsExceeded ?? []
            order.treatmentTime = option.treatmentTime ?? document.order?.treatmentTime ?? ""
            order.doseFactors = document.uncertainty(of: option)?.factors
            return order
        }
    }

    /// When treatment is, and what to draw or how far above the plan the vials may lie together.
    private var ordersNote: String {
        guard let order = document.order else { return "" }
        var note = "Asked for: treatment on \(ReadableTime.text(order.treatmentTime))."
        if order.options.contains(where: {
            ($0.treatmentTime ?? order.treatmentTime) != order.treatmentTime
        }) {
            note +=
                " Some options are for another of the treatment times, as their row says; all territories need one and the same."
        }
        if let vial = document.closest(of: order.options), let draw = document.drawing(from: vial) {
            return note + " Of the vial of \(ReadableTime.text(vial.calibrationTime)): \(draw)."
        }
        if let limit = document.limits.first(where: \.isBinding),
            let most = limit.maximumTotalInjectedActivityGBq,
            document.totalInjectedActivityGBq > 0
        {
            let room = most / document.totalInjectedActivityGBq - 1
            note +=
                room > 0.0005
                ? " The binding limit '\(limit.name)' leaves room for \(Figures.percent(room)) % more in all territories alike."
                : " The plan lies at its binding limit '\(limit.name)': an option above the need goes beyond it unless another territory is given less."
        }
        return note
    }

    private var comparison: [ReportTable] {
        guard !document.profileComparison.isEmpty else { return [] }
        let names = document.structures.map(\.name)
        let own = (
            document.profile.name, document.lungDoseGy,
            Dictionary(
                document.structures.map { ($0.name, $0.meanDoseGy) },
                uniquingKeysWith: { a, _ in a })
        )
        let others = document.profileComparison.map { ($0.profile, $0.lungDoseGy, $0.meanDosesGy) }
        let columns = [own] + others
        return [
            ReportTable(
                title: "The same activities under other convention profiles",
                note: "Mean doses in Gy. The plan stands on its own profile alone."
                    + (conventions.map { " \($0)" } ?? ""),
                columns: [.init("Structure")] + columns.map { .init($0.0, isNumber: true) },
                rows: names.map { name in
                    [name] + columns.map { Figures.gy($0.2[name]) }
                } + [["Lungs"] + columns.map { Figures.gy($0.1) }])
        ]
    }

    /// How the profiles stand to the physical dose constant; `nil` for a nuclide without data.
    private var conventions: String? {
        Nuclide(rawValue: document.profile.nuclide)
            .flatMap { try? ConventionConstants(DecayData($0)) }?.sentence
    }

    private var provenance: [ReportFact] {
        [
            ReportFact("Plan", kept.planID), ReportFact("Kept at", kept.context.keptAt),
            ReportFact("Kept by", kept.context.keptBy),
            ReportFact("Program", "\(document.software.program) \(document.software.version)"),
            ReportFact("Dose engine", document.software.engine),
            ReportFact(
                "Dose grid",
                "\(document.doseGrid.shape.map(String.init).joined(separator: " × ")), \(document.doseGrid.spacingMM.map { Figures.fixed($0, 2) }.joined(separator: " × ")) mm, density \(document.doseGrid.density)"
            ),
            ReportFact("Constants that nobody has checked", document.uncheckedConstants),
            ReportFact("Dose map (SHA-256)", document.dosePerVoxelDigest),
        ]
    }
}
