import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

/// A case of the first organisation on the list of a meeting to which the second is invited; a share
/// gives one of everything and leaves another one out.
private struct Guests {
    let story: ShareStory
    let chair: ServerFixture.Browser
    let meeting: MeetingRecord
    let item: AgendaItemRecord
    let (oursDose, foreignDose): (String, String)
    var guest: ServerFixture.Browser { story.recipient }
    var path: String { "/meetings/\(meeting.id)" }
    var casePath: String { "\(story.base)\(path)" }

    init(_ label: String) async throws {
        story = try await ShareStory(label)
        let (fixture, records) = (story.fixture, story.fixture.folder.records)
        chair = try await fixture.browser(.oncologist)
        meeting = try await records.makeMeeting(
            of: fixture.organisations[0].id, day: "2026-11-26", title: "NET",
            chair: chair.account.id, by: chair.account.id)
        item = try await records.list(
            patient: story.patient, in: meeting.id, question: "Progression?",
            referral: "Sent by the GP", by: chair.account.id)
        try await records.invite(
            organisation: fixture.organisations[1].id, to: meeting.id, by: chair.account.id)
        oursDose = try await Self.dose(on: story.ours, story)
        foreignDose = try await Self.dose(on: story.foreign, story)
        for (line, note) in [(story.ours, "on ours"), (story.foreign, "on foreign")] {
            let base = "\(story.base)/meetings/\(meeting.id)"
            let marks = [
                ("key-images", ["x": "1", "y": "2", "z": "3", "note": note]),
                (
                    "measurements",
                    ["label": "measured \(note)", "shape": "diameters", "ends": "0,0,5,3,4,5"]
                ),
            ]
            for (path, fields) in marks {
                let reply = try await fixture.send(
                    .post, "\(base)/\(path)", chair,
                    form: fields.merging(["series": line.series, "csrf": chair.csrf]) { $1 })
                try #require(reply.status == 200, "\(reply.text)")
            }
        }
        _ = try await records.record(
            Decision(
                question: "Progression?", options: ["SIRT", "Watch"], chosen: 0,
                intent: .diseaseControl, lead: "Dr Lead",
                participants: [
                    Participant(
                        account: chair.account.id, name: "Chair", role: "Oncologist",
                        organisation: "NET centre")
                ], dissent: "", advice: "", departure: nil), for: item.id, of: story.patient,
            base: 0, by: chair.account.id)
    }

    /// A dose is shown without its voxels being read.
    private static func dose(
        on line: ShareStory.Line, _ story: ShareStory
    ) async throws -> String {
        let folder = story.fixture.folder
        let digest = try await folder.records.instances(seriesUID: line.seriesUID).seriesDigest
        return try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(story.patient)", kind: "dose", name: "of \(line.seriesUID)",
                content: try await folder.objects.put(Array("dose of \(line.seriesUID)".utf8)),
                mediaType: "application/gzip",
                inputs: [DerivedInput("planning", .series(uid: line.seriesUID, digest: digest))],
                softwareVersion: "0.1"), by: "test"
        ).id
    }

    @discardableResult
    func share(
        _ rights: Set<ShareRight> = [], days: Int = 14
    ) async throws -> ShareRecord {
        try await story.fixture.folder.shares.create(
            ShareDraft(
                patient: story.patient, recipient: story.fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "meeting", rights: rights, days: days), series: [],
                records: [oursDose]), by: story.owner.account)
    }

    func end(_ share: ShareRecord) async throws {
        try await story.fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "test", by: story.owner.account)
    }

    func get(
        _ path: String, _ browser: ServerFixture.Browser? = nil
    ) async throws -> ServerFixture.Reply {
        try await story.get(path, browser ?? guest)
    }

    func post(
        _ path: String, _ fields: [String: String], _ browser: ServerFixture.Browser? = nil
    ) async throws -> ServerFixture.Reply {
        let browser = browser ?? guest
        return try await story.fixture.send(
            .post, path, browser, form: fields.merging(["csrf": browser.csrf]) { $1 })
    }
}

@Suite("A shared case in a meeting")
struct MeetingShareTests {
    enum Standing: CaseIterable, Sendable {
        case none, view, comment, download, expired, revoked, emergency

        var sees: Bool { ![.none, .expired, .revoked].contains(self) }
        var seesAll: Bool { self == .emergency }
    }

    private static func stand(_ standing: Standing, _ guests: Guests) async throws -> Guests {
        switch standing {
        case .none: break
        case .view: try await guests.share()
        case .comment: try await guests.share([.comment])
        case .download: try await guests.share([.download])
        case .expired:
            // Sessions are not older than the share: both are looked at by this clock.
            try await guests.share(days: 1)
            guests.story.fixture.recordsClock.advance(seconds: 86_401)
        case .revoked: try await guests.end(guests.share())
        case .emergency:
            let shares = guests.story.fixture.folder.shares
            try await shares.setAllowsEmergencies(true, by: guests.story.owner.account)
            _ = try await shares.openInEmergency(
                patientID: "P0", birthDate: "19600101", reason: "bleeding",
                by: guests.guest.account)
        }
        return guests
    }

    private static func signedIn(
        _ standing: Standing, _ guests: Guests
    ) async throws -> ServerFixture.Browser {
        guard standing == .expired else { return guests.guest }
        guests.story.fixture.clock.advance(seconds: 30)
        return try await guests.story.fixture.signIn(guests.guest.account)
    }

    @Test("A guest sees what a share in force shows, and no more", arguments: Standing.allCases)
    func seen(_ standing: Standing) async throws {
        let guests = try await Self.stand(standing, try await Guests("meeting-share-seen"))
        let guest = try await Self.signedIn(standing, guests)
        let list = try await guests.get(guests.path, guest)
        #expect(list.status == 200 && list.text.contains("Phantom, Number0") == standing.sees)
        #expect(list.text.contains("not shared with you") != standing.sees)
        #expect(list.text.contains("version 1: SIRT") == standing.sees)
        // What the owner's people have still to bring is theirs to know.
        #expect(!list.text.contains("SPECT or PET"))
        let session = try await guests.get("\(guests.path)/session", guest)
        #expect(session.text.contains("&quot;isSeen&quot;:\(standing.sees)"))
        for path in ["item", "comments?series=\(guests.story.ours.series)", "decision"] {
            let reply = try await guests.get("\(guests.casePath)/\(path)", guest)
            #expect(reply.status == (standing.sees ? 200 : 404), "\(standing) \(path)")
        }
        let hidden = try await guests.get(
            "\(guests.casePath)/comments?series=\(guests.story.foreign.series)", guest)
        #expect(hidden.status == (standing.seesAll ? 200 : 404))
        guard standing.sees else { return }
        let item = try await guests.get("\(guests.casePath)/item", guest).text
        for shown in [guests.story.ours.series, guests.oursDose, "on ours", "Progression?"] {
            #expect(item.contains(shown), "\(standing) \(shown)")
        }
        for left in [guests.story.foreign.series, guests.foreignDose, "on foreign"] {
            #expect(item.contains(left) == standing.seesAll, "\(standing) \(left)")
        }
        let scenes = "\(guests.casePath)/scene?images="
        let both = try await guests.get(scenes + "\(guests.oursDose),\(guests.foreignDose)", guest)
        let count = standing.seesAll ? 0 : 1
        #expect(both.status == 200 && both.text.contains("\"notShared\":\(count)"))
        #expect(both.text.contains("\"\(guests.foreignDose)\"") == standing.seesAll)
        // On another image the places of the lowest could be others.
        let over = try await guests.get(scenes + "\(guests.foreignDose),\(guests.oursDose)", guest)
        #expect(over.status == (standing.seesAll ? 200 : 404))
    }

    @Test("Writing is the owner's, but for comments by right", arguments: Standing.allCases)
    func written(_ standing: Standing) async throws {
        let guests = try await Self.stand(standing, try await Guests("meeting-share-written"))
        let guest = try await Self.signedIn(standing, guests)
        let place = ["series": guests.story.ours.series, "x": "1", "y": "2", "z": "3"]
        let comment = try await guests.post(
            "\(guests.casePath)/comments", place.merging(["text": "seen"]) { $1 }, guest)
        #expect(comment.status == (standing == .comment ? 201 : 404), "\(standing)")
        let hidden = try await guests.post(
            "\(guests.casePath)/comments",
            place.merging(["text": "seen", "series": guests.story.foreign.series]) { $1 }, guest)
        #expect(hidden.status == 404, "\(standing)")
        let measured = place.merging(["label": "x", "shape": "diameters", "ends": "0,0,5,3,4,5"]) {
            $1
        }
        for (path, fields) in [
            ("key-images", place), ("key-images/1/withdraw", [:]), ("measurements", measured),
            ("measurements/1/withdraw", [:]), ("decision", MeetingStory.decision),
            ("decision/sign", ["decision": "1", "digest": "", "code": "000000"]),
        ] {
            let reply = try await guests.post("\(guests.casePath)/\(path)", fields, guest)
            #expect([403, 404].contains(reply.status), "\(standing) \(path): \(reply.status)")
        }
        let records = guests.story.fixture.folder.records
        #expect(try await records.keyImages(item: guests.item.id).count == 2)
        #expect(try await records.measurements(item: guests.item.id).count == 2)
        #expect(try await records.decisions(item: guests.item.id).count == 1)
        for file in ["key-images.dcm", "measurements.dcm"] {
            let reply = try await guests.get("\(guests.casePath)/\(file)", guest)
            #expect((reply.status == 404) == (standing != .download), "\(standing) \(file)")
        }
        guard standing.sees else { return }
        let item = try await guests.get("\(guests.casePath)/item", guest).text
        #expect(item.contains("\"mayMark\":false") && !item.contains("\"mayWithdraw\":true"))
        #expect(item.contains("\"mayComment\":\(standing == .comment)"))
        let decision = try await guests.get("\(guests.casePath)/decision", guest).text
        #expect(decision.contains("Dr Lead") && !decision.contains("name=\"options\""))
        let own = try await guests.get("\(guests.casePath)/item", guests.chair).text
        #expect(own.contains("\"mayMark\":true"))
    }

    @Test(
        "Who presents is warned exactly when somebody present sees nothing of the case",
        arguments: Standing.allCases)
    func warned(_ standing: Standing) async throws {
        let guests = try await Self.stand(standing, try await Guests("meeting-share-warned"))
        let live = await guests.story.fixture.server.live.meeting(guests.meeting.id)
        try await live.join(Mailbox(), account: guests.guest.account.id, session: "guest")
        var chair = guests.chair
        if standing == .expired {
            guests.story.fixture.clock.advance(seconds: 30)
            chair = try await guests.story.fixture.signIn(chair.account)
        }
        _ = try await guests.post("\(guests.path)/present", [:], chair)
        let fields = ["item": "\(guests.item.id)"]
        let opened = try await guests.post("\(guests.path)/open", fields, chair)
        #expect(opened.status == (standing.sees ? 200 : 409), "\(opened.text)")
        #expect(opened.text.contains("not shared with") != standing.sees)
    }

    @Test("A share that begins or ends tells the meetings that have its case on show")
    func told() async throws {
        let guests = try await Guests("meeting-share-told")
        let lives = guests.story.fixture.server.live
        let live = await lives.meeting(guests.meeting.id)
        let elsewhere = await lives.meeting(guests.meeting.id + 1)
        let shares = "\(guests.story.base)/shares"
        let form = [
            "act": "share", "purpose": "meeting", "days": "7",
            "recipient": "\(guests.story.fixture.organisations[1].id)",
            "item-\(guests.oursDose)": "yes",
        ]
        // Nothing is on show yet.
        #expect(try await guests.post(shares, form, guests.story.owner).status == 303)
        #expect(await live.state.contents == 0)
        let chair = guests.chair.account.id
        for session in [live, elsewhere] { try await session.present(chair) }
        try await live.open(item: guests.item.id, patient: guests.story.patient, by: chair)
        try await elsewhere.open(
            item: guests.item.id, patient: guests.story.patient + 1, by: chair)
        let ended = try await guests.post(
            "\(shares)/1/end", ["reason": "over"], guests.story.owner)
        #expect(ended.status == 303)
        #expect(await live.state.contents == 1)
        #expect(try await guests.post(shares, form, guests.story.owner).status == 303)
        #expect(await live.state.contents == 2)
        #expect(await elsewhere.state.contents == 0)
    }

    @Test("A share that ends during the session ends what the session gives")
    func ended() async throws {
        let guests = try await Guests("meeting-share-ended")
        let share = try await guests.share([.comment])
        #expect(try await guests.get("\(guests.casePath)/item").status == 200)
        try await guests.end(share)
        for path in ["item", "scene?images=\(guests.oursDose)", "decision"] {
            #expect(try await guests.get("\(guests.casePath)/\(path)").status == 404)
        }
        let minutes = MeetingMinutes(
            folder: guests.story.fixture.folder, meeting: guests.meeting)
        let blind = try await minutes.html(seen: [:])
        #expect(!blind.contains("Number0") && blind.contains("Not shared with you"))
        // A guest puts nobody on the list of somebody else's meeting.
        try await guests.share()
        let listed = try await guests.post(
            "\(guests.path)/items", ["case": "\(guests.story.patient)", "question": "?"])
        #expect([403, 404].contains(listed.status))
    }
}
