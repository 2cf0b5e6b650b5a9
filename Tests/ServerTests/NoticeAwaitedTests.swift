import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Notices of referrals and emergencies")
struct NoticeAwaitedTests {
    private func sender(_ story: ShareStory, _ mail: NoticeStory) throws -> NoticeSender {
        NoticeSender(
            folder: story.fixture.folder, settings: try mail.settings(),
            link: "https://grevy.example",
            now: { [clock = story.fixture.recordsClock] in clock.now })
    }

    private func round(_ sender: NoticeSender, _ story: ShareStory) async throws -> [Int] {
        _ = try await sender.look()
        story.fixture.recordsClock.advance(seconds: NoticeStory.gatherSeconds)
        let outcome = try await sender.look()
        return [outcome.sent, outcome.failed, outcome.dropped]
    }

    /// What the menu of a person's pages counts: cases, referrals, emergencies.
    private func menu(_ story: ShareStory, _ browser: ShareStory.Browser) async throws -> [Int] {
        let page = try await story.fixture.send(
            .get, "/account", browser, headers: [.accept: "text/html"]
        ).text
        let kinds = ["waiting for you", "waiting for an answer", "cases of yours were opened"]
        return kinds.map { words in
            let mark = "<span class=\"visually-hidden\"> \(words)"
            guard let end = page.range(of: mark) else { return 0 }
            return Int(page[..<end.lowerBound].split(separator: ">").last ?? "") ?? -1
        }
    }

    @Test("A mail counts what the menu counts, of referrals and emergencies too, and tells it once")
    func counts() async throws {
        try await NoticeStory.run { mail in
            let story = try await ShareStory("notice-awaited")
            let (fixture, people) = (story.fixture, story.fixture.folder.accounts)
            for (person, address) in [
                (story.recipient, "recipient@hospital.example"),
                (story.owner, "owner@hospital.example"),
            ] {
                try await people.set(
                    noticeAddress: address, of: person.account.id, by: "test")
            }
            let sender = try sender(story, mail)
            #expect(try await round(sender, story) == [2, 0, 0], "one case each")
            let reply = try await fixture.send(
                .post, "\(story.base)/shares", story.owner,
                form: [
                    "csrf": story.owner.csrf, "act": "share", "purpose": "second opinion",
                    "question": "Is this case for SIRT?", "days": "7",
                    "recipient": "\(fixture.organisations[1].id)",
                    "item-\(story.ours.plan)": "yes",
                ])
            #expect(reply.status == 303)
            #expect(try await round(sender, story) == [1, 0, 0])
            #expect(try await menu(story, story.recipient) == [1, 1, 0])
            let told = try #require(try await mail.mails().last)
            #expect(told.to.joined().contains("recipient@"))
            #expect(told.subject == "Grevy: 1 case, 1 referral wait for you")
            for part in [
                "New since the last notice: 1\n", "  answer a referral: 1\n",
                "https://grevy.example/?waiting=yes\nhttps://grevy.example/referrals\n",
            ] { #expect(told.body.contains(part), "\(part)") }
            for secret in ["SIRT", "second opinion", "Phantom", "P0", "NET centre", "plan-"] {
                #expect(!(told.subject + told.body).contains(secret), "\(secret)")
            }
            // Received or accepted, it still waits for an answer, and is not told again.
            let share = try #require(
                try await fixture.folder.shares.shares(
                    of: story.patient, owner: story.owner.account.organisation.id
                ).first)
            _ = try await fixture.send(
                .post, "/referrals/\(share.id)", story.recipient,
                form: ["csrf": story.recipient.csrf, "act": "received", "text": ""])
            #expect(try await round(sender, story) == [0, 0, 0])
            #expect(try await menu(story, story.recipient) == [1, 1, 0])

            let administrator = try await fixture.browser(.administrator)
            try await fixture.folder.shares.setAllowsEmergencies(true, by: administrator.account)
            let opened = try await fixture.folder.shares.openInEmergency(
                patientID: "P0", birthDate: "19600101", reason: "bleeding, at night",
                by: story.recipient.account)
            #expect(opened == [story.patient])
            #expect(try await round(sender, story) == [1, 0, 0])
            let alarm = try #require(try await mail.mails().last)
            #expect(alarm.to.joined().contains("owner@"))
            #expect(alarm.body.contains("  look at an access in an emergency: 1\n"))
            #expect(alarm.body.contains("https://grevy.example/emergency\n"))
            #expect(try await menu(story, story.owner)[2] == 1)
            #expect(!alarm.body.contains("bleeding"))
        }
    }
}
