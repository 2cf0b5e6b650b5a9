import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Setting up, signing in and out, passwords and second factors.
    var accountRoutes: [Route] {
        [
            Route(.get, "/set-up/{token}", .anyone) { call in
                try linkPage(.setUp, try call.parameter("token"))
            },
            Route(.post, "/set-up/{token}", .anyone, setUp),
            Route(.get, "/sign-in", .anyone) { _ in try signInPage() },
            Route(.post, "/sign-in", .anyone, signIn),
            Route(.post, "/sign-out", .signedIn, isOpenWhenLocked: true) { call in
                if let token = call.token { try await accounts.signOut(token: token) }
                var answer = Answer.seeOther("/sign-in", cookie: SessionCookie.removal)
                answer.headers[.clearSiteData] = "\"cache\", \"storage\""
                return answer
            },
            Route(.get, "/link/{token}", .anyone) { call in
                try linkPage(.newPassword, try call.parameter("token"))
            },
            Route(.post, "/link/{token}", .anyone, newPassword),
            Route(.get, "/account/second-factor", .signedIn) { call in
                let draft = accounts.secondFactorDraft(for: try call.account)
                return try secondFactorPage(call, draft.secret, draft.address, sentence: nil)
            },
            Route(.post, "/account/second-factor", .signedIn, confirmSecondFactor),
        ]
    }

    /// A page that a one-time link opens; the raw value is its template.
    private enum LinkPage: String {
        case setUp = "set-up"
        case newPassword = "new-password"

        var title: String { self == .setUp ? "Set up Grevy" : "Set a password" }
    }

    struct LinkContent: Sendable {
        let token: String
        let sentence: String?
        /// What was typed before the form was refused, without passwords.
        let typed: [String: String]
    }

    struct SignInPage: Sendable {
        let login: String?
        let sentence: String?
        /// Where else people may sign in.
        let provider: String?
    }

    struct SecondFactorPage: Sendable {
        /// Whether there is one that password and code must show to be the reader's.
        let hasSecondFactor: Bool
        let secret: String
        /// For an authenticator on this device; `nil` once the form has come back.
        let address: String?
        let sentence: String?
    }

    struct RecoveryPage: Sendable {
        let codes: [String]
    }

    /// - Parameters:
    ///   - page: Which of the two.
    ///   - token: The link's own.
    ///   - sentence: Why the form was refused; `nil` when it is first shown.
    ///   - form: What was typed.
    /// - Returns: The page with its form.
    /// - Throws: ``PageError``.
    private func linkPage(
        _ page: LinkPage, _ token: String, sentence: String? = nil, form: [String: String] = [:]
    ) throws -> Response {
        Answer.page(
            try pages.render(
                page.rawValue, title: page.title, session: nil,
                LinkContent(
                    token: token, sentence: sentence,
                    typed: form.filter { $0.key != "password" })),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func signInPage(
        login: String? = nil, sentence: String? = nil, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        Answer.page(
            try pages.render(
                "sign-in", title: "Sign in", session: nil,
                SignInPage(
                    login: login, sentence: sentence, provider: accounts.provider?.settings.label)
            ), status: status)
    }

    private func setUp(_ call: Call) async throws -> Response {
        let token = try call.parameter("token")
        do {
            let signedIn = try await accounts.setUp(
                token: token, organisation: call.field("organisation"), login: call.field("login"),
                fullName: call.field("name"), password: call.field("password"), place: call.place)
            return Answer.seeOther(
                "/account/second-factor", cookie: SessionCookie.header(token: signedIn.token))
        } catch WorkflowError.refused(let sentence) {
            return try linkPage(.setUp, token, sentence: sentence, form: call.form)
        }
    }

    private func signIn(_ call: Call) async throws -> Response {
        do {
            let signedIn = try await call.context.whileConnected {
                try await accounts.signIn(
                    login: call.field("login"), password: call.field("password"),
                    code: call.form["code"] ?? "", address: call.origin.peer,
                    browser: call.browser)
            }
            return Answer.seeOther("/", cookie: SessionCookie.header(token: signedIn.token))
        } catch AccountWorkflow.Refusal.wrong {
            return try signInPage(
                login: call.form["login"], sentence: "Login, password or code is not right.",
                status: .unauthorized)
        } catch let error as AccountWorkflow.Refusal {
            guard let wait = Refusal(error) else { throw error }
            var answer = try signInPage(
                login: call.form["login"], sentence: wait.sentence, status: wait.status)
            answer.headers[.retryAfter] = wait.retryAfterSeconds.map(String.init)
            return answer
        }
    }

    private func newPassword(_ call: Call) async throws -> Response {
        let token = try call.parameter("token")
        do {
            try await accounts.setPassword(token: token, password: call.field("password"))
            return Answer.seeOther("/sign-in")
        } catch WorkflowError.refused(let sentence) {
            return try linkPage(.newPassword, token, sentence: sentence)
        }
    }

    private func secondFactorPage(
        _ call: Call, _ secret: String, _ address: String?, sentence: String?
    ) throws -> Response {
        Answer.page(
            try pages.render(
                "second-factor", title: "Second factor", session: call.session,
                SecondFactorPage(
                    hasSecondFactor: try call.account.hasSecondFactor, secret: secret,
                    address: address, sentence: sentence)),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func confirmSecondFactor(_ call: Call) async throws -> Response {
        let account = try call.account
        let secret = try call.field("secret")
        let proof = AccountWorkflow.Proof(
            password: call.form["password"] ?? "", code: call.form["old-code"] ?? "",
            address: call.origin.peer)
        do {
            let confirmed = try await accounts.confirmSecondFactor(
                secret: secret, code: call.field("code"), proof: proof, for: account,
                place: call.place)
            let session = try await accounts.session(token: confirmed.signedIn.token)
            return Answer.page(
                try pages.render(
                    "recovery-codes", title: "Recovery codes", session: session,
                    RecoveryPage(codes: confirmed.recoveryCodes)),
                cookie: SessionCookie.header(token: confirmed.signedIn.token))
        } catch AccountWorkflow.Refusal.wrong {
            return try secondFactorPage(
                call, secret, nil,
                sentence: "The password, or the code of the authenticator until now, is not right.")
        } catch WorkflowError.refused(let sentence) {
            return try secondFactorPage(call, secret, nil, sentence: sentence)
        }
    }
}
