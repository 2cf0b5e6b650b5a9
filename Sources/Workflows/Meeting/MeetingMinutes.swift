import Foundation
import Pathway
package import Storage

/// The minutes of a meeting: who was there, and what was decided about each case.
package struct MeetingMinutes: Sendable {
    private let folder: DataFolder
    private let meeting: MeetingRecord
    /// The one case that they are of; `nil` for the whole list.
    private let patient: Int64?
    private let wording: ExportWording

    package init(folder: DataFolder, meeting: MeetingRecord) {
        self.init(folder: folder, meeting: meeting, of: nil, wording: .plain)
    }

    /// Minutes as far as they are of one case, worded as its export is.
    init(folder: DataFolder, meeting: MeetingRecord, of patient: Int64?, wording: ExportWording) {
        (self.folder, self.meeting) = (folder, meeting)
        (self.patient, self.wording) = (patient, wording)
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
        for (n, item) in try await folder.records.agenda(of: meeting.id).enumerated()
        where patient == nil || item.patient == patient {
            guard let opened = seen[item.patient] else {
                cases.append("<section><h2>\(n + 1). Not shared with you</h2></section>")
                continue
            }
            let versions = try await folder.records.decisions(item: item.id)
            // Sums add up diameters of images that a guest may not see.
            let lesions =
                opened.sight.isOwners
                ? LesionTable(
                    try await folder.records.lesions(of: item.patient), struck: wording.text) : nil
            cases.append(section(n + 1, item, opened.patient, lesions, versions))
        }
        let day = wording.moment(meeting.day)
        let attended: Markup =
            wording.isPlain
            ? "<h2>Who took part</h2>\(Self.people(attendance.map(\.participant)))" : ""
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Minutes, \(day)</title>
            <style>
            \(css)
            </style>
            </head>
            <body>
            <main>
            <h1>Minutes of the team meeting</h1>
            <p class="made">\(heading(day, chair: names["account-\(meeting.chair)"] ?? ""))</p>
            \(attended)
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

    private func heading(_ day: String, chair: String) -> String {
        guard wording.isPlain else { return day }
        return "\(meeting.organisation.name), \(day) \(meeting.title), chaired by \(chair)"
    }

    private func section(
        _ number: Int, _ item: AgendaItemRecord, _ patient: PatientRecord,
        _ lesions: LesionTable?, _ versions: [DecisionRecord]
    ) -> Markup {
        let referral: Markup =
            item.referral.isEmpty ? "" : "<p>Referral: \(wording.text(item.referral))</p>"
        let decided: Markup =
            versions.isEmpty
            ? "<p>No decision is recorded.</p>" : "\(versions.reversed().map(version))"
        return """
            <section>
            <h2>\(number). \(wording.heading(patient.identity))</h2>
            <p>Question: \(wording.text(item.question))</p>
            \(referral)
            \(lesions.map(table) ?? "")
            \(decided)
            </section>
            """
    }

    /// Target lesions by day, as they are when the minutes are printed.
    private func table(_ lesions: LesionTable) -> Markup {
        func row(_ name: String, _ place: String, _ cells: [String]) -> Markup {
            let texts: [Markup] = cells.map { "<td>\($0)</td>" }
            return "<tr><th>\(name)</th><td>\(place)</td>\(texts)</tr>"
        }
        let days: [Markup] = lesions.days.map { "<th>\(wording.moment($0))</th>" }
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

    private func version(_ record: DecisionRecord) -> Markup {
        let decision = record.decision
        let options: [Markup] = decision.options.map(wording.text).enumerated().map { n, option in
            n == decision.chosen
                ? "<li><strong>\(option)</strong> (chosen)</li>" : "<li>\(option)</li>"
        }
        let departure: Markup =
            decision.departure.map { "<p>Departs from the advice because: \(wording.text($0))</p>" }
            ?? ""
        let advice: Markup =
            decision.advice.isEmpty ? "" : "<p>Advice: \(wording.text(decision.advice))</p>"
        let lead = wording.identifying(decision.lead)
        let people: Markup = wording.isPlain ? Self.people(decision.participants) : ""
        let digest: Markup =
            wording.isPlain ? "<p><code>\(record.digest.hex)</code></p>" : ""
        let dissent: Markup =
            decision.dissent.isEmpty
            ? "<p>Nobody dissented.</p>" : "<p>Dissent: \(wording.text(decision.dissent))</p>"
        let signed: Markup =
            if let signature = record.signature {
                """
                <p>Signed by \(wording.isPlain ? "\(signature.fullName), " : "")\
                \(signature.role.title), \(ReadableTime.text(wording.moment(signature.signedAt)))</p>
                """
            } else { "<p><strong>Not signed.</strong></p>" }
        return """
            <h3>Decision, version \(record.version)</h3>
            <p>\(wording.text(decision.question))</p>
            <ol>\(options)</ol>
            <p>Intent: \(decision.intent.title).\(lead.isEmpty ? "" : " Lead: \(lead).")</p>
            \(advice)
            \(departure)
            \(dissent)
            \(people)
            \(signed)
            \(digest)
            """
    }
}
