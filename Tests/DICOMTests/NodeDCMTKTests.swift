import Cryptography
import DICOM
import Foundation
import Synchronization
import Testing
import _TestSupport

/// Programs of DCMTK on one side and ours on the other.
@Suite(
    "DICOM node with DCMTK", .serialized, .enabled(if: DCMTK.isInstalled, "dcmtk is not installed"))
struct NodeDCMTKTests {
    @Test("echoscu and storescu succeed, and a stranger is told why not")
    func store() async throws {
        let fixture = try NodeFixture("dcmtk-store")
        let port = String(fixture.node.port)
        let echo = try await DCMTK.run(
            "echoscu", ["-aet", "FRIEND", "-aec", "GREVY", "127.0.0.1", port])
        #expect(echo.code == 0, "\(echo.text)")
        let stranger = try await DCMTK.run("echoscu", ["-aet", "NOBODY", "127.0.0.1", port])
        #expect(stranger.code != 0 && stranger.text.contains("Calling AE Title Not Recognized"))
        let files = try fixture.series()
        let stored = try await DCMTK.run(
            "storescu", ["-aet", "FRIEND", "-aec", "GREVY", "127.0.0.1", port] + files)
        #expect(stored.code == 0, "\(stored.text)")
        let received = fixture.delegate.received
        #expect(received.count == files.count)
        for (one, path) in zip(received, files) {
            #expect(try NodeFixture.content(one.path) == NodeFixture.content(path))
        }
        await fixture.node.stop()
    }

    @Test(
        "Compressed instances are kept as they are sent",
        .enabled(if: ReferenceFiles.testdata != nil, "../shared/testdata is not there"),
        arguments: [
            ("-xs", "CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm"),
            ("-xt", "CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm"),
            ("-xv", "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm"),
            ("-xr", "CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm"),
            (
                "-xd",
                "CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm"
            ),
        ])
    func compressed(option: String, name: String) async throws {
        let testdata = try #require(ReferenceFiles.testdata)
        let file = testdata.appending(path: "transfer-syntaxes/ct-cornerstone/\(name)").path
        let syntax = try #require(name.dropLast(4).split(separator: "_").last.map(String.init))
        let fixture = try NodeFixture("dcmtk-compressed")
        let stored = try await DCMTK.run(
            "storescu",
            [option, "-aet", "FRIEND", "127.0.0.1", String(fixture.node.port), file])
        #expect(stored.code == 0, "\(stored.text)")
        // Our client sends it on in the same syntax.
        let sent = try await fixture.client().send([file])
        #expect(sent.failed.isEmpty)
        let received = fixture.delegate.received
        #expect(received.map(\.transferSyntaxUID) == [syntax, syntax])
        for one in received {
            let data = try await InProcessSource().header(path: one.path)
            #expect(data.string(.sopInstanceUID) == one.reference.sopInstanceUID)
        }
        await fixture.node.stop()
    }

    @Test(
        "Images of one class in several syntaxes are got as they are kept",
        .enabled(if: ReferenceFiles.testdata != nil, "../shared/testdata is not there"))
    func mixed() async throws {
        let testdata = try #require(ReferenceFiles.testdata)
        let names = [
            "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70",
            "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
            "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90",
            "RLELosslessTransferSyntax_1.2.840.10008.1.2.5",
        ]
        let paths = names.map {
            testdata.appending(path: "transfer-syntaxes/ct-cornerstone/CTImage.dcm_\($0).dcm").path
        }
        let fixture = try NodeFixture(
            "dcmtk-mixed", delegate: TestDelegate(rights: NodeFixture.all, paths: paths))
        let inbox = try InstanceInbox(path: fixture.home.appending(path: "got").path)
        let syntaxes = Mutex<[String]>([])
        let got = try await fixture.client().get(
            DicomQuery(level: .study, keys: DataSet()), into: inbox, label: "peer",
            received: { one in syntaxes.withLock { $0.append(one.transferSyntaxUID) } })
        #expect(got.status == .success && got.progress.completed == names.count)
        #expect(
            syntaxes.withLock { $0 }
                == names.compactMap { $0.split(separator: "_").last.map(String.init) })
        await fixture.node.stop()
    }

    @Test("findscu, movescu and getscu get what there is")
    func retrieve() async throws {
        let source = try NodeFixture("dcmtk-files")
        let paths = try source.series()
        var match = DataSet()
        match.set(.patientName, "SYNTHETIC^NOBODY")
        match.set(.studyInstanceUID, "2.25.1")
        let target = try NodeFixture("dcmtk-target")
        let fixture = try NodeFixture(
            "dcmtk-retrieve",
            delegate: TestDelegate(
                rights: NodeFixture.all, paths: paths, found: [match],
                destination: PeerAddress(
                    title: "TARGET", host: "127.0.0.1", port: target.node.port)),
            change: { $0.title = "FRIEND" })
        let to = ["-aet", "FRIEND", "-aec", "GREVY", "127.0.0.1", String(fixture.node.port)]
        let keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=2.25.1"]
        let found = try await DCMTK.run("findscu", ["-S"] + keys + ["-k", "PatientName"] + to)
        #expect(found.code == 0 && found.text.contains("SYNTHETIC^NOBODY"), "\(found.text)")
        let moved = try await DCMTK.run("movescu", ["-S", "-aem", "TARGET"] + keys + to)
        #expect(moved.code == 0, "\(moved.text)")
        #expect(target.delegate.received.count == paths.count)
        let out = fixture.home.appending(path: "got")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        let got = try await DCMTK.run("getscu", ["-S", "-od", out.path] + keys + to)
        #expect(got.code == 0, "\(got.text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: out.path).count == paths.count)
        await fixture.node.stop()
        await target.node.stop()
        await source.node.stop()
    }

    @Test("With TLS each side knows the other by its certificate, and nobody else comes in")
    func secured() async throws {
        let home = try ReferenceFiles.scratch("dcmtk-tls")
        defer { try? FileManager.default.removeItem(at: home) }
        let ours = try Self.pair("ours", home)
        let theirs = try Self.pair("theirs", home)
        let identity = try TLSIdentity(certificatePath: ours.certificate, keyPath: ours.key)
        let peer = try TLSIdentity(certificatePath: theirs.certificate, keyPath: theirs.key)
        let fixture = try NodeFixture("dcmtk-secured") { $0.identity = identity }
        let port = String(fixture.node.port)
        let tool = [
            "+tls", theirs.key, theirs.certificate, "+cf", ours.certificate, "-aet", "FRIEND",
            "127.0.0.1", port,
        ]
        let echo = try await DCMTK.run("echoscu", tool)
        #expect(echo.code == 0, "\(echo.text)")
        let stored = try await DCMTK.run("storescu", tool + (try fixture.series()))
        #expect(stored.code == 0, "\(stored.text)")
        let plain = try await DCMTK.run(
            "echoscu", ["-ta", "2", "-aet", "FRIEND", "127.0.0.1", port])
        #expect(plain.code != 0)
        let seen = fixture.delegate.seen.withLock { $0.requests }
        #expect(seen.allSatisfy { $0.isTLS && $0.fingerprint == peer.fingerprint })
        try await fixture.client(identity: peer, fingerprint: identity.fingerprint).echo()
        // Another certificate than the expected one is nobody's.
        await #expect(throws: DicomError.self) {
            try await fixture.client(identity: peer, fingerprint: peer.fingerprint).echo()
        }
        await fixture.node.stop()
    }

    private static func pair(
        _ name: String, _ home: URL
    ) throws -> (certificate: String, key: String) {
        let made = try SelfSignedCertificate(
            names: ["localhost", "127.0.0.1"], start: Int64(Date().timeIntervalSince1970) - 60,
            days: 2)
        let certificate = home.appending(path: "\(name).pem")
        let key = home.appending(path: "\(name)-key.pem")
        try Data(made.certificate.utf8).write(to: certificate)
        try Data(made.key.utf8).write(to: key)
        return (certificate.path, key.path)
    }
}
