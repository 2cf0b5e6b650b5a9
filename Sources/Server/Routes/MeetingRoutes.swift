import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Meetings of the day, their lists, attendance and minutes.
    var meetingRoutes: [Route] {
        let meeting = "/meetings/{meeting}"
        return [
            Route(.get, "/meetings", .right(.readCase), meetingsPage),
            Route(.post, "/meetings", .right(.runMeeting)) { call in
                guard let chair = Int64(try call.field("chair")) else {
                    throw MeetingRefusal.notChair
                }
                let made = try await meetings.make(
                    day: call.field("day"), title: call.form["title"] ?? "", chair: chair,
                    by: call.account)
                return Answer.seeOther("/meetings/\(made.id)")
            },
            Route(.get, meeting, .right(.readCase), meetingPage),
            Route(.post, "\(meeting)/items", .right(.runMeeting), listCase),
            Route(.post, "\(meeting)/items/{item}/remove", .right(.runMeeting)) { call in
                let record = try await ownMeeting(call)
                guard let item = Int64(try call.parameter("item")) else { throw Refusal.notFound }
                try await meetings.unlist(
                    item: item, of: record.id, reason: call.form["reason"] ?? "",
                    by: call.account)
                return Answer.seeOther("/meetings/\(record.id)")
            },
            Route(.post, "\(meeting)/guests", .right(.runMeeting)) { call in
                let record = try await ownMeeting(call)
                guard let guest = Int64(try call.field("organisation")),
                    try await folder.records.organisations().contains(where: { $0.id == guest })
                else { throw Refusal.notFound }
                try await folder.records.invite(
                    organisation: guest, to: record.id, by: call.account.id)
                return Answer.seeOther("/meetings/\(record.id)")
            },
            Route(.post, "\(meeting)/attendance", .right(.signDecision), confirmAttendance),
            Route(.get, "\(meeting)/minutes.pdf", .right(.readCase)) { call in
                let record = try await self.meeting(call)
                let seen = try await seenCases(of: record, by: call.account)
                let pdf = try await heavy(call) {
                    try await MeetingMinutes(folder: folder, meeting: record).pdf(seen: seen)
                }
                return Answer.document(pdf, mediaType: "application/pdf")
            },
        ]
    }

    var meetings: MeetingWorkflow { MeetingWorkflow(folder: folder, accounts: accounts) }

    private var referrals: MeetingReferrals {
        MeetingReferrals(folder: folder, meetings: meetings)
    }

    /// The meeting of the path, when the caller's organisation holds it or is invited.
    func meeting(_ call: Call) async throws -> MeetingRecord {
        let account = try call.account
        guard let id = Int64(try call.parameter("meeting")),
            let found = try await folder.records.meeting(
                id, organisation: account.organisation.id)
        else { throw Refusal.notFound }
        try await folder.accounts.noteAccess(
            by: account, to: "meeting-\(id)", action: "\(call.request.method) /meetings")
        return found
    }

    /// The meeting of the path, when the caller's own organisation holds it.
    private func ownMeeting(_ call: Call) async throws -> MeetingRecord {
        let found = try await meeting(call)
        guard try found.organisation.id == call.account.organisation.id else {
            throw Refusal.notFound
        }
        return found
    }

    /// What somebody may see of a case, as its owner or by a share; the one place where meetings
    /// ask.
    func seenCase(_ patient: Int64, by account: AccountRecord) async throws -> OpenedCase? {
        try await folder.shares.access(to: patient, for: account, as: .view)
    }

    /// What somebody may see of the cases of a meeting's list, by number.
    func seenCases(
        of meeting: MeetingRecord, by account: AccountRecord
    ) async throws -> [Int64: OpenedCase] {
        var seen: [Int64: OpenedCase] = [:]
        for item in try await folder.records.agenda(of: meeting.id) {
            seen[item.patient] = try await seenCase(item.patient, by: account)
        }
        return seen
    }

    struct MeetingsPage: Sendable {
        struct Row: Sendable {
            let path: String
            let day: String
            let title: String
            let organisation: String
            let chair: String
            let cases: Int
        }

        struct Choice: Sendable {
            let id: Int64
            let name: String
        }

        let rows: [Row]
        let isEmpty: Bool
        let mayMake: Bool
        let chairs: [Choice]
        let today: String
        let csrf: String
    }

    private func meetingsPage(_ call: Call) async throws -> Response {
        let account = try call.account
        let names = try await folder.accounts.names()
        var rows: [MeetingsPage.Row] = []
        for meeting in try await folder.records.meetings(organisation: account.organisation.id) {
            rows.append(
                MeetingsPage.Row(
                    path: "/meetings/\(meeting.id)", day: meeting.day, title: meeting.title,
                    organisation: meeting.organisation.name, chair: names[meeting.chair] ?? "",
                    cases: try await folder.records.agenda(of: meeting.id).count))
        }
        let chairs = try await folder.accounts.accounts(organisation: account.organisation.id)
            .filter { !$0.isDisabled && $0.role.rights.contains(.signDecision) }
        let page = MeetingsPage(
            rows: rows, isEmpty: rows.isEmpty,
            mayMake: account.role.rights.contains(.runMeeting),
            chairs: chairs.map { MeetingsPage.Choice(id: $0.id, name: $0.fullName) },
            today: String(accounts.now().ISO8601Format().prefix(10)),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("meetings", title: "Meetings", session: call.session, page))
    }

    struct MeetingPage: Sendable {
        struct Row: Sendable {
            let number: Int
            let item: Int64
            let isSeen: Bool
            let name: String
            let birthDate: String
            let patientID: String
            let casePath: String
            let question: String
            let referral: String
            let missing: String
            let decision: String?
            let isSigned: Bool
            let decisionPath: String
            let removePath: String
        }

        struct Person: Sendable {
            let account: Int64
            let text: String
        }

        let path: String
        let day: String
        let title: String
        let organisation: String
        let chair: String
        let rows: [Row]
        let isEmpty: Bool
        let mayList: Bool
        let cases: [MeetingsPage.Choice]
        let attendance: [Person]
        let nobodyConfirmed: Bool
        let proposed: [Person]
        let isChair: Bool
        let guests: [MeetingsPage.Choice]
        let organisations: [MeetingsPage.Choice]
        let csrf: String
    }

    private func meetingPage(_ call: Call) async throws -> Response {
        let record = try await meeting(call)
        let account = try call.account
        let isOwn = record.organisation.id == account.organisation.id
        let seen = try await seenCases(of: record, by: account)
        let lines = try await meetings.lines(of: record.id, seen: seen, isHost: isOwn)
        let listed = Set(lines.map(\.item.patient))
        let mayList = isOwn && account.role.rights.contains(.runMeeting)
        let open = mayList ? try await referrals.cases(for: account) : []
        let invited = [record.organisation.id] + record.guests.map(\.id)
        let others = mayList ? try await folder.records.organisations() : []
        let page = MeetingPage(
            path: "/meetings/\(record.id)", day: record.day, title: record.title,
            organisation: record.organisation.name,
            chair: try await folder.accounts.names()[record.chair] ?? "",
            rows: lines.enumerated().map { MeetingPage.Row($1, number: $0 + 1, record.id) },
            isEmpty: lines.isEmpty, mayList: mayList,
            cases: open.filter { !listed.contains($0.patient.id) }.map(MeetingsPage.Choice.init),
            attendance: try await folder.records.attendance(of: record.id).map {
                MeetingPage.Person($0.participant)
            },
            nobodyConfirmed: try await folder.records.attendance(of: record.id).isEmpty,
            proposed: try await folder.records.proposedAttendance(of: record.id).map {
                MeetingPage.Person(
                    account: $0.id, text: "\($0.fullName), \($0.role.title)")
            }, isChair: record.chair == account.id,
            guests: record.guests.map { MeetingsPage.Choice(id: $0.id, name: $0.name) },
            organisations: others.filter { !invited.contains($0.id) }.map {
                MeetingsPage.Choice(id: $0.id, name: $0.name)
            }, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("meeting", title: "Meeting", session: call.session, page))
    }

    private func listCase(_ call: Call) async throws -> Response {
        let record = try await ownMeeting(call)
        // What is open in an emergency only is passed on to nobody.
        guard let patient = Int64(try call.field("case")),
            let opened = try await seenCase(patient, by: call.account), !opened.sight.isEmergency
        else { throw Refusal.notFound }
        _ = try await referrals.list(
            opened, in: record, question: call.form["question"] ?? "",
            referral: call.form["referral"] ?? "", by: call.account)
        return Answer.seeOther("/meetings/\(record.id)")
    }

    private func confirmAttendance(_ call: Call) async throws -> Response {
        let record = try await ownMeeting(call)
        guard try record.chair == call.account.id else { throw MeetingRefusal.notChair }
        let proposed = try await folder.records.proposedAttendance(of: record.id).map(\.id)
        try await folder.records.confirmAttendance(
            of: proposed.filter { call.form["person-\($0)"] != nil }, in: record.id,
            by: call.account.id)
        return Answer.seeOther("/meetings/\(record.id)")
    }
}

extension GrevyServer.MeetingsPage.Choice {
    fileprivate init(_ candidate: MeetingReferrals.Case) {
        let identity = candidate.patient.identity
        let referral = candidate.referral.map { ", \($0)" } ?? ""
        self.init(
            id: candidate.patient.id,
            name: "\(ReadableIdentity.name(identity.name)), \(identity.patientID)\(referral)")
    }
}

extension GrevyServer.MeetingPage.Person {
    fileprivate init(_ person: Participant) {
        self.init(
            account: person.account,
            text: "\(person.name), \(person.role), \(person.organisation)")
    }
}

extension GrevyServer.MeetingPage.Row {
    fileprivate init(_ line: MeetingWorkflow.Line, number: Int, _ meeting: Int64) {
        let identity = line.patient?.identity
        let base = "/cases/\(line.item.patient)"
        self.init(
            number: number, item: line.item.id, isSeen: identity != nil,
            name: identity.map { ReadableIdentity.name($0.name) } ?? "",
            birthDate: identity.map { ReadableIdentity.date($0.birthDate) } ?? "",
            patientID: identity?.patientID ?? "", casePath: base,
            question: identity == nil ? "" : line.item.question,
            referral: identity == nil ? "" : line.item.referral,
            missing: line.missing.joined(separator: ", "),
            decision: line.decision.map { "version \($0.version): \($0.decision.choice)" },
            isSigned: line.decision?.signature != nil,
            decisionPath: "\(base)/meetings/\(meeting)/decision",
            removePath: "/meetings/\(meeting)/items/\(line.item.id)/remove")
    }
}
