import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// The hospitals that share the server: an administrator of the one that set it up sees to them.
    var organisationRoutes: [Route] {
        let path = "/administration/organisations"
        return [
            Route(.get, path, .keeper) { call in
                try await organisationsPage(call, sentence: nil, link: nil)
            },
            Route(.post, path, .keeper) { call in
                try await answered(call) {
                    try await accounts.addOrganisation(
                        named: call.field("organisation"), login: call.field("login"),
                        fullName: call.field("name"), by: call.account.actor
                    ).token
                }
            },
            Route(.post, "\(path)/{organisation}", .keeper) { call in
                guard let id = Int64(try call.parameter("organisation")) else {
                    throw Refusal.notFound
                }
                return try await answered(call) {
                    guard call.form["act"] != "link" else {
                        return try await accounts.invitationAgain(
                            toOrganisation: id, by: call.account)
                    }
                    try await accounts.rename(
                        organisation: id, to: call.field("organisation"),
                        reason: call.field("reason"), by: call.account)
                    return nil
                }
            },
        ]
    }

    struct OrganisationsPage: Sendable {
        struct Row: Sendable {
            let id: Int64
            let name: String
            let made: String
            let isKeeper: Bool
            let allowsEmergencies: Bool
            /// One sentence for each name that it had.
            let history: [String]
            /// Whether nobody administers it yet, and a lost link can be made anew.
            let isWaiting: Bool
        }

        let rows: [Row]
        let sentence: String?
        /// Shown once.
        let link: String?
        let csrf: String
    }

    /// The page again with what came of a form: the link that it made, or why it was refused.
    private func answered(
        _ call: Call, _ act: () async throws -> String?
    ) async throws -> Response {
        do {
            guard let token = try await act() else {
                return Answer.seeOther("/administration/organisations")
            }
            return try await organisationsPage(
                call, sentence: nil, link: Self.address(of: token, call))
        } catch WorkflowError.refused(let sentence) {
            return try await organisationsPage(call, sentence: sentence, link: nil)
        }
    }

    private func organisationsPage(
        _ call: Call, sentence: String?, link: String?
    ) async throws -> Response {
        let names = try await folder.accounts.fullNames()
        let page = OrganisationsPage(
            rows: try await folder.accounts.organisationSummaries().map { known in
                OrganisationsPage.Row(
                    id: known.id, name: known.name, made: Moment.text(known.createdAt),
                    isKeeper: known.isKeeper, allowsEmergencies: known.allowsEmergencies,
                    history: known.earlierNames.map {
                        "\($0.name), until \(Moment.text($0.changedAt)): "
                            + "\(names[$0.changedBy] ?? $0.changedBy), \($0.reason)"
                    }, isWaiting: known.invited != nil)
            }, sentence: sentence, link: link, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render(
                "organisations", title: "Organisations", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }
}
