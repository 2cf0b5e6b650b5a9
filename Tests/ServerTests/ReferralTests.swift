import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing

@Suite("Referrals")
struct ReferralTests {
    /// A share with a question, made on the page.
    private static func refer(_ story: ShareStory) async throws -> ShareRecord {
        let reply = try await story.fixture.send(
            .post, "\(story.base)/shares", story.owner,
            form: [
                "csrf": story.owner.csrf, "act": "share", "purpose": "second opinion",
                "question": "Is this case for SIRT?", "days": "7",
                "recipient": "\(story.fixture.organisations[1].id)",
                "item-\(story.ours.plan)": "yes",
            ])
        #expect(reply.status == 303)
        return try #require(
            try await story.fixture.folder.shares.shares(
                of: story.patient, owner: story.owner.account.organisation.id
            ).first)
    }

    private static func go(
        _ act: String, _ story: ShareStory, _ share: ShareRecord, text: String = "",
        by browser: ShareStory.Browser? = nil
    ) async throws -> Int {
        let browser = browser ?? story.recipient
        return try await story.fixture.send(
            .post, "/referrals/\(share.id)", browser,
            form: ["csrf": browser.csrf, "act": act, "text": text]
        ).status
    }

    @Test("Both sides see it sent, received, accepted and answered, each step once")
    func steps() async throws {
        let story = try await ShareStory("referral-steps")
        let share = try await Self.refer(story)
        func both() async throws -> [String] {
            [
                try await story.get("/referrals").text,
                try await story.get("/referrals", story.owner).text,
            ]
        }
        for text in try await both() {
            #expect(text.contains("Is this case for SIRT?") && text.contains(">sent<"))
        }
        #expect(try await story.get(story.base).text.contains("Is this case for SIRT?"))
        #expect(try await Self.go("answered", story, share, text: "Yes.") == 409, "not accepted")
        for state in ["received", "accepted"] {
            #expect(try await Self.go(state, story, share) == 303)
            #expect(try await Self.go(state, story, share) == 409, "only once")
            for text in try await both() { #expect(text.contains(">\(state)<")) }
        }
        let html: HTTPFields = [.accept: "text/html"]
        func menu(_ browser: ShareStory.Browser) async throws -> String {
            try await story.fixture.send(.get, "/", browser, headers: html).text
        }
        #expect(try await menu(story.recipient).contains("waiting for an answer"))
        #expect(!(try await menu(story.owner).contains("waiting for an answer")))
        #expect(try await Self.go("answered", story, share) == 400, "an answer has words")
        #expect(try await Self.go("answered", story, share, text: "Yes, both lobes.") == 303)
        for text in try await both() {
            #expect(text.contains(">answered<") && text.contains("Yes, both lobes."))
            #expect(text.contains("Nuclear medicine physician"))
        }
        #expect(!(try await menu(story.recipient).contains("waiting for an answer")))
        let actions = try await story.fixture.folder.audit.entries(last: 60)
            .filter { $0.subject == "share-\(share.id)" && $0.action.hasPrefix("referral.") }
            .map(\.action)
        #expect(actions == ["referral.received", "referral.accepted", "referral.answered"])
    }

    @Test("Declined, it waits for nobody, and both sides read that and why on all its pages")
    func declined() async throws {
        let story = try await ShareStory("referral-declined")
        let share = try await Self.refer(story)
        let sharing = "\(story.base)/shares"
        #expect(try await story.get(sharing, story.owner).text.contains("sent, not received yet"))
        #expect(try await story.get(story.base).text.contains(">Answer</a>"))
        #expect(try await Self.go("declined", story, share) == 400, "a reason has words")
        let reason = "We have no slot before May."
        #expect(try await Self.go("declined", story, share, text: reason) == 303)
        for (browser, path) in [
            (story.recipient, "/referrals"), (story.owner, "/referrals"),
            (story.recipient, story.base), (story.owner, sharing),
        ] {
            let text = try await story.get(path, browser).text
            #expect(text.contains("declined") && text.contains(reason), "\(path)")
        }
        #expect(!(try await story.get(story.base).text.contains(">Answer</a>")))
        for browser in [story.recipient, story.owner] {
            let referrals = try await story.get("/referrals", browser).text
            #expect(referrals.contains(#"badge-warning">declined<"#))
            #expect(!referrals.contains(#"name="act""#))
            let menu = try await story.fixture.send(
                .get, "/", browser, headers: [.accept: "text/html"]
            ).text
            #expect(!menu.contains("waiting for an answer"))
        }
        #expect(try await Self.go("accepted", story, share) == 409)
        let waiting = try await story.fixture.folder.shares.waitingReferrals(
            for: story.fixture.organisations[1].id)
        #expect(waiting.isEmpty)
    }

    @Test("Only the recipient's people take it further, and only while the share lasts")
    func who() async throws {
        let story = try await ShareStory("referral-who")
        let share = try await Self.refer(story)
        #expect(try await Self.go("received", story, share, by: story.owner) == 404)
        let nurse = try await story.fixture.browser(.nurseSpecialist, organisation: 1)
        #expect(try await Self.go("received", story, share, by: nurse) == 403)
        #expect(try await Self.go("lost", story, share) == 400)
        let plain = try await story.share(story.foreign)
        #expect(try await Self.go("received", story, plain) == 404, "no question, no referral")
        #expect(try await Self.go("accepted", story, share) == 303)
        try await story.fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "moved", by: story.owner.account)
        #expect(try await Self.go("answered", story, share, text: "Yes.") == 409)
    }

    @Test("After the end the answer stays with the owner, and the patient is hidden from the other")
    func ended() async throws {
        let story = try await ShareStory("referral-ended")
        let share = try await Self.refer(story)
        #expect(try await Self.go("accepted", story, share) == 303)
        #expect(try await Self.go("answered", story, share, text: "Both lobes.") == 303)
        #expect(try await story.get("/referrals").text.contains("Phantom, Number0"))
        try await story.fixture.folder.shares.revoke(
            share.id, of: story.patient, reason: "answered", by: story.owner.account)
        let theirs = try await story.get("/referrals").text
        #expect(theirs.contains("Both lobes.") && !theirs.contains("Phantom, Number0"))
        #expect(!theirs.contains("/cases/\(story.patient)"))
        let ours = try await story.get("/referrals", story.owner).text
        #expect(ours.contains("Both lobes.") && ours.contains("Phantom, Number0"))
    }

    @Test("Both sides read who opened what, the other side only its own people")
    func openings() async throws {
        let story = try await ShareStory("referral-openings")
        try await story.share(story.ours)
        _ = try await story.get("\(story.base)/plans/\(story.ours.plan)")
        _ = try await story.get(story.base, story.owner)
        let path = "\(story.base)/access"
        let ours = try await story.get(path, story.owner).text
        #expect(ours.contains("<td>Nuclear medicine physician</td>"))
        #expect(ours.contains("<td>Medical physicist</td>"))
        #expect(ours.contains("Referring hospital") && ours.contains(story.ours.plan))
        let theirs = try await story.get(path).text
        #expect(theirs.contains("<td>Nuclear medicine physician</td>"))
        #expect(theirs.contains(story.ours.plan))
        #expect(!theirs.contains("<td>NET centre</td>") && !theirs.contains(story.foreign.plan))
    }
}
