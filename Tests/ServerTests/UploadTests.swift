import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Bringing images in")
struct UploadTests {
    /// Sends one piece of a file.
    private func put(
        _ bytes: [UInt8], of path: String, size: Int, offset: Int, to upload: String,
        _ browser: ServerFixture.Browser, _ fixture: ServerFixture, digest: String? = nil,
        claim: String? = nil
    ) async throws -> ServerFixture.Reply {
        var headers: HTTPFields = [.contentType: "application/octet-stream"]
        let fields = [
            "X-CSRF-Token": browser.csrf, "Grevy-Size": "\(size)", "Grevy-Offset": "\(offset)",
            "Grevy-File": path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            "Grevy-SHA256": digest ?? ObjectDigest(of: bytes).hex,
        ]
        for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
        if let claim { headers[.contentLength] = claim }
        return try await fixture.send(
            .put, "\(upload)/file", browser, headers: headers, body: ByteBuffer(bytes: bytes))
    }

    private func begin(
        _ browser: ServerFixture.Browser, _ fixture: ServerFixture, for patient: Int64? = nil
    ) async throws -> String {
        let path = patient.map { "/cases/\($0)/uploads" } ?? "/uploads"
        let reply = try await fixture.send(.post, path, browser)
        try #require(reply.status == 200, "\(reply.text)")
        let json = try JSONSerialization.jsonObject(with: Data(reply.text.utf8))
        return try #require((json as? [String: Any])?["path"] as? String)
    }

    /// Sends a whole file as a browser would.
    private func send(
        _ file: URL, as path: String, to upload: String, _ browser: ServerFixture.Browser,
        _ fixture: ServerFixture
    ) async throws {
        let bytes = Array(try Data(contentsOf: file))
        for start in stride(from: 0, to: bytes.count, by: GrevyServer.chunkBytes) {
            let end = min(start + GrevyServer.chunkBytes, bytes.count)
            let reply = try await put(
                Array(bytes[start ..< end]), of: path, size: bytes.count, offset: start, to: upload,
                browser, fixture)
            try #require(reply.status == 200, "\(reply.text)")
        }
    }

    @Test("Pieces come in order, and whoever comes again is told where to go on")
    func pieces() async throws {
        let fixture = try await ServerFixture("upload-pieces")
        let browser = try await fixture.browser(.coordinator)
        let upload = try await begin(browser, fixture)
        func put(_ bytes: [UInt8], _ offset: Int, size: Int = 5) async throws -> (Int, String) {
            let reply = try await self.put(
                bytes, of: "a/ü.dcm", size: size, offset: offset, to: upload, browser, fixture)
            return (reply.status, reply.text)
        }
        #expect(try await put([1, 2], 0) == (200, "{\"received\":2}"))
        #expect(try await put([1, 2], 0) == (409, "{\"received\":2}"), "nothing comes twice")
        #expect(try await put([4], 3) == (409, "{\"received\":2}"), "no gap")
        #expect(try await put([3, 4, 5, 6], 2) == (409, "{\"received\":2}"), "not beyond the end")
        #expect(try await put([3], 2, size: 6).0 == 409)
        // Another process of the server knows as much: what was acknowledged is on disk.
        let again = try DataFolder.open(at: fixture.folder.url, create: false)
        let id = try #require(Int64(upload.split(separator: "/").last ?? ""))
        let file = try #require(try await again.uploads.files(of: id).first)
        #expect(file.received == 2 && !file.isWhole)
        #expect(try Data(contentsOf: again.uploads.url(of: file, in: id)) == Data([1, 2]))
        #expect(try await put([3, 4, 5], 2) == (200, "{\"received\":5}"))
        #expect(try Data(contentsOf: again.uploads.url(of: file, in: id)) == Data([1, 2, 3, 4, 5]))
        let listed = try await fixture.send(.get, "\(upload)/files", browser).text
        #expect(listed == #"[{"path":"a/ü.dcm","received":5,"size":5}]"#)
    }

    @Test("Hostile pieces are refused and leave nothing")
    func hostile() async throws {
        let fixture = try await ServerFixture("upload-hostile")
        let browser = try await fixture.browser(.coordinator)
        let upload = try await begin(browser, fixture)
        func put(
            _ bytes: [UInt8] = [1], _ path: String = "a", size: Int = 10, offset: Int = 0,
            digest: String? = nil, claim: String? = nil
        ) async throws -> Int {
            try await self.put(
                bytes, of: path, size: size, offset: offset, to: upload, browser, fixture,
                digest: digest, claim: claim
            ).status
        }
        for path in ["../a", "/etc/passwd", "a/../../b", "", "a\u{0}b", "a\nb"] {
            #expect(try await put([1], path) == 400, "\(path)")
        }
        #expect(try await put(claim: "4294967296") == 413, "a body that claims 4 GB")
        #expect(try await put(claim: "-1") == 413)
        let large = [UInt8](repeating: 0, count: GrevyServer.chunkBytes + 1)
        #expect(try await put(large, size: large.count) == 413)
        #expect(try await put(digest: ObjectDigest(of: [2]).hex) == 400)
        #expect(try await put(digest: "no") == 400)
        #expect(try await put(size: 0) == 400)
        #expect(try await put(size: -1) == 400)
        #expect(try await put(offset: -1) == 400)
        #expect(try await put(size: Int.max) == 413)
        #expect(try await put(offset: Int.max) == 409)
        #expect(try await put([1], String(repeating: "a", count: 2000)) == 413)
        let other = try await fixture.browser(.coordinator)
        #expect(
            try await self.put(
                [1], of: "a", size: 1, offset: 0, to: upload, other, fixture
            ).status == 404, "another person's upload")
        #expect(try await fixture.send(.get, upload, other).status == 404)
    }

    @Test("A first piece that is not kept leaves no file behind")
    func nothingLeft() async throws {
        let fixture = try await ServerFixture("upload-nothing")
        let browser = try await fixture.browser(.coordinator)
        let upload = try await begin(browser, fixture)
        for (bytes, offset) in [([UInt8(1)], 5), ([UInt8](repeating: 0, count: 11), 0)] {
            let reply = try await put(
                bytes, of: "a", size: 10, offset: offset, to: upload, browser, fixture)
            #expect(reply.status == 409 && reply.text == "{\"received\":0}", "\(reply.text)")
        }
        #expect(try await fixture.send(.get, "\(upload)/files", browser).text == "[]")
        // The name is still free, for a file of any length.
        let reply = try await put(
            [1, 2], of: "a", size: 2, offset: 0, to: upload, browser, fixture)
        #expect(reply.text == "{\"received\":2}")
    }

    @Test("Of two who send one piece at once, one is taken")
    func race() async throws {
        let fixture = try await ServerFixture("upload-race")
        let browser = try await fixture.browser(.coordinator)
        let upload = try await begin(browser, fixture)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for n in 0 ..< 4 {
                group.addTask {
                    try await self.put(
                        [UInt8](repeating: UInt8(n), count: 1000), of: "a", size: 1000, offset: 0,
                        to: upload, browser, fixture
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == [200, 409, 409, 409])
        let id = try #require(Int64(upload.split(separator: "/").last ?? ""))
        let file = try #require(try await fixture.folder.uploads.files(of: id).first)
        let bytes = try Data(contentsOf: fixture.folder.uploads.url(of: file, in: id))
        #expect(bytes.count == 1000 && Set(bytes).count == 1)
    }

    @Test("An account has so many open uploads and no more; a discarded one leaves nothing")
    func many() async throws {
        let fixture = try await ServerFixture("upload-many")
        let browser = try await fixture.browser(.coordinator)
        let first = try await begin(browser, fixture)
        _ = try await put([1], of: "a", size: 1, offset: 0, to: first, browser, fixture)
        for _ in 1 ..< UploadLimits().openUploads { _ = try await begin(browser, fixture) }
        #expect(try await fixture.send(.post, "/uploads", browser).status == 409)
        #expect(try await fixture.send(.post, "\(first)/discard", browser).status == 303)
        #expect(try await fixture.send(.post, "/uploads", browser).status == 200)
        let folder = fixture.folder.url.appending(path: "uploads/\(first.split(separator: "/")[1])")
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        let late = try await put([1], of: "b", size: 1, offset: 0, to: first, browser, fixture)
        #expect(late.status == 409)
    }

    @Test("A ZIP and files for a case go in; what is another's waits until a person decides")
    func whole() async throws {
        let fixture = try await ServerFixture("upload-whole")
        let browser = try await fixture.browser(.physicist)
        let dicom = try await fixture.phantom()
        let runner = Task { await fixture.server.jobs.run() }
        defer { runner.cancel() }
        let upload = try await begin(browser, fixture, for: fixture.patients[0])
        let zip = fixture.home.appending(path: "spect.zip")
        try Self.zip(dicom.appending(path: "ct-spect"), and: "../../evil", to: zip)
        try await send(zip, as: "spect.zip", to: upload, browser, fixture)
        let text = fixture.home.appending(path: "note.txt")
        try Data("no image".utf8).write(to: text)
        try await send(text, as: "scans/note.txt", to: upload, browser, fixture)
        _ = try await put([1], of: "cut.dcm", size: 2, offset: 0, to: upload, browser, fixture)
        let job = try await importJob(upload, browser, fixture)
        #expect(job.state == .done, "\(job.sentence)")
        let page = try await fixture.send(.get, upload, browser).text
        for words in [
            "waits in quarantine", "leads out of its folder", "The file did not come whole",
            "scans/note.txt", "The files have another patient ID",
        ] {
            #expect(page.contains(words), "\(words)")
        }
        let folder = fixture.folder
        #expect(try await folder.records.studies(patient: fixture.patients[0]).count == 1)
        let record = try #require(
            try await folder.quarantine.records(organisation: fixture.organisations[0].id).first)
        #expect(record.expected == fixture.patients[0])
        let form = ["csrf": browser.csrf, "act": "new"]
        #expect(
            try await fixture.send(
                .post, "/quarantine/\(record.patient.id)", browser, form: form
            ).status == 303)
        // From now on its files find their case by themselves.
        let second = try await begin(browser, fixture)
        let file = try #require(
            try FileManager.default.subpathsOfDirectory(
                atPath: dicom.appending(path: "ct-diagnostic").path
            ).sorted().first { $0.hasSuffix(".dcm") })
        try await send(
            dicom.appending(path: "ct-diagnostic/\(file)"), as: "one.dcm", to: second, browser,
            fixture)
        let end = try await importJob(second, browser, fixture)
        #expect(end.state == .done && end.sentence.contains("1 stored"), "\(end.sentence)")
        let series = try await folder.records.series(patient: record.patient.id)
        #expect(series.count == 2 && series.allSatisfy { $0.instanceCount > 0 })
        #expect(try await folder.check(rereadingObjects: true).isEmpty)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.url.appending(path: "uploads").path)
        #expect(left.isEmpty)
    }

    private func importJob(
        _ upload: String, _ browser: ServerFixture.Browser, _ fixture: ServerFixture
    ) async throws -> JobRecord {
        #expect(try await fixture.send(.post, "\(upload)/import", browser).status == 303)
        #expect(try await fixture.send(.post, "\(upload)/import", browser).status == 409)
        let id = try #require(Int64(upload.split(separator: "/").last ?? ""))
        let job = try #require(try await fixture.folder.uploads.upload(id).job)
        return try await fixture.wait(for: job) { $0.state.isOver }
    }

    /// A folder as Python's zipfile packs it, with one more entry of a name that leads out.
    private static func zip(_ folder: URL, and name: String, to zip: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            """
            import os, sys, zipfile
            with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as a:
                for d, _, fs in os.walk(sys.argv[2]):
                    for f in fs: a.write(os.path.join(d, f), f)
                a.writestr(sys.argv[3], b'evil')
            """, zip.path, folder.path, name,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
