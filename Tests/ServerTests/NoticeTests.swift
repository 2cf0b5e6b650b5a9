import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Transfer
import Workflows

@Suite("Notices by mail")
struct NoticeTests {
    private static func outcome(
        sent: Int = 0, failed: Int = 0, dropped: Int = 0
    ) -> [Int] { [sent, failed, dropped] }

    private static func counts(_ outcome: NoticeSender.Outcome) -> [Int] {
        [outcome.sent, outcome.failed, outcome.dropped]
    }

    @Test("What changes while it is gathered is one mail: counts and links, nothing of the patient")
    func gathered() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-gathered")
            let (signing, clock) = (scene.signing, scene.fixture.recordsClock)
            try await scene.tell(signing.maker, at: "maker@hospital.example")
            let sender = scene.sender(try story.settings())
            #expect(try await sender.look() == NoticeSender.Outcome())
            clock.advance(seconds: 40)
            try await signing.confirm()
            _ = try await signing.plan()
            #expect(try await sender.look() == NoticeSender.Outcome())
            clock.advance(seconds: 19)
            #expect(try await sender.look() == NoticeSender.Outcome())
            clock.advance(seconds: 1)
            #expect(Self.counts(try await sender.look()) == Self.outcome(sent: 1))
            clock.advance(seconds: 3600)
            #expect(try await sender.look() == NoticeSender.Outcome())
            let mails = try await story.mails()
            let mail = try #require(mails.count == 1 ? mails.first : nil)
            #expect(mail.to.count == 1 && mail.to[0].contains("<maker@hospital.example>"))
            #expect(mail.from.contains("<\(NoticeStory.sender)>"))
            #expect(mail.subject == "Grevy: 1 case waits for you")
            #expect(
                mail.body == """
                    New since the last notice: 1
                    Waiting for you now:
                      sign the plan: 1

                    https://grevy.example/?waiting=yes

                    You get this because notices are on for your account; turn them off at
                    https://grevy.example/account

                    """)
            let patient = try await scene.fixture.folder.records.patients()[0]
            let secrets = [
                patient.identity.name, "Phantom", "Number0", patient.identity.patientID,
                "19600101", "1960", "patient-", "plan-", "cases/", "NET centre",
                signing.maker.account.fullName, signing.maker.account.login,
            ]
            for secret in secrets {
                #expect(
                    ![mail.text, mail.subject, mail.body].joined().contains(secret), "\(secret)")
            }
        }
    }

    @Test("The counts are those of the worklist, and only what is new is told again")
    func news() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-news")
            let signing = scene.signing
            try await scene.tell(signing.checker, at: "checker@hospital.example")
            try await signing.confirm()
            let plan = try await signing.plan()
            let sender = scene.sender(try story.settings())
            #expect(Self.counts(try await scene.round(sender)) == Self.outcome(sent: 1))
            // Their own signature leaves nothing for them, and brings nothing new.
            #expect(try await signing.sign(plan, .made, signing.checker).status == 303)
            #expect(try await scene.round(sender) == NoticeSender.Outcome())
            try await signing.end(plan, "withdraw", signing.checker)
            #expect(Self.counts(try await scene.round(sender)) == Self.outcome(sent: 1))
            // The same again after a restart: they were told.
            let other = scene.sender(try story.settings())
            #expect(try await scene.round(other) == NoticeSender.Outcome())
            #expect(try await signing.sign(plan, .made, signing.maker).status == 303)
            #expect(Self.counts(try await scene.round(other)) == Self.outcome(sent: 1))
            let mails = try await story.mails()
            #expect(mails.count == 3)
            #expect(mails.allSatisfy { $0.subject == "Grevy: 1 case waits for you" })
            #expect(mails.last?.body.contains("  check the plan: 1\n") == true)
            let waiting = try await Desk.waiting(
                for: signing.checker.account, folder: scene.fixture.folder)
            #expect(waiting == 1)
        }
    }

    @Test("What waits no more when the mail is due is not told")
    func gone() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-gone")
            try await scene.tell(scene.signing.maker, at: "maker@hospital.example")
            try await scene.signing.confirm()
            let plan = try await scene.signing.plan()
            let sender = scene.sender(try story.settings())
            #expect(try await sender.look() == NoticeSender.Outcome())
            try await scene.signing.sign(plan, .made, scene.signing.maker)
            scene.fixture.recordsClock.advance(seconds: NoticeStory.gatherSeconds)
            #expect(try await sender.look() == NoticeSender.Outcome())
            #expect(try await story.mails().isEmpty)
        }
    }

    @Test(
        "Nobody is told who is disabled, turned them off, has no address or no right",
        arguments: ["disabled", "off", "no address", "administrator"])
    func nobody(_ what: String) async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-nobody")
            let person =
                what == "administrator" ? scene.signing.administrator : scene.signing.maker
            let account = person.account.id
            try await scene.tell(person, at: "person@hospital.example")
            try await scene.signing.confirm()
            let sender = scene.sender(try story.settings())
            #expect(try await sender.look() == NoticeSender.Outcome())
            switch what {
            case "disabled":
                try await scene.people.set(
                    role: .physicist, isDisabled: true, of: account, by: "test")
            case "off": try await scene.people.set(noticesOn: false, of: account)
            case "no address":
                try await scene.people.set(noticeAddress: nil, of: account, by: "test")
            default: break
            }
            scene.fixture.recordsClock.advance(seconds: NoticeStory.gatherSeconds)
            #expect(try await sender.look() == NoticeSender.Outcome())
            #expect(try await story.mails().isEmpty)
        }
    }

    @Test("Mail goes by TLS with a password, and not at all to a server that nobody knows")
    func protection() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-tls")
            try await scene.tell(scene.signing.maker, at: "maker@hospital.example")
            let sender = scene.sender(try story.settings("smtps", login: true))
            #expect(Self.counts(try await scene.round(sender)) == Self.outcome(sent: 1))
            let mail = try #require(try await story.mails().first)
            #expect(mail.tls && mail.login == true)
            try await scene.tell(scene.signing.checker, at: "checker@hospital.example")
            let port = try story.port("smtps")
            let strange = try NoticeSettings(
                address: "smtps://localhost:\(port)", sender: NoticeStory.sender,
                gatherSeconds: NoticeStory.gatherSeconds)
            let outcome = try await scene.round(scene.sender(strange))
            #expect(Self.counts(outcome) == Self.outcome(failed: 1))
            #expect(outcome.reason?.contains("could not prove who it is") == true)
            #expect(try await story.mails().count == 1)
        }
    }

    @Test("A refused address is given up, one refused for now is tried again, others get theirs")
    func refused() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-refused")
            try await scene.tell(scene.signing.maker, at: "nobody@hospital.example")
            try await scene.tell(scene.signing.checker, at: "later@hospital.example")
            let third = try await scene.fixture.browser(.physicist)
            try await scene.tell(third, at: "third@hospital.example")
            let sender = scene.sender(try story.settings())
            let outcome = try await scene.round(sender)
            #expect(Self.counts(outcome) == Self.outcome(sent: 1, failed: 1, dropped: 1))
            #expect(outcome.reason?.contains("hospital.example") == false)
            try await scene.tell(scene.signing.checker, at: "checker@hospital.example")
            scene.fixture.recordsClock.advance(seconds: 60)
            #expect(Self.counts(try await sender.look()) == Self.outcome(sent: 1))
            let recipients = try await story.mails().map { $0.to.joined() }
            #expect(recipients.count == 2)
            #expect(recipients.last?.contains("<checker@hospital.example>") == true)
        }
    }

    @Test("A server that is down is tried eight times in two hours, then not before something new")
    func down() async throws {
        var dead: NoticeSettings?
        try await NoticeStory.run { dead = try $0.settings() }
        let gone = try #require(dead)
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-down")
            try await scene.tell(scene.signing.maker, at: "maker@hospital.example")
            try await scene.tell(scene.signing.checker, at: "checker@hospital.example")
            try await scene.people.set(
                noticesOn: false, of: scene.signing.checker.account.id)
            let clock = scene.fixture.recordsClock
            let sender = scene.sender(gone)
            let first = try await scene.round(sender)
            #expect(Self.counts(first) == Self.outcome(failed: 1))
            #expect(first.reason?.contains("does not accept connections") == true)
            for minutes in [1, 2, 4, 8, 16, 32] {
                clock.advance(seconds: 60 * Double(minutes) - 1)
                #expect(try await sender.look() == NoticeSender.Outcome(), "\(minutes)")
                clock.advance(seconds: 1)
                #expect(
                    Self.counts(try await sender.look()) == Self.outcome(failed: 1), "\(minutes)")
            }
            clock.advance(seconds: 3600)
            #expect(Self.counts(try await sender.look()) == Self.outcome(dropped: 1))
            clock.advance(seconds: 86_400)
            #expect(try await sender.look() == NoticeSender.Outcome())
            // Something new for another, and the server is there again; the first stays given up.
            try await scene.people.set(
                noticesOn: true, of: scene.signing.checker.account.id)
            let back = scene.sender(try story.settings())
            #expect(Self.counts(try await scene.round(back)) == Self.outcome(sent: 1))
            #expect(try await story.mails().count == 1)
        }
    }

    @Test("While a mail server is silent, pages answer; stopping does not wait for it")
    func silent() async throws {
        try await NoticeStory.run { story in
            let scene = try await NoticeScene("notice-silent")
            try await scene.tell(scene.signing.maker, at: "maker@hospital.example")
            // A web server waits for whoever connects to say something, and so does a mail client.
            let sender = scene.sender(try story.settings("http"))
            _ = try await sender.look()
            scene.fixture.recordsClock.advance(seconds: NoticeStory.gatherSeconds)
            let client = WebClient()
            let before = try await story.connections(client)
            let sending = Task { try await sender.look() }
            while try await story.connections(client) == before {}
            let page = try await scene.fixture.send(.get, "/", scene.signing.maker)
            #expect(page.status == 200)
            try await scene.signing.confirm()
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
        }
    }

    private static let anywhere: @Sendable (inout ServerSettings) -> Void = { settings in
        try? settings.sendNotices(
            by: "smtp://127.0.0.1:9", from: NoticeStory.sender, user: nil, passwordFile: nil,
            authorities: nil, gatherSeconds: 300)
    }

    @Test("An administrator enters the address; its owner sees it and turns the notices off")
    func pages() async throws {
        let fixture = try await ServerFixture("notice-pages", change: Self.anywhere)
        try #require(fixture.server.settings.notices != nil)
        let administrator = try await fixture.browser(.administrator)
        let person = try await fixture.browser(.physicist)
        let account = person.account.id
        func set(_ address: String, _ account: Int64) async throws -> Int {
            try await fixture.send(
                .post, "/administration/accounts/\(account)/notices", administrator,
                form: ["csrf": administrator.csrf, "address": address]
            ).status
        }
        func turn(_ on: Bool) async throws -> Int {
            let choice = on ? ["notices": "yes"] : [:]
            return try await fixture.send(
                .post, "/account/notices", person,
                form: choice.merging(["csrf": person.csrf]) { $1 }
            ).status
        }
        #expect(try await turn(true) == 400)
        let before = try await fixture.send(.get, "/account", person).text
        #expect(before.contains("an administrator enters your address first"))
        for wrong in ["someone", "a@b@c", "a b@c", "a@c>\r\nRCPT TO:<d@e"] {
            #expect(try await set(wrong, account) == 400, "\(wrong)")
        }
        #expect(try await set("p.hysicist@hospital.example", account) == 303)
        let foreign = try await fixture.browser(.physicist, organisation: 1)
        #expect(try await set("a@b.example", foreign.account.id) == 404)
        #expect(try await fixture.folder.accounts.noticeAddress(of: foreign.account.id) == nil)
        let list = try await fixture.send(.get, "/administration/accounts", administrator).text
        #expect(list.contains("value=\"p.hysicist@hospital.example\""))
        let page = try await fixture.send(.get, "/account", person).text
        #expect(page.contains("p.hysicist@hospital.example"))
        #expect(page.contains("name=\"notices\" value=\"yes\" checked"))
        #expect(try await turn(false) == 303)
        #expect(try await fixture.folder.accounts.noticeAddress(of: account)?.isOn == false)
        // Another address does not turn them on again.
        #expect(try await set("other@hospital.example", account) == 303)
        #expect(try await fixture.folder.accounts.noticeAddress(of: account)?.isOn == false)
        #expect(try await turn(true) == 303)
        #expect(try await set(" ", account) == 303)
        #expect(try await fixture.folder.accounts.noticeAddress(of: account) == nil)
        let entries = try await fixture.folder.audit.entries(last: 100)
        #expect(entries.filter { $0.action == "account.notice-address" }.count == 3)
        #expect(!entries.contains { $0.detailJSON.contains("hospital.example") })
        #expect(
            try await fixture.send(.get, "/account", administrator).text.contains(
                "Notices by mail") == false)
        #expect(
            try await fixture.send(.get, "/metrics").text.contains(
                "grevy_notices_total{outcome=\"sent\"} 0"))
    }

    @Test("Without a mail server nothing of notices is shown or kept")
    func none() async throws {
        let fixture = try await ServerFixture("notice-none")
        let administrator = try await fixture.browser(.administrator)
        let person = try await fixture.browser(.physicist)
        let reply = try await fixture.send(
            .post, "/administration/accounts/\(person.account.id)/notices", administrator,
            form: ["csrf": administrator.csrf, "address": "a@b.example"])
        #expect(reply.status == 400)
        #expect(try await fixture.folder.accounts.noticeAddress(of: person.account.id) == nil)
        for browser in [administrator, person] {
            for path in ["/account", "/administration/accounts"] {
                let page = try await fixture.send(.get, path, browser).text
                #expect(!page.contains("Notices"), "\(path)")
            }
        }
        #expect(try await !fixture.send(.get, "/metrics").text.contains("grevy_notices"))
    }

    @Test("Links in mails begin as browsers call the server")
    func links() throws {
        var settings = ServerSettings(web: URL(filePath: "Web"))
        #expect(settings.link(port: 8081) == "http://127.0.0.1:8081")
        settings.names = ["grevy.example"]
        settings.tls = (URL(filePath: "a"), URL(filePath: "b"))
        #expect(settings.link(port: 443) == "https://grevy.example")
        settings.tls = nil
        settings.proxies = [try #require(AddressBlock("127.0.0.1"))]
        #expect(settings.link(port: 8080) == "https://grevy.example")
    }

    @Test(
        "A mail server elsewhere is never asked without TLS, and other addresses are none",
        arguments: [
            "http://mail.example", "mail.example", "smtps://user:word@mail.example",
            "smtps://grevy@mail.example", "", "smtp://", "smtps://mail example",
        ])
    func addresses(_ address: String) {
        #expect(throws: WorkflowError.self) {
            try NoticeSettings(address: address, sender: NoticeStory.sender)
        }
    }
}
