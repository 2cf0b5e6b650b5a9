import Cryptography
import Foundation
import Synchronization
import Testing
import Transfer

@Suite("Web client", .servers)
struct WebClientTests {
    private struct Echo: Decodable {
        let method: String
        let path: String
        let headers: [[String]]
        let bytes: Int
        let sha256: String
        let connections: Int
    }

    private func echo(_ answer: WebAnswer) throws -> Echo {
        try JSONDecoder().decode(Echo.self, from: answer.body)
    }

    private func sha256(_ data: Data) -> String {
        Hexadecimal.digits(SHA256.digest(of: data))
    }

    @Test("Method, query and headers arrive; the answer's headers have one name in any case")
    func exchange() async throws {
        let servers = try LoopbackServers.running()
        let answer = try await WebClient().answer(
            to: WebRequest(
                "GET", try servers.address("/echo?a=b%20c"),
                headers: ["Accept": "application/dicom+json", "X-Empty": ""]))
        let echo = try echo(answer)
        #expect(answer.status == 200 && answer.isSuccess)
        #expect(echo.method == "GET" && echo.path == "/echo?a=b%20c" && echo.bytes == 0)
        #expect(echo.headers.contains(["accept", "application/dicom+json"]))
        #expect(echo.headers.contains(["x-empty", ""]))
        #expect(answer.headers["x-TWO"] == "a" && answer.headers.values("X-two") == ["a", "b"])
        #expect(answer.headers["absent"] == nil)
    }

    @Test("A body of bytes and files arrives as one, and an empty one as empty", arguments: [0, 1])
    func body(_ files: Int) async throws {
        let servers = try LoopbackServers.running()
        let big = Data((0 ..< 3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let file = servers.folder.appending(path: "body-\(files)")
        try big.write(to: file)
        let pieces: [WebRequest.Piece] =
            files == 0
            ? [] : [.bytes(Data("begin".utf8)), .file(file), .bytes(Data()), .bytes(Data([1]))]
        let whole = files == 0 ? Data() : Data("begin".utf8) + big + Data([1])
        let sent = Mutex(0)
        let answer = try await WebClient().answer(
            to: WebRequest("POST", try servers.address("/echo"), body: pieces)
        ) { now in sent.withLock { $0 = now.sentBytes } }
        let echo = try echo(answer)
        #expect(echo.method == "POST" && echo.bytes == whole.count)
        #expect(echo.sha256 == sha256(whole))
        #expect(echo.headers.contains(["content-length", "\(whole.count)"]))
        #expect(sent.withLock { $0 } == whole.count)
    }

    @Test("Form fields are coded as browsers code them")
    func form() throws {
        let request = WebRequest.form(
            try WebAddress("https://a.example/"), [("grant type", "a&b=ä~")])
        guard case .bytes(let data)? = request.body.first else {
            Issue.record("no body")
            return
        }
        #expect(String(decoding: data, as: UTF8.self) == "grant%20type=a%26b%3D%C3%A4~")
    }

    @Test("Requests one after the other use one connection")
    func reuse() async throws {
        try await LoopbackServers.run(names: ["localhost"]) { servers in
            let client = WebClient()
            for _ in 0 ..< 5 {
                _ = try await client.answer(
                    to: WebRequest("GET", try servers.address("/status/404")))
            }
            let request = WebRequest("GET", try servers.address("/echo"))
            #expect(try echo(try await client.answer(to: request)).connections == 1)
            #expect(try echo(try await WebClient().answer(to: request)).connections == 2)
        }
    }

    @Test("A body goes into a file, byte for byte; a refusal's does not")
    func destination() async throws {
        let servers = try LoopbackServers.running()
        let file = servers.folder.appending(path: "taken")
        var request = WebRequest("GET", try servers.address("/bytes/1000000"))
        request.destination = file
        let answer = try await WebClient().answer(to: request)
        #expect(answer.body.isEmpty)
        #expect(try Data(contentsOf: file) == Data((0 ..< 1_000_000).map { UInt8($0 % 251) }))
        // A file that exists is not written over.
        await #expect(throws: TransferError.file(reason: "File exists")) {
            try await WebClient().answer(to: request)
        }
        #expect(try Data(contentsOf: file).count == 1_000_000)

        var refused = WebRequest("GET", try servers.address("/status/403"))
        refused.destination = servers.folder.appending(path: "refused")
        let refusal = try await WebClient().answer(to: refused)
        #expect(refusal.status == 403 && refusal.body == Data("reason".utf8))
        #expect(!FileManager.default.fileExists(atPath: refused.destination?.path ?? ""))

        var empty = WebRequest("GET", try servers.address("/bytes/0"))
        empty.destination = servers.folder.appending(path: "empty")
        _ = try await WebClient().answer(to: empty)
        #expect(try Data(contentsOf: try #require(empty.destination)).isEmpty)
    }

    @Test("More than the limit is refused, in memory and in a file, which is removed")
    func tooLarge() async throws {
        let servers = try LoopbackServers.running()
        var request = WebRequest("GET", try servers.address("/bytes/1001"))
        request.mostBytes = 1000
        let error = TransferError.tooLarge(host: "127.0.0.1", mostBytes: 1000)
        await #expect(throws: error) { try await WebClient().answer(to: request) }
        request.destination = servers.folder.appending(path: "large")
        await #expect(throws: error) { try await WebClient().answer(to: request) }
        request.address = try servers.address("/endless")
        await #expect(throws: error) { try await WebClient().answer(to: request) }
        #expect(!FileManager.default.fileExists(atPath: request.destination?.path ?? ""))
        request.mostBytes = 1001
        request.address = try servers.address("/bytes/1001")
        #expect(try await WebClient().answer(to: request).status == 200)
        // Headers have a limit of their own.
        await #expect(throws: TransferError.self) {
            try await WebClient().answer(to: WebRequest("GET", try servers.address("/headers/80")))
        }
    }

    @Test("An answer that ends early is an error, and leaves no file")
    func broken() async throws {
        let servers = try LoopbackServers.running()
        var request = WebRequest("GET", try servers.address("/short/500"))
        request.destination = servers.folder.appending(path: "short")
        do {
            _ = try await WebClient().answer(to: request)
            Issue.record("taken as whole")
        } catch let error as TransferError {
            guard case .broken(let host, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(host == "127.0.0.1" && !error.description.contains("short"))
        }
        #expect(!FileManager.default.fileExists(atPath: request.destination?.path ?? ""))
    }

    @Test("Silence ends at the limit")
    func slow() async throws {
        let servers = try LoopbackServers.running()
        let client = WebClient(limits: TransferLimits(totalSeconds: 1))
        await #expect(throws: TransferError.tooSlow(host: "127.0.0.1")) {
            try await client.answer(to: WebRequest("GET", try servers.address("/silent")))
        }
    }

    @Test("Cancelling ends a transfer at once, and the next one works")
    func cancel() async throws {
        let servers = try LoopbackServers.running()
        let client = WebClient()
        let request = WebRequest("GET", try servers.address("/silent"))
        // Not cancelled, this one would end by its limit, and the next one never.
        let task = Task { try await client.answer(to: request) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // And once it is under way: the first of an endless body has come.
        var endless = WebRequest("GET", try servers.address("/endless"))
        endless.mostBytes = .max
        endless.destination = servers.folder.appending(path: "endless")
        let (news, teller) = AsyncStream<Int>.makeStream()
        let second = Task { [endless] in
            try await client.answer(to: endless) { teller.yield($0.receivedBytes) }
        }
        for await bytes in news where bytes > 0 { break }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(!FileManager.default.fileExists(atPath: endless.destination?.path ?? ""))
        let after = try await client.answer(
            to: WebRequest("GET", try servers.address("/status/200")))
        #expect(after.status == 200)
    }

    @Test("Redirections are followed only as far as asked, and take no secret to another host")
    func redirects() async throws {
        let servers = try LoopbackServers.running()
        let client = WebClient(isPlainAllowed: true)
        var request = WebRequest(
            "GET", try servers.address("/redirect/2"), headers: ["Authorization": "Bearer secret"])
        #expect(try await client.answer(to: request).status == 302)
        request.mostRedirects = 2
        let own = try echo(try await client.answer(to: request))
        #expect(own.headers.contains(["authorization", "Bearer secret"]))
        request.mostRedirects = 1
        await #expect(throws: TransferError.redirected(host: "127.0.0.1")) {
            try await client.answer(to: request)
        }
        let other = try servers.address("/echo", host: "localhost").text
        request.address = try servers.address("/away/\(PercentCoding.coded(other))")
        let away = try echo(try await client.answer(to: request))
        #expect(!away.headers.contains { $0[0] == "authorization" })
        request.address = try servers.address("/away/file%3A%2F%2F%2Fetc%2Fpasswd")
        await #expect(throws: TransferError.redirected(host: "127.0.0.1")) {
            try await client.answer(to: request)
        }
        request.method = "POST"
        await #expect(throws: TransferError.self) { try await client.answer(to: request) }
    }

    @Test("Nobody there, or nobody known, is said with the host alone")
    func unreachable() async throws {
        await #expect(throws: TransferError.noConnection(host: "127.0.0.1", port: 1)) {
            try await WebClient().answer(
                to: WebRequest("GET", try WebAddress("http://127.0.0.1:1/?token=secret")))
        }
        await #expect(throws: TransferError.unknownHost(host: "no-such-host.invalid")) {
            try await WebClient().answer(
                to: WebRequest("GET", try WebAddress("https://no-such-host.invalid/")))
        }
    }

    @Test("Plain HTTP goes to this computer only, unless allowed")
    func plain() async throws {
        await #expect(throws: TransferError.self) {
            try await WebClient().answer(to: WebRequest("GET", try WebAddress("http://a.invalid/")))
        }
        await #expect(throws: TransferError.unknownHost(host: "a.invalid")) {
            try await WebClient(isPlainAllowed: true).answer(
                to: WebRequest("GET", try WebAddress("http://a.invalid/")))
        }
    }

    @Test("A header that would be two is refused", arguments: ["a\r\nX: y", "a\nb", "a\0"])
    func injection(_ value: String) async throws {
        let servers = try LoopbackServers.running()
        await #expect(throws: TransferError.self) {
            try await WebClient().answer(
                to: WebRequest("GET", try servers.address("/echo"), headers: ["X-A": value]))
        }
    }
}
