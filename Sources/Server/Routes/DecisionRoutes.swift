import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Recording and signing what a meeting decided about a case.
    var decisionRoutes: [Route] {
        let decision = "/cases/{case}/meetings/{meeting}/decision"
        return [
            Route(.get, decision, .ofCase(.readCase, shared: .view)) { call in
                try await decisionPage(call, form: [:], sentence: nil)
            },
            Route(.post, decision, .ofCase(.runMeeting, shared: .comment)) { call in
                try await decide(call) { place, account in
                    let people = try await meetings.people(of: place.meeting.id, and: account)
                    guard let base = Int(try call.field("base")), base >= 0 else {
                        throw MeetingRefusal.changed
                    }
                    _ = try await meetings.record(
                        try MeetingWorkflow.decision(call.form, people: people), for: place.item,
                        base: base, by: account)
                }
            },
            // Only the chair signs, who is of the organisation that holds the meeting.
            Route(
                .post, "\(decision)/sign", .ofCase(.signDecision, shared: .comment)
            ) { call in
                try await decide(call) { place, account in
                    if case .code = call.evidence, !account.hasSecondFactor {
                        throw Refusal.secondFactorFirst
                    }
                    _ = try await meetings.sign(
                        Self.decision(call), of: place.item.patient,
                        digest: call.field("digest"), evidence: call.evidence, account: account)
                }
            },
            Route(
                .post, "\(decision)/sign/again", .ofCase(.signDecision, shared: .comment),
                signDecisionAgain),
        ]
    }

    struct DecisionPage: Sendable {
        struct Choice: Sendable {
            let value: String
            let title: String
            let isChosen: Bool
        }

        struct Version: Sendable {
            struct Option: Sendable {
                let text: String
                let isChosen: Bool
            }

            let number: Int
            let question: String
            let options: [Option]
            let intent: String
            let lead: String
            let participants: String
            let dissent: String?
            let advice: String?
            let departure: String?
            let recorded: String
            let signed: String?
        }

        let banner: Banner
        let path: String
        let meetingPath: String
        let day: String
        let sentence: String?
        /// What the form begins with: what was sent and refused, else the latest version.
        let base: Int
        let question: String
        let options: String
        let chosen: String
        let intents: [Choice]
        let lead: String
        let people: [Choice]
        let dissent: String
        let advice: String
        let departs: Bool
        let departure: String
        let mayRecord: Bool
        /// The version that waits for the chair; `nil` when this person signs nothing.
        let signs: String?
        let digest: String
        let confirmation: Confirmation
        let version: Int
        let versions: [Version]
        let hasNoVersions: Bool
        let csrf: String
    }

    /// A version of a decision, as the case's page lists it.
    struct DecisionLine: Sendable {
        let path: String
        let version: Int
        let choice: String
        let intent: String
        let recorded: String
        let isSigned: Bool
    }

    func decisionLines(of patient: Int64) async throws -> [DecisionLine] {
        try await folder.records.decisions(patient: patient).reversed().map { record in
            DecisionLine(
                path: "/cases/\(patient)/meetings/\(record.meeting)/decision",
                version: record.version, choice: record.decision.choice,
                intent: record.decision.intent.title, recorded: Moment.text(record.createdAt),
                isSigned: record.signature != nil)
        }
    }

    /// Does what a form asks; the page comes again with why when it is refused.
    private func decide(
        _ call: Call, _ act: (MeetingPlace, AccountRecord) async throws -> Void
    ) async throws -> Response {
        let place = try await writtenPlace(call)
        do { try await act(place, call.account) } catch {
            return try await decisionPage(call, refusing: error)
        }
        try await place.live.contentsChanged(of: place.item.id)
        return Answer.seeOther(Self.path(place))
    }

    /// Keeps what is to be signed and sends the browser to the provider.
    @Sendable private func signDecisionAgain(_ call: Call) async throws -> Response {
        let place = try await writtenPlace(call)
        do {
            let account = try call.account
            let intent = try await meetings.intent(
                Self.decision(call), of: place.item, in: place.meeting,
                digest: call.field("digest"), account: account)
            return try await leave(
                call,
                for: .sign(
                    intent, account, token: call.token ?? "", way: Self.path(place)))
        } catch {
            return try await decisionPage(call, refusing: error)
        }
    }

    private static func decision(_ call: Call) throws -> Int64 {
        guard let id = Int64(try call.field("decision")) else { throw Refusal.notFound }
        return id
    }

    fileprivate static func path(_ place: MeetingPlace) -> String {
        "/cases/\(place.item.patient)/meetings/\(place.meeting.id)/decision"
    }

    /// Shows the page again with why nothing was done; what is no refusal goes on.
    private func decisionPage(_ call: Call, refusing error: any Error) async throws -> Response {
        switch Refusal(error) {
        case .badRequest(let sentence)?, .conflict(let sentence)?:
            var answer = try await decisionPage(call, form: call.form, sentence: sentence)
            answer.status = Refusal(error)?.status ?? .badRequest
            return answer
        default: throw error
        }
    }

    private func decisionPage(
        _ call: Call, form: [String: String], sentence: String?
    ) async throws -> Response {
        let place = try await place(call)
        let account = try call.account
        let names = try await folder.accounts.names()
        let versions = try await folder.records.decisions(item: place.item.id)
        let page = DecisionPage(
            place, patient: try call.caseOwner, reader: account,
            mayWrite: try mayWrite(call, in: place.meeting), form: form,
            sentence: sentence, versions: versions,
            people: try await meetings.people(of: place.meeting.id, and: account), names: names,
            confirmation: try await confirmation(
                call, of: versions.last?.signingSubject, meaning: DecisionRecord.signingMeaning,
                digest: versions.last?.digest.hex ?? ""),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("decision", title: "Decision", session: call.session, page))
    }
}

extension GrevyServer.DecisionPage {
    fileprivate init(
        _ place: GrevyServer.MeetingPlace, patient: PatientRecord, reader: AccountRecord,
        mayWrite: Bool, form: [String: String], sentence: String?, versions: [DecisionRecord],
        people: [Participant], names: [Int64: String],
        confirmation: GrevyServer.Confirmation, csrf: String
    ) {
        let latest = versions.last
        let last = latest?.decision
        let isSent = form["question"] != nil
        func field(_ name: String, _ kept: String?) -> String {
            isSent ? form[name] ?? "" : kept ?? ""
        }
        banner = Banner(patient)
        path = GrevyServer.path(place)
        (meetingPath, day) = ("/meetings/\(place.meeting.id)", place.meeting.day)
        self.sentence = sentence
        base = latest?.version ?? 0
        question = field("question", last?.question ?? place.item.question)
        options = field("options", last?.options.joined(separator: "\n"))
        chosen = field("chosen", last.map { "\($0.chosen + 1)" })
        let intent = field("intent", last?.intent.rawValue)
        intents = TreatmentIntent.allCases.map {
            Choice(value: $0.rawValue, title: $0.title, isChosen: $0.rawValue == intent)
        }
        lead = field("lead", last?.lead)
        let took = Set(last?.participants.map(\.account) ?? people.map(\.account))
        self.people = people.map { person in
            let isChosen =
                isSent ? form["person-\(person.account)"] != nil : took.contains(person.account)
            return Choice(
                value: "\(person.account)",
                title: "\(person.name), \(person.role), \(person.organisation)",
                isChosen: isChosen)
        }
        dissent = field("dissent", last?.dissent)
        advice = field("advice", last?.advice)
        departs = isSent ? form["departs"] != nil : last?.departure != nil
        departure = field("departure", last?.departure)
        mayRecord = mayWrite && reader.role.rights.contains(.runMeeting)
        let isOpen = latest.map { $0.signature == nil } ?? false
        signs = isOpen && place.meeting.chair == reader.id ? latest.map { "\($0.id)" } : nil
        (digest, version) = (latest?.digest.hex ?? "", latest?.version ?? 0)
        self.versions = versions.reversed().map { Version($0, names: names) }
        hasNoVersions = versions.isEmpty
        (self.confirmation, self.csrf) = (confirmation, csrf)
    }
}

extension GrevyServer.DecisionPage.Version {
    fileprivate init(_ record: DecisionRecord, names: [Int64: String]) {
        let decision = record.decision
        func some(_ text: String) -> String? { text.isEmpty ? nil : text }
        self.init(
            number: record.version, question: decision.question,
            options: decision.options.enumerated().map {
                Option(text: $1, isChosen: $0 == decision.chosen)
            }, intent: decision.intent.title, lead: decision.lead,
            participants: decision.participants.map { "\($0.name) (\($0.role))" }
                .joined(separator: ", "),
            dissent: some(decision.dissent), advice: some(decision.advice),
            departure: decision.departure,
            recorded: "\(Moment.text(record.createdAt)), \(names[record.account] ?? "")",
            signed: record.signature.map {
                "\($0.fullName), \($0.role.title), \(Moment.text($0.signedAt))"
            })
    }
}
