import DICOM
import Foundation
import Synchronization
import Testing
import _TestSupport

@Suite("DICOM node with its own client", .serialized)
struct NodeTests {
    @Test("An echo is answered, and a title that is not known is refused")
    func echo() async throws {
        let fixture = try NodeFixture("node-echo")
        try await fixture.client().echo()
        await #expect(throws: DicomError.self) { try await fixture.client("STRANGER").echo() }
        let asked = fixture.delegate.seen.withLock { $0.requests }
        #expect(asked.map(\.callingTitle) == ["FRIEND", "STRANGER"])
        #expect(asked.allSatisfy { $0.calledTitle == "GREVY" && $0.address == "127.0.0.1" })
        #expect(asked.allSatisfy { !$0.isTLS && $0.fingerprint == nil })
        await fixture.node.stop()
        #expect(fixture.node.associationCount == 0)
    }

    @Test("Instances arrive byte by byte, are on disk, and are named by their checksum")
    func store() async throws {
        let fixture = try NodeFixture("node-store")
        let sent = try fixture.series()
        let result = try await fixture.client("SENDER").send(sent)
        #expect(result.sent == sent && result.failed.isEmpty)
        let received = fixture.delegate.received
        #expect(received.count == sent.count)
        for (one, path) in zip(received, sent) {
            #expect(try NodeFixture.content(one.path) == NodeFixture.content(path))
        }
        await fixture.node.stop()
        // What a crash cut off is removed by the next start: an ending, a wrong checksum.
        let folder = fixture.home.appending(path: "inbox/sender")
        let whole = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in ["x-1.part", "x-1-0.dcm"] {
            try Data("half".utf8).write(to: folder.appending(path: name))
        }
        let again = try InstanceInbox(path: fixture.inbox.path)
        let left = try again.leftovers()
        #expect(Set(left.map { URL(filePath: $0.path).lastPathComponent }) == Set(whole))
        #expect(left.allSatisfy { $0.label == "sender" })
    }

    @Test("A peer without the right is told so, and nothing of it is kept")
    func rights() async throws {
        let fixture = try NodeFixture("node-rights")
        let sent = try fixture.series()
        let result = try await fixture.client("READER").send(sent)
        #expect(result.sent.isEmpty && result.failed.count == sent.count)
        #expect(result.failed.allSatisfy { $0.reason == .peerRefused(.notAuthorised) })
        #expect(try fixture.inbox.leftovers().isEmpty)
        let query = DicomQuery(level: .study, keys: DataSet())
        await #expect(throws: DicomError.peerRefused(.notAuthorised)) {
            _ = try await fixture.client("SENDER").find(query)
        }
        let moved = try await fixture.client("SENDER").move(query, to: "ANYWHERE")
        #expect(moved.status == .notAuthorised)
        await #expect(throws: DicomError.peerRefused(.notAuthorised)) {
            _ = try await fixture.client("READER").requestCommitment(
                of: [], transactionUID: "2.25.78")
        }
        let denied = fixture.delegate.seen.withLock { $0.denied }
        #expect(Set(denied) == ["READER store", "SENDER query", "SENDER retrieve"])
        await fixture.node.stop()
    }

    @Test("An instance that the layers above do not want is removed and refused")
    func notWanted() async throws {
        let fixture = try NodeFixture(
            "node-unwanted",
            delegate: TestDelegate(rights: NodeFixture.all, status: .outOfResources))
        let result = try await fixture.client().send([try fixture.series()[0]])
        #expect(result.failed.map(\.reason) == [.peerRefused(.outOfResources)])
        #expect(try fixture.inbox.leftovers().isEmpty)
        await fixture.node.stop()
    }

    @Test("Matches come whole, with names in any script, and a refusal is told")
    func find() async throws {
        let matches = (1 ... 300).map { n in
            var data = DataSet()
            data.set(.patientName, "Ünal^日本\(n)")
            data.set(.studyInstanceUID, "2.25.\(n)")
            return data
        }
        let fixture = try NodeFixture(
            "node-find", delegate: TestDelegate(rights: NodeFixture.all, found: matches))
        var keys = DataSet()
        keys.setEmpty(.patientName)
        let query = DicomQuery(level: .study, keys: keys)
        let found = try await fixture.client().find(query)
        #expect(found.isComplete && found.matches.count == 300)
        #expect(found.matches.last?.string(.patientName) == "Ünal^日本300")
        #expect(found.matches.last?.string(.studyInstanceUID) == "2.25.300")
        let few = try await fixture.client().find(query, most: 10)
        #expect(!few.isComplete && few.matches.count == 10)
        keys.set(.patientID, "NOBODY")
        await #expect(throws: DicomError.peerRefused(.outOfResources)) {
            _ = try await fixture.client().find(DicomQuery(level: .study, keys: keys))
        }
        await fixture.node.stop()
    }

    @Test("A study is moved to a destination of the list, and to no other")
    func move() async throws {
        let target = try NodeFixture("node-target")
        let scratch = try ReferenceFiles.scratch("node-files")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let paths = try target.series()
        let fixture = try NodeFixture(
            "node-move",
            delegate: TestDelegate(
                rights: NodeFixture.all, paths: paths,
                destination: PeerAddress(
                    title: "TARGET", host: "127.0.0.1", port: target.node.port)),
            change: { $0.title = "FRIEND" })
        let query = DicomQuery(level: .study, keys: DataSet())
        let moved = try await fixture.client().move(query, to: "TARGET")
        #expect(moved.status == .success && moved.progress.completed == paths.count)
        #expect(target.delegate.received.count == paths.count)
        let refused = try await fixture.client().move(query, to: "ELSEWHERE")
        #expect(refused.status == .moveDestinationUnknown)
        await fixture.node.stop()
        await target.node.stop()
    }

    @Test("A study is got on the same association; a file that is gone fails alone")
    func get() async throws {
        let source = try NodeFixture("node-source")
        let paths = try source.series()
        let fixture = try NodeFixture(
            "node-get", delegate: TestDelegate(rights: NodeFixture.all, paths: paths + ["/none"]))
        let inbox = try InstanceInbox(path: fixture.home.appending(path: "got").path)
        let got = try await fixture.client().get(
            DicomQuery(level: .study, keys: DataSet()), into: inbox, label: "peer",
            received: { _ in })
        #expect(got.status == .someSuboperationsFailed)
        #expect(got.progress.completed == paths.count && got.progress.failed == 1)
        let left = try inbox.leftovers()
        #expect(
            try left.map { try NodeFixture.content($0.path) }
                == paths.map { try NodeFixture.content($0) })
        await fixture.node.stop()
        await source.node.stop()
    }

    @Test("What a peer may not have any more is not sent, in the middle of a retrieval too")
    func ended() async throws {
        let target = try NodeFixture("node-ended-target")
        let paths = try target.series()
        try #require(paths.count > 1)
        func fixture() throws -> NodeFixture {
            try NodeFixture(
                "node-ended",
                delegate: TestDelegate(
                    rights: NodeFixture.all, paths: paths,
                    destination: PeerAddress(
                        title: "TARGET", host: "127.0.0.1", port: target.node.port),
                    mostGiven: 1), change: { $0.title = "FRIEND" })
        }
        let query = DicomQuery(level: .study, keys: DataSet())
        let moving = try fixture()
        let moved = try await moving.client().move(query, to: "TARGET")
        #expect(moved.status == .someSuboperationsFailed && moved.progress.completed == 1)
        #expect(moved.progress.failed == paths.count - 1)
        #expect(target.delegate.received.count == 1)
        #expect(moving.delegate.seen.withLock { $0.asked } == paths)
        await moving.node.stop()
        let getting = try fixture()
        let inbox = try InstanceInbox(path: getting.home.appending(path: "got").path)
        let got = try await getting.client().get(
            query, into: inbox, label: "peer", received: { _ in })
        #expect(got.progress.completed == 1 && got.progress.failed == paths.count - 1)
        #expect(try inbox.leftovers().count == 1)
        await getting.node.stop()
        await target.node.stop()
    }

    @Test("A long instance that a peer may not have any more ends on its way", arguments: [1, 2])
    func endedAmid(parts: Int) async throws {
        let target = try NodeFixture("node-amid-target")
        // Two pieces and the beginning of a third; each is asked about.
        var data = try #require(try WritingSamples.ct().dataSets.first)
        data.setBytes(.pixelData, [UInt8](repeating: 7, count: 5 << 19))
        let path = target.home.appending(path: "long.dcm").path
        try DicomWriter.write(data, path: path)
        let fixture = try NodeFixture(
            "node-amid",
            delegate: TestDelegate(
                rights: NodeFixture.all, paths: [path],
                destination: PeerAddress(
                    title: "TARGET", host: "127.0.0.1", port: target.node.port),
                mostGiven: parts),
            change: {
                $0.title = "FRIEND"
                $0.limits.lookSeconds = 0
            })
        let query = DicomQuery(level: .study, keys: DataSet())
        let moved = try await fixture.client().move(query, to: "TARGET")
        #expect(moved.progress.completed == 0 && moved.progress.failed == 1)
        #expect(target.delegate.received.isEmpty)
        #expect(fixture.delegate.seen.withLock { $0.asked.count } == parts + 1)
        let inbox = try InstanceInbox(path: fixture.home.appending(path: "got").path)
        fixture.delegate.seen.withLock { $0.asked = [] }
        await #expect(throws: DicomError.self) {
            _ = try await fixture.client().get(
                query, into: inbox, label: "peer", received: { _ in })
        }
        #expect(try inbox.leftovers().isEmpty)
        await fixture.node.stop()
        await target.node.stop()
    }

    @Test("Storage commitment tells what is kept from what is not")
    func commitment() async throws {
        let fixture = try NodeFixture("node-commitment")
        _ = try await fixture.client().send(try fixture.series())
        let kept = try WritingSamples.ct().references
        let lost = InstanceReference(
            sopClassUID: kept[0].sopClassUID, sopInstanceUID: "2.25.999")
        let report = try #require(
            try await fixture.client().requestCommitment(
                of: kept + [lost], transactionUID: "2.25.77"))
        #expect(report.transactionUID == "2.25.77")
        #expect(report.committed == kept && report.failed == [lost])
        await fixture.node.stop()
    }

    @Test("A connection that says nothing keeps nobody waiting, and gives way to others")
    func silent() async throws {
        let fixture = try NodeFixture("node-silent") { $0.limits.mostWaiting = 4 }
        let sockets = (0 ..< 12).map { _ in Self.connected(fixture.node.port) }
        defer { for socket in sockets { close(socket) } }
        #expect(sockets.allSatisfy { $0 >= 0 })
        try await fixture.client().echo()
        await fixture.node.stop()
    }

    @Test("A peer that is cut off amid an instance leaves nothing, and the node goes on")
    func cutOff() async throws {
        let fixture = try NodeFixture("node-cut")
        let files = try fixture.series()
        for bytes in [0, 3, 80, 400, 2000] {
            try Self.sendPart(of: files[0], bytes: bytes, port: fixture.node.port)
        }
        let sent = try await fixture.client().send(files)
        #expect(sent.failed.isEmpty)
        await fixture.node.stop()
        let left = try fixture.inbox.leftovers()
        #expect(left.count == files.count)
        let names = try FileManager.default.subpathsOfDirectory(atPath: fixture.inbox.path)
        #expect(!names.contains { $0.hasSuffix(".part") })
    }

    /// A TCP connection to this machine.
    private static func connected(_ port: Int) -> Int32 {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        // The structure lives through the call.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? handle : -1
    }

    /// Calls as `FRIEND` with one context, sends the beginning of a C-STORE, and hangs up.
    private static func sendPart(of path: String, bytes: Int, port: Int) throws {
        func item(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
            [type, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
        }
        func title(_ text: String) -> [UInt8] {
            Array(text.padding(toLength: 16, withPad: " ", startingAt: 0).utf8)
        }
        let syntax = item(0x40, Array("1.2.840.10008.1.2.1".utf8))
        let context = item(
            0x20, [1, 0, 0, 0] + item(0x30, Array("1.2.840.10008.5.1.4.1.1.2".utf8)) + syntax)
        let user = item(0x50, item(0x51, [0, 0, 64, 0]) + item(0x52, Array("2.25.9".utf8)))
        let body =
            [0, 1, 0, 0] + title("GREVY") + title("FRIEND") + [UInt8](repeating: 0, count: 32)
            + item(0x10, Array("1.2.840.10008.3.1.1.1".utf8)) + context + user
        let request = [1, 0, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
        let handle = connected(port)
        try #require(handle >= 0)
        defer { close(handle) }
        // All arrays outlive their calls.
        let sent = unsafe write(handle, request, request.count)
        try #require(sent == request.count)
        var answer = [UInt8](repeating: 0, count: 4096)
        let got = unsafe read(handle, &answer, answer.count)
        try #require(got > 0)
        #expect(answer[0] == 2)
        let content = try NodeFixture.content(path)
        let part = [UInt8](content.prefix(bytes))
        // A data PDU that promises more than it brings.
        let head: [UInt8] = [4, 0, 0, 0, 0x20, 0, 0, 0, 0x1f, 0xfc, 1, 0]
        let promised = unsafe write(handle, head, head.count)
        try #require(promised == head.count)
        if !part.isEmpty { unsafe _ = write(handle, part, part.count) }
    }
}

@Suite("Numeric addresses")
struct NumericAddressTests {
    @Test(
        "One address has one spelling",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("0:0:0:0:0:0:0:1", "::1"), ("FE80::A", "fe80::a"),
        ])
    func spelling(text: String, usual: String) {
        #expect(NumericAddress(text)?.text == usual)
    }

    @Test(
        "Names and halves are none",
        arguments: ["localhost", "10.1.2", "10.1.2.3/8", "", "1::2::3"])
    func none(text: String) { #expect(NumericAddress(text) == nil) }

    @Test("Loopback is told from others")
    func loopback() {
        #expect(NumericAddress("127.3.2.1")?.isLoopback == true)
        #expect(NumericAddress("::1")?.isLoopback == true)
        #expect(NumericAddress("10.0.0.1")?.isLoopback == false)
    }
}
