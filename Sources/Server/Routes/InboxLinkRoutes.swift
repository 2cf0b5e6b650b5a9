import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Inviting people without an account to send images.
    var inboxLinkRoutes: [Route] {
        let path = "/inbox-links"
        return [
            Route(.get, path, .right(.share)) { call in
                try await inboxLinksPage(call, sentence: nil, made: nil)
            },
            Route(.post, path, .right(.share)) { call in
                do {
                    let chosen = try call.field("case")
                    let made = try await InboxWorkflow(folder: folder).make(
                        sender: call.field("sender"), purpose: call.field("purpose"),
                        patient: chosen.isEmpty ? nil : Int64(chosen) ?? 0,
                        days: call.field("days"), by: call.account)
                    let address = "\(call.request.headers[.origin] ?? "")/inbox/\(made.token)"
                    return try await inboxLinksPage(
                        call, sentence: nil,
                        made: InboxLinksPage.Made(address: address, code: made.code))
                } catch WorkflowError.refused(let sentence) {
                    return try await inboxLinksPage(call, sentence: sentence, made: nil)
                }
            },
            Route(.post, "\(path)/{inbox}", .right(.share)) { call in
                let inbox = try await ownInbox(call)
                let workflow = InboxWorkflow(folder: folder)
                switch try call.field("act") {
                case "end": try await workflow.end(inbox, by: call.account)
                case "import":
                    guard inbox.state(at: folder.inboxes.moment) != .open else {
                        throw Refusal.conflict("The sender has not finished yet.")
                    }
                    try await workflow.importRest(of: inbox)
                default: throw Refusal.badRequest("There is no such act.")
                }
                return Answer.seeOther(path)
            },
        ]
    }

    struct InboxLinksPage: Sendable {
        /// Shown once.
        struct Made: Sendable {
            let address: String
            let code: String
        }

        struct Choice: Sendable {
            let id: Int64
            let label: String
        }

        struct Row: Sendable {
            let id: Int64
            let sender: String
            let purpose: String
            let casePath: String?
            let made: String
            let until: String
            let state: String
            let isOpen: Bool
            let upload: String
            let question: String?
            let mayImport: Bool
            let mayEnd: Bool
        }

        let made: Made?
        let sentence: String?
        let sender: String
        let purpose: String
        let days: String
        let mostDays: Int
        let longestLabel: Int
        let cases: [Choice]
        let rows: [Row]
        let hasRows: Bool
        let csrf: String
    }

    private func ownInbox(_ call: Call) async throws -> InboxRecord {
        let all = try await folder.inboxes.inboxes(organisation: call.account.organisation.id)
        guard let id = Int64(try call.parameter("inbox")),
            let inbox = all.first(where: { $0.id == id })
        else { throw Refusal.notFound }
        return inbox
    }

    private func inboxLinksPage(
        _ call: Call, sentence: String?, made: InboxLinksPage.Made?
    ) async throws -> Response {
        let account = try call.account
        try await folder.accounts.noteAccess(
            by: account, to: "organisation-\(account.organisation.id)",
            action: "GET /inbox-links")
        var rows: [InboxLinksPage.Row] = []
        for inbox in try await folder.inboxes.inboxes(organisation: account.organisation.id) {
            rows.append(try await row(inbox))
        }
        let form = sentence == nil ? [:] : call.form
        let page = InboxLinksPage(
            made: made, sentence: sentence, sender: form["sender"] ?? "",
            purpose: form["purpose"] ?? "", days: form["days"] ?? "\(InboxLink.mostDays)",
            mostDays: InboxLink.mostDays, longestLabel: InboxLink.longestLabel,
            cases: try await folder.accounts.patients(for: account).map {
                let identity = $0.identity
                return InboxLinksPage.Choice(
                    id: $0.id,
                    label: ReadableIdentity.name(identity.name)
                        + ", born \(ReadableIdentity.date(identity.birthDate)), "
                        + identity.patientID)
            }, rows: rows, hasRows: !rows.isEmpty, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("inbox-links", title: "Inbox links", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func row(_ inbox: InboxRecord) async throws -> InboxLinksPage.Row {
        let state = inbox.state(at: folder.inboxes.moment)
        let upload = try await InboxWorkflow(folder: folder).upload(of: inbox)
        var text = "nothing yet"
        if let upload {
            let files = try await folder.uploads.files(of: upload.id)
            text = "\(files.count) files, \(upload.state.rawValue)"
        }
        return InboxLinksPage.Row(
            id: inbox.id, sender: inbox.sender, purpose: inbox.purpose,
            casePath: inbox.patient.map { "/cases/\($0)" },
            made: "\(Moment.text(inbox.createdAt)) by \(inbox.createdBy)",
            until: Moment.text(inbox.expiresAt.ISO8601Format()), state: state.rawValue,
            isOpen: state == .open, upload: text,
            question: inbox.question.isEmpty ? nil : inbox.question,
            mayImport: state != .open && upload?.state == .open,
            mayEnd: inbox.endedAt == nil && (state == .open || upload?.state == .open))
    }
}
