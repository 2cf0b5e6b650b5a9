import Quantities

extension ReportHTML {
    static func verification(_ verification: ReportVerification?) -> Markup {
        guard let verification else { return "" }
        let injected = verification.injectedActivityGBq
        let found = verification.imageActivityGBq.map {
            "\(Figures.gbq($0)) GBq, "
                + "\(Figures.signedPercent(($0 - injected) / injected)) % of injected"
        }
        let facts = factList([
            ReportFact("Method", verification.method),
            ReportFact("Injected activity", "\(Figures.gbq(injected)) GBq"),
            ReportFact("Activity in the image", found ?? "not calibrated"),
        ])
        let columns: [ReportTable.Column] = [
            .init("Structure"), .init("Planned Gy", isNumber: true),
            .init("Delivered, absolute Gy", isNumber: true),
            .init("Against plan %", isNumber: true),
            .init("Delivered, relative Gy", isNumber: true),
            .init("Against plan %", isNumber: true),
        ]
        let rows = verification.rows.map { row in
            ReportHTMLTable.Row(cells: [
                "\(row.structure)", "\(Figures.gy(row.plannedGy))",
                "\(Figures.gy(row.absoluteGy, row.absoluteIntervalGy))",
                "\(change(row.absoluteGy, from: row.plannedGy))",
                "\(Figures.gy(row.relativeGy, row.relativeIntervalGy))",
                "\(change(row.relativeGy, from: row.plannedGy))",
            ])
        }
        let caption = """
            Absolute: from the image's Bq/mL. Relative: from the share of the image's activity \
            times the injected activity.
            """
        return section(
            "Delivered against planned",
            [facts, ReportHTMLTable(columns: columns, rows: rows, caption: caption).markup]
                + (verification.findings.isEmpty ? [] : [findingList(verification.findings)]))
    }

    private static func change(_ value: Double?, from planned: Double?) -> String {
        guard let value, let planned, planned > 0 else { return Figures.missing }
        return Figures.signedPercent((value - planned) / planned)
    }

    static func further(_ table: ReportTable) -> Markup {
        let rows = table.rows.map { row in
            ReportHTMLTable.Row(cells: row.map { "\($0)" })
        }
        return section(
            table.title,
            [ReportHTMLTable(columns: table.columns, rows: rows, caption: table.note).markup])
    }

    static func findings(_ findings: [Finding]) -> Markup {
        section("Findings", [findings.isEmpty ? "<p>None.</p>" : findingList(findings)])
    }

    /// Errors first, then warnings, then notes; in the order given within each.
    private static func findingList(_ findings: [Finding]) -> Markup {
        let ordered = [Finding.Severity.error, .warning, .note].flatMap { severity in
            findings.filter { $0.severity == severity }
        }
        let items = ordered.map { finding -> Markup in
            let subject: Markup = finding.subject.map { "<strong>\($0)</strong>: " } ?? ""
            return """
                <li class="\(finding.severity.rawValue)">\
                <span class="severity">\(finding.severity.rawValue)</span> \
                <span class="sentence">\(subject)\(finding.sentence) \
                <code>\(finding.code)</code></span></li>

                """
        }
        return "<ul class=\"findings\">\n\(items)</ul>\n"
    }

    static func convention(_ convention: ReportConvention, models: [String]) -> Markup {
        let facts = factList([
            ReportFact("Profile", "\(convention.name) (\(convention.nuclide))"),
            ReportFact(
                "Dose constant",
                "\(Figures.constant(convention.doseConstantGyKgPerGBq)) Gy·kg/GBq"),
            ReportFact("Half-life", "\(Figures.constant(convention.halfLifeHours)) h"),
            ReportFact(
                "Tissue density", "\(Figures.constant(convention.tissueDensityGPerML)) g/mL"),
            ReportFact("Lung mass", "\(Figures.constant(convention.lungMassKg)) kg"),
            ReportFact("Source", convention.source),
        ])
        let sentences = models.map { sentence -> Markup in "<li>\(sentence)</li>" }
        let list: Markup = "<p>Models, not measurements:</p>\n<ul>\(sentences)</ul>"
        return section("Convention", models.isEmpty ? [facts] : [facts, list])
    }

    static func inputs(_ inputs: [ReportInput]) -> Markup {
        guard !inputs.isEmpty else { return "" }
        let rows = inputs.map { input in
            ReportHTMLTable.Row(cells: [
                "\(input.name)", "\(input.value)", "\(input.source)", digest(input.digest),
            ])
        }
        let columns: [ReportTable.Column] = [
            .init("Input"), .init("Value"), .init("From"), .init("SHA-256 (start)"),
        ]
        return section(
            "Inputs",
            [ReportHTMLTable(columns: columns, rows: rows, caption: "").markup])
    }

    static func images(_ images: [ReportImage]) -> Markup {
        guard !images.isEmpty else { return "" }
        let rows = images.map { image in
            ReportHTMLTable.Row(cells: [
                "\(image.role)", "\(image.modality)", "\(image.description)",
                "\(image.acquired)", "\(image.grid)", digest(image.digest),
            ])
        }
        let columns: [ReportTable.Column] = [
            .init("Role"), .init("Kind"), .init("Series"), .init("Acquired"), .init("Grid"),
            .init("SHA-256 (start)"),
        ]
        return section(
            "Images",
            [ReportHTMLTable(columns: columns, rows: rows, caption: "").markup])
    }

    static func provenance(_ facts: [ReportFact]) -> Markup {
        facts.isEmpty ? "" : section("Provenance", [factList(facts)])
    }

    private static func digest(_ digest: String?) -> Markup {
        digest.map { "<code>\(Figures.shortDigest($0))</code>" } ?? "\(Figures.missing)"
    }

    static func factList(_ facts: [ReportFact]) -> Markup {
        let items = facts.map { fact -> Markup in
            "<div><dt>\(fact.name)</dt><dd>\(fact.value)</dd></div>\n"
        }
        return "<dl class=\"facts\">\n\(items)</dl>\n"
    }
}
