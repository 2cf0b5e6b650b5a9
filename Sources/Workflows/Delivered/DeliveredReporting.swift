import Dosimetry
import Imaging
import Quantities

/// Turns kept delivered doses into the values their report shows.
package struct DeliveredReporting {
    private let kept: DeliveredWorkflow.Kept
    private var document: DeliveredDocument { kept.result.document }

    package init(_ kept: DeliveredWorkflow.Kept) { self.kept = kept }

    /// The report's values.
    ///
    /// - Throws: ``DoseError``, ``ImagingError`` from curves and pictures.
    package func report() throws -> PlanReport {
        var report = PlanReport(
            title: "SIRT verification", planName: document.planName, madeAt: kept.context.keptAt,
            patient: ReportPatient(kept.context.patient),
            convention: ReportConvention(document.profile))
        report.headlines = headlines
        report.verification = verification
        report.furtherTables =
            [Self.territories(document), Self.coverage(document)]
            + document.limitTables + document.uncertaintyTables
        report.findings = document.findings
        report.inputs = ReportInput.list(
            document.inputs, document.registration, fullNames: kept.context.fullNames)
        report.curves = try ReportCurve.list(
            kept.result.ground.regions, dose: kept.result.relative)
        report.pictures = try PlanPictures(
            regions: kept.result.ground.regions, uptake: kept.result.uptake,
            dose: kept.result.relative, anatomy: kept.result.ground.anatomy
        ).pictures()
        report.provenance = provenance
        return report
    }

    private var headlines: [ReportHeadline] {
        [
            ReportHeadline(
                label: "Injected activity", value: Figures.gbq(document.injectedActivityGBq),
                unit: "GBq",
                note: "planned \(Figures.gbq(document.plannedInjectedActivityGBq)) GBq"),
            ReportHeadline(
                label: "Activity in the image", value: Figures.gbq(document.image.activityGBq),
                unit: "GBq",
                note: document.image.activityToInjectedRatio.map {
                    "\(Figures.percent($0)) % of injected"
                } ?? "not calibrated"),
            ReportHeadline(
                label: "Lung dose", value: Figures.gy(document.lungs.deliveredMeanDoseGy),
                unit: "Gy", note: "planned \(Figures.gy(document.lungs.plannedMeanDoseGy)) Gy"),
        ]
    }

    /// The findings stand in the report's own list, not here again.
    private var verification: ReportVerification {
        ReportVerification(
            method:
                "\(document.image.modality), \(document.software.engine); pictures and curves show the relative dose",
            injectedActivityGBq: document.injectedActivityGBq,
            imageActivityGBq: document.image.activityGBq,
            rows: document.structures.map {
                var row = ReportVerification.Row(
                    structure: $0.name, plannedGy: $0.plannedMeanDoseGy,
                    absoluteGy: $0.absoluteMeanDoseGy, relativeGy: $0.relativeMeanDoseGy)
                row.absoluteIntervalGy = $0.absoluteUncertainty?.intervalGy
                row.relativeIntervalGy = $0.relativeUncertainty?.intervalGy
                return row
            }, findings: [])
    }

    /// What each territory was to get, got, and shows.
    static func territories(_ document: DeliveredDocument) -> ReportTable {
        ReportTable(
            title: "Activity by territory",
            note: "At administration. In the image: found inside by the image's own calibration.",
            columns: [
                .init("Territory"), .init("Planned GBq", isNumber: true),
                .init("Injected GBq", isNumber: true), .init("Lung shunt %", isNumber: true),
                .init("In the image GBq", isNumber: true),
                .init("Share of image %", isNumber: true), .init("Stasis"),
            ],
            rows: document.territories.map {
                [
                    $0.name, Figures.gbq($0.plannedInjectedActivityGBq),
                    Figures.gbq($0.injectedActivityGBq), Figures.percent($0.lungShuntFraction),
                    Figures.gbq($0.imageActivityGBq),
                    Figures.percent($0.shareOfImageInTerritory), $0.stasis ? "yes" : "",
                ]
            })
    }

    /// D95 of every structure, planned and delivered.
    static func coverage(_ document: DeliveredDocument) -> ReportTable {
        ReportTable(
            title: "Least dose of the hottest 95 % (D95)", note: "In Gy, over voxels.",
            columns: [
                .init("Structure"), .init("Volume mL", isNumber: true),
                .init("Planned", isNumber: true), .init("Absolute", isNumber: true),
                .init("Relative", isNumber: true),
            ],
            rows: document.structures.map {
                [
                    $0.name, Figures.amount($0.volumeML), Figures.gy($0.plannedD95Gy),
                    Figures.gy($0.absoluteD95Gy), Figures.gy($0.relativeD95Gy),
                ]
            })
    }

    private var provenance: [ReportFact] {
        [
            ReportFact("Verification", kept.verificationID),
            ReportFact("Plan", document.plan),
            ReportFact("Plan document (SHA-256)", document.planDigest),
            ReportFact("Kept at", kept.context.keptAt), ReportFact("Kept by", kept.context.keptBy),
            ReportFact("Program", "\(document.software.program) \(document.software.version)"),
            ReportFact(
                "Dose engine",
                document.software.engine + (document.doseTo.map { ", dose to \($0)" } ?? "")),
            ReportFact(
                "Image values hold",
                "\(Figures.fixed(document.image.hoursAfterAdministration, 3)) h after administration (\(document.image.hoursSource))"
            ),
            ReportFact("Relative dose map (SHA-256)", document.relativeDoseDigest),
            ReportFact(
                "Absolute dose map (SHA-256)", document.absoluteDoseDigest ?? Figures.missing),
        ]
    }
}
