import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Refusals as pages")
struct RefusalTests {
    private static let html: HTTPFields = [.accept: "text/html"]

    @Test("A page that is refused has words for what happened, what to do, and the menu")
    func page() async throws {
        let fixture = try await ServerFixture("refusal-page")
        let browser = try await fixture.browser(.surgeon)
        for (path, status, heading) in [
            ("/cases/999999", 404, "There is nothing here"),
            ("/nowhere", 404, "There is nothing here"),
            ("/administration/accounts", 403, "Not open to your role"),
            ("/?search=%zz", 400, "This was not done"),
        ] {
            let reply = try await fixture.send(.get, path, browser, headers: Self.html)
            #expect(reply.status == status, "\(path)")
            #expect(reply.text.contains("<h1>\(heading)</h1>"), "\(path): \(reply.text)")
            for part in ["aria-label=\"Main\"", "href=\"/\"", browser.csrf] {
                #expect(reply.text.contains(part), "\(path) lacks \(part)")
            }
            for phrase in ["Not Found", "Forbidden", "Bad Request"] {
                #expect(!reply.text.contains(phrase), "\(path)")
            }
        }
    }

    @Test("Who is not signed in gets no menu but the way to sign in")
    func stranger() async throws {
        let fixture = try await ServerFixture("refusal-stranger")
        let lost = try await fixture.send(.get, "/nowhere", headers: Self.html)
        #expect(lost.status == 404 && lost.text.contains("href=\"/sign-in\""))
        #expect(!lost.text.contains("aria-label=\"Main\""))
        let browser = try await fixture.browser(.physicist)
        try await fixture.accounts.signOut(token: browser.token)
        let late = try await fixture.send(
            .post, "/cases/\(fixture.patients[0])/confirm-identity", browser, headers: Self.html)
        #expect(late.status == 401 && late.text.contains("<h1>Sign in first</h1>"))
        #expect(!late.text.contains("aria-label=\"Main\""))
    }

    @Test("What is somebody else's and what does not exist give the same page")
    func alike() async throws {
        let fixture = try await ServerFixture("refusal-alike")
        let browser = try await fixture.browser(.physicist)
        var pages: Set<String> = []
        for patient in [fixture.patients[1], 999_999] {
            pages.insert(
                try await fixture.send(
                    .get, "/cases/\(patient)", browser, headers: Self.html
                ).text)
        }
        #expect(pages.count == 1)
    }

    @Test("An invitation is a whole address, as the browser calls the server")
    func invitation() async throws {
        let fixture = try await ServerFixture("refusal-invitation")
        let browser = try await fixture.browser(.administrator)
        let form = [
            "csrf": browser.csrf, "name": "New Person",
            "role": Role.surgeon.rawValue,
        ]
        let invited = try await fixture.send(
            .post, "/administration/accounts", browser,
            form: form.merging(["login": "new-person"]) { $1 })
        #expect(invited.status == 200)
        #expect(invited.text.contains(">http://\(ServerFixture.host)/link/"))
        let reset = try await fixture.send(
            .post, "/administration/accounts/\(browser.account.id)", browser,
            form: ["csrf": browser.csrf, "act": "reset"])
        #expect(reset.text.contains(">http://\(ServerFixture.host)/link/"))
    }

    @Test("An administrator's own row offers no change, and one that is sent ends on the page")
    func ownRow() async throws {
        let fixture = try await ServerFixture("refusal-own")
        let browser = try await fixture.browser(.administrator)
        let other = try await fixture.browser(.surgeon, secondFactor: false)
        let page = try await fixture.send(.get, "/administration/accounts", browser).text
        #expect(!page.contains("id=\"role-\(browser.account.id)\""))
        #expect(page.contains("id=\"role-\(other.account.id)\""))
        let reply = try await fixture.send(
            .post, "/administration/accounts/\(browser.account.id)", browser,
            form: ["csrf": browser.csrf, "role": Role.surgeon.rawValue])
        #expect(reply.status == 400 && reply.text.contains("another administrator can"))
        #expect(reply.text.contains("<h1>Accounts</h1>"))
        let kept = try await fixture.folder.accounts.account(browser.account.id)
        #expect(kept.role == .administrator && !kept.isDisabled)
    }

    @Test("A worklist without cases is told from one without hits")
    func worklist() async throws {
        let fixture = try await ServerFixture("refusal-worklist")
        let browser = try await fixture.browser(.physicist)
        let noHit = try await fixture.send(.get, "/?search=zebra", browser).text
        #expect(noHit.contains("No case matches the search") && noHit.contains("“zebra”"))
        for path in ["/", "/?search=", "/?search=+"] {
            let text = try await fixture.send(.get, path, browser).text
            #expect(text.contains("/cases/") && !text.contains("class=\"empty\""), "\(path)")
        }
        let third = try await fixture.folder.accounts.organisation(named: "New", by: "test")
        let account = try await fixture.folder.accounts.create(
            login: "new-one", fullName: "New One", organisation: third.id, role: .surgeon,
            by: "test")
        let link = try await fixture.accounts.resetToken(for: account, by: account)
        try await fixture.accounts.setPassword(token: link, password: ServerFixture.password)
        let signedIn = try await fixture.accounts.signIn(
            login: "new-one", password: ServerFixture.password, code: "", address: "127.0.0.1")
        let nobody = ServerFixture.Browser(account: account, token: signedIn.token, csrf: "")
        for path in ["/", "/?search=zebra"] {
            let text = try await fixture.send(.get, path, nobody).text
            #expect(text.contains("No case yet"), "\(path)")
            #expect(!text.contains("No case matches"), "\(path)")
        }
    }
}
