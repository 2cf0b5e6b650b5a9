import Foundation
import Testing
import Transfer

@Suite("Mail server", .servers)
struct MailServerTests {
    private struct Taken: Decodable {
        let to: [String]
        let from: String
        let tls: Bool
        let login: Bool?
        let text: String
    }

    private func taken(_ recipient: String) async throws -> [Taken] {
        let address = try LoopbackServers.running().address("/mails")
        let answer = try await WebClient().answer(to: WebRequest("GET", address))
        return try JSONDecoder().decode([Taken].self, from: answer.body).filter {
            $0.to.contains { $0.contains("<\(recipient)>") }
        }
    }

    private func server(
        _ protection: MailServer.Protection, login: MailServer.Login? = nil, trust: Trust? = nil
    ) throws -> MailServer {
        let servers = try LoopbackServers.running()
        return try MailServer(
            host: "localhost", port: try servers.port(protection == .tls ? "smtps" : "smtp"),
            protection: protection, sender: "grevy@hospital.example", login: login,
            trust: trust ?? .authorities(servers.certificate))
    }

    @Test(
        "A mail arrives once, with the protection that was asked for",
        arguments: MailServer.Protection.allCases)
    func arrives(_ protection: MailServer.Protection) async throws {
        let recipient = "\(protection.rawValue)@hospital.example"
        let login =
            protection == .none ? nil : MailServer.Login(user: "grevy", password: "secret word")
        let text =
            "3 cases wait for you\n.\n.dots and ümlauts\n" + String(repeating: "x", count: 2000)
        try await server(protection, login: login).send(
            Mail(
                to: recipient, subject: "Grevy: 3 cases wait — für Sie, und zwar seit gestern",
                text: text))
        let mails = try await taken(recipient)
        let mail = try #require(mails.count == 1 ? mails.first : nil)
        #expect(mail.tls == (protection != .none))
        #expect(mail.login == (login == nil ? nil : true))
        #expect(mail.from.contains("<grevy@hospital.example>"))
        let parts = mail.text.components(separatedBy: "\r\n\r\n")
        let body = try #require(
            Data(base64Encoded: parts[1], options: .ignoreUnknownCharacters))
        #expect(String(decoding: body, as: UTF8.self) == text)
        #expect(parts[0].split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(parts[0].contains("To: <\(recipient)>"))
    }

    @Test("A wrong password and a refused recipient are told apart")
    func refused() async throws {
        let mail = Mail(to: "a@hospital.example", subject: "a", text: "b")
        await #expect(throws: TransferError.loginRefused(host: "localhost")) {
            try await server(.tls, login: .init(user: "grevy", password: "wrong")).send(mail)
        }
        let nobody = Mail(to: "nobody@hospital.example", subject: "a", text: "b")
        await #expect(throws: TransferError.mailRefused(host: "localhost", code: 550)) {
            try await server(.tls).send(nobody)
        }
        do {
            try await server(.startTLS, trust: .system).send(mail)
            Issue.record("sent to a server that nobody knows")
        } catch let error as TransferError {
            guard case .untrusted(host: "localhost", _) = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try await taken("a@hospital.example").isEmpty)
    }

    @Test(
        "Addresses that would be more than one are refused",
        arguments: ["a", "a@b@c", "a b@c", "a@c>\r\nRCPT TO:<d@e", "<a@b>", "@b", "a@", "ä@b.de"])
    func addresses(_ address: String) async throws {
        await #expect(throws: TransferError.self) {
            try await server(.none).send(Mail(to: address, subject: "", text: ""))
        }
    }

    @Test(
        "The address says how the connection is protected; only this computer goes without",
        arguments: [
            ("smtps://mail.example", MailServer.Protection.tls, 465),
            ("smtp://mail.example:587", .startTLS, 587),
            ("smtp://127.0.0.2.example", .startTLS, 25),
            ("smtp://localhost", .none, 25), ("smtp://127.0.0.1:2525", .none, 2525),
            ("smtps://[::1]:465", .tls, 465),
        ])
    func scheme(_ address: String, _ protection: MailServer.Protection, _ port: Int) throws {
        let server = try MailServer(address: address, sender: "a@b.example")
        #expect(server.protection == protection && server.port == port)
    }

    @Test("Mail without TLS goes to this computer only")
    func plain() {
        #expect(throws: TransferError.self) {
            try MailServer(
                host: "mail.example", port: 25, protection: .none, sender: "a@b.example")
        }
        #expect(throws: TransferError.self) {
            try MailServer(
                host: "a.example/x", port: 25, protection: .tls, sender: "a@b.example")
        }
    }
}
