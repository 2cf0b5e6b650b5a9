import DICOM
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Pathway
import Server
import Storage
import Synchronization
import Testing
import _TestSupport

/// Peers that hold connections without asking for anything, over real sockets.
@Suite("Connections")
struct ConnectionTests {
    /// Longer than any deadline here takes on a busy machine; what is open then was never closed.
    private static let patience = Duration.seconds(60)

    /// Runs a server on a free port of this machine.
    private func listening(
        _ fixture: ServerFixture, _ body: (Int) async throws -> Void
    ) async throws {
        let (ports, said) = AsyncStream<Int>.makeStream()
        let application = try fixture.server.application(
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { port in
            said.yield(port)
            said.finish()
        }
        let serving = Task {
            defer { said.finish() }
            try await application.run()
        }
        var found: Int?
        for await port in ports { found = port }
        do { try await body(try #require(found)) } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        _ = await serving.result
    }

    private func connect(
        _ port: Int, tls: Bool = false, into answers: Answers? = nil
    ) async throws -> any Channel {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        if let answers {
            bootstrap = bootstrap.channelInitializer { $0.pipeline.addHandler(answers) }
        }
        guard tls else { return try await bootstrap.connect(host: "127.0.0.1", port: port).get() }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        return try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    try NIOSSLClientHandler(context: context, serverHostname: nil))
            }
        }.connect(host: "127.0.0.1", port: port).get()
    }

    /// Waits until the server closes a connection.
    private func isClosed(_ channel: any Channel) async throws -> Bool {
        let isOverdue = Mutex(false)
        let end = channel.eventLoop.scheduleTask(in: .init(Self.patience)) {
            isOverdue.withLock { $0 = true }
            channel.close(promise: nil)
        }
        try await channel.closeFuture.get()
        end.cancel()
        return !isOverdue.withLock { $0 }
    }

    /// Keeps what the server sends.
    private final class Answers: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let bytes = Mutex<[UInt8]>([])

        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = Array(unwrapInboundIn(data).readableBytesView)
            bytes.withLock { $0 += part }
        }

        /// Waits until so many answers have begun.
        func hold(_ count: Int) async throws {
            let end = ContinuousClock.now + ConnectionTests.patience
            while text.components(separatedBy: "HTTP/1.1 200").count <= count {
                try #require(ContinuousClock.now < end, "\(text)")
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test(
        "A connection ends with the answer where its HTTP says so, and goes on where it does not",
        arguments: [
            ("HTTP/1.0", "X-Nothing: 1", "HTTP/1.0 200"),
            ("HTTP/1.0", "Connection: keep-alive", "HTTP/1.0 200"),
            ("HTTP/1.1", "Connection: Close", "HTTP/1.1 200"),
        ])
    func last(version: String, line: String, status: String) async throws {
        // Longer than the test waits: silence closes nothing here.
        let fixture = try await ServerFixture("connection-last") { $0.headSeconds = 600 }
        try await listening(fixture) { port in
            let answers = Answers()
            let channel = try await connect(port, into: answers)
            if version == "HTTP/1.1" {
                for count in 1 ... 2 {
                    try await send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", channel)
                    try await answers.hold(count)
                }
                #expect(channel.isActive)
            }
            try await send("GET /healthz \(version)\r\nHost: localhost\r\n\(line)\r\n\r\n", channel)
            #expect(try await isClosed(channel))
            #expect(answers.text.hasPrefix(status), "\(answers.text)")
            #expect(!answers.text.lowercased().contains("chunked"))
            #expect(answers.text.hasSuffix("ok\n"))
        }
    }

    private func send(_ text: String, _ channel: any Channel) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    @Test("A connection that says nothing, or half a head, is closed")
    func silent() async throws {
        let fixture = try await ServerFixture("connection-silent") { $0.headSeconds = 0.3 }
        try await listening(fixture) { port in
            for start in ["", "GET / HT"] {
                let channel = try await connect(port)
                try? await send(start, channel)
                #expect(try await isClosed(channel))
            }
        }
    }

    @Test("A body that comes byte by byte is not waited for")
    func drip() async throws {
        let fixture = try await ServerFixture("connection-drip") { $0.bodySeconds = 0.3 }
        try await listening(fixture) { port in
            let channel = try await connect(port)
            try await send(
                "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n"
                    + "Content-Length: 1000\r\n\r\n", channel)
            let dripping = Task {
                while !Task.isCancelled {
                    try await send("a", channel)
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await isClosed(channel))
            dripping.cancel()
        }
    }

    @Test("A download that nobody takes is closed when the share ends")
    func held() async throws {
        let story = try await ShareStory("connection-held") { $0.lookSeconds = 0.05 }
        let folder = story.fixture.folder
        // More than the kernel keeps for both ends.
        let bytes = [UInt8](repeating: 7, count: 48 << 20)
        let voi = try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(story.patient)", kind: "voi", name: "large",
                content: try await folder.objects.put(bytes), mediaType: "application/gzip",
                inputs: [], softwareVersion: "0.1"), by: "test")
        let share = try await folder.shares.create(
            ShareDraft(
                patient: story.patient, recipient: story.fixture.organisations[1].id,
                terms: try ShareTerms(purpose: "test"), series: [], records: [voi.id]),
            by: story.owner.account)
        try await listening(story.fixture) { port in
            let channel = try await connect(port)
            try await send(
                "GET \(story.base)/vois/versions/\(voi.id)/mask HTTP/1.1\r\nHost: localhost\r\n"
                    + "Cookie: __Host-grevy=\(story.recipient.token)\r\n\r\n", channel)
            // The answer has begun when its first bytes are here; from then on nothing is taken.
            let beginning = try await begun(channel)
            #expect(beginning.hasPrefix("HTTP/1.1 200"))
            try await folder.shares.revoke(
                share.id, of: story.patient, reason: "test", by: story.owner.account)
            // Who takes nothing hears of an end only where it sends; empty lines are no request.
            let dripping = Task {
                while !Task.isCancelled {
                    try await send("\r\n", channel)
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await isClosed(channel))
            dripping.cancel()
        }
    }

    /// Waits for the first bytes of an answer, and takes no more of it.
    private func begun(_ channel: any Channel) async throws -> String {
        let first = channel.eventLoop.makePromise(of: String.self)
        try await channel.pipeline.addHandler(FirstBytes(first))
        return try await first.futureResult.get()
    }

    @Test("One address gets so many connections, and its place back when one closes")
    func many() async throws {
        let fixture = try await ServerFixture("connection-many") {
            // None of them is closed for its silence while the test runs.
            ($0.mostConnections, $0.mostConnectionsOfPeer, $0.headSeconds) = (6, 3, 600)
        }
        try await listening(fixture) { port in
            var kept: [any Channel] = []
            for _ in 0 ..< 3 { kept.append(try await connect(port)) }
            let surplus = try await connect(port)
            #expect(try await isClosed(surplus))
            #expect(kept.allSatisfy { $0.isActive })
            try await kept[0].close()
            // The server hears of it a moment later.
            var isKept = false
            for _ in 0 ..< 1000 where !isKept {
                let next = try await connect(port)
                try await Task.sleep(for: .milliseconds(50))
                isKept = next.isActive
                try? await next.close()
            }
            #expect(isKept)
            for channel in kept.dropFirst() { try await channel.close() }
        }
    }

    @Test(
        "Over TLS, a connection without a request is closed: silent, or after the preface of HTTP/2",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
    func tls() async throws {
        let folder = try ReferenceFiles.scratch("connection-certificate")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = (
            folder.appending(path: "certificate.pem"), folder.appending(path: "key.pem")
        )
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", key.path, "-out", certificate.path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        let fixture = try await ServerFixture("connection-tls") {
            $0.headSeconds = 0.5
            $0.tls = (certificate, key)
        }
        try await listening(fixture) { port in
            let silent = try await connect(port)
            #expect(try await isClosed(silent))
            let half = try await connect(port)
            // The head of a record of TLS whose rest never comes.
            try? await half.writeAndFlush(ByteBuffer(bytes: [22, 3, 1, 1, 0, 1]))
            #expect(try await isClosed(half))
            var hasSpoken = false
            for _ in 0 ..< 20 where !hasSpoken {
                let preface = try await connect(port, tls: true)
                do {
                    try await send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", preface)
                    // An empty frame of settings.
                    try await preface.writeAndFlush(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 0, 0]))
                } catch {
                    // On a busy machine the deadline is over before TLS has begun.
                    continue
                }
                hasSpoken = true
                #expect(try await isClosed(preface))
            }
            #expect(hasSpoken)
        }
    }
}

/// Tells of the first bytes that come, and reads no more.
private final class FirstBytes: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let first: EventLoopPromise<String>

    init(_ first: EventLoopPromise<String>) { self.first = first }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        _ = context.channel.setOption(.autoRead, value: false)
        first.succeed(String(buffer: unwrapInboundIn(data)))
    }
}
