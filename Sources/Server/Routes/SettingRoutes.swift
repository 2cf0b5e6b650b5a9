import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What a site calibrates and decides: every version, and forms for new ones.
    var settingRoutes: [Route] {
        let path = "/administration/settings"
        return [
            Route(.get, path, .right(.manageSettings)) { call in
                try await settingsPage(call, sentence: nil)
            },
            Route(.post, path, .right(.manageSettings)) { call in
                guard let kind = SettingKind(rawValue: try call.field("kind")) else {
                    throw Refusal.badRequest("There is no such kind of setting.")
                }
                do {
                    let record = try await settings(call).add(
                        kind, name: call.field("name"), table: call.field("table"),
                        date: call.field("date"), reason: call.field("reason"))
                    return Answer.seeOther("\(path)/\(record.id)")
                } catch WorkflowError.refused(let sentence) {
                    return try await settingsPage(call, sentence: sentence)
                }
            },
            Route(.get, "\(path)/{setting}", .right(.manageSettings), settingPage),
        ]
    }

    struct SettingsPage: Sendable {
        struct Row: Sendable {
            let id: Int64
            let kind: String
            let name: String
            let version: Int
            let date: String
            let made: String
            let reason: String
            let isLatest: Bool
        }

        struct Kind: Sendable {
            let value: String
            let title: String
            let header: String
            let isChosen: Bool
        }

        let rows: [Row]
        let hasNoRows: Bool
        let kinds: [Kind]
        let name: String
        let date: String
        let reason: String
        let table: String
        let sentence: String?
        let csrf: String
    }

    struct SettingPage: Sendable {
        let row: SettingsPage.Row
        let sha256: String
        let lines: [String]
        /// The form for the next version, which begins with this one.
        let kind: String
        let name: String
        let table: String
        let csrf: String
    }

    private func settings(_ call: Call) throws -> SettingWorkflow {
        let account = try call.account
        return SettingWorkflow(
            folder: folder, organisation: account.organisation.id, actor: account.actor)
    }

    private func settingsPage(_ call: Call, sentence: String?) async throws -> Response {
        let list = try await settings(call).list()
        let form = sentence == nil ? [:] : call.form
        let page = SettingsPage(
            rows: list.map(SettingsPage.Row.init), hasNoRows: list.isEmpty,
            kinds: SettingKind.allCases.map { kind in
                let isChosen = form["kind"] == kind.rawValue
                return SettingsPage.Kind(
                    value: kind.rawValue, title: kind.title, header: SettingTable.header(of: kind),
                    isChosen: isChosen)
            }, name: form["name"] ?? "", date: form["date"] ?? "", reason: form["reason"] ?? "",
            table: form["table"] ?? "", sentence: sentence, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("settings", title: "Settings", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func settingPage(_ call: Call) async throws -> Response {
        let (line, table) = try await settings(call).show(
            Int64(call.parameter("setting")) ?? 0)
        let page = SettingPage(
            row: SettingsPage.Row(line), sha256: line.sha256,
            lines: table.split(separator: "\n", omittingEmptySubsequences: false).map(String.init),
            kind: line.kind.rawValue, name: line.name, table: table,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("setting", title: "Setting", session: call.session, page))
    }
}

extension GrevyServer.SettingsPage.Row {
    fileprivate init(_ line: SettingWorkflow.Line) {
        self.init(
            id: line.id, kind: line.kind.title, name: line.name, version: line.version,
            date: line.date, made: "\(line.author), \(Moment.text(line.createdAt))",
            reason: line.reason, isLatest: line.isLatest)
    }
}
