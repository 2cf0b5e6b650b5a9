import Foundation
import HTTPTypes
import Storage
import Testing
import Transfer
import Workflows
import _TestSupport

/// The provider of Tests/outside/oidc_provider.py, and a browser that knows the way there.
struct ProviderStory: Sendable {
    typealias Reply = ServerFixture.Reply

    let issuer: String
    let settings: ProviderSettings

    /// Runs `body` while a provider runs.
    static func run(_ body: (Self) async throws -> Void) async throws {
        let folder = try ReferenceFiles.scratch("provider")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await HelperProgram.run(
            "oidc_provider.py",
            [
                folder.path, "grevy&co", "a secret: word",
                "\(Int(ServerFixture.moment.timeIntervalSince1970))",
            ]
        ) { issuer in
            try await body(Self(issuer: issuer, settings: try settings(issuer, folder)))
        }
    }

    private static func settings(_ issuer: String, _ folder: URL) throws -> ProviderSettings {
        try Data("a secret: word\n".utf8).write(to: folder.appending(path: "secret"))
        let file = folder.appending(path: "provider.yaml")
        let text = """
            issuer: \(issuer)
            clientID: grevy&co
            clientSecretFile: secret
            label: the hospital
            """
        try Data(text.utf8).write(to: file)
        return try ProviderSettings(file: file)
    }

    /// Asks the provider; redirections are not followed.
    @discardableResult
    func ask(_ address: String) async throws -> WebAnswer {
        let whole = address.hasPrefix("/") ? issuer + address : address
        return try await WebClient().answer(to: WebRequest("GET", try WebAddress(whole)))
    }

    func person(_ name: String) async throws { try await ask("/person/\(name)") }

    /// Makes the provider's next token wrong in one way.
    func flaw(_ name: String) async throws { try await ask("/next/\(name)") }

    /// What a page that leads to the provider says: the address, and the cookie for the way.
    struct Departure {
        let address: String
        let cookie: String
    }

    func departure(_ reply: Reply) throws -> Departure {
        try #require(reply.status == 200, "\(reply.status) \(reply.text)")
        let match = try #require(reply.text.firstMatch(of: /content="0;url=([^"]+)"/))
        let cookie = try #require(reply.headers[.setCookie]?.split(separator: ";").first)
        #expect(reply.headers[.setCookie]?.contains("SameSite=Lax") == true)
        return Departure(
            address: String(match.1).replacing("&amp;", with: "&"), cookie: String(cookie))
    }

    /// Goes to the provider and returns the path that it sends the browser back to.
    func wayBack(_ departure: Departure) async throws -> String {
        let location = try #require(try await ask(departure.address).headers["Location"])
        let start = "http://\(ServerFixture.host)"
        try #require(location.hasPrefix(start), "\(location)")
        return String(location.dropFirst(start.count))
    }

    /// Comes back to Grevy.
    func comeBack(_ path: String, _ cookie: String, _ fixture: ServerFixture) async throws -> Reply
    {
        try await fixture.send(
            .get, path, headers: [.cookie: cookie, .accept: "text/html"])
    }

    /// The whole way there and back.
    func goRound(_ reply: Reply, _ fixture: ServerFixture) async throws -> Reply {
        let leaving = try departure(reply)
        return try await comeBack(try await wayBack(leaving), leaving.cookie, fixture)
    }

    /// Signs in with the provider's button.
    func signIn(_ fixture: ServerFixture) async throws -> Reply {
        try await goRound(try await fixture.send(.post, "/sign-in/provider", form: [:]), fixture)
    }

    /// Signs an account in by the provider, as `anna`; its other sessions end.
    func browser(
        _ account: AccountRecord, _ fixture: ServerFixture
    ) async throws -> ServerFixture.Browser {
        try await fixture.folder.accounts.bind(account.id, to: identity("anna"), by: "test")
        let reply = try await signIn(fixture)
        let session = try #require(try await session(reply, fixture))
        return ServerFixture.Browser(
            account: account, token: try #require(token(reply)), csrf: session.csrfToken)
    }

    /// The session that an answer gives; `nil` when it gives none.
    func session(_ reply: Reply, _ fixture: ServerFixture) async throws -> SessionRecord? {
        guard let token = token(reply) else { return nil }
        return try await fixture.accounts.session(token: token)
    }

    func token(_ reply: Reply) -> String? {
        reply.headers[values: .setCookie].lazy
            .compactMap { $0.firstMatch(of: /^__Host-grevy=([^;]+);/) }
            .map { String($0.1) }.first
    }

    func identity(_ subject: String) -> ProviderIdentity {
        ProviderIdentity(issuer: issuer, subject: subject)
    }
}
