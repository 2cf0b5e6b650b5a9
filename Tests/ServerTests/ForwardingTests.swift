import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import Server
import Testing

/// Behind a proxy: whom the server believes, and what it asks of the proxy.
@Suite("Behind a proxy")
struct ForwardingTests {
    @Test(
        "a block holds its addresses, also IPv4 written as IPv6, and no others",
        arguments: [
            ("10.1.0.0/16", ["10.1.0.1", "10.1.255.255", "::ffff:10.1.2.3"], ["10.2.0.0", "::1"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "name"]),
            ("127.0.0.1", ["127.0.0.1"], ["127.0.0.2", ""]),
            ("fd00::/8", ["fd12::1"], ["fe80::1", "253.0.0.1"]),
            ("64:ff9b::/96", ["64:ff9b::1.2.3.4"], ["1.2.3.4", "64:ff9b::1:1.2.3.4"]),
            ("0.0.0.0/0", ["255.255.255.255"], ["::1"]),
        ])
    func blocks(text: String, inside: [String], outside: [String]) throws {
        let block = try #require(AddressBlock(text))
        #expect(inside.allSatisfy(block.contains))
        #expect(!outside.contains(where: block.contains))
    }

    @Test(
        "what is no block is refused",
        arguments: [
            "", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0/8", "x",
            "::/129", "1.2.3.4::1", "1.2.3.4::", "::1.2.3.4:1", "1:2:3:4:5:6:7:1.2.3.4", "1::2::3",
        ])
    func wrongBlocks(text: String) { #expect(AddressBlock(text) == nil) }

    /// A server behind 10.0.0.0/8, and what it answers on the page of sign-in to a connection.
    private struct Bench {
        let fixture: ServerFixture

        init(_ label: String, proxies: String = "10.0.0.0/8") async throws {
            let block = try #require(AddressBlock(proxies))
            fixture = try await ServerFixture(label) { $0.proxies = [block] }
        }

        func send(
            _ method: HTTPRequest.Method = .post, from peer: String,
            _ headers: [(String, String)] = [], origin: String = "https://\(ServerFixture.host)"
        ) async throws -> ServerFixture.Reply {
            let channel = NIOAsyncTestingChannel()
            try await channel.connect(to: SocketAddress(ipAddress: peer, port: 40000))
            var fields = HTTPFields()
            for (name, value) in headers {
                fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
            }
            let path = method == .get ? "/metrics" : "/sign-in"
            return try await fixture.send(
                method, path, form: ["login": "nobody", "password": "zinc-otter-harbour"],
                headers: fields, origin: origin, over: channel)
        }
    }

    private static let secure = ("X-Forwarded-Proto", "https")

    @Test("a proxy's word is taken, nobody else's, and a caller's own headers count for nothing")
    func believed() async throws {
        let bench = try await Bench("forward-believed")
        let through = try await bench.send(
            from: "10.0.0.7", [("X-Forwarded-For", "203.0.113.9"), Self.secure])
        #expect(through.status == 401, "\(through.text)")
        #expect(through.headers[.strictTransportSecurity] != nil)
        // Past the proxy, with headers as if through it.
        let past = try await bench.send(
            from: "203.0.113.9", [("X-Forwarded-For", "127.0.0.1"), Self.secure])
        #expect(past.status == 400 && past.text.contains("through its proxy"))
        // The metrics are for this machine; a header that the caller wrote does not make it so.
        for listed in ["127.0.0.1, 203.0.113.9", "203.0.113.9", "127.0.0.1, 203.0.113.9, 10.0.0.8"]
        {
            let metrics = try await bench.send(
                .get, from: "10.0.0.7", [("X-Forwarded-For", listed), Self.secure])
            #expect(metrics.status == 404, "\(listed)")
        }
        #expect(try await bench.send(.get, from: "127.0.0.1").status == 200)
    }

    @Test("a proxy that does not say who calls, or by TLS, is told so")
    func silent() async throws {
        let bench = try await Bench("forward-silent")
        let caller = ("X-Forwarded-For", "203.0.113.9")
        for headers in [
            [], [caller], [Self.secure], [("X-Forwarded-For", "unknown"), Self.secure],
        ] {
            let reply = try await bench.send(from: "10.0.0.7", headers)
            #expect(reply.status == 400 && reply.text.contains("X-Forwarded-For"), "\(headers)")
            #expect(try await bench.send(.get, from: "10.0.0.7", headers).status == 400)
        }
        let plain = try await bench.send(from: "10.0.0.7", [caller, ("X-Forwarded-Proto", "http")])
        #expect(plain.status == 400 && plain.text.contains("https only"))
        // A page of the same name that came in clear is another origin.
        let other = try await bench.send(
            from: "10.0.0.7", [caller, Self.secure], origin: "http://\(ServerFixture.host)")
        #expect(other.status == 400 && other.text.contains("does not come from a page"))
    }

    @Test("a proxy on this machine opens no metrics, and this machine itself still reads them")
    func samemachine() async throws {
        let bench = try await Bench("forward-local", proxies: "127.0.0.1")
        #expect(try await bench.send(.get, from: "127.0.0.1").status == 200)
        for listed in [
            "203.0.113.9", "127.0.0.1", "127.0.0.1, 203.0.113.9:51234", "[2001:db8::1]:9",
        ] {
            let reply = try await bench.send(
                .get, from: "127.0.0.1", [("X-Forwarded-For", listed), Self.secure])
            #expect(reply.status == 404, "\(listed)")
        }
        let half = try await bench.send(
            .get, from: "127.0.0.1", [("X-Forwarded-For", "203.0.113.9")])
        #expect(half.status == 400)
    }

    @Test("wrong passwords are counted by caller, not by proxy")
    func counted() async throws {
        let bench = try await Bench("forward-counted")
        func attempt(_ caller: String) async throws -> Int {
            try await bench.send(
                from: "10.0.0.7", [("X-Forwarded-For", caller), Self.secure]
            ).status
        }
        var answers: [Int] = []
        for _ in 0 ..< 8 { answers.append(try await attempt("203.0.113.9")) }
        #expect(answers.first == 401 && answers.last == 429)
        #expect(try await attempt("203.0.113.10") == 401)
    }
}
