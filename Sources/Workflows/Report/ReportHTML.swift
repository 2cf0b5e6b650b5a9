import Quantities

/// Writes a plan's report as one HTML file: one style sheet inside, no script, no outside address.
///
/// The same report gives the same bytes. The page is made for A4 paper and read on screen as well;
/// every page carries the patient, the plan and the notice that this is no medical device.
package enum ReportHTML {
    /// What stands on every page and every screen.
    package static let notice =
        "Not a medical device. For research and teaching: no treatment may rest on this report."

    /// Writes the report.
    ///
    /// - Returns: A complete HTML document, UTF-8 when written to a file.
    package static func render(_ report: PlanReport) -> String {
        let css = Markup(trusted: String(decoding: PackageResources.report_css, as: UTF8.self))
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="generator" content="Grevy">
            <title>\(report.title): \(report.planName)</title>
            <style>
            \(css)
            </style>
            </head>
            <body>
            \(pageHead(report))
            \(pageFoot(report))
            <main>
            <h1>\(report.title)</h1>
            <p class="made">Plan <strong>\(report.planName)</strong>, report made \
            \(ReadableTime.text(report.madeAt))</p>
            \(sections(of: report))
            </main>
            </body>
            </html>

            """
        return page.source
    }

    private static func sections(of report: PlanReport) -> [Markup] {
        [
            summary(report), territories(report.territories), limits(report.constraints),
            structures(report), pictures(report.pictures), curves(report.curves),
            lungShunt(report.lungShunt), orders(report.orders, note: report.ordersNote),
            verification(report.verification),
        ] + report.furtherTables.map(further)
            + [
                findings(report.findings), convention(report.convention, models: report.models),
                inputs(report.inputs), images(report.images), provenance(report.provenance),
            ]
    }

    private static func pageHead(_ report: PlanReport) -> Markup {
        let patient = report.patient
        let texts = [patient.name, patient.identifier + patient.issuer, patient.birthDate]
        let layout: Markup = texts.contains { $0.count > 34 } ? "patient crowded" : "patient"
        let issuer: Markup =
            patient.issuer.isEmpty ? "" : " <span>(\(fitting(patient.issuer)))</span>"
        return """
            <header class="page-head">
            <p class="notice">\(notice)</p>
            <dl class="\(layout)">
            <div><dt>Patient</dt><dd>\(fitting(patient.name))</dd></div>
            <div><dt>Born</dt><dd>\(fitting(patient.birthDate))</dd></div>
            <div><dt>Sex</dt><dd>\(fitting(patient.sex))</dd></div>
            <div><dt>Identifier</dt><dd>\(fitting(patient.identifier))\(issuer)</dd></div>
            </dl>
            </header>
            """
    }

    private static func pageFoot(_ report: PlanReport) -> Markup {
        """
        <div class="page-foot">Grevy · \(report.title) · \(fitting(report.planName)) · \
        \(report.convention.name) · \(ReadableTime.text(report.madeAt))</div>
        """
    }

    /// A text for the head or foot of a page, where room is fixed.
    ///
    /// DICOM allows 64 characters in a name or identifier; what is longer than that is no proper
    /// value and would push the notice off the page, so it is cut, visibly.
    private static func fitting(_ text: String) -> String {
        if text.isEmpty { return "not known" }
        return text.count > 64 ? "\(text.prefix(63))…" : text
    }

    private static func summary(_ report: PlanReport) -> Markup {
        let cards = report.headlines.map { headline -> Markup in
            """
            <div class="card"><dt>\(headline.label)</dt>\
            <dd><span class="value">\(headline.value)</span> \(headline.unit)\
            <span class="note">\(headline.note)</span></dd></div>
            """
        }
        let list: Markup = cards.isEmpty ? "" : "<dl class=\"cards\">\(cards)</dl>"
        return """
            <section class="summary" aria-label="Summary">
            \(list)
            \(attention(report.findings + (report.verification?.findings ?? [])))
            </section>
            """
    }

    /// What must be dealt with before anyone goes on, at the very top.
    private static func attention(_ findings: [Finding]) -> Markup {
        let errors = findings.filter { $0.severity == .error }
        let warnings = findings.count { $0.severity == .warning }
        if errors.isEmpty {
            guard warnings > 0 else { return "" }
            let noun = warnings == 1 ? "warning" : "warnings"
            return "<p class=\"attention\">\(warnings) \(noun) to look at: see Findings.</p>"
        }
        let items = errors.map { finding -> Markup in
            "<li>\(finding.subject.map { "\($0): " } ?? "")\(finding.sentence)</li>"
        }
        return """
            <div class="attention stop" role="note">
            <p>This plan cannot be used until the following is dealt with:</p>
            <ul>\(items)</ul>
            </div>
            """
    }

    /// A section with its heading kept together with what follows; nothing when it is empty.
    static func section(_ title: String, _ body: [Markup]) -> Markup {
        body.isEmpty ? "" : "<section>\n<h2>\(title)</h2>\n\(body)\n</section>\n"
    }
}

/// A table with a header row, a row header in the first column, and numbers set right.
struct ReportHTMLTable {
    struct Row {
        var cells: [Markup]
        /// A class of the style sheet, such as `binding`; empty for a plain row.
        var emphasis: StaticString = ""
    }

    var columns: [ReportTable.Column]
    var rows: [Row]
    /// Said above the table; read out by screen readers as the table's name.
    var caption: String

    /// Whether a word is too long for a column; only such a cell may break inside words.
    private static func hasLongWord(_ markup: Markup) -> Bool {
        markup.source.split { $0 == " " || $0 == "<" || $0 == ">" }.contains { $0.count > 24 }
    }

    var markup: Markup {
        let head = columns.map { column -> Markup in
            column.isNumber
                ? "<th scope=\"col\" class=\"number\">\(column.title)</th>"
                : "<th scope=\"col\">\(column.title)</th>"
        }
        let body = rows.map { row -> Markup in
            let cells = zip(columns, row.cells).enumerated().map { index, cell -> Markup in
                let (column, text) = cell
                let breaking: Markup = Self.hasLongWord(text) ? " class=\"long\"" : ""
                if index == 0 { return "<th scope=\"row\"\(breaking)>\(text)</th>" }
                if column.isNumber { return "<td class=\"number\">\(text)</td>" }
                return "<td\(breaking)>\(text)</td>"
            }
            return "<tr class=\"\("\(row.emphasis)")\">\(cells)</tr>\n"
        }
        return """
            <table>
            <caption>\(caption)</caption>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body)</tbody>
            </table>

            """
    }
}
