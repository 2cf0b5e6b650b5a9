import DICOM
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

/// A meeting with the case of the first organisation on its list, and who is in it.
struct MeetingStory {
    let fixture: ServerFixture
    let patient: Int64
    let meeting: MeetingRecord
    let item: AgendaItemRecord
    let chair: ServerFixture.Browser
    let nurse: ServerFixture.Browser

    var path: String { "/meetings/\(meeting.id)" }
    var casePath: String { "/cases/\(patient)\(path)" }
    /// A decision as the form sends it, but for who took part.
    static let decision = [
        "question": "Progression?", "options": "SIRT\r\nPRRT\n\nWatch", "chosen": "2",
        "intent": "disease-control", "lead": "Dr Lead", "dissent": "", "advice": "",
        "base": "0",
    ]

    init(
        _ label: String, source: any DicomSource = DicomReader(),
        provider: ProviderSettings? = nil
    ) async throws {
        fixture = try await ServerFixture(label, source: source, provider: provider)
        patient = fixture.patients[0]
        chair = try await fixture.browser(.oncologist)
        nurse = try await fixture.browser(.nurseSpecialist)
        let records = fixture.folder.records
        meeting = try await records.makeMeeting(
            of: fixture.organisations[0].id, day: "2026-11-26", title: "NET",
            chair: chair.account.id, by: nurse.account.id)
        item = try await records.list(
            patient: patient, in: meeting.id, question: "Has Number0 progressed?",
            referral: "Sent by the GP of Phantom", by: nurse.account.id)
    }

    func post(
        _ path: String, _ fields: [String: String], _ browser: ServerFixture.Browser
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, path, browser, form: fields.merging(["csrf": browser.csrf]) { $1 })
    }

    struct State: Decodable {
        struct View: Decodable {
            let images: [String]
            let cursorMM: [Double]?
        }

        let sequence: Int
        let presenter: Int64?
        let item: Int64?
        let patient: Int64?
        let view: View?
        let hidesNames: Bool
        let contents: Int
        let present: [Int64]
    }

    /// What a browser hears first that begins to listen now.
    func heard(_ browser: ServerFixture.Browser) async throws -> (State, text: String) {
        let reply = try await fixture.send(.get, "\(path)/events", browser)
        try #require(reply.status == 200, "\(reply.text)")
        let line = try #require(
            reply.text.split(separator: "\n").last { $0.hasPrefix("data: ") })
        let state = try JSONDecoder().decode(State.self, from: Data(line.dropFirst(6).utf8))
        return (state, reply.text)
    }

    static func view(_ images: String = "se-1", cursor: String = "1,2,3") -> String {
        """
        {"images":["\(images)"],"layout":"three","plane":"axial","cursorMM":[\(cursor)],\
        "centreMM":[0,0,0],"zoom":1.5,"windows":[{"id":"se-1","low":-100,"high":200,\
        "opacity":1,"isVisible":true}]}
        """
    }

    /// Presents, opens the case and shows a view.
    func begin() async throws {
        #expect(try await post("\(path)/present", [:], nurse).status == 200)
        #expect(try await post("\(path)/open", ["item": "\(item.id)"], nurse).status == 200)
        let shown = try await post(
            "\(path)/view", ["item": "\(item.id)", "view": Self.view()], nurse)
        #expect(shown.status == 200, "\(shown.text)")
    }
}
