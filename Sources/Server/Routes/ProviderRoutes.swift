import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Signing in elsewhere (OpenID Connect), and who is who there.
    var providerRoutes: [Route] {
        [
            Route(.post, "/sign-in/provider", .anyone) { call in
                try await leave(call, for: .signIn)
            },
            Route(.get, WayCookie.returnPath, .anyone, comeBack),
            Route(.post, "/account/provider", .signedIn) { call in
                try await refusing(call, on: "provider") { proof in
                    let account = try call.account
                    try await accounts.check(proof, of: account)
                    return try await leave(
                        call, for: .bind(account, token: call.token ?? ""))
                }
            },
            Route(.post, "/account/provider/end", .signedIn) { call in
                let account = try call.account
                guard account.hasPassword else {
                    throw Refusal.badRequest("Without a password this is the only way to sign in.")
                }
                try await accounts.unbind(account, token: call.token ?? "")
                return Answer.seeOther("/account")
            },
            Route(
                .post, "/administration/accounts/{account}/provider", .right(.manageAccounts)
            ) { call in
                let account = try await managed(call)
                guard account.id != (try call.account.id) else {
                    return try await accountsPage(
                        call,
                        sentence: "Bind your own account on its page, with your password.",
                        link: nil)
                }
                do {
                    try await accounts.bind(
                        account, subject: try call.field("subject"), by: try call.account)
                } catch WorkflowError.refused(let sentence) {
                    return try await accountsPage(call, sentence: sentence, link: nil)
                }
                return Answer.seeOther("/administration/accounts")
            },
        ]
    }

    /// A page that leads on by itself.
    ///
    /// A redirection would not do: after a form the policy forbids one to another site, and cookies
    /// for this site alone are not sent along with one that another site began.
    struct WayPage: Sendable {
        let address: String
        /// Whose the address is; `nil` for our own.
        let label: String?
    }

    /// Sends the browser to the provider.
    func leave(_ call: Call, for errand: AccountWorkflow.Errand) async throws -> Response {
        let departure = try await accounts.depart(errand, callback: call.callback)
        return Answer.page(
            try pages.render(
                "way", title: "To \(departure.label)", session: nil,
                WayPage(address: departure.address, label: departure.label)),
            cookie: WayCookie.header(departure.browserToken))
    }

    @Sendable private func comeBack(_ call: Call) async throws -> Response {
        let arrival = try await accounts.arrive(
            AccountWorkflow.Return(
                query: try call.query,
                browserToken: call.request.cookies[WayCookie.name]?.value ?? "",
                callback: call.callback, place: call.place))
        var answer = Answer.page(
            try pages.render(
                "way", title: "Signed in", session: nil,
                WayPage(address: arrival.way, label: nil)),
            cookie: WayCookie.removal)
        if let token = arrival.token {
            answer.headers.append(
                HTTPField(name: .setCookie, value: SessionCookie.header(token: token)))
        }
        return answer
    }
}

/// The cookie of a browser that is on its way to the provider.
///
/// `Lax`: it must come along when the provider sends the browser back.
enum WayCookie {
    static let name = "__Host-grevy-way"
    static let returnPath = "/sign-in/provider/return"

    static func header(_ token: String) -> String {
        "\(name)=\(token); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"
    }

    static let removal = "\(name)=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
}

extension Call {
    /// Where the provider sends browsers back to: this server as the browser calls it.
    ///
    /// The gate has seen that it is one of its names.
    fileprivate var callback: String {
        "\(origin.scheme)://\(request.head.authority ?? "")\(WayCookie.returnPath)"
    }
}
