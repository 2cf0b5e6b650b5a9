import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Tokens of machine clients, made and revoked by an administrator.
    var tokenRoutes: [Route] {
        let path = "/administration/tokens"
        return [
            Route(.get, path, .right(.manageAccounts)) { call in
                try await tokensPage(call, sentence: nil, token: nil)
            },
            Route(.post, path, .right(.manageAccounts)) { call in
                do {
                    let scopes = AccessScope.allCases.filter {
                        call.form["scope-\($0.rawValue)"] == "yes"
                    }
                    let made = try await TokenWorkflow(folder: folder, administrator: call.account)
                        .make(
                            name: call.field("name"), scopes: Set(scopes), days: call.field("days"))
                    return try await tokensPage(call, sentence: nil, token: made.token)
                } catch WorkflowError.refused(let sentence) {
                    return try await tokensPage(call, sentence: sentence, token: nil)
                }
            },
            Route(.post, "\(path)/{token}/revoke", .right(.manageAccounts)) { call in
                try await TokenWorkflow(folder: folder, administrator: call.account)
                    .revoke(Int64(call.parameter("token")) ?? 0)
                return Answer.seeOther(path)
            },
        ]
    }

    struct TokensPage: Sendable {
        struct Row: Sendable {
            let id: Int64
            let name: String
            let scopes: String
            let made: String
            let expires: String
            let lastUsed: String
            let state: String
            let isAlive: Bool
        }

        struct Scope: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        let rows: [Row]
        let hasNoRows: Bool
        let scopes: [Scope]
        let name: String
        let days: String
        let sentence: String?
        /// Shown once.
        let token: String?
        let csrf: String
    }

    private func tokensPage(
        _ call: Call, sentence: String?, token: String?
    ) async throws -> Response {
        let list = try await TokenWorkflow(folder: folder, administrator: call.account).list()
        let form = sentence == nil ? [:] : call.form
        let now = accounts.now()
        let page = TokensPage(
            rows: list.map { TokensPage.Row($0, now: now) }, hasNoRows: list.isEmpty,
            scopes: AccessScope.allCases.map { scope in
                let isChosen = form["scope-\(scope.rawValue)"] == "yes"
                return TokensPage.Scope(
                    value: scope.rawValue, title: scope.title, isChosen: isChosen)
            }, name: form["name"] ?? "", days: form["days"] ?? "90", sentence: sentence,
            token: token, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("tokens", title: "Machine clients", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }
}

extension GrevyServer.TokensPage.Row {
    fileprivate init(_ record: AccessTokenRecord, now: Date) {
        let isAlive = record.isAlive(at: now)
        self.init(
            id: record.id, name: record.account.fullName,
            scopes: record.scopes.map(\.rawValue).sorted().joined(separator: ", "),
            made: "\(Moment.text(record.createdAt)) by \(record.createdBy)",
            expires: Moment.text(record.expiresAt.ISO8601Format()),
            lastUsed: record.lastUsedAt.map { Moment.text($0.ISO8601Format()) } ?? "never",
            state: record.revokedAt.map { "revoked \(Moment.text($0))" }
                ?? (isAlive ? "active" : "expired"), isAlive: isAlive)
    }
}
