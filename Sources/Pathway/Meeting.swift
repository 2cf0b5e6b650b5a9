/// What a treatment is meant to reach.
package enum TreatmentIntent: String, Hashable, Sendable, CaseIterable, Codable {
    case curative
    case diseaseControl = "disease-control"
    case symptomControl = "symptom-control"
    case surveillance
    case furtherTests = "further-tests"
    case supportive

    /// As people read it.
    package var title: String {
        switch self {
        case .curative: "Curative"
        case .diseaseControl: "Control of the disease"
        case .symptomControl: "Control of symptoms"
        case .surveillance: "Surveillance"
        case .furtherTests: "Further tests first"
        case .supportive: "Supportive care"
        }
    }
}

/// A person who took part in a decision, as they were then.
package struct Participant: Hashable, Sendable, Codable {
    package let account: Int64
    package let name: String
    package let role: String
    package let organisation: String

    package init(account: Int64, name: String, role: String, organisation: String) {
        (self.account, self.name, self.role) = (account, name, role)
        self.organisation = organisation
    }
}

/// What a meeting decided about one case.
package struct Decision: Hashable, Sendable, Codable {
    /// What was asked.
    package let question: String
    /// What was considered, in the order in which it was said.
    package let options: [String]
    /// Which of them was chosen, counted from 0.
    package let chosen: Int
    package let intent: TreatmentIntent
    /// Who sees to it that it is done.
    package let lead: String
    package let participants: [Participant]
    /// Who disagreed and why; empty when nobody did.
    package let dissent: String
    /// What guideline or rule advises; empty when nobody consulted one.
    package let advice: String
    /// Why the choice departs from the advice; `nil` when it does not.
    package let departure: String?

    /// The longest text of a field, in characters.
    package static let longestText = 2000
    package static let mostOptions = 20

    /// - Throws: ``MeetingRefusal`` when something is missing or too long.
    package init(
        question: String, options: [String], chosen: Int, intent: TreatmentIntent, lead: String,
        participants: [Participant], dissent: String, advice: String, departure: String?
    ) throws {
        let texts = [question, lead, dissent, advice, departure ?? ""] + options
        guard texts.allSatisfy({ $0.count <= Self.longestText && !$0.utf8.contains(0) }) else {
            throw MeetingRefusal.tooLong
        }
        guard !question.isEmpty else { throw MeetingRefusal.noQuestion }
        guard (1 ... Self.mostOptions).contains(options.count),
            options.allSatisfy({ !$0.isEmpty }), options.indices.contains(chosen)
        else { throw MeetingRefusal.noChoice }
        guard !lead.isEmpty else { throw MeetingRefusal.noLead }
        guard !participants.isEmpty else { throw MeetingRefusal.nobodyTookPart }
        if let departure, departure.isEmpty || advice.isEmpty {
            throw MeetingRefusal.noReasonForDeparture
        }
        (self.question, self.options, self.chosen) = (question, options, chosen)
        (self.intent, self.lead, self.participants) = (intent, lead, participants)
        (self.dissent, self.advice, self.departure) = (dissent, advice, departure)
    }

    package var choice: String { options[chosen] }

    /// Reads what was kept, checked as what is new.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            question: values.decode(String.self, forKey: .question),
            options: values.decode([String].self, forKey: .options),
            chosen: values.decode(Int.self, forKey: .chosen),
            intent: values.decode(TreatmentIntent.self, forKey: .intent),
            lead: values.decode(String.self, forKey: .lead),
            participants: values.decode([Participant].self, forKey: .participants),
            dissent: values.decode(String.self, forKey: .dissent),
            advice: values.decode(String.self, forKey: .advice),
            departure: values.decodeIfPresent(String.self, forKey: .departure))
    }
}

/// Why something of a meeting is not kept.
package enum MeetingRefusal: Error, Hashable {
    case tooLong
    case noQuestion
    case noChoice
    case noIntent
    case noLead
    case nobodyTookPart
    case noReasonForDeparture
    /// The day is no day of the calendar.
    case noDay
    /// Whoever is to chair cannot sign decisions.
    case notChair
    /// Somebody has recorded another version meanwhile.
    case changed
    /// The version has been signed already.
    case signed
    /// The case is on this meeting's list already.
    case listed
    /// It was taken off the list, or withdrawn.
    case ended
    /// What was decided stays on the list.
    case decided
    /// Somebody else presents.
    case notPresenter
    /// Only who marked it withdraws it.
    case notAuthor
    /// A target lesion is read by a diameter that was not drawn.
    case noDiameter

    /// Whether what the page showed is not what is stored now.
    package var isConflict: Bool {
        switch self {
        case .changed, .signed, .listed, .ended, .decided, .notPresenter: true
        default: false
        }
    }

    /// What happened and what to do next; holds no patient data.
    package var sentence: String {
        switch self {
        case .tooLong: "A text has at most \(Decision.longestText) characters. Nothing was kept."
        case .noQuestion: "Write what the meeting was asked."
        case .noChoice:
            "Write 1 to \(Decision.mostOptions) options, one on each line, and choose one of them."
        case .noIntent: "Choose what the treatment is for, its intent."
        case .noLead: "Write who sees to it that the decision is carried out."
        case .nobodyTookPart: "Tick who took part in the decision."
        case .noReasonForDeparture:
            "The choice departs from advice: write what was advised, and why it is not followed."
        case .noDay: "Give the day as year, month and day: 2026-01-05."
        case .notChair: "The chair signs decisions; choose somebody whose role may."
        case .changed:
            "Somebody has recorded another version meanwhile. Nothing was kept; look at it first."
        case .signed: "This version is signed already; a change becomes the next version."
        case .listed: "This case is on the list of this meeting already."
        case .ended: "This was taken back meanwhile. Load the page again."
        case .decided: "A decision is recorded for this case, so it stays on the list."
        case .notPresenter: "Somebody else presents now; take over first."
        case .notAuthor: "Only who has marked it, or the chair, can take it back."
        case .noDiameter:
            "A lymph node is read by its short axis: draw the diameter across the longest one too."
        }
    }
}
