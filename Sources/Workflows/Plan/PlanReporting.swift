import Dosimetry
import Imaging
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
        let patient = kept.context.patient
        var report = PlanReport(
            title: "SIRT plan", planName: document.name, madeAt: kept.context.keptAt,
            patient: ReportPatient(
                name: patient.name, birthDate: Self.dashed(patient.birthDate),
                identifier: patient.patientID, issuer: patient.issuer, sex: patient.sex),
            convention: ReportConvention(
                name: document.profile.name, nuclide: document.profile.nuclide,
                doseConstantGyKgPerGBq: document.profile.doseConstantGyKgPerGBq,
                halfLifeHours: document.profile.halfLifeHours,
                tissueDensityGPerML: document.profile.tissueDensityGPerML,
                lungMassKg: document.profile.lungMassKg, source: document.profile.source))
        report.headlines = headlines
        report.inputs = inputs
        report.territories = territories
        report.lungShunt = lungShunt
        report.structureMetrics = ["D98", "D95", "D50", "D2", "BED"].map {
            ReportMetric($0, unit: "Gy")
        }
        report.structures = document.structures.map(Self.structure)
        report.constraints = document.limits.map(Self.constraint)
        report.orders = orders
        report.findings = document.findings
        report.curves = try curves()
        report.pictures = try PlanPictures(kept.result).pictures()
        report.furtherTables = comparison
        report.models = [
            "BED for a permanent implant: D·(1 + T_rep/(T_rep + T)·D/(α/β)); tumour α/β 10 Gy, repair 1.5 h; normal liver α/β 2.5 Gy, repair 2.5 h. A model, not a measurement."
        ]
        report.provenance = provenance
        return report
    }

    private static func dashed(_ date: String) -> String {
        guard date.count == 8, date.allSatisfy(\.isNumber) else { return date }
        let digits = Array(date)
        return "\(String(digits[0 ..< 4]))-\(String(digits[4 ..< 6]))-\(String(digits[6...]))"
    }

    private var headlines: [ReportHeadline] {
        [
            ReportHeadline(
                label: "Injected activity",
                value: Figures.gbq(document.totalInjectedActivityGBq), unit: "GBq",
                note: document.bindingLimit.map { "strictest limit: \($0)" } ?? ""),
            ReportHeadline(
                label: "Vial activity", value: Figures.gbq(document.totalVialActivityGBq),
                unit: "GBq",
                note: "residual \(Figures.percent(document.residualFraction)) %"),
            ReportHeadline(
                label: "Lung dose", value: Figures.gy(document.lungDoseGy), unit: "Gy",
                note:
                    "shunt \(Figures.percent(document.lungShunt.usedFraction)) % by \(document.lungShunt.used)"
            ),
        ]
    }

    private var inputs: [ReportInput] {
        document.inputs.map {
            ReportInput(name: $0.role, value: $0.series, source: "data folder", digest: $0.digest)
        } + [
            ReportInput(
                name: "registration",
                value:
                    "\(document.registration.kind), turn \(Figures.fixed(document.registration.rotationDegrees, 2))°, spread \(Figures.fixed(document.registration.spreadMM, 2)) mm",
                source: document.registration.acceptedBy.map { "accepted by \($0)" }
                    ?? "not accepted")
        ]
    }

    private var territories: [ReportTerritory] {
        document.territories.map { territory in
            let perfused = document.structures.first { $0.name == territory.name }
            return ReportTerritory(
                name: territory.name, device: document.device, method: document.method,
                prescription: territory.aim, volumeML: territory.volumeML,
                massGrams: perfused?.massG ?? 0,
                lungShuntFraction: territory.lungShuntFraction,
                residualFraction: document.residualFraction,
                injectedActivityGBq: territory.injectedActivityGBq,
                vialActivityGBq: territory.vialActivityGBq,
                perfusedDoseGy: perfused?.meanDoseGy ?? 0)
        }
    }

    private var lungShunt: ReportLungShunt {
        let shunt = document.lungShunt
        return ReportLungShunt(
            planarFraction: shunt.planarFraction, spectFraction: shunt.spectFraction,
            usedFraction: shunt.usedFraction, usedSource: shunt.used,
            lungMassKg: shunt.lungMassKg, lungMassSource: shunt.lungMassSource,
            lungDoseGy: document.lungDoseGy, earlierLungDoseGy: document.earlierLungDoseGy)
    }

    private static func structure(_ structure: PlanDocument.Structure) -> ReportStructure {
        ReportStructure(
            name: structure.name, role: structure.role, volumeML: structure.volumeML,
            massGrams: structure.massG, meanDoseGy: structure.meanDoseGy,
            values: [
                structure.d98Gy, structure.d95Gy, structure.d50Gy, structure.d2Gy,
                structure.bedGy,
            ])
    }

    private static func constraint(_ limit: PlanDocument.Limit) -> ReportConstraint {
        ReportConstraint(
            name: limit.name, structure: limit.name, limit: limit.limitGy, value: limit.valueGy,
            maximumActivityGBq: limit.maximumTotalInjectedActivityGBq,
            isBinding: limit.isBinding, provenance: limit.source)
    }

    private var orders: [ReportOrder] {
        (document.order?.options ?? []).map { option in
            ReportOrder(
                device: document.device, territory: option.territory, vialGBq: option.vialGBq,
                calibrationTime: option.calibrationTime,
                hoursAfterCalibration: option.hoursAfterCalibration,
                activityAtTreatmentGBq: option.activityAtTreatmentGBq,
                offTargetFraction: option.offTargetFraction,
                perfusedDoseGy: option.perfusedDoseGy,
                perfusedDoseAfterDelayGy: option.perfusedDoseFourHoursLaterGy,
                isBelowNeed: option.belowNeed, isChosen: false)
        }
    }

    private func curves() throws -> [ReportCurve] {
        let shown: [PlanRegions.Role] = [.tumour, .normalLiver, .perfusedNormal, .territory]
        let regions = kept.result.regions.regions.filter { shown.contains($0.role) }
        return try regions.enumerated().map { index, region in
            let curve = try DoseVolumeHistogram(
                dose: kept.result.dose, region: region.mask, name: region.name
            ).cumulative(binGy: 0.5, maximumPoints: 2000)
            return ReportCurve(
                name: region.name, dosesGy: curve.doseGy,
                volumeFractions: curve.volumePercent.map { $0 / 100 },
                style: .numbered(index))
        }
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
                note: "Mean doses in Gy. The plan stands on its own profile alone.",
                columns: [.init("Structure")] + columns.map { .init($0.0, isNumber: true) },
                rows: names.map { name in
                    [name] + columns.map { Figures.gy($0.2[name]) }
                } + [["Lungs"] + columns.map { Figures.gy($0.1) }])
        ]
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
            ReportFact("Dose map (SHA-256)", document.dosePerVoxelDigest),
        ]
    }
}
