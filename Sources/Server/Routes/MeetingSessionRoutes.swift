import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// The live session: what one presents and everybody sees.
    var meetingSessionRoutes: [Route] {
        let meeting = "/meetings/{meeting}"
        return [
            Route(.get, "\(meeting)/session", .right(.readCase), sessionPage),
            Route(.get, "\(meeting)/events", .right(.readCase), isUse: false, sessionEvents),
            Route(.get, "\(meeting)/people", .right(.readCase), isUse: false) { call in
                try Answer.json(try await sessionPeople(of: self.meeting(call)))
            },
            Route(.post, "\(meeting)/present", .right(.comment)) { call in
                let record = try await self.meeting(call)
                try await live.meeting(record.id).present(call.account.id)
                return try await told(record)
            },
            Route(.post, "\(meeting)/open", .right(.comment), openItem),
            Route(.post, "\(meeting)/view", .right(.comment)) { call in
                let record = try await self.meeting(call)
                guard let item = Int64(try call.field("item")) else { throw Refusal.notFound }
                try await live.meeting(record.id).show(
                    MeetingView(json: call.field("view")), item: item, by: call.account.id)
                return try await told(record)
            },
            Route(.post, "\(meeting)/names", .right(.comment)) { call in
                let record = try await self.meeting(call)
                try await live.meeting(record.id).setHidesNames(
                    call.field("hidden") == "yes", by: call.account.id)
                return try await told(record)
            },
        ]
    }

    struct SessionPage: Sendable {
        let path: String
        let day: String
        let title: String
        /// The list as JSON: ids alone.
        let agenda: String
        let me: Int64
        let mayPresent: Bool
        let csrf: String
    }

    /// A case of the list as the page's script needs it.
    private struct AgendaEntry: Encodable {
        let item: Int64
        let patient: Int64
        let isSeen: Bool
    }

    private struct Person: Encodable {
        let account: Int64
        let name: String
        let role: String
    }

    /// The state as it is after a change, so that whoever changed it need not wait to be told.
    private func told(_ meeting: MeetingRecord) async throws -> Response {
        try Answer.json(await live.meeting(meeting.id).state)
    }

    private func sessionPage(_ call: Call) async throws -> Response {
        let record = try await meeting(call)
        let seen = try await seenCases(of: record, by: call.account)
        let agenda = try await folder.records.agenda(of: record.id).map {
            AgendaEntry(item: $0.id, patient: $0.patient, isSeen: seen[$0.patient] != nil)
        }
        let account = try call.account
        let page = SessionPage(
            path: "/meetings/\(record.id)", day: record.day, title: record.title,
            agenda: String(decoding: try JSONEncoder().encode(agenda), as: UTF8.self),
            me: account.id, mayPresent: account.role.rights.contains(.comment),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("session", title: "Meeting", session: call.session, page))
    }

    /// Who may be in the session: colleagues' names, no patient's.
    private func sessionPeople(of meeting: MeetingRecord) async throws -> [some Encodable] {
        let invited = [meeting.organisation.id] + meeting.guests.map(\.id)
        return try await folder.accounts.accounts()
            .filter { invited.contains($0.organisation.id) && !$0.isDisabled }
            .map { Person(account: $0.id, name: $0.fullName, role: $0.role.title) }
    }

    /// Ends with the session, and with the organisation's part in the meeting.
    private func sessionEvents(_ call: Call) async throws -> Response {
        let record = try await meeting(call)
        let account = try call.account
        guard let token = call.token else { throw Refusal.signInFirst }
        let session = await live.meeting(record.id)
        let stream = MeetingStream(seconds: settings.eventSeconds) {
            guard let now = try await accounts.session(token: token, isUse: false)?.account,
                now.role.rights.contains(.readCase)
            else { return false }
            return try await folder.records.meeting(
                record.id, organisation: now.organisation.id) != nil
        }
        try await folder.records.notePresence(of: account.id, in: record.id)
        return Answer.events(
            begin: {
                try? await session.join(stream.mailbox, account: account.id, session: token)
            }, end: { try? await session.leave(stream.mailbox) }
        ) { try await stream.next() }
    }

    /// Opens a case for everybody; who presents is warned when somebody may not see it.
    private func openItem(_ call: Call) async throws -> Response {
        let record = try await meeting(call)
        let account = try call.account
        guard let id = Int64(try call.field("item")),
            let item = try await folder.records.agenda(of: record.id).first(where: {
                $0.id == id
            }), try await seenCase(item.patient, by: account) != nil
        else { throw Refusal.notFound }
        let session = await live.meeting(record.id)
        let present = await session.state.present
        if call.form["anyway"] != "yes" {
            var blind: [String] = []
            for person in try await folder.accounts.accounts() where present.contains(person.id) {
                if try await seenCase(item.patient, by: person) == nil {
                    blind.append("\(person.fullName) (\(person.organisation.name))")
                }
            }
            guard blind.isEmpty else {
                throw Refusal.conflict(
                    "This case is not shared with \(blind.joined(separator: ", ")). "
                        + "They will not see it.")
            }
        }
        try await session.open(item: item.id, patient: item.patient, by: account.id)
        return try await told(record)
    }
}
