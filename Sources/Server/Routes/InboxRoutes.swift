import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Where somebody without an account sends images: by a link, and a code told another way.
    ///
    /// A link only takes: what is there is never shown, and looking at it changes nothing. Its forms
    /// carry no token but the secret of their own address, which no other site knows.
    var inboxRoutes: [Route] {
        let inbox = "/inbox/{token}"
        return [
            Route(.get, inbox, .anyone) { call in
                Self.unreferred(try await inboxPage(call, sentence: nil))
            },
            Route(.post, inbox, .anyone) { call in
                Self.unreferred(try await enterInbox(call))
            },
            Route(.get, "\(inbox)/files", .anyone) { call in
                let upload = try await inboxUpload(call)
                return Self.unreferred(
                    try Answer.json(
                        try await folder.uploads.files(of: upload).map(FileLine.init)))
            },
            Route(.put, "\(inbox)/file", .anyone) { call in
                let upload = try await inboxUpload(call)
                let outcome = try await folder.uploads.keep(
                    try await Self.chunk(call), in: upload, limits: .ofInbox)
                return Self.unreferred(try Self.answer(outcome))
            },
            Route(.post, "\(inbox)/finish", .anyone) { call in
                Self.unreferred(try await finishInbox(call))
            },
        ]
    }

    struct InboxPage: Sendable {
        let path: String
        let sentence: String?
        /// Whether this browser has given the code.
        let isOpened: Bool
        let isFinished: Bool
        let organisation: String
        let purpose: String
        let until: String
        let question: String
        let longestText: Int
        let chunkBytes: Int
        let files: Int
        let megabytes: Int
        /// Whether what became of the files is known.
        let isImported: Bool
        let counts: [UploadPage.Count]
    }

    /// The address is a secret: no other page is told it.
    private static func unreferred(_ response: Response) -> Response {
        var response = response
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    /// The link that this browser has opened with the code.
    private func openedInbox(_ call: Call) async throws -> InboxRecord? {
        try await InboxWorkflow(folder: folder).opened(
            token: call.parameter("token"), browser: InboxCookie.value(in: call.request))
    }

    private func inboxUpload(_ call: Call) async throws -> Int64 {
        guard let inbox = try await openedInbox(call), inbox.finishedAt == nil,
            let upload = inbox.upload
        else { throw Refusal.notFound }
        return upload
    }

    private func inboxPage(_ call: Call, sentence: String?) async throws -> Response {
        let token = try call.parameter("token")
        let workflow = InboxWorkflow(folder: folder)
        let opened = try await openedInbox(call)
        if opened == nil, try await workflow.waiting(token: token) == nil {
            throw Refusal.notFound
        }
        var (files, counts): ([UploadedFile], [UploadPage.Count]) = ([], [])
        var isImported = false
        if let opened, let upload = try await workflow.upload(of: opened) {
            files = try await folder.uploads.files(of: upload.id)
            if let id = upload.job,
                let run = Self.importRun(of: try await folder.jobs.job(id))
            {
                counts = try await self.counts(ofRun: run)
                isImported = true
            }
        }
        let page = InboxPage(
            path: "/inbox/\(token)", sentence: sentence, isOpened: opened != nil,
            isFinished: opened?.finishedAt != nil, organisation: opened?.organisation.name ?? "",
            purpose: opened?.purpose ?? "",
            until: opened.map { Moment.text($0.expiresAt.ISO8601Format()) } ?? "",
            question: sentence == nil ? "" : call.form["question"] ?? "",
            longestText: Referral.longestText, chunkBytes: Self.chunkBytes, files: files.count,
            megabytes: Int(files.reduce(0) { $0 + $1.received } / 1_000_000),
            isImported: isImported, counts: counts)
        return Answer.page(
            try pages.render("inbox", title: "Send images", session: nil, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func enterInbox(_ call: Call) async throws -> Response {
        let token = try call.parameter("token")
        let browser = try await InboxWorkflow(folder: folder).enter(
            token: token, code: call.form["code"] ?? "")
        guard let browser else {
            return try await inboxPage(
                call, sentence: "This is not the code. A few wrong codes end the link.")
        }
        return Answer.seeOther("/inbox/\(token)", cookie: InboxCookie.header(browser))
    }

    private func finishInbox(_ call: Call) async throws -> Response {
        guard let inbox = try await openedInbox(call), inbox.finishedAt == nil else {
            throw Refusal.notFound
        }
        do {
            try await InboxWorkflow(folder: folder).finish(
                inbox, question: call.form["question"] ?? "")
            return Answer.seeOther("/inbox/\(try call.parameter("token"))")
        } catch WorkflowError.refused(let sentence) {
            return try await inboxPage(call, sentence: sentence)
        }
    }
}

/// The cookie of a browser that has given an inbox link's code.
enum InboxCookie {
    static let name = "__Host-grevy-inbox"
    /// As long as a link may work, in seconds.
    private static let seconds = InboxLink.mostDays * 86400

    /// It comes along when the link is followed from a message; nothing is changed by that.
    static func header(_ value: String) -> String {
        "\(name)=\(value); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=\(seconds)"
    }

    static func value(in request: Request) -> String? { request.cookies[name]?.value }
}
