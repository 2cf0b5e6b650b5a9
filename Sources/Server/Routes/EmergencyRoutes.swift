import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Opening a case of another organisation without a share, and what its owner sees of that.
    var emergencyRoutes: [Route] {
        let consent = "/administration/emergency"
        return [
            Route(.get, "/emergency", .right(.readCase)) { call in
                try await emergencyPage(call, sentence: nil, status: .ok)
            },
            Route(.post, "/emergency", .right(.readCase), openInEmergency),
            Route(.post, "/emergency/{emergency}", .right(.share)) { call in
                guard let id = Int64(try call.parameter("emergency")) else {
                    throw Refusal.notFound
                }
                let act = try call.field("act")
                guard ["seen", "end"].contains(act) else {
                    throw Refusal.badRequest("There is no such answer.")
                }
                try await folder.shares.answer(
                    emergency: id, ending: act == "end", by: call.account)
                return Answer.seeOther("/emergency")
            },
            Route(.get, consent, .right(.manageAccounts)) { call in
                let page = ConsentPage(
                    isOpen: try await folder.shares.allowsEmergencies(
                        call.account.organisation.id), minutes: EmergencyAccess.minutes,
                    csrf: call.session?.csrfToken ?? "")
                return Answer.page(
                    try pages.render(
                        "emergency-consent", title: "Emergencies", session: call.session, page))
            },
            Route(.post, consent, .right(.manageAccounts)) { call in
                try await folder.shares.setAllowsEmergencies(
                    call.form["open"] == "yes", by: call.account)
                return Answer.seeOther(consent)
            },
        ]
    }

    struct ConsentPage: Sendable {
        let isOpen: Bool
        let minutes: Int
        let csrf: String
    }

    struct EmergencyPage: Sendable {
        struct Line: Sendable {
            let id: Int64
            let casePath: String
            let patient: String
            let person: String
            let organisation: String
            let reason: String
            let opened: String
            let state: String
            let isOpen: Bool
            let seen: String?
            let ended: String?
        }

        let sentence: String?
        let reason: String
        let minutes: Int
        let longestReason: Int
        /// Of the own organisation's cases.
        let ours: [Line]
        let hasOurs: Bool
        /// What the reader has opened.
        let own: [Line]
        let hasOwn: Bool
        let mayAnswer: Bool
        let csrf: String
    }

    private func emergencyPage(
        _ call: Call, sentence: String?, status: HTTPResponse.Status
    ) async throws -> Response {
        let account = try call.account
        let home = account.organisation.id
        try await folder.accounts.noteAccess(
            by: account, to: "organisation-\(home)", action: "GET /emergency")
        let moment = folder.shares.moment
        let ours = try await folder.shares.emergencies(owner: home).map {
            EmergencyPage.Line($0, at: moment)
        }
        let own = try await folder.shares.emergencies(account: account.id)
            .filter { $0.isOpen(at: moment) }.map { EmergencyPage.Line($0, at: moment) }
        let page = EmergencyPage(
            sentence: sentence, reason: call.form["reason"] ?? "",
            minutes: EmergencyAccess.minutes, longestReason: EmergencyAccess.longestReason,
            ours: ours, hasOurs: !ours.isEmpty, own: own, hasOwn: !own.isEmpty,
            mayAnswer: account.role.rights.contains(.share),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("emergency", title: "Emergency", session: call.session, page),
            status: status)
    }

    private func openInEmergency(_ call: Call) async throws -> Response {
        do {
            let found = try await folder.shares.openInEmergency(
                patientID: call.field("patientID").trimmingCharacters(in: .whitespaces),
                birthDate: call.field("birthDate").replacing("-", with: ""),
                reason: call.field("reason").trimmingCharacters(in: .whitespacesAndNewlines),
                by: call.account)
            guard let first = found.first else {
                return try await emergencyPage(
                    call,
                    sentence: "No case that can be opened has this identifier and this date of "
                        + "birth.", status: .notFound)
            }
            return Answer.seeOther(found.count == 1 ? "/cases/\(first)" : "/emergency")
        } catch let refusal as EmergencyRefusal {
            return try await emergencyPage(
                call, sentence: refusal.sentence, status: .badRequest)
        }
    }
}

extension GrevyServer.EmergencyPage.Line {
    fileprivate init(_ record: EmergencyRecord, at moment: Date) {
        let identity = record.patient.identity
        id = record.id
        casePath = "/cases/\(record.patient.id)"
        patient =
            ReadableIdentity.name(identity.name)
            + ", born \(ReadableIdentity.date(identity.birthDate)), \(identity.patientID)"
        (person, organisation) = (record.person, record.organisation.name)
        reason = record.reason
        opened = Moment.text(record.openedAt)
        isOpen = record.isOpen(at: moment)
        state = isOpen ? "open until \(Moment.text(record.expiresAt.ISO8601Format()))" : "over"
        seen = record.seen.map { "\(Moment.text($0.at)) by \($0.by)" }
        ended = record.ended.map { "\(Moment.text($0.at)) by \($0.by)" }
    }
}
