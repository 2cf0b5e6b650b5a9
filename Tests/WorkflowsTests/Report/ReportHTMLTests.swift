import Foundation
import Quantities
import Testing
import Workflows

@Suite("Report as HTML")
struct ReportHTMLTests {
    @Test("The same report gives the same text")
    func repeatable() {
        #expect(ReportHTML.render(SampleReport.full()) == ReportHTML.render(SampleReport.full()))
    }

    @Test("Nothing outside the file is named, and nothing runs")
    func selfContained() {
        let html = ReportHTML.render(SampleReport.full())
            .replacing("http://www.w3.org/2000/svg", with: "")
        for word in ["http:", "https:", "<script", "<link", "@import", "url(", "src=\"/"] {
            #expect(!html.contains(word), "\(word)")
        }
    }

    @Test("Every dose is shown with the interval it has, and without one where it has none")
    func intervals() throws {
        var report = SampleReport.full()
        let plain = ReportHTML.render(report)
        #expect(!plain.contains("class=\"interval\""))
        report.territories[0].perfusedIntervalGy = 80.1 ... 110.9
        report.structures[0].valueIntervals = [70.1 ... 81.3, nil, 171.7 ... 199.9, nil, nil]
        report.constraints[0].valueInterval = 61.2 ... 91.9
        report.orders[0].doseFactors = 0.5 ... 2
        let html = ReportHTML.render(report)
        for text in [
            "94.3 (80.1–110.9)", "<span class=\"interval\">(70.1–81.3)</span>",
            "<span class=\"interval\">(171.7–199.9)</span>", "74.99 Gy (61.2–91.9)",
            // 3 GBq of the sample's 74.2 Gy.
            "74.2 (37.1–148.5)",
        ] { #expect(html.contains(text), "\(text)") }
        // Intervals of another number of columns would stand under the wrong heading.
        report.structures[0].valueIntervals = [70.1 ... 81.3]
        #expect(!ReportHTML.render(report).contains("class=\"interval\""))
    }

    @Test(
        "A hostile text comes out as text wherever it stands",
        arguments: [
            "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='x",
            "</style><svg onload=x>", "</title>", "a & b < c", "\u{0}\u{8}\u{1b}[2J",
            "\u{202e}00.57",
        ])
    func hostile(_ text: String) throws {
        let plain = ReportHTML.render(try everything(named: "PLAINTEXT"))
        // Cells with a long word carry a class, which is no tag of the text's.
        let html = ReportHTML.render(try everything(named: text))
            .replacing(" class=\"long\"", with: "")
        // The tags are those of the program alone: as many of them as with a harmless text.
        #expect(html.filter { $0 == "<" }.count == plain.filter { $0 == "<" }.count)
        #expect(html.filter { $0 == "\"" }.count == plain.filter { $0 == "\"" }.count)
        #expect(!html.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        #expect(!html.contains("\u{202e}"))
    }

    /// A report in which every text is `text`.
    private func everything(named text: String) throws -> PlanReport {
        var report = PlanReport(
            title: text, planName: text, madeAt: text,
            patient: ReportPatient(
                name: text, birthDate: text, identifier: text, issuer: text, sex: text),
            convention: ReportConvention(
                name: text, nuclide: text, doseConstantGyKgPerGBq: 1, halfLifeHours: 1,
                tissueDensityGPerML: 1, lungMassKg: 1, source: text))
        report.headlines = [.init(label: text, value: text, unit: text, note: text)]
        report.inputs = [.init(name: text, value: text, source: text, digest: text)]
        report.images = [
            .init(
                role: text, modality: text, description: text, acquired: text, grid: text,
                digest: text)
        ]
        var territory = try #require(SampleReport.full().territories.first)
        territory.name = text
        territory.prescription = text
        report.territories = [territory]
        report.structureMetrics = [.init(text, unit: text)]
        report.structures = [
            .init(
                name: text, role: text, volumeML: 1, massGrams: 1, meanDoseGy: 1, values: [1])
        ]
        report.constraints = [
            .init(
                name: text, structure: text, unit: text, limit: 1, value: 1,
                maximumActivityGBq: 1, isBinding: true, provenance: text)
        ]
        report.findings = [Finding(text, .error, text, subject: text)]
        report.curves = [
            .init(
                name: text, dosesGy: [0, 1], volumeFractions: [1, 0],
                style: .init(colour: text, dash: [1]))
        ]
        let line = [ReportPicture.Point(x: 0, y: 0), ReportPicture.Point(x: 9, y: 9)]
        report.pictures = [
            .init(
                png: SamplePNG.grey(width: 1, height: 1, pixels: [0]), widthPX: 1, heightPX: 1,
                isolines: [
                    .init(label: text, levelGy: 1, style: .init(colour: text), lines: [line])
                ], caption: text)
        ]
        report.furtherTables = [
            .init(title: text, note: text, columns: [.init(text)], rows: [[text]])
        ]
        report.models = [text]
        report.provenance = [.init(text, text)]
        return report
    }

    @Test("A constraint is judged by its unrounded value")
    func unrounded() {
        var constraint = ReportConstraint(
            name: "a", structure: "b", limit: 75, value: 75.000_000_1, maximumActivityGBq: nil,
            isBinding: false, provenance: "")
        #expect(constraint.isKept == false)
        constraint.value = 75
        #expect(constraint.isKept == true)
        constraint.value = .nan
        #expect(constraint.isKept == false)
        constraint.value = nil
        #expect(constraint.isKept == nil)
    }

    @Test("Values that do not match the columns are left out rather than shifted")
    func shifted() {
        var report = SampleReport.full()
        report.structures = [
            .init(
                name: "a", role: "b", volumeML: 1, massGrams: 1, meanDoseGy: 1, values: [777.7])
        ]
        #expect(!ReportHTML.render(report).contains("777.7"))
    }

    @Test("A vial that breaks a limit says so in its row, beside what else is said of it")
    func exceedingVial() {
        var report = SampleReport.full()
        #expect(!ReportHTML.render(report).contains("exceeds"))
        report.orders[0].limitsExceeded = ["Normal liver", "Lungs & more"]
        report.orders[0].isBelowNeed = true
        #expect(
            ReportHTML.render(report).contains(
                "below need, <strong>exceeds Normal liver, Lungs &amp; more</strong>"))
    }

    @Test("What is not there leaves no heading; findings always have one")
    func empty() {
        var report = SampleReport.full()
        report.orders = []
        report.verification = nil
        report.findings = []
        let html = ReportHTML.render(report)
        #expect(!html.contains("<h2>Vial options"))
        #expect(!html.contains("<h2>Delivered"))
        #expect(html.contains("<h2>Findings</h2>\n<p>None.</p>"))
    }
}

@Suite("Figures")
struct FiguresTests {
    @Test(
        "Rounding shows what a reader needs, and a dash where there is no number",
        arguments: [
            (Figures.gy(9.994), "9.99"), (Figures.gy(9.996), "10.0"), (Figures.gy(204.55), "204.6"),
            (Figures.gy(-0.001), "0.00"), (Figures.gy(-28.86), "−28.9"), (Figures.gy(nil), "–"),
            (Figures.gy(.nan), "–"), (Figures.gbq(2.30409592197), "2.304"),
            (Figures.amount(1452.64), "1453"), (Figures.amount(0.268), "0.27"),
            (Figures.percent(0.065053), "6.5"),
            (Figures.signedPercent(0.173), "+17.3"), (Figures.signedPercent(-0.173), "−17.3"),
            (Figures.constant(49.67), "49.67"), (Figures.constant(50), "50"),
        ])
    func rounding(_ shown: String, _ expected: String) {
        #expect(shown == expected)
    }
}

@Suite("Text table")
struct TextTableTests {
    @Test("Words stand left, numbers right, and no line ends in spaces")
    func layout() {
        let table = TextTable(
            columns: [.init("Structure"), .init("Gy", isNumber: true), .init("State")],
            rows: [["Liver", "74.99", "kept"], ["Tumour", "204.6"], ["Bad\u{1b}[2J", "1", "x"]])
        #expect(
            table.text == """
                Structure     Gy  State
                ---------  -----  -----
                Liver      74.99  kept
                Tumour     204.6
                Bad\u{fffd}[2J        1  x

                """)
    }
}
