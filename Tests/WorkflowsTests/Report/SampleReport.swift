import Foundation
import Quantities
import Workflows

/// A report with invented numbers, as full as a real one.
enum SampleReport {
    static func full() -> PlanReport {
        var report = PlanReport(
            title: "SIRT plan", planName: "right-and-left-lobe",
            madeAt: "2026-03-14 09:30 UTC",
            patient: ReportPatient(
                name: "SYNTHETIC, Sirtnet Phantom", birthDate: "1961-04-09",
                identifier: "GREVY-PHANTOM-0001", issuer: "Grevy phantom", sex: "F"),
            convention: ReportConvention(
                name: "eanm2022", nuclide: "Y-90", doseConstantGyKgPerGBq: 49.67,
                halfLifeHours: 64.2, tissueDensityGPerML: 1.03, lungMassKg: 1,
                source: "EANM procedure guideline for liver radioembolisation, Weber et al. 2022"))
        report.headlines = [
            .init(label: "Injected activity", value: "3.417", unit: "GBq", note: "two territories"),
            .init(label: "Binding limit", value: "Normal liver", unit: "", note: "margin 0.00 Gy"),
            .init(label: "Lung dose", value: "8.49", unit: "Gy", note: "limit 30 Gy"),
            .init(label: "Tumours, mean", value: "204.6", unit: "Gy", note: "wish 205 Gy"),
        ]
        report.territories = territories
        report.lungShunt = ReportLungShunt(
            planarFraction: 0.0712, spectFraction: 0.0501, usedFraction: 0.0501,
            usedSource: "SPECT", lungMassKg: 1, lungMassSource: "by convention",
            lungDoseGy: 8.4871, earlierLungDoseGy: 3.25)
        report.structureMetrics = ["D95", "D70", "D50", "D2", "BED"].map { .init($0, unit: "Gy") }
        report.structures = structures
        report.constraints = constraints
        report.orders = orders
        report.findings = findings
        report.pictures = [picture(seed: 0), picture(seed: 1)]
        report.curves = curves
        report.verification = verification
        report.furtherTables = [profiles]
        report.models = [
            "BED by the linear-quadratic model with repair: tumour α/β 10 Gy, repair 1.5 h; "
                + "normal liver α/β 2.5 Gy, repair 2.5 h; effective half-life 64.2 h."
        ]
        report.inputs = [
            .init(name: "Residual, right lobe", value: "2.0 %", source: "typed in right-lobe.yaml"),
            .init(
                name: "Structures", value: "11 structures", source: "RTSTRUCT",
                digest: String(repeating: "3f9a", count: 16)),
        ]
        report.images = [
            .init(
                role: "anatomy", modality: "CT", description: "Liver, portal venous",
                acquired: "2026-03-02 10:12", grid: "512 × 512 × 150, 0.98 × 0.98 × 2.50 mm",
                digest: String(repeating: "a1b2", count: 16)),
            .init(
                role: "activity", modality: "NM", description: "MAA SPECT",
                acquired: "2026-03-02 11:40", grid: "128 × 128 × 128, 4.42 × 4.42 × 4.42 mm",
                digest: String(repeating: "c3d4", count: 16)),
        ]
        report.provenance = [
            .init("Program", "Grevy 0.1.0"), .init("Engine", "local deposition, version 1"),
            .init("Nuclear data", "convention profiles of 2026-11-21"),
            .init("Plan digest", String(repeating: "9e8d7c6b", count: 8)),
        ]
        return report
    }

    private static let territories = [
        ReportTerritory(
            name: "Right lobe", device: "glass", method: "partition",
            prescription: "normal liver mean 75 Gy", volumeML: 1103.4, massGrams: 1136.5,
            lungShuntFraction: 0.0501, residualFraction: 0.02, injectedActivityGBq: 2.271,
            vialActivityGBq: 2.317, perfusedDoseGy: 94.28),
        ReportTerritory(
            name: "Left lobe", device: "glass", method: "voxel",
            prescription: "tumour mean 205 Gy", volumeML: 522.9, massGrams: 538.6,
            lungShuntFraction: 0.0501, residualFraction: 0.02, injectedActivityGBq: 1.146,
            vialActivityGBq: 1.169, perfusedDoseGy: 100.39),
    ]

    private static let structures = [
        structure("Metastasis 1", "tumour", 113.1, 1.86),
        structure("Metastasis 2", "tumour", 33.5, 2.12),
        structure("Metastasis 3", "tumour", 8.2, 1.47),
        structure("Metastasis 4", "tumour", 1.77, 1.1),
        structure("Metastasis 5 near the gallbladder fossa", "tumour", 0.27, 0.62),
        structure("Normal liver", "normal liver", 1452.6, 0.7499),
        structure("Lungs", "lungs", 3104.2, 0.0849),
        ReportStructure(
            name: "Stomach", role: "organ", volumeML: 310.4, massGrams: nil, meanDoseGy: 0,
            values: [nil, nil, nil, nil, nil]),
    ]

    private static func structure(
        _ name: String, _ role: String, _ volumeML: Double, _ level: Double
    ) -> ReportStructure {
        ReportStructure(
            name: name, role: role, volumeML: volumeML, massGrams: volumeML * 1.03,
            meanDoseGy: level * 100,
            values: [level * 41, level * 77, level * 98, level * 188, level * 162])
    }

    private static let constraints = [
        ReportConstraint(
            name: "Whole normal liver", structure: "Normal liver", limit: 75, value: 74.99,
            maximumActivityGBq: 3.417, isBinding: true,
            provenance: "glass, HCC, mean dose, level III; no NET evidence, choice recorded; "
                + "EANM 2022 table 2"),
        ReportConstraint(
            name: "Lungs, one session", structure: "Lungs", limit: 30, value: 8.4871,
            maximumActivityGBq: 12.08, isBinding: false,
            provenance: "glass, any tumour, 1 kg lung; package insert"),
        ReportConstraint(
            name: "Lungs, all sessions", structure: "Lungs", limit: 50, value: 11.74,
            maximumActivityGBq: 18.82, isBinding: false,
            provenance: "glass, any tumour, 1 kg lung; package insert"),
        ReportConstraint(
            name: "Stomach wall", structure: "Stomach", limit: 25, value: 26.1,
            maximumActivityGBq: 3.27, isBinding: false, provenance: "invented for this sample"),
        ReportConstraint(
            name: "Tumour goal", structure: "All tumours", sense: .atLeast, limit: 205,
            value: 204.6, maximumActivityGBq: nil, isBinding: false,
            provenance: "glass, HCC, lobar; no NET evidence"),
    ]

    private static let orders = [3, 3.5, 4, 5, 7].enumerated().map { index, size in
        ReportOrder(
            device: "glass", territory: "Right lobe", vialGBq: size,
            calibrationTime: "2026-03-15 12:00 EDT", hoursAfterCalibration: 46 + Double(index),
            activityAtTreatmentGBq: size * 0.608, offTargetFraction: size * 0.608 / 2.317 - 1,
            perfusedDoseGy: size * 0.608 * 40.7, perfusedDoseAfterDelayGy: size * 0.608 * 38.98,
            isBelowNeed: size * 0.608 < 2.317, isChosen: size == 4)
    }

    private static let findings = [
        Finding("ct.slice-gap", .note, "The slices are evenly spaced.", subject: "series 3 (CT)"),
        Finding(
            "plan.no-net-evidence", .warning,
            "The limit for normal liver rests on HCC treated with glass; no evidence for NET is "
                + "recorded. The team's choice is in the record.", subject: "Normal liver"),
        Finding(
            "plan.limit-exceeded", .error, "The dose is above its limit by 1.1 Gy.",
            subject: "Stomach"),
        Finding(
            "dvh.small-tumour", .warning,
            "Below 2 mL the image resolution lowers the dose that is seen.",
            subject: "Metastasis 5 near the gallbladder fossa"),
    ]

    private static var curves: [ReportCurve] {
        structures.prefix(7).enumerated().map { index, structure in
            let mean = structure.meanDoseGy ?? 0
            let doses = (0 ... 900).map { Double($0) * 0.5 }
            return ReportCurve(
                name: structure.name, dosesGy: doses,
                volumeFractions: doses.map { 1 / (1 + exp(($0 - mean) / (0.09 * mean + 1))) },
                style: .numbered(index))
        }
    }

    private static var verification: ReportVerification {
        ReportVerification(
            method: "Y-90 PET, local deposition", injectedActivityGBq: 3.402,
            imageActivityGBq: 2.813,
            rows: [
                .init(
                    structure: "Normal liver", plannedGy: 74.99, absoluteGy: 60.4,
                    relativeGy: 73.1),
                .init(structure: "Metastasis 5", plannedGy: 62, absoluteGy: nil, relativeGy: nil),
            ],
            findings: [
                Finding(
                    "verification.activity", .warning,
                    "The activity in the PET is 17.3 % below the injected activity.")
            ])
    }

    private static let profiles = ReportTable(
        title: "The plan on other profiles", note: "Same images, same wish; nothing is mixed.",
        columns: [.init("Profile"), .init("Injected GBq", isNumber: true)],
        rows: [["mppg14a", "3.437"], ["eanm2022", "3.417"], ["ifu-glass", "3.394"]])

    /// A grey disc with rings of isodose lines.
    private static func picture(seed: Int) -> ReportPicture {
        let width = 256
        let height = 208
        let pixels = (0 ..< width * height).map { index -> UInt8 in
            let x = Double(index % width - 120) / 110
            let y = Double(index / width - 104) / 92
            return x * x + y * y < 1 ? UInt8(90 + (index * 7919 + seed) % 40) : 8
        }
        let levels: [Double] = [50, 75, 120, 205]
        let isolines = levels.enumerated().map { index, level -> ReportPicture.Isoline in
            let radius = 70.0 - 15 * Double(index)
            let ring = (0 ... 72).map { step -> ReportPicture.Point in
                let angle = Double(step) * .pi / 36
                return .init(
                    x: 95 + Double(20 * seed) + radius * cos(angle),
                    y: 100 + 0.8 * radius * sin(angle))
            }
            return .init(
                label: "\(Int(level)) Gy", levelGy: level, style: sampleStyles[index],
                lines: [ring])
        }
        return ReportPicture(
            png: SamplePNG.grey(width: width, height: height, pixels: pixels), widthPX: width,
            heightPX: height, isolines: isolines,
            caption: "Transverse slice \(70 + seed), CT window 40/400 HU, planned dose")
    }

    private static let sampleStyles = [
        ReportLineStyle(colour: "#56b4e9"), ReportLineStyle(colour: "#f0e442", dash: [8, 4]),
        ReportLineStyle(colour: "#e69f00", dash: [3, 3]),
        ReportLineStyle(colour: "#ff5a36", dash: [10, 3, 2, 3]),
    ]
}
