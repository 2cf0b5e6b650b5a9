import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Meetings")
struct MeetingTests {
    @Test("A meeting is made for a day of the calendar and lists cases with what is missing")
    func list() async throws {
        let story = try await MeetingStory("meeting-list")
        let made = try await story.post(
            "/meetings",
            ["day": "2026-12-03", "title": "Thursday", "chair": "\(story.chair.account.id)"],
            story.nurse)
        #expect(made.status == 303)
        for day in ["2026-02-30", "26-12-03", "2026-1-01", "x"] {
            let fields = ["day": day, "chair": "\(story.chair.account.id)"]
            #expect(try await story.post("/meetings", fields, story.nurse).status == 400, "\(day)")
        }
        let list = try await story.fixture.send(.get, "/meetings", story.chair)
        #expect(list.text.contains("2026-12-03") && list.text.contains("Thursday"))
        let page = try await story.fixture.send(.get, story.path, story.chair)
        #expect(page.text.contains("Phantom, Number0"))
        #expect(page.text.contains("Has Number0 progressed?"))
        #expect(page.text.contains("SPECT or PET, ") && page.text.contains("key images"))
        let again = try await story.post(
            "\(story.path)/items", ["case": "\(story.patient)", "question": "?"], story.nurse)
        #expect(again.status == 409)
        let foreign = try await story.post(
            "\(story.path)/items",
            ["case": "\(story.fixture.patients[1])", "question": "?"], story.nurse)
        #expect(foreign.status == 404)
    }

    @Test("Another organisation finds nothing; invited, it finds the list without others' cases")
    func organisations() async throws {
        let story = try await MeetingStory("meeting-organisations")
        let guest = try await story.fixture.browser(.surgeon, organisation: 1)
        for path in [
            story.path, "\(story.path)/session", "\(story.path)/events",
            "\(story.path)/people", "\(story.path)/minutes.pdf", "\(story.casePath)/item",
        ] {
            #expect(try await story.fixture.send(.get, path, guest).status == 404, "\(path)")
        }
        let invited = try await story.post(
            "\(story.path)/guests",
            ["organisation": "\(story.fixture.organisations[1].id)"], story.nurse)
        #expect(invited.status == 303)
        let page = try await story.fixture.send(.get, story.path, guest)
        #expect(page.status == 200 && page.text.contains("not shared with you"))
        let text = page.text.replacing(guest.csrf, with: "")
        #expect(!text.contains("Number0") && !text.contains("P0"))
        let session = try await story.fixture.send(.get, "\(story.path)/session", guest)
        #expect(session.status == 200)
        #expect(session.text.contains("&quot;isSeen&quot;:false"))
        // Behind the case's own gate.
        for path in ["item", "scene?images=se-1", "comments?series=se-1", "decision"] {
            let reply = try await story.fixture.send(.get, "\(story.casePath)/\(path)", guest)
            #expect(reply.status == 404, "\(path)")
        }
        let uninvited = try await story.post(
            "\(story.path)/guests", ["organisation": "1"], guest)
        #expect(uninvited.status == 404)
    }

    @Test("Attendance is proposed from who listened, and the chair alone confirms it")
    func attendance() async throws {
        let story = try await MeetingStory("meeting-attendance")
        _ = try await story.heard(story.nurse)
        let page = try await story.fixture.send(.get, story.path, story.chair)
        #expect(page.text.contains("name=\"person-\(story.nurse.account.id)\""))
        let fields = ["person-\(story.nurse.account.id)": "yes"]
        let other = try await story.fixture.browser(.radiologist)
        #expect(try await story.post("\(story.path)/attendance", fields, other).status == 400)
        #expect(
            try await story.post("\(story.path)/attendance", fields, story.chair).status == 303)
        let records = story.fixture.folder.records
        let people = try await records.attendance(of: story.meeting.id).map(\.participant)
        #expect(people.map(\.account) == [story.nurse.account.id])
    }

    @Test("A decision is recorded, changed as version 2, and signed by the chair with a code")
    func decision() async throws {
        let story = try await MeetingStory("meeting-decision")
        let path = "\(story.casePath)/decision"
        var fields = MeetingStory.decision
        let nobody = try await story.post(path, fields, story.nurse)
        #expect(nobody.status == 400 && nobody.text.contains("took part"))
        // What was typed is still there.
        #expect(nobody.text.contains("Dr Lead"))
        fields["person-\(story.nurse.account.id)"] = "yes"
        fields["intent"] = ""
        let aimless = try await story.post(path, fields, story.nurse)
        #expect(aimless.status == 400 && aimless.text.contains("its intent"))
        #expect(!aimless.text.contains("<option value=\"disease-control\" selected"))
        fields["intent"] = MeetingStory.decision["intent"]
        #expect(try await story.post(path, fields, story.nurse).status == 303)
        let records = story.fixture.folder.records
        let first = try #require(try await records.decisions(item: story.item.id).last)
        #expect(first.decision.options == ["SIRT", "PRRT", "Watch"])
        #expect(first.decision.choice == "PRRT" && first.decision.departure == nil)
        #expect(first.decision.participants.map(\.account) == [story.nurse.account.id])

        fields["lead"] = "Dr Other"
        #expect(try await story.post(path, fields, story.nurse).status == 409)
        fields["base"] = "1"
        fields["advice"] = "ENETS 2024: SIRT"
        fields["departs"] = "yes"
        #expect(try await story.post(path, fields, story.nurse).status == 400)
        fields["departure"] = "bilirubin is raised"
        #expect(try await story.post(path, fields, story.nurse).status == 303)
        let page = try await story.fixture.send(.get, path, story.chair)
        #expect(page.text.contains("Version 1") && page.text.contains("Version 2"))
        #expect(page.text.contains("bilirubin is raised") && page.text.contains("Dr Lead"))

        let second = try #require(try await records.decisions(item: story.item.id).last)
        let form = ["decision": "\(second.id)", "digest": second.digest.hex]
        let wrong = try await story.post(
            "\(path)/sign", form.merging(["code": "000000"]) { $1 }, story.chair)
        #expect(wrong.status == 400)
        let stale = try await story.post(
            "\(path)/sign",
            [
                "decision": "\(first.id)", "digest": first.digest.hex,
                "code": try story.fixture.freshCode(),
            ], story.chair)
        #expect(stale.status == 409)
        let other = try await story.fixture.browser(.surgeon)
        let notChair = try await story.post(
            "\(path)/sign", form.merging(["code": try story.fixture.freshCode()]) { $1 }, other)
        #expect(notChair.status == 400)
        let signed = try await story.post(
            "\(path)/sign", form.merging(["code": try story.fixture.freshCode()]) { $1 },
            story.chair)
        #expect(signed.status == 303, "\(signed.text)")
        let kept = try #require(try await records.decisions(item: story.item.id).last)
        #expect(kept.signature?.account == story.chair.account.id && kept.version == 2)
        #expect(try await story.fixture.folder.check(rereadingObjects: false) == [])
    }

    @Test("Without a second factor nobody signs")
    func secondFactor() async throws {
        let story = try await MeetingStory("meeting-factor")
        let weak = try await story.fixture.browser(.surgeon, secondFactor: false)
        let reply = try await story.post(
            "\(story.casePath)/decision/sign",
            ["decision": "1", "digest": "", "code": "000000"], weak)
        #expect(reply.status == 403)
    }

    @Test("Minutes hold who was there and every version, and of other cases nothing")
    func minutes() async throws {
        let story = try await MeetingStory("meeting-minutes")
        let records = story.fixture.folder.records
        try await records.confirmAttendance(
            of: [story.nurse.account.id], in: story.meeting.id, by: story.chair.account.id)
        var fields = MeetingStory.decision
        fields["person-\(story.nurse.account.id)"] = "yes"
        fields["dissent"] = "<b>surgeon</b>: resect"
        _ = try await story.post("\(story.casePath)/decision", fields, story.nurse)
        let opened = try #require(
            try await story.fixture.folder.shares.access(
                to: story.patient, for: story.chair.account, as: .view))
        let minutes = MeetingMinutes(folder: story.fixture.folder, meeting: story.meeting)
        let html = try await minutes.html(seen: [story.patient: opened])
        #expect(html.contains("Phantom, Number0") && html.contains("Has Number0 progressed?"))
        #expect(html.contains("Clinical nurse specialist") && html.contains("Not signed."))
        #expect(html.contains("&lt;b&gt;surgeon") && !html.contains("<b>surgeon"))
        let blind = try await minutes.html(seen: [:])
        #expect(!blind.contains("Number0") && blind.contains("Not shared with you"))
    }
}
