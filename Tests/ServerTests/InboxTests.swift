import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Sending images by a link")
struct InboxTests {
    /// A link of the first organisation, as its maker reads it.
    private struct Link {
        let fixture: ServerFixture
        let maker: ServerFixture.Browser
        let path: String
        let code: String

        init(_ label: String, days: String = "3", patient: String = "") async throws {
            fixture = try await ServerFixture(label)
            maker = try await fixture.browser(.coordinator)
            let reply = try await fixture.send(
                .post, "/inbox-links", maker,
                form: [
                    "csrf": maker.csrf, "sender": "Dr Sender, County", "purpose": "CT of August",
                    "case": patient, "days": days,
                ])
            try #require(reply.status == 200, "\(reply.text)")
            path =
                "/inbox/"
                + String(
                    try #require(reply.text.firstMatch(of: /\/inbox\/([A-Za-z0-9_-]{43})/)).1)
            code = String(try #require(reply.text.firstMatch(of: />([0-9]{8})</)).1)
        }

        func inbox() async throws -> InboxRecord {
            try #require(
                try await fixture.folder.inboxes.inboxes(
                    organisation: fixture.organisations[0].id
                ).first)
        }

        func get(_ cookie: String? = nil, _ more: String = "") async throws -> ServerFixture.Reply {
            try await fixture.send(.get, path + more, headers: Self.headers(cookie))
        }

        private static func headers(_ cookie: String?) -> HTTPFields {
            var headers: HTTPFields = [:]
            headers[.cookie] = cookie.map { "__Host-grevy-inbox=\($0)" }
            return headers
        }

        func post(
            _ more: String, _ form: [String: String], cookie: String? = nil,
            origin: String = "http://\(ServerFixture.host)", site: String? = nil
        ) async throws -> ServerFixture.Reply {
            var headers = Self.headers(cookie)
            headers[try #require(HTTPField.Name("Sec-Fetch-Site"))] = site
            return try await fixture.send(
                .post, path + more, form: form, headers: headers, origin: origin)
        }

        /// Gives the code; returns what the browser keeps.
        func enter() async throws -> String {
            let reply = try await post("", ["code": code])
            try #require(reply.status == 303, "\(reply.text)")
            let header = try #require(reply.headers[.setCookie])
            #expect(header.contains("HttpOnly") && header.contains("Secure"))
            return String(
                try #require(header.firstMatch(of: /__Host-grevy-inbox=([A-Za-z0-9_-]{43});/)).1)
        }

        func put(
            _ bytes: [UInt8], size: Int? = nil, cookie: String?
        ) async throws -> ServerFixture.Reply {
            var headers = Self.headers(cookie)
            headers[.contentType] = "application/octet-stream"
            let fields = [
                "Grevy-Size": "\(size ?? bytes.count)", "Grevy-Offset": "0",
                "Grevy-File": "a.dcm", "Grevy-SHA256": ObjectDigest(of: bytes).hex,
            ]
            for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
            return try await fixture.send(
                .put, "\(path)/file", headers: headers, body: ByteBuffer(bytes: bytes))
        }
    }

    @Test("Looking at a link changes nothing and tells nothing, and no other page learns it")
    func looking() async throws {
        let link = try await Link("inbox-looking")
        let head = try await link.fixture.folder.audit.head()
        for _ in 0 ..< 3 {
            let page = try await link.get()
            let policy = try #require(HTTPField.Name("Referrer-Policy"))
            #expect(page.status == 200 && page.headers[policy] == "no-referrer")
            #expect(!page.text.contains("NET centre") && !page.text.contains("CT of August"))
            #expect(try await link.get(nil, "/files").status == 404)
        }
        #expect(try await link.fixture.folder.audit.head() == head)
        #expect(try await link.inbox().upload == nil)
        #expect(try await link.get("guess").text.contains("name=\"code\""))
        let other = try await link.fixture.send(.get, "/inbox/\(String(repeating: "A", count: 43))")
        #expect(other.status == 404)
    }

    @Test("Files come by link and code, a list of them comes back and nothing that is stored")
    func story() async throws {
        let link = try await Link("inbox-story")
        #expect(try await link.put([1, 2, 3], cookie: nil).status == 404)
        let cookie = try await link.enter()
        let page = try await link.get(cookie)
        #expect(page.text.contains("Send images to NET centre"))
        #expect(page.text.contains("CT of August"))
        #expect(try await link.post("/finish", ["question": ""], cookie: cookie).status == 400)
        #expect(try await link.put([1, 2, 3], cookie: cookie).text == "{\"received\":3}")
        let files = try await link.get(cookie, "/files")
        #expect(files.text == #"[{"path":"a.dcm","received":3,"size":3}]"#)
        let finish = ["question": "Is the liver fit for SIRT?"]
        #expect(try await link.post("/finish", finish, cookie: cookie).status == 303)
        let upload = try #require(try await link.inbox().upload)
        let record = try await link.fixture.folder.uploads.upload(upload)
        #expect(record.state == .importing && record.job != nil)
        // Used up: no more files, no second end, no other browser.
        #expect(try await link.put([1, 2, 3], cookie: cookie).status == 404)
        #expect(try await link.post("/finish", finish, cookie: cookie).status == 404)
        #expect(try await link.post("", ["code": link.code]).status == 404)
        #expect(try await link.get().status == 404)
        #expect(try await link.get(cookie, "/files").status == 404)
        #expect(try await link.get(cookie).text.contains("You have finished"))
        let list = try await link.fixture.send(.get, "/inbox-links", link.maker).text
        #expect(list.contains("Is the liver fit for SIRT?") && list.contains("Dr Sender, County"))
        #expect(!list.contains(link.code))
    }

    @Test("Another browser with the code goes on, and the first is out")
    func otherBrowser() async throws {
        let link = try await Link("inbox-browser")
        let first = try await link.enter()
        #expect(try await link.put([1, 2, 3], cookie: first).status == 200)
        let second = try await link.enter()
        #expect(try await link.put([1, 2, 3], cookie: first).status == 404)
        #expect(try await link.get(second, "/files").text.contains("\"received\":3"))
    }

    @Test("Five wrong codes end a link")
    func wrongCodes() async throws {
        let link = try await Link("inbox-codes")
        let wrong = link.code == "00000000" ? "00000001" : "00000000"
        for number in 1 ... InboxLink.mostWrongCodes {
            let reply = try await link.post("", ["code": wrong])
            #expect(reply.status == (number < InboxLink.mostWrongCodes ? 400 : 404))
        }
        #expect(try await link.post("", ["code": link.code]).status == 404)
        #expect(try await link.get().status == 404)
        #expect(try await link.inbox().state(at: link.fixture.folder.inboxes.moment) == .locked)
    }

    @Test("A link ends by its time, by its organisation, and takes no more than its share")
    func limits() async throws {
        let link = try await Link("inbox-limits", days: "1")
        let cookie = try await link.enter()
        let large = try await link.put([1], size: (10 << 30) + 1, cookie: cookie)
        #expect(large.status == 413)
        #expect(try await link.put([1], size: 10 << 30, cookie: cookie).status == 200)
        link.fixture.recordsClock.advance(seconds: 86_401)
        #expect(try await link.put([1], cookie: cookie).status == 404)
        #expect(try await link.get(cookie).status == 404)

        let other = try await Link("inbox-end")
        let sender = try await other.enter()
        #expect(try await other.put([1, 2], cookie: sender).status == 200)
        let path = "/inbox-links/\(try await other.inbox().id)"
        let stranger = try await other.fixture.browser(.coordinator, organisation: 1)
        for (browser, act, status) in [
            (stranger, "end", 404), (other.maker, "import", 409), (other.maker, "end", 303),
            (other.maker, "end", 404),
        ] {
            let reply = try await other.fixture.send(
                .post, path, browser, form: ["csrf": browser.csrf, "act": act])
            #expect(reply.status == status, "\(act)")
        }
        #expect(try await other.get(sender).status == 404)
        let upload = try #require(try await other.inbox().upload)
        #expect(try await other.fixture.folder.uploads.upload(upload).state == .discarded)
    }

    @Test(
        "A link is made for somebody, for something and for a week at most",
        arguments: [
            ["sender": " "], ["purpose": ""], ["days": "8"], ["days": "0"], ["sender": "a\nb"],
            ["case": "2"],
        ])
    func refused(change: [String: String]) async throws {
        let fixture = try await ServerFixture("inbox-refused")
        let maker = try await fixture.browser(.coordinator)
        let form = [
            "csrf": maker.csrf, "sender": "Dr Sender", "purpose": "CT", "case": "", "days": "3",
        ].merging(change) { $1 }
        let reply = try await fixture.send(.post, "/inbox-links", maker, form: form)
        // The second case is the other organisation's.
        #expect(reply.status == (change["case"] == nil ? 400 : 404))
        #expect(
            try await fixture.folder.inboxes.inboxes(organisation: fixture.organisations[0].id)
                .isEmpty)
    }

    @Test("A form of a page that tells nobody its address is believed by the browser's own word")
    func origin() async throws {
        let link = try await Link("inbox-origin")
        for site in [nil, "cross-site", "same-site", "none"] {
            let reply = try await link.post(
                "", ["code": link.code], origin: "null", site: site)
            #expect(reply.status == 400, "\(site ?? "-")")
        }
        #expect(try await link.inbox().upload == nil)
        let reply = try await link.post(
            "", ["code": link.code], origin: "null", site: "same-origin")
        #expect(reply.status == 303)
        let other = try await link.post(
            "", ["code": link.code], origin: "http://evil.example", site: "same-origin")
        #expect(other.status == 400)
    }

    @Test("What came by a link waits in quarantine, whoever's it seems, with sender and question")
    func quarantine() async throws {
        let link = try await Link("inbox-quarantine")
        let (fixture, folder) = (link.fixture, link.fixture.folder)
        let cookie = try await link.enter()
        _ = try await link.put([1], cookie: cookie)
        let ask = ["question": "Fit for SIRT?"]
        #expect(try await link.post("/finish", ask, cookie: cookie).status == 303)
        let inbox = try await link.inbox()
        let home = PatientIdentity(
            patientID: "P0", issuer: "H", name: "Phantom^Number0", birthDate: "19600101", sex: "O")
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        func register(
            study: String, instance: Int, from sender: Int64, waits: String?
        ) async throws -> RegistrationOutcome {
            let object = try await folder.objects.put(Array("\(study) \(instance)".utf8))
            let entry = InstanceEntry(
                patient: home, study: StudyDescription(studyUID: study, date: "20260301"),
                series: SeriesDescription(seriesUID: "\(study).1", modality: "CT"),
                sopInstanceUID: "\(study).1.\(instance)",
                sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                transferSyntaxUID: "1.2.840.10008.1.2.1", object: object, sourcePath: "file",
                sourceIndex: 0)
            return try #require(
                try await folder.records.register(
                    [entry], run: run,
                    intake: Intake(
                        account: sender, organisation: inbox.organisation.id, patient: nil,
                        waits: waits)
                ).first)
        }
        let waits = "They came by an inbox link."
        for instance in [1, 2] {
            #expect(
                try await register(
                    study: "9.1", instance: instance, from: inbox.account, waits: waits)
                    == .quarantined(reason: waits))
        }
        // Nothing joins a study that the hospital has, nor anything of another sender.
        #expect(
            try await register(study: "1.2.0", instance: 9, from: inbox.account, waits: waits)
                == .conflict(.studyOfAnotherPatient))
        let other = try await folder.inboxes.make(
            hash: String(repeating: "a", count: 64), codeHash: String(repeating: "b", count: 64),
            InboxDraft(sender: "B", purpose: "CT", patient: nil, validSeconds: 60),
            by: link.maker.account)
        #expect(
            try await register(study: "9.1", instance: 3, from: other.account, waits: waits)
                == .conflict(.studyOfAnotherPatient))
        #expect(
            try await register(study: "9.2", instance: 1, from: other.account, waits: waits)
                == .quarantined(reason: waits))
        #expect(try await folder.records.studies(patient: fixture.patients[0]).count == 1)
        let waiting = try await folder.quarantine.records(organisation: inbox.organisation.id)
        #expect(waiting.count == 2)
        #expect(Set(waiting.map(\.broughtBy)) == [inbox.sender, other.sender])
        let page = try await fixture.send(.get, "/quarantine", link.maker).text
        #expect(page.contains("Dr Sender, County") && page.contains("Fit for SIRT?"))
    }
}
