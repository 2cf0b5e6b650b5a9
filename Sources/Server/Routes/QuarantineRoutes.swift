import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Data whose patient somebody must name.
    var quarantineRoutes: [Route] {
        [
            Route(.get, "/quarantine", .right(.matchIdentity), quarantinePage),
            Route(.post, "/quarantine/{patient}", .right(.matchIdentity), decideQuarantine),
        ]
    }

    struct QuarantinePage: Sendable {
        struct Choice: Sendable {
            let id: Int64
            let label: String
            let isChosen: Bool
        }

        struct Waiting: Sendable {
            let id: Int64
            let name: String
            let birthDate: String
            let sex: String
            let patientID: String
            let issuer: String?
            let reason: String
            /// What the sender by an inbox link asks; `nil` otherwise.
            let question: String?
            let since: String
            let broughtBy: String
            let series: [String]
            let expectedPath: String?
            let cases: [Choice]
        }

        struct Decided: Sendable {
            let id: Int64
            let name: String
            let patientID: String
            let decision: String
            let casePath: String
            let by: String
            let at: String
            let note: String?
        }

        let waiting: [Waiting]
        let isEmpty: Bool
        let decided: [Decided]
        let hasDecided: Bool
        let csrf: String
    }

    private func quarantinePage(_ call: Call) async throws -> Response {
        let account = try call.account
        try await folder.accounts.noteAccess(
            by: account, to: "quarantine", action: "GET /quarantine")
        let all = try await folder.quarantine.records(organisation: account.organisation.id)
        let cases = try await folder.accounts.patients(for: account)
        var waiting: [QuarantinePage.Waiting] = []
        for record in all where record.state == .waiting {
            waiting.append(try await line(record, cases))
        }
        let decided = all.filter { $0.state != .waiting }.map(Self.line)
        let page = QuarantinePage(
            waiting: waiting, isEmpty: waiting.isEmpty, decided: decided,
            hasDecided: !decided.isEmpty, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("quarantine", title: "Quarantine", session: call.session, page))
    }

    private func line(
        _ record: QuarantineRecord, _ cases: [PatientRecord]
    ) async throws -> QuarantinePage.Waiting {
        let identity = record.patient.identity
        let series = try await folder.records.series(patient: record.patient.id).map {
            "\($0.description.modality), \($0.instanceCount) files, \($0.description.description)"
        }
        return QuarantinePage.Waiting(
            id: record.patient.id, name: ReadableIdentity.name(identity.name),
            birthDate: ReadableIdentity.date(identity.birthDate), sex: identity.sex,
            patientID: identity.patientID,
            issuer: identity.issuer.isEmpty ? nil : identity.issuer, reason: record.reason,
            question: record.question.isEmpty ? nil : record.question,
            since: String(record.since.prefix(16)), broughtBy: record.broughtBy, series: series,
            expectedPath: record.expected.map { "/cases/\($0)" },
            cases: cases.map { Self.choice($0, isChosen: $0.id == record.expected) })
    }

    private static func choice(
        _ patient: PatientRecord, isChosen: Bool
    ) -> QuarantinePage.Choice {
        let words = [
            ReadableIdentity.name(patient.identity.name),
            "born \(ReadableIdentity.date(patient.identity.birthDate))",
            patient.identity.patientID,
        ]
        return QuarantinePage.Choice(
            id: patient.id, label: words.joined(separator: ", "), isChosen: isChosen)
    }

    private static func line(_ record: QuarantineRecord) -> QuarantinePage.Decided {
        let target = record.matchedTo ?? record.patient.id
        return QuarantinePage.Decided(
            id: record.patient.id, name: ReadableIdentity.name(record.patient.identity.name),
            patientID: record.patient.identity.patientID,
            decision: record.state == .matched ? "given to a case" : "a case of its own",
            casePath: "/cases/\(target)", by: record.decidedBy ?? "",
            at: String((record.decidedAt ?? "").prefix(16)),
            note: record.note.isEmpty ? nil : record.note)
    }

    /// The longest reason that is kept, in characters.
    private static let longestNote = 500

    private func decideQuarantine(_ call: Call) async throws -> Response {
        guard let id = Int64(try call.parameter("patient")) else { throw Refusal.notFound }
        let account = try call.account
        let note = String((call.form["note"] ?? "").prefix(Self.longestNote))
        let store = folder.quarantine
        do {
            switch try call.field("act") {
            case "match":
                guard let target = Int64(try call.field("case")) else { throw Refusal.notFound }
                guard !note.allSatisfy(\.isWhitespace) else {
                    throw Refusal.badRequest("Say how you know whose data these are.")
                }
                try await store.match(id, to: target, note: note, by: account)
            case "new": try await store.confirm(id, note: note, by: account)
            case "undo": try await store.undo(id, by: account)
            default: throw Refusal.badRequest("There is no such decision.")
            }
        } catch QuarantineRefusal.decided {
            throw Refusal.conflict("Somebody has decided meanwhile; look at the list again.")
        } catch QuarantineRefusal.hasComputed {
            throw Refusal.conflict("Plans were made in this case; it stays a case.")
        }
        return Answer.seeOther("/quarantine")
    }
}
