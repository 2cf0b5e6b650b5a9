import Cryptography
import Foundation
import Server
import Storage
import Testing
import Transfer
import Workflows
import _TestSupport

/// The mail servers of Tests/outside/transfer_server.py, and what they took.
struct NoticeStory: Sendable {
    let certificate: URL
    let passwordFile: URL
    private let ports: [String: Int]

    static let sender = "grevy@hospital.example"
    static let gatherSeconds = 60.0

    /// Runs `body` while they run.
    static func run(_ body: (Self) async throws -> Void) async throws {
        let folder = try ReferenceFiles.scratch("notices")
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try SelfSignedCertificate(
            names: ["localhost", "127.0.0.1"],
            start: Int64(Date().timeIntervalSince1970) - 3600, days: 2)
        func write(_ text: String, _ name: String) throws -> URL {
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file
        }
        let certificate = try write(made.certificate, "server.pem")
        let key = try write(made.key, "server-key.pem")
        let password = try write("secret word\n", "password")
        try await HelperProgram.run(
            "transfer_server.py", [certificate.path, key.path]
        ) { line in
            let ports = try JSONDecoder().decode([String: Int].self, from: Data(line.utf8))
            try await body(
                Self(certificate: certificate, passwordFile: password, ports: ports))
        }
    }

    func port(_ name: String) throws -> Int { try #require(ports[name]) }

    /// Where notices are sent: `smtp`, `smtps`, or a server that takes no mail.
    func settings(_ server: String = "smtp", login: Bool = false) throws -> NoticeSettings {
        let scheme = server == "smtps" ? "smtps" : "smtp"
        return try NoticeSettings(
            address: "\(scheme)://localhost:\(try port(server))", sender: Self.sender,
            user: login ? "grevy" : nil, passwordFile: login ? passwordFile : nil,
            authorities: certificate, gatherSeconds: Self.gatherSeconds,
            limits: TransferLimits(connectSeconds: 600, stallSeconds: 600))
    }

    struct Taken: Decodable {
        let to: [String]
        let from: String
        let tls: Bool
        let login: Bool?
        let text: String

        /// The mail's own text.
        var body: String {
            let parts = text.components(separatedBy: "\r\n\r\n")
            let bytes = Data(
                base64Encoded: parts.last ?? "", options: .ignoreUnknownCharacters)
            return String(decoding: bytes ?? Data(), as: UTF8.self)
        }

        var subject: String {
            let words = text.matches(of: /=\?utf-8\?B\?([^?]+)\?=/)
            let bytes = words.compactMap { Data(base64Encoded: String($0.1)) }.joined()
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// How many connections the web server has seen; the client's own is kept open.
    func connections(_ client: WebClient) async throws -> Int {
        struct Echo: Decodable { let connections: Int }
        let address = try WebAddress("http://127.0.0.1:\(try port("http"))/echo")
        let answer = try await client.answer(to: WebRequest("GET", address))
        return try JSONDecoder().decode(Echo.self, from: answer.body).connections
    }

    /// Every mail that was taken, the first first.
    func mails() async throws -> [Taken] {
        let address = try WebAddress("http://127.0.0.1:\(try port("http"))/mails")
        let answer = try await WebClient().answer(to: WebRequest("GET", address))
        return try JSONDecoder().decode([Taken].self, from: answer.body)
    }
}

/// A case that waits for people, and who tells them.
struct NoticeScene {
    let signing: SigningStory
    var fixture: ServerFixture { signing.fixture }
    var people: AccountStore { fixture.folder.accounts }

    init(_ label: String) async throws { signing = try await SigningStory(label) }

    func sender(_ settings: NoticeSettings) -> NoticeSender {
        NoticeSender(
            folder: fixture.folder, settings: settings, link: "https://grevy.example",
            now: { [clock = fixture.recordsClock] in clock.now })
    }

    /// Gives somebody an address.
    func tell(_ person: ServerFixture.Browser, at address: String) async throws {
        try await people.set(noticeAddress: address, of: person.account.id, by: "test")
    }

    /// Looks now, when what is new now is due, and returns what came of the second.
    func round(_ sender: NoticeSender) async throws -> NoticeSender.Outcome {
        let first = try await sender.look()
        #expect(first == NoticeSender.Outcome())
        fixture.recordsClock.advance(seconds: NoticeStory.gatherSeconds)
        return try await sender.look()
    }
}
