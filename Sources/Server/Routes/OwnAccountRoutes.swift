import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// A person's own sessions, password and codes, and the lock.
    var ownAccountRoutes: [Route] {
        [
            Route(.get, "/account", .signedIn) { call in try await ownPage(call) },
            Route(.post, "/account/sessions/{session}/end", .signedIn) { call in
                try await accounts.endSession(
                    named: call.parameter("session"), of: call.account)
                return Answer.seeOther("/account")
            },
            Route(.post, "/account/other-sessions/end", .signedIn) { call in
                try await accounts.endOtherSessions(of: call.account, token: call.token ?? "")
                return Answer.seeOther("/account")
            },
            Route(.post, "/account/password", .signedIn, changePassword),
            Route(.post, "/account/recovery-codes", .signedIn, renewCodes),
            // What the page asks by itself keeps nothing alive; it posts when somebody is there.
            Route(.get, "/account/session", .signedIn, isUse: false, sessionState),
            Route(.post, "/account/session", .signedIn, sessionState),
            Route(.get, UnlockPage.path, .anyone) { call in
                try await unlockPage(call, to: try call.query["to"] ?? "/", sentence: nil)
            },
            Route(.post, UnlockPage.path, .anyone, unlock),
            Route(
                .post, UnlockPage.providerPath, .signedIn, isOpenWhenLocked: true
            ) { call in
                let way = UnlockPage.way(call.form["to"] ?? "/")
                return try await leave(
                    call, for: .unlock(call.account, token: call.token ?? "", way: way))
            },
        ]
    }

    struct SessionState: Codable, Sendable {
        let secondsToLock: Double
        /// Which session the browser has now; pages of another one are left.
        let tag: String
    }

    @Sendable private func sessionState(_ call: Call) throws -> Response {
        try Answer.json(
            SessionState(
                secondsToLock: call.session?.secondsToLock ?? 0, tag: call.session?.tag ?? ""))
    }

    struct OwnPage: Sendable {
        struct Row: Sendable {
            let id: String
            let browser: String
            let address: String
            let begun: String
            let lastUsed: String
            let isThis: Bool
        }

        /// Something that was done to the account, by whom.
        struct Change: Sendable {
            let time: String
            let what: String
            let person: String
            let isOthers: Bool
        }

        let name: String
        let login: String
        let role: String
        let hasSecondFactor: Bool
        let hasPassword: Bool
        /// Where else people may sign in; `nil` for nowhere.
        let provider: String?
        let isBound: Bool
        /// Whether the server tells the reader by mail what waits for them.
        let hasNotices: Bool
        /// Where; `nil` for nowhere yet.
        let noticeAddress: String?
        let areNoticesOn: Bool
        let rows: [Row]
        let hasOthers: Bool
        /// Why a form was refused; the other is `nil`.
        let passwordSentence: String?
        let codesSentence: String?
        let providerSentence: String?
        /// The latest first.
        let changes: [Change]
        let csrf: String
    }

    func ownPage(
        _ call: Call, refusing form: String = "", sentence: String? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let account = try call.account
        let sessions = try await accounts.sessions(of: account, token: call.token ?? "")
        let notices = try await folder.accounts.noticeAddress(of: account.id)
        let page = OwnPage(
            name: account.fullName, login: account.login, role: account.role.title,
            hasSecondFactor: account.hasSecondFactor, hasPassword: account.hasPassword,
            provider: accounts.provider?.settings.label,
            isBound: try await accounts.isBound(account),
            hasNotices: settings.notices != nil && account.role.rights.contains(.readCase),
            noticeAddress: notices?.address, areNoticesOn: notices?.isOn ?? false,
            rows: sessions.map { session in
                OwnPage.Row(
                    id: session.line.id, browser: session.line.place.browser,
                    address: session.line.place.address,
                    begun: Moment.text(session.line.createdAt.ISO8601Format()),
                    lastUsed: Moment.text(session.line.lastUsedAt.ISO8601Format()),
                    isThis: session.isThis)
            }, hasOthers: sessions.count > 1,
            passwordSentence: form == "password" ? sentence : nil,
            codesSentence: form == "codes" ? sentence : nil,
            providerSentence: form == "provider" ? sentence : nil,
            changes: try await ownChanges(account),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("account", title: "Account", session: call.session, page),
            status: status)
    }

    /// As many as say what happened since somebody last looked.
    private static let mostChanges = 10

    private func ownChanges(_ account: AccountRecord) async throws -> [OwnPage.Change] {
        let names = try await folder.accounts.fullNames()
        return try await folder.audit.accountEntries(of: account.id, last: Self.mostChanges).map {
            OwnPage.Change(
                time: Moment.text($0.timeUTC), what: AccountAct.words(of: $0.action),
                person: names[$0.actor] ?? $0.actor, isOthers: $0.actor != account.actor)
        }
    }

    private func changePassword(_ call: Call) async throws -> Response {
        try await refusing(call, on: "password") { proof in
            let signedIn = try await accounts.changePassword(
                to: call.field("new-password"), proof, of: call.account, place: call.place)
            return Answer.seeOther(
                "/account", cookie: SessionCookie.header(token: signedIn.token))
        }
    }

    private func renewCodes(_ call: Call) async throws -> Response {
        try await refusing(call, on: "codes") { proof in
            let renewed = try await accounts.newRecoveryCodes(
                token: call.token ?? "", proof, of: call.account)
            return Answer.page(
                try pages.render(
                    "recovery-codes", title: "Recovery codes", session: call.session,
                    RecoveryPage(codes: renewed.codes)),
                cookie: SessionCookie.header(token: renewed.signedIn.token))
        }
    }

    /// Does what needs a password and a code, or shows the page again with what was wrong.
    func refusing(
        _ call: Call, on form: String,
        _ act: (AccountWorkflow.Proof) async throws -> Response
    ) async throws -> Response {
        do { return try await act(call.proof) } catch AccountWorkflow.Refusal.wrong {
            return try await ownPage(
                call, refusing: form, sentence: "Password or code is not right.",
                status: .badRequest)
        } catch WorkflowError.refused(let sentence) {
            return try await ownPage(
                call, refusing: form, sentence: sentence, status: .badRequest)
        }
    }

    private func unlock(_ call: Call) async throws -> Response {
        let wantsPage = call.request.headers[.accept]?.contains("text/html") == true
        do {
            let renewed = try await call.context.whileConnected {
                try await accounts.renew(token: call.token ?? "", call.proof)
            }
            let cookie = SessionCookie.header(token: renewed.token)
            guard wantsPage else {
                var answer = Answer.text("open\n")
                answer.headers[.setCookie] = cookie
                return answer
            }
            return Answer.seeOther(UnlockPage.way(call.form["to"] ?? "/"), cookie: cookie)
        } catch AccountWorkflow.Refusal.wrong {
            let sentence = "Password or code is not right."
            guard wantsPage else { return Answer.text(sentence + "\n", status: .badRequest) }
            return try await unlockPage(call, to: call.form["to"] ?? "/", sentence: sentence)
        } catch StorageError.notFound {
            throw Refusal.signInFirst
        }
    }

    private func unlockPage(
        _ call: Call, to path: String, sentence: String?
    ) async throws -> Response {
        guard let token = call.token else { return Answer.seeOther("/sign-in") }
        guard let locked = try await accounts.lockedSession(token: token) else {
            let open = try await accounts.session(token: token, isUse: false)
            return Answer.seeOther(open == nil ? "/sign-in" : UnlockPage.way(path))
        }
        let isBound = try await accounts.isBound(locked.account)
        let page = UnlockPage(
            name: locked.account.fullName, to: UnlockPage.way(path), sentence: sentence,
            hasPassword: locked.account.hasPassword,
            provider: isBound ? accounts.provider?.settings.label : nil, csrf: locked.csrfToken)
        return Answer.page(
            try pages.render("unlock", title: "Locked", session: nil, page),
            status: sentence == nil ? .ok : .badRequest)
    }
}

/// Where a locked session is opened again.
struct UnlockPage: Sendable {
    static let path = "/unlock"
    /// Where a new sign-in elsewhere opens it.
    static let providerPath = "/unlock/provider"

    let name: String
    /// Where to go on.
    let to: String
    let sentence: String?
    let hasPassword: Bool
    /// Where a new sign-in can open it; `nil` for nowhere.
    let provider: String?
    let csrf: String

    /// The page that leads back to a path, without what stood after its question mark.
    static func address(after path: String) -> String {
        let allowed = CharacterSet(charactersIn: "/-_.").union(.alphanumerics)
        let text = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return "\(Self.path)?to=\(text)"
    }

    /// A path of this server; whatever else was asked for leads to the first page.
    static func way(_ path: String) -> String {
        let isOurs = path.wholeMatch(of: /\/[A-Za-z0-9_.-][A-Za-z0-9_.\/-]*/) != nil
        return isOurs ? path : "/"
    }
}

extension Call {
    /// What the form says of who asks.
    var proof: AccountWorkflow.Proof {
        AccountWorkflow.Proof(
            password: form["password"] ?? "", code: form["code"] ?? "", address: origin.peer)
    }

    /// From where the call comes, in words that are ours.
    var place: SessionPlace {
        SessionPlace(address: origin.peer, browser: browser)
    }

    var browser: String {
        let agent = request.headers[.userAgent] ?? ""
        func first(_ words: [(part: String, name: String)]) -> String? {
            words.first { agent.contains($0.part) }?.name
        }
        let browser = first([
            ("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
        ])
        let system = first([
            ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
            ("Mac OS X", "macOS"), ("Linux", "Linux"),
        ])
        return [browser, system].compactMap(\.self).joined(separator: ", ")
    }
}

/// What an entry about an account says to whom it belongs.
private enum AccountAct {
    static func words(of action: String) -> String {
        switch action {
        case "link.invitation": "An invitation was made"
        case "link.reset": "A link for a new password was made"
        case "link.used": "A link was used to set a password"
        case "account.create": "The account was made"
        case "account.change": "Role or status was changed"
        case "account.password": "The password was changed"
        case "account.second-factor": "The second factor was changed"
        case "account.recovery-codes": "New recovery codes were made"
        case "account.recovery-code": "A recovery code was used"
        case "account.provider-bind": "The account was bound to a sign-in elsewhere"
        case "account.provider-unbind": "The binding to a sign-in elsewhere was ended"
        case "account.notice-address": "The address for notices by mail was changed"
        case "account.notices": "Notices by mail were turned on or off"
        default: action
        }
    }
}
