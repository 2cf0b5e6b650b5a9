import Foundation
import Pathway
import Testing

@Suite("Decisions of a meeting")
struct DecisionTests {
    private static let people = [
        Participant(account: 1, name: "A", role: "Surgeon", organisation: "Centre")
    ]

    private static func decision(
        question: String = "Progression?", options: [String] = ["SIRT", "Watch"], chosen: Int = 0,
        lead: String = "Dr A", people: [Participant] = people, dissent: String = "",
        advice: String = "", departure: String? = nil
    ) throws -> Decision {
        try Decision(
            question: question, options: options, chosen: chosen, intent: .diseaseControl,
            lead: lead, participants: people, dissent: dissent, advice: advice,
            departure: departure)
    }

    @Test("What is missing is named")
    func missing() throws {
        #expect(throws: MeetingRefusal.noQuestion) { try Self.decision(question: "") }
        #expect(throws: MeetingRefusal.noChoice) { try Self.decision(options: []) }
        #expect(throws: MeetingRefusal.noChoice) { try Self.decision(options: ["a", ""]) }
        #expect(throws: MeetingRefusal.noChoice) { try Self.decision(chosen: 2) }
        #expect(throws: MeetingRefusal.noChoice) { try Self.decision(chosen: -1) }
        #expect(throws: MeetingRefusal.noLead) { try Self.decision(lead: "") }
        #expect(throws: MeetingRefusal.nobodyTookPart) { try Self.decision(people: []) }
    }

    @Test("Departing from advice takes the advice and a reason")
    func departure() throws {
        #expect(throws: MeetingRefusal.noReasonForDeparture) {
            try Self.decision(advice: "ENETS 2024", departure: "")
        }
        #expect(throws: MeetingRefusal.noReasonForDeparture) {
            try Self.decision(departure: "frail")
        }
        #expect(try Self.decision(advice: "ENETS 2024", departure: "frail").departure == "frail")
        #expect(try Self.decision(advice: "ENETS 2024").departure == nil)
    }

    @Test("Texts end at 2000 characters and options at twenty")
    func limits() throws {
        let long = String(repeating: "x", count: Decision.longestText + 1)
        #expect(throws: MeetingRefusal.tooLong) { try Self.decision(question: long) }
        #expect(throws: MeetingRefusal.tooLong) { try Self.decision(options: [long]) }
        #expect(throws: MeetingRefusal.tooLong) { try Self.decision(dissent: "a\u{0}b") }
        let many = (0 ... Decision.mostOptions).map { "\($0)" }
        #expect(throws: MeetingRefusal.noChoice) { try Self.decision(options: many) }
    }

    @Test("What is read again is checked again")
    func coding() throws {
        let made = try Self.decision(dissent: "B: too early", advice: "rule 3", departure: "age")
        let data = try JSONEncoder().encode(made)
        #expect(try JSONDecoder().decode(Decision.self, from: data) == made)
        let text = String(decoding: data, as: UTF8.self)
            .replacing("\"chosen\":0", with: "\"chosen\":7")
        #expect(throws: MeetingRefusal.noChoice) {
            try JSONDecoder().decode(Decision.self, from: Data(text.utf8))
        }
    }
}
