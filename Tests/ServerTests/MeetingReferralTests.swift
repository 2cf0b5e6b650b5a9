import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// A case of the first organisation that is referred to the second, which holds a meeting.
private struct Referred {
    static let question = "Is this case for SIRT?"

    let story: ShareStory
    let meeting: MeetingRecord
    var host: ServerFixture.Browser { story.recipient }
    var path: String { "/meetings/\(meeting.id)" }
    var casePath: String { "\(story.base)\(path)" }
    var records: RecordStore { story.fixture.folder.records }

    init(_ label: String) async throws {
        story = try await ShareStory(label)
        let host = story.recipient.account
        meeting = try await story.fixture.folder.records.makeMeeting(
            of: host.organisation.id, day: "2026-11-26", title: "NET", chair: host.id, by: host.id)
    }

    @discardableResult
    func refer(_ rights: Set<ShareRight>) async throws -> ShareRecord {
        try await story.fixture.folder.shares.create(
            ShareDraft(
                patient: story.patient, recipient: host.account.organisation.id,
                terms: try ShareTerms(
                    purpose: "second opinion", rights: rights, question: Self.question),
                series: [], records: [story.ours.report]), by: story.owner.account)
    }

    func post(
        _ path: String, _ fields: [String: String], _ browser: ServerFixture.Browser? = nil
    ) async throws -> Int {
        let browser = browser ?? host
        return try await story.fixture.send(
            .post, path, browser, form: fields.merging(["csrf": browser.csrf]) { $1 }
        ).status
    }

    /// Puts the case on the list with nothing typed.
    func list() async throws -> Int {
        try await post(
            "\(path)/items", ["case": "\(story.patient)", "question": " ", "referral": ""])
    }

    func item() async throws -> AgendaItemRecord? {
        try await records.agenda(of: meeting.id).first
    }

    /// What the meeting writes of the case, by its address.
    func writing() -> [(path: String, fields: [String: String])] {
        let place = ["series": story.ours.series, "x": "1", "y": "2", "z": "3"]
        let line = ["label": "x", "shape": "diameters", "ends": "0,0,5,3,4,5"]
        let took = ["person-\(host.account.id)": "yes"]
        return [
            ("key-images", place), ("measurements", place.merging(line) { $1 }),
            ("decision", MeetingStory.decision.merging(took) { $1 }),
        ]
    }
}

@Suite("A referred case in the meeting of those who were asked")
struct MeetingReferralTests {
    @Test("It comes to the list with its question, and its owner to the meeting")
    func list() async throws {
        let referred = try await Referred("meeting-referral-list")
        #expect(try await referred.list() == 404, "not shared yet")
        try await referred.refer([])
        let page = try await referred.story.get(referred.path).text
        #expect(page.contains("Phantom, Number0, P0, referred by NET centre"))
        let owner = referred.story.owner
        #expect(try await referred.story.get(referred.path, owner).status == 404)
        #expect(try await referred.list() == 303)
        let item = try #require(try await referred.item())
        #expect(item.question == Referred.question)
        #expect(item.referral.hasPrefix("Referred by NET centre on 20"))
        #expect(item.referral.hasSuffix(" for: second opinion"))
        // Who asked sees the list; who was asked sees what is missing among what is shared.
        for browser in [owner, referred.host] {
            let list = try await referred.story.get(referred.path, browser)
            #expect(list.status == 200 && list.text.contains(Referred.question))
            #expect(list.text.contains("SPECT or PET"))
        }
        #expect(try await referred.list() == 409, "once")
    }

    @Test("The owner's own meeting takes the question that was asked elsewhere")
    func sent() async throws {
        let referred = try await Referred("meeting-referral-sent")
        try await referred.refer([])
        let fixture = referred.story.fixture
        let nurse = try await fixture.browser(.nurseSpecialist)
        let own = try await fixture.folder.records.makeMeeting(
            of: fixture.organisations[0].id, day: "2026-11-26", title: "",
            chair: fixture.browser(.oncologist).account.id, by: nurse.account.id)
        let page = try await referred.story.get("/meetings/\(own.id)", nurse).text
        #expect(page.contains("P0, referred to Referring hospital"))
        let fields = ["case": "\(referred.story.patient)", "question": "", "referral": "by letter"]
        #expect(try await referred.post("/meetings/\(own.id)/items", fields, nurse) == 303)
        let item = try #require(try await fixture.folder.records.agenda(of: own.id).first)
        #expect(item.question == Referred.question && item.referral == "by letter")
        let guests = try await fixture.folder.records.meeting(
            own.id, organisation: fixture.organisations[0].id)?.guests
        #expect(guests == [])
    }

    @Test("What is open in an emergency goes on no list")
    func emergency() async throws {
        let referred = try await Referred("meeting-referral-emergency")
        let shares = referred.story.fixture.folder.shares
        try await shares.setAllowsEmergencies(true, by: referred.story.owner.account)
        _ = try await shares.openInEmergency(
            patientID: "P0", birthDate: "19600101", reason: "bleeding", by: referred.host.account)
        #expect(try await referred.story.get(referred.story.base).status == 200)
        #expect(try await referred.list() == 404)
        #expect(try await referred.item() == nil)
    }

    @Test("The host writes when the share lets it comment, on what is shared; nobody else does")
    func writing() async throws {
        for rights in [Set<ShareRight>(), [.comment]] {
            let referred = try await Referred("meeting-referral-writing-\(rights.count)")
            try await referred.refer(rights)
            #expect(try await referred.list() == 303)
            let own = try await referred.story.fixture.browser(.radiologist)
            for (path, fields) in referred.writing() {
                let path = "\(referred.casePath)/\(path)"
                let written = path.hasSuffix("decision") ? 303 : 200
                let status = try await referred.post(path, fields)
                #expect(status == (rights.isEmpty ? 404 : written), "\(path)")
                #expect(try await referred.post(path, fields, own) == 404, "\(path)")
                guard fields["series"] != nil else { continue }
                let foreign = fields.merging(["series": referred.story.foreign.series]) { $1 }
                #expect(try await referred.post(path, foreign) == 404, "\(path)")
            }
            let target = ["target": "new", "site": "liver"]
            let reading = referred.writing()[1].fields.merging(target) { $1 }
            #expect(
                try await referred.post("\(referred.casePath)/measurements", reading) == 404,
                "targets are the owner's")
            let line = try await referred.story.get("\(referred.casePath)/item").text
            #expect(line.contains("\"mayMark\":\(!rights.isEmpty)"))
            #expect(line.contains("\"sites\":[]"))
            let page = try await referred.story.get("\(referred.casePath)/decision").text
            #expect(page.contains("name=\"options\"") == !rights.isEmpty)
        }
    }

    @Test("What the chair signed stays with the owner when the share is over")
    func after() async throws {
        let referred = try await Referred("meeting-referral-after")
        let share = try await referred.refer([.comment])
        #expect(try await referred.list() == 303)
        for (path, fields) in referred.writing() {
            _ = try await referred.post("\(referred.casePath)/\(path)", fields)
        }
        let item = try #require(try await referred.item())
        let decision = try #require(try await referred.records.decisions(item: item.id).last)
        let form = [
            "decision": "\(decision.id)", "digest": decision.digest.hex,
            "code": try referred.story.fixture.freshCode(),
        ]
        #expect(try await referred.post("\(referred.casePath)/decision/sign", form) == 303)
        let owner = referred.story.owner
        try await referred.story.fixture.folder.shares.revoke(
            share.id, of: referred.story.patient, reason: "test", by: owner.account)
        #expect(try await referred.story.get("\(referred.casePath)/decision").status == 404)
        let list = try await referred.story.get(referred.path).text
        #expect(list.contains("not shared with you") && !list.contains("Number0"))
        let page = try await referred.story.get("\(referred.casePath)/decision", owner)
        #expect(page.status == 200 && page.text.contains("Signed by"))
        let onCase = try await referred.story.get(referred.story.base, owner).text
        #expect(onCase.contains("\(referred.casePath)/decision"))
        #expect(try await referred.records.keyImages(item: item.id).count == 1)
        #expect(
            try await referred.story.fixture.folder.check(rereadingObjects: false) == [])
    }
}
