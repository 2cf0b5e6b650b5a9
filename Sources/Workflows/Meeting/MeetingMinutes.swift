import Foundation
import Pathway
package import Storage

/// The minutes of a meeting: who was there, and what was decided about each case.
package struct MeetingMinutes: Sendable {
    private let folder: DataFolder
    private let meeting: MeetingRecord

    package init(folder: DataFolder, meeting: MeetingRecord) {
        (self.folder, self.meeting) = (folder, meeting)
    }

    /// Prints the minutes.
    ///
    /// - Parameter seen: The cases that whoever asks may see, by number; of the others nothing is
    ///   said but that they are not shared.
    /// - Returns: A PDF.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when nothing prints.
    @concurrent
    package func pdf(seen: [Int64: OpenedCase]) async throws -> [UInt8] {
        let html = try await html(seen: seen)
        let file = FileManager.default.temporaryDirectory
            .appending(path: "grevy-minutes-\(UUID().uuidString).pdf")
        defer { try? FileManager.default.removeItem(at: file) }
        try await ReportPDF.render(html: html, to: file)
        return Array(try Data(contentsOf: file))
    }

    /// The minutes as one HTML file.
    package func html(seen: [Int64: OpenedCase]) async throws -> String {
        let css = Markup(trusted: String(decoding: PackageResources.report_css, as: UTF8.self))
        let names = try await folder.accounts.fullNames()
        let attendance = try await folder.records.attendance(of: meeting.id)
        var cases: [Markup] = []
        for (n, item) in try await folder.records.agenda(of: meeting.id).enumerated() {
            guard let opened = seen[item.patient] else {
                cases.append("<section><h2>\(n + 1). Not shared with you</h2></section>")
                continue
            }
            let versions = try await folder.records.decisions(item: item.id)
            // Sums add up diameters of images that a guest may not see.
            let lesions =
                opened.sight.isOwners
                ? LesionTable(try await folder.records.lesions(of: item.patient)) : nil
            cases.append(Self.section(n + 1, item, opened.patient, lesions, versions))
        }
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Minutes, \(meeting.day)</title>
            <style>
            \(css)
            </style>
            </head>
            <body>
            <main>
            <h1>Minutes of the team meeting</h1>
            <p class="made">\(meeting.organisation.name), \(meeting.day) \(meeting.title), \
            chaired by \(names["account-\(meeting.chair)"] ?? "")</p>
            <h2>Who took part</h2>
            \(Self.people(attendance.map(\.participant)))
            \(cases)
            <p class="notice">\(ReportHTML.notice)</p>
            </main>
            </body>
            </html>

            """
        return page.source
    }

    private static func people(_ people: [Participant]) -> Markup {
        guard !people.isEmpty else { return "<p>Attendance is not confirmed.</p>" }
        let lines: [Markup] = people.map {
            "<li>\($0.name), \($0.role), \($0.organisation)</li>"
        }
        return "<ul>\(lines)</ul>"
    }

    private static func section(
        _ number: Int, _ item: AgendaItemRecord, _ patient: PatientRecord,
        _ lesions: LesionTable?, _ versions: [DecisionRecord]
    ) -> Markup {
        let identity = patient.identity
        let referral: Markup =
            item.referral.isEmpty ? "" : "<p>Referral: \(item.referral)</p>"
        let decided: Markup =
            versions.isEmpty
            ? "<p>No decision is recorded.</p>" : "\(versions.reversed().map(version))"
        return """
            <section>
            <h2>\(number). \(ReadableIdentity.name(identity.name)), \
            \(ReadableIdentity.date(identity.birthDate)), \(identity.patientID) \
            \(identity.issuer)</h2>
            <p>Question: \(item.question)</p>
            \(referral)
            \(lesions.map(table) ?? "")
            \(decided)
            </section>
            """
    }

    /// Target lesions by day, as they are when the minutes are printed.
    private static func table(_ lesions: LesionTable) -> Markup {
        func row(_ name: String, _ place: String, _ cells: [String]) -> Markup {
            let texts: [Markup] = cells.map { "<td>\($0)</td>" }
            return "<tr><th>\(name)</th><td>\(place)</td>\(texts)</tr>"
        }
        let days: [Markup] = lesions.days.map { "<th>\($0)</th>" }
        let rows =
            lesions.targets.map { row($0.name, $0.site, $0.cells) }
            + lesions.lines.map { row($0.name, "", $0.cells) }
        let departures: [Markup] = lesions.departures.map { "<p>\($0)</p>" }
        return """
            <h3>Target lesions, mm (RECIST 1.1)</h3>
            <table><thead><tr><th>Lesion</th><th>In</th>\(days)</tr></thead>
            <tbody>\(rows)</tbody></table>
            \(departures)
            """
    }

    private static func version(_ record: DecisionRecord) -> Markup {
        let decision = record.decision
        let options: [Markup] = decision.options.enumerated().map { n, option in
            n == decision.chosen
                ? "<li><strong>\(option)</strong> (chosen)</li>" : "<li>\(option)</li>"
        }
        let departure: Markup =
            decision.departure.map { "<p>Departs from the advice because: \($0)</p>" } ?? ""
        let advice: Markup = decision.advice.isEmpty ? "" : "<p>Advice: \(decision.advice)</p>"
        let dissent: Markup =
            decision.dissent.isEmpty
            ? "<p>Nobody dissented.</p>" : "<p>Dissent: \(decision.dissent)</p>"
        let signed: Markup =
            if let signature = record.signature {
                """
                <p>Signed by \(signature.fullName), \(signature.role.title), \
                \(ReadableTime.text(signature.signedAt))</p>
                """
            } else { "<p><strong>Not signed.</strong></p>" }
        return """
            <h3>Decision, version \(record.version)</h3>
            <p>\(decision.question)</p>
            <ol>\(options)</ol>
            <p>Intent: \(decision.intent.title). Lead: \(decision.lead).</p>
            \(advice)
            \(departure)
            \(dissent)
            \(people(decision.participants))
            \(signed)
            <p><code>\(record.digest.hex)</code></p>
            """
    }
}
