import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Accounts of the administrator's own organisation.
    var administrationRoutes: [Route] {
        [
            Route(.get, "/administration/accounts", .right(.manageAccounts)) { call in
                try await accountsPage(call, sentence: nil, link: nil)
            },
            Route(.post, "/administration/accounts", .right(.manageAccounts)) { call in
                guard let role = Role(rawValue: try call.field("role")), role != .machine else {
                    throw Refusal.badRequest("There is no such role.")
                }
                do {
                    let invited = try await accounts.invite(
                        login: call.field("login"), fullName: call.field("name"), role: role,
                        by: call.account)
                    return try await accountsPage(
                        call, sentence: nil, link: Self.address(of: invited.token, call))
                } catch WorkflowError.refused(let sentence) {
                    return try await accountsPage(call, sentence: sentence, link: nil)
                }
            },
            Route(.post, "/administration/accounts/{account}", .right(.manageAccounts), change),
        ]
    }

    struct AccountsPage: Sendable {
        struct Row: Sendable {
            let id: Int64
            let login: String
            let name: String
            let role: String
            let roles: [RoleChoice]
            let state: String
            /// Whether it is the reader's own: somebody else changes that.
            let isOwn: Bool
            let isDisabled: Bool
            /// Who they are at the provider; empty for nobody.
            let subject: String
            /// Where their notices go; empty for nowhere.
            let address: String
        }

        struct RoleChoice: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        let rows: [Row]
        let roles: [RoleChoice]
        /// Where else people may sign in; `nil` for nowhere.
        let provider: String?
        /// Whether the server sends mail.
        let hasNotices: Bool
        let sentence: String?
        /// Shown once.
        let link: String?
        /// Whether the reader sees to the server's organisations.
        let isKeeper: Bool
        let csrf: String
    }

    func accountsPage(
        _ call: Call, sentence: String?, link: String?
    ) async throws -> Response {
        let (own, home) = (try call.account.id, try call.account.organisation.id)
        func choices(_ chosen: Role?) -> [AccountsPage.RoleChoice] {
            Role.people.map {
                AccountsPage.RoleChoice(
                    value: $0.rawValue, title: $0.title, isChosen: $0 == chosen)
            }
        }
        let people = try await folder.accounts.accounts(organisation: home)
            .filter { $0.role != .machine }
        var subjects: [Int64: String] = [:]
        if let issuer = accounts.provider?.settings.issuer {
            subjects = try await folder.accounts.subjects(at: issuer, organisation: home)
        }
        let addresses = try await folder.accounts.noticeAddresses(organisation: home)
        let rows = people.map { account in
            AccountsPage.Row(
                id: account.id, login: account.login, name: account.fullName,
                role: account.role.title, roles: choices(account.role),
                state: Self.state(of: account, isBound: subjects[account.id] != nil),
                isOwn: account.id == own,
                isDisabled: account.isDisabled, subject: subjects[account.id] ?? "",
                address: addresses[account.id] ?? "")
        }
        let page = AccountsPage(
            rows: rows, roles: choices(nil), provider: accounts.provider?.settings.label,
            hasNotices: settings.notices != nil, sentence: sentence,
            link: link,
            isKeeper: try await folder.accounts.keeper() == home,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("accounts", title: "Accounts", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    /// The link's whole address, as the browser calls this server; the gate has seen that the
    /// form came from there.
    static func address(of token: String, _ call: Call) -> String {
        "\(call.request.headers[.origin] ?? "")/link/\(token)"
    }

    private static func state(of account: AccountRecord, isBound: Bool) -> String {
        if account.isDisabled { return "disabled" }
        if isBound { return "active" }
        guard account.hasPassword else { return "invited" }
        return account.hasSecondFactor || !account.role.needsSecondFactor
            ? "active" : "second factor missing"
    }

    /// The account of an address, when the caller's organisation has it.
    func managed(_ call: Call) async throws -> AccountRecord {
        let known = try await folder.accounts.accounts(
            organisation: try call.account.organisation.id)
        guard let id = Int64(try call.parameter("account")),
            let account = known.first(where: { $0.id == id && $0.role != .machine })
        else { throw Refusal.notFound }
        return account
    }

    private func change(_ call: Call) async throws -> Response {
        let administrator = try call.account
        let account = try await managed(call)
        if call.form["act"] == "reset" {
            let token = try await accounts.resetToken(for: account, by: administrator)
            return try await accountsPage(
                call, sentence: nil, link: Self.address(of: token, call))
        }
        guard account.id != administrator.id else {
            return try await accountsPage(
                call,
                sentence: "Nobody changes their own role or disables themselves; another "
                    + "administrator can.", link: nil)
        }
        guard let role = Role(rawValue: try call.field("role")), role != .machine else {
            throw Refusal.badRequest("There is no such role.")
        }
        try await folder.accounts.set(
            role: role, isDisabled: call.form["disabled"] == "yes", of: account.id,
            by: administrator.actor)
        return Answer.seeOther("/administration/accounts")
    }
}
