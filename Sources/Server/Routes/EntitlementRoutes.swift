import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Who of the own organisation may prescribe, entered by an administrator.
    var entitlementRoutes: [Route] {
        let path = "/administration/entitlements"
        return [
            Route(.get, path, .right(.manageAccounts)) { call in
                try await entitlementsPage(call, sentence: nil)
            },
            Route(.post, path, .right(.manageAccounts)) { call in
                try await changeEntitlements(call) { workflow in
                    try await workflow.enter(
                        account: Int64(call.field("account")) ?? 0,
                        procedure: call.field("procedure"),
                        licenceNumber: call.field("licence"), validFrom: call.field("from"),
                        validTo: call.field("to"))
                }
            },
            Route(.post, "\(path)/{entitlement}/end", .right(.manageAccounts)) { call in
                try await changeEntitlements(call) { workflow in
                    try await workflow.end(
                        Int64(call.parameter("entitlement")) ?? 0,
                        reason: call.form["reason"] ?? "")
                }
            },
        ]
    }

    struct EntitlementsPage: Sendable {
        struct Row: Sendable {
            let id: Int64
            let person: String
            let procedure: String
            let site: String
            let licenceNumber: String
            let validFrom: String
            let validTo: String
            let state: String
            let isCurrent: Bool
            let mayEnd: Bool
        }

        struct Choice: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        let rows: [Row]
        let hasNoRows: Bool
        let people: [Choice]
        let hasNoPeople: Bool
        let procedures: [Choice]
        let site: String
        let licenceNumber: String
        let validFrom: String
        let validTo: String
        let sentence: String?
        let csrf: String
    }

    private func changeEntitlements(
        _ call: Call, _ act: (EntitlementWorkflow) async throws -> Void
    ) async throws -> Response {
        do {
            try await act(EntitlementWorkflow(folder: folder, administrator: call.account))
        } catch WorkflowError.refused(let sentence) {
            return try await entitlementsPage(call, sentence: sentence)
        }
        return Answer.seeOther("/administration/entitlements")
    }

    private func entitlementsPage(_ call: Call, sentence: String?) async throws -> Response {
        let workflow = EntitlementWorkflow(folder: folder, administrator: try call.account)
        let list = try await workflow.list()
        let people = try await workflow.physicians()
        func kept(_ name: String) -> String { sentence == nil ? "" : call.form[name] ?? "" }
        let page = EntitlementsPage(
            rows: list.map { line in
                let held = line.record.entitlement
                return EntitlementsPage.Row(
                    id: line.record.id, person: line.person, procedure: held.procedure.title,
                    site: held.site, licenceNumber: held.licenceNumber, validFrom: held.validFrom,
                    validTo: held.validTo, state: line.state, isCurrent: line.isCurrent,
                    mayEnd: line.record.endedReason == nil)
            }, hasNoRows: list.isEmpty,
            people: people.map { person in
                let isChosen = kept("account") == String(person.id)
                return EntitlementsPage.Choice(
                    value: String(person.id), title: "\(person.fullName) (\(person.role.title))",
                    isChosen: isChosen)
            }, hasNoPeople: people.isEmpty,
            procedures: Procedure.allCases.map { procedure in
                let isChosen = kept("procedure") == procedure.rawValue
                return EntitlementsPage.Choice(
                    value: procedure.rawValue, title: procedure.title, isChosen: isChosen)
            }, site: try call.account.organisation.name, licenceNumber: kept("licence"),
            validFrom: kept("from"), validTo: kept("to"), sentence: sentence,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render(
                "entitlements", title: "Entitlements", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }
}
