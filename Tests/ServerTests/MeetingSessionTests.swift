import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Synchronization
import Testing
import Workflows

/// A right that ends.
private final class Flag: Sendable {
    private let value = Mutex(true)

    var holds: Bool { value.withLock { $0 } }

    func end() { value.withLock { $0 = false } }
}

@Suite("The live session of a meeting")
struct MeetingSessionTests {
    @Test("Who comes late hears everything, and who takes over presents")
    func state() async throws {
        let story = try await MeetingStory("session-state")
        let (empty, _) = try await story.heard(story.chair)
        #expect(empty.presenter == nil && empty.item == nil && empty.view == nil)
        try await story.begin()
        let (late, _) = try await story.heard(story.chair)
        #expect(late.presenter == story.nurse.account.id && late.item == story.item.id)
        #expect(late.view?.images == ["se-1"] && late.view?.cursorMM == [1, 2, 3])
        #expect(late.present == [story.chair.account.id])
        // The presenter has gone: what they showed stays, and somebody else goes on from there.
        let view = ["item": "\(story.item.id)", "view": MeetingStory.view(cursor: "4,5,6")]
        let early = try await story.post("\(story.path)/view", view, story.chair)
        #expect(early.status == 409)
        #expect(try await story.post("\(story.path)/present", [:], story.chair).status == 200)
        #expect(try await story.post("\(story.path)/view", view, story.chair).status == 200)
        let late2 = try await story.post("\(story.path)/view", view, story.nurse)
        #expect(late2.status == 409)
        let (now, _) = try await story.heard(story.nurse)
        #expect(now.view?.cursorMM == [4, 5, 6] && now.sequence > late.sequence)
    }

    @Test("An open stream hears a change at once, and the latest of many")
    func stream() async throws {
        let live = LiveMeeting()
        let (mailbox, slow) = (Mailbox(), Mailbox())
        try await live.join(mailbox, account: 1, session: "a")
        try await live.join(slow, account: 2, session: "b")
        _ = await mailbox.next(within: 60)
        try await live.present(1)
        let waiting = Task { await mailbox.next(within: 60) }
        try await live.open(item: 7, patient: 3, by: 1)
        #expect(await waiting.value?.contains("\"presenter\":1") == true)
        let all = try MeetingView(json: MeetingStory.view())
        try await live.show(all, item: 7, by: 1)
        let latest = try #require(await slow.next(within: 60))
        #expect(latest.contains("\"item\":7") && latest.contains("\"zoom\":1.5"))
        await #expect(throws: MeetingRefusal.ended) { try await live.show(all, item: 8, by: 1) }
        try await live.leave(mailbox)
        #expect(try await live.line().contains("\"present\":[2]"))
    }

    @Test("One browser has at most three streams; the oldest ends")
    func streams() async throws {
        let live = LiveMeeting()
        let boxes = [Mailbox(), Mailbox(), Mailbox(), Mailbox()]
        for box in boxes { try await live.join(box, account: 1, session: "a") }
        #expect(await boxes[0].isClosed)
        #expect(await !boxes[1].isClosed)
        let other = Mailbox()
        try await live.join(other, account: 1, session: "b")
        #expect(await !boxes[1].isClosed)
    }

    @Test("A stream ends when whoever listens may listen no more")
    func ended() async throws {
        let right = Flag()
        let stream = MeetingStream(seconds: 60, lookSeconds: 0.01) { right.holds }
        let live = LiveMeeting()
        try await live.join(stream.mailbox, account: 1, session: "a")
        #expect(try await stream.next()?.contains("retry: ") == true)
        right.end()
        #expect(try await stream.next() == nil)
        let short = MeetingStream(seconds: 0) { true }
        #expect(try await short.next() == nil)
    }

    @Test("Events hold ids and geometry only, whatever a presenter sends")
    func payload() async throws {
        let story = try await MeetingStory("session-payload")
        try await story.begin()
        let bad = [
            MeetingStory.view("Phantom^Number0"), MeetingStory.view("se 1"),
            MeetingStory.view(cursor: "1,2"), MeetingStory.view(cursor: "1e9,0,0"),
            MeetingStory.view().replacing("\"three\"", with: "\"Phantom Number0\""), "{}", "x",
            MeetingStory.view(String(repeating: "a", count: 41)),
        ]
        for view in bad {
            let reply = try await story.post(
                "\(story.path)/view", ["item": "\(story.item.id)", "view": view], story.nurse)
            #expect(reply.status == 400, "\(view)")
        }
        let extra = MeetingStory.view().replacing(
            "{\"images\"", with: "{\"note\":\"Phantom Number0\",\"images\"")
        let kept = try await story.post(
            "\(story.path)/view", ["item": "\(story.item.id)", "view": extra], story.nurse)
        #expect(kept.status == 200)
        let (_, text) = try await story.heard(story.chair)
        for word in ["Phantom", "Number0", "P0", "1960", "progressed"] {
            #expect(!text.contains(word), "\(word)")
        }
    }

    @Test("Who presents is warned before a case is opened that somebody may not see")
    func warning() async throws {
        let story = try await MeetingStory("session-warning")
        let records = story.fixture.folder.records
        try await records.invite(
            organisation: story.fixture.organisations[1].id, to: story.meeting.id,
            by: story.nurse.account.id)
        let guest = try await story.fixture.browser(.surgeon, organisation: 1)
        let live = await story.fixture.server.live.meeting(story.meeting.id)
        let mailbox = Mailbox()
        try await live.join(mailbox, account: guest.account.id, session: guest.token)
        _ = try await story.post("\(story.path)/present", [:], story.nurse)
        let fields = ["item": "\(story.item.id)"]
        let warned = try await story.post("\(story.path)/open", fields, story.nurse)
        #expect(warned.status == 409 && warned.text.contains("not shared with Surgeon"))
        #expect(try await story.heard(story.chair).0.item == nil)
        let opened = try await story.post(
            "\(story.path)/open", fields.merging(["anyway": "yes"]) { $1 }, story.nurse)
        #expect(opened.status == 200)
        #expect(try await story.heard(guest).0.item == story.item.id)
        // A guest opens nothing that they may not see.
        _ = try await story.post("\(story.path)/present", [:], guest)
        #expect(try await story.post("\(story.path)/open", fields, guest).status == 404)
    }

    @Test("While names are hidden no payload and no page of the session holds one")
    func hiddenNames() async throws {
        let story = try await MeetingStory("session-hidden")
        try await story.begin()
        let fixture = story.fixture
        let series = SeriesName.short("1.2.0.1")
        let note = try await story.post(
            "\(story.casePath)/comments",
            [
                "series": series, "x": "1", "y": "2", "z": "3",
                "text": "Phantom (P0), born 1960-01-01: liver",
            ], story.nurse)
        #expect(note.status == 201 && note.text.contains("P0"))
        let open = try await fixture.send(.get, "\(story.casePath)/item", story.chair)
        #expect(open.text.contains("Phantom, Number0") && open.text.contains("1960-01-01"))
        let notPresenter = try await story.post(
            "\(story.path)/names", ["hidden": "yes"], story.chair)
        #expect(notPresenter.status == 409)
        _ = try await story.post("\(story.path)/names", ["hidden": "yes"], story.nurse)
        var texts: [String] = [
            try await fixture.send(.get, "\(story.casePath)/item", story.chair).text,
            try await fixture.send(
                .get, "\(story.casePath)/comments?series=\(series)", story.chair
            ).text,
            try await fixture.send(.get, "\(story.path)/session", story.chair).text,
            try await story.heard(story.chair).text,
        ]
        // What is written meanwhile comes back struck too.
        texts.append(
            try await story.post(
                "\(story.casePath)/comments",
                ["series": series, "x": "1", "y": "2", "z": "3", "text": "again Number0"],
                story.nurse
            ).text)
        for text in texts.map({ $0.replacing(story.chair.csrf, with: "") }) {
            for word in ["Phantom", "Number0", "P0", "1960-01-01", "19600101"] {
                #expect(!text.contains(word), "\(word) in \(text)")
            }
        }
        #expect(texts[0].contains("Has ••• progressed?") && texts[0].contains("Case 1"))
        #expect(texts[1].contains("liver"))
        // The fixture's file is no image: what cannot be read is withheld.
        #expect(texts[0].contains("\"withheld\":1") && texts[0].contains("\"images\":[]"))
        let scene = try await fixture.send(
            .get, "\(story.casePath)/scene?images=\(series)", story.chair)
        #expect(scene.status == 409 && scene.text.contains("withheld"))
    }

    @Test("A key image and diameters are kept with the case, told to all, and taken back")
    func marks() async throws {
        let story = try await MeetingStory("session-marks")
        try await story.begin()
        let before = try await story.heard(story.chair).0
        let series = SeriesName.short("1.2.0.1")
        let image = try await story.post(
            "\(story.casePath)/key-images",
            ["series": series, "x": "1.5", "y": "-2", "z": "30", "note": "largest"], story.nurse)
        #expect(image.status == 200 && image.text.contains("\"lpsMM\":[1.5,-2,30]"))
        let measured = try await story.post(
            "\(story.casePath)/measurements",
            [
                "series": series, "label": "Target 1", "shape": "diameters",
                "ends": "0,0,5,30,40,5",
            ], story.nurse)
        #expect(measured.status == 200, "\(measured.text)")
        #expect(measured.text.contains("\"long-diameter\",\"unit\":\"mm\",\"value\":50"))
        let after = try await story.heard(story.chair).0
        #expect(after.contents == before.contents + 2)
        for fields in [
            ["series": series, "label": "", "shape": "diameters", "ends": "0,0,5,30,40,5"],
            ["series": series, "label": "x", "shape": "diameters", "ends": "0,0,5,30"],
            ["series": series, "label": "x", "shape": "blob"],
            ["series": series, "label": "x", "shape": "circle", "centre": "0,0,0"],
        ] {
            let reply = try await story.post(
                "\(story.casePath)/measurements", fields, story.nurse)
            #expect(reply.status == 400, "\(fields)")
        }
        let records = story.fixture.folder.records
        let kept = try #require(try await records.keyImages(item: story.item.id).first)
        let surgeon = try await story.fixture.browser(.surgeon)
        let path = "\(story.casePath)/key-images/\(kept.id)/withdraw"
        #expect(try await story.post(path, [:], surgeon).status == 400)
        #expect(try await story.post(path, [:], story.chair).status == 200)
        #expect(try await story.post(path, [:], story.chair).status == 409)
        #expect(try await records.keyImages(item: story.item.id).isEmpty)
    }
}
