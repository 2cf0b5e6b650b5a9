import DICOM
import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("DICOMweb")
struct DICOMwebTests {
    private static let instance = "/studies/1.9.1/series/1.9.1.1/instances/1.9.1.1.1"
    private static let dicom = "multipart/related; type=\"application/dicom\""
    private static let bytes = "multipart/related; type=\"application/octet-stream\""

    private static func client(_ label: String) async throws -> ImageClient {
        try await ImageClient(ServerFixture(label, source: InProcessSource()))
    }

    @Test("What was stored is found, described and fetched byte by byte")
    func round() async throws {
        let client = try await Self.client("dicomweb-round")
        let files = try (1 ... 3).map { try ImageClient.image(number: $0) }
        let stored = try await client.store(ImageClient.body(files))
        #expect(stored.status == 200, "\(stored.text)")
        let listed = try ImageClient.items(stored, "00081199")
        #expect(
            listed.map { ImageClient.value($0, "00081155") } == [
                "1.9.1.1.1", "1.9.1.1.2", "1.9.1.1.3",
            ])
        let address = "http://\(ServerFixture.host)/dicomweb\(Self.instance)"
        #expect(ImageClient.value(listed[0], "00081190") == address)

        let studies = try await client.list("/studies?PatientID=P0&StudyDate=20260301")
        #expect(studies.map { ImageClient.value($0, "0020000D") } == ["1.9.1"])
        #expect(ImageClient.value(studies[0], "00100010") == "Phantom^Number0")
        #expect(ImageClient.value(studies[0], "00201208") == "3")
        #expect(ImageClient.value(studies[0], "00080061") == "CT")

        let described = try await client.list("/studies/1.9.1/series/1.9.1.1/metadata")
        #expect(described.compactMap { ImageClient.value($0, "00200013") } == ["1", "2", "3"])
        let pixels = try #require(described[0]["7FE00010"] as? [String: Any])
        #expect(pixels["BulkDataURI"] as? String == "\(address)/bulkdata/7FE00010")
        #expect(pixels["vr"] as? String == "OW")

        let fetched = try await client.get("/studies/1.9.1", accept: Self.dicom)
        #expect(fetched.status == 200)
        #expect(try ImageClient.parts(fetched) == files)
        let one = try await client.get(Self.instance, accept: "application/dicom")
        #expect(one.status == 200 && one.bytes == files[0])
        #expect(one.headers[.contentType]?.hasPrefix("application/dicom") == true)
    }

    @Test("Frames and bulk data are the stored values")
    func pixels() async throws {
        let client = try await Self.client("dicomweb-pixels")
        let file = try ImageClient.image(frames: 3)
        #expect(try await client.store(ImageClient.body([file])).status == 200)
        let all = ImageClient.pixels(number: 1, frames: 3)
        let frames = try await client.get("\(Self.instance)/frames/3,1", accept: Self.bytes)
        #expect(try ImageClient.parts(frames) == [Array(all[48...]), Array(all[..<24])])
        let one = try await client.get(
            "\(Self.instance)/frames/2", accept: "application/octet-stream")
        #expect(one.bytes == Array(all[24 ..< 48]))
        let bulk = try await client.get("\(Self.instance)/bulkdata/7FE00010", accept: Self.bytes)
        #expect(try ImageClient.parts(bulk) == [all])
        for path in ["frames/4", "frames/0", "frames/1,x", "frames/", "bulkdata/00100010.1"] {
            #expect(try await client.get("\(Self.instance)/\(path)").status == 404, "\(path)")
        }
    }

    @Test("Frames are drawn as JPEG or PNG, with a window and within a size")
    func drawn() async throws {
        let client = try await Self.client("dicomweb-drawn")
        #expect(
            try await client.store(ImageClient.body([ImageClient.image(frames: 2)])).status == 200)
        let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47]
        for path in [
            "\(Self.instance)/rendered", "\(Self.instance)/frames/2/rendered",
            "\(Self.instance)/thumbnail", "/studies/1.9.1/thumbnail",
            "/studies/1.9.1/series/1.9.1.1/thumbnail", "\(Self.instance)/frames/2/thumbnail",
        ] {
            let jpeg = try await client.get(path)
            #expect(jpeg.status == 200 && jpeg.headers[.contentType] == "image/jpeg", "\(path)")
            #expect(jpeg.bytes.starts(with: [0xff, 0xd8, 0xff]), "\(path)")
            let picture = try await client.get(path, accept: "image/png, image/jpeg;q=0.5")
            #expect(picture.bytes.starts(with: png), "\(path)")
        }
        let wide = try await client.get(
            "\(Self.instance)/rendered?viewport=8,8&window=300,500,linear&accept=image/png")
        // The size in a PNG's first chunk: 8 pixels of the 4 × 3 picture's width, 6 of its height.
        #expect(wide.bytes.count > 24 && wide.bytes[19] == 8 && wide.bytes[23] == 6)
        let dark = try await client.get(
            "\(Self.instance)/rendered?window=9000,2,linear&accept=image/png")
        #expect(dark.status == 200 && dark.bytes != wide.bytes)
        for wrong in [
            "window=1", "window=1,0", "viewport=0,0", "viewport=9999,1", "quality=0", "odd=1",
            "viewport=4,4,9,9,1,1",
        ] {
            let reply = try await client.get("\(Self.instance)/rendered?\(wrong)")
            #expect(reply.status == 400, "\(wrong): \(reply.status)")
        }
        #expect(try await client.get("\(Self.instance)/frames/3/rendered").status == 404)
    }

    @Test("Each part has an outcome of its own")
    func outcomes() async throws {
        let client = try await Self.client("dicomweb-outcomes")
        let good = try ImageClient.image()
        let garbage = Array("no image".utf8)
        let reply = try await client.store(ImageClient.body([good, garbage]))
        #expect(reply.status == 202)
        #expect(try ImageClient.items(reply, "00081199").count == 1)
        let failed = try ImageClient.items(reply, "0008119A")
        #expect(failed.map { ImageClient.value($0, "00081197") } == ["\(0xc000)"])
        // The same again changes nothing; other bytes under the same UID are not taken.
        #expect(try await client.store(ImageClient.body([good])).status == 200)
        let other = try ImageClient.image(description: "Lung")
        let refused = try await client.store(ImageClient.body([other]))
        #expect(refused.status == 409)
        let why = try ImageClient.items(refused, "00081198")
        #expect(why.map { ImageClient.value($0, "00081197") } == ["\(0x0111)"])
        #expect(why.map { ImageClient.value($0, "00081155") } == ["1.9.1.1.1"])
        let fetched = try await client.get(Self.instance, accept: "application/dicom")
        #expect(fetched.bytes == good)
        #expect(try await client.store(ImageClient.body([])).status == 400)
        let scratch = client.fixture.folder.url.appending(path: "tmp")
        let left = FileManager.default.enumerator(atPath: scratch.path)?.allObjects ?? []
        #expect(left.allSatisfy { !("\($0)".hasSuffix("/1")) }, "\(left)")
    }

    @Test("Only the study of the address is taken")
    func onlyStudy() async throws {
        let client = try await Self.client("dicomweb-study")
        let body = try ImageClient.body([
            ImageClient.image(), ImageClient.image(study: "1.9.2", series: "1.9.2.1"),
        ])
        let reply = try await client.store(body, study: "1.9.1")
        #expect(reply.status == 202)
        let failed = try ImageClient.items(reply, "00081198")
        #expect(failed.map { ImageClient.value($0, "00081197") } == ["\(0xa900)"])
        #expect(try await client.list("/studies?StudyInstanceUID=1.9.1,1.9.2").count == 1)
    }

    @Test("Images whose patient is in doubt are kept, wait, and are not found")
    func quarantine() async throws {
        let client = try await Self.client("dicomweb-quarantine")
        let reply = try await client.store(
            ImageClient.body([ImageClient.image(patientID: "Somebody")]))
        #expect(reply.status == 202)
        let kept = try ImageClient.items(reply, "00081199")
        #expect(kept.map { ImageClient.value($0, "00081196") } == ["\(0xb000)"])
        #expect(try await client.list("/studies?StudyInstanceUID=1.9.1").isEmpty)
        #expect(try await client.get("/studies/1.9.1").status == 404)
        let waiting = try await client.fixture.folder.quarantine.records(
            organisation: client.fixture.organisations[0].id)
        #expect(waiting.map(\.patient.identity.patientID) == ["Somebody"])
    }

    @Test("Images of another organisation look as if they did not exist")
    func otherOrganisation() async throws {
        let client = try await Self.client("dicomweb-other")
        #expect(try await client.store(ImageClient.body([ImageClient.image()])).status == 200)
        let other = try await ImageClient(client.fixture, organisation: 1)
        for level in ["studies", "series", "instances"] {
            #expect(try await !client.list("/\(level)?StudyInstanceUID=1.9.1").isEmpty)
            #expect(try await other.list("/\(level)?StudyInstanceUID=1.9.1").isEmpty, "\(level)")
        }
        let series = "/studies/1.9.1/series/1.9.1.1"
        for path in [
            "/studies/1.9.1", "/studies/1.9.1/metadata", "/studies/1.9.1/series", series,
            "\(series)/metadata", "\(series)/instances", Self.instance,
            "\(Self.instance)/metadata", "\(Self.instance)/frames/1",
            "\(Self.instance)/bulkdata/7FE00010", "\(Self.instance)/rendered",
            "\(Self.instance)/thumbnail",
        ] {
            #expect(try await client.get(path).status == 200, "\(path)")
            let tag = try await client.get(path).headers[.eTag] ?? "\"x\""
            var header = other.header
            header[.ifNoneMatch] = tag
            let foreign = try await client.fixture.send(.get, "/dicomweb\(path)", headers: header)
            let absent = try await other.get(path.replacing("1.9.1", with: "1.8.1"))
            #expect(foreign.status == 404 && foreign.text == absent.text, "\(path)")
        }
        let read = try await client.fixture.folder.audit.entries(last: 200).filter { entry in
            entry.action == "access.GET /dicomweb/studies/{study}"
        }
        #expect(read.map(\.subject).contains("patient-\(client.fixture.patients[0])"))
    }

    @Test("An answer is given only as something that the client takes")
    func mediaTypes() async throws {
        let client = try await Self.client("dicomweb-types")
        #expect(try await client.store(ImageClient.body([ImageClient.image()])).status == 200)
        for (path, accept, status) in [
            ("/studies", "application/dicom+xml", 406), ("/studies", "application/json", 200),
            ("/studies", "*/*", 200), ("/studies?accept=application/dicom%2Bxml", "*/*", 406),
            ("/studies/1.9.1/metadata", "text/html", 406),
            (Self.instance, "image/jpeg", 406), (Self.instance, "application/*", 200),
            ("/studies/1.9.1", "application/dicom+json", 406),
            (Self.instance, "\(Self.dicom); transfer-syntax=1.2.840.10008.1.2.4.90", 406),
            (
                Self.instance,
                "\(Self.dicom); transfer-syntax=1.2.840.10008.1.2.4.90;q=1, \(Self.dicom);q=0.1",
                200
            ), (Self.instance, "\(Self.dicom); transfer-syntax=*", 200),
            ("\(Self.instance)/frames/1", "image/jp2", 406),
            ("\(Self.instance)/rendered", "image/gif", 406),
            ("\(Self.instance)/rendered", "image/gif, */*;q=0", 406),
        ] {
            let reply = try await client.get(path, accept: accept)
            #expect(reply.status == status, "\(path) as \(accept): \(reply.status)")
            if status == 406 {
                #expect(reply.headers[.contentType] == "application/problem+json")
            }
        }
        let body = try ImageClient.body([ImageClient.image(number: 2)])
        for type in ["application/dicom+json", "text/plain", "multipart/form-data; boundary=x"] {
            #expect(try await client.store(body, type: type).status == 415, "\(type)")
        }
        #expect(try await client.store(body, type: "multipart/related").status == 400)
        let single = try await client.store(
            ByteBuffer(bytes: ImageClient.image(number: 3)), type: "application/dicom")
        #expect(single.status == 200)
        let marked = try await client.store(
            ImageClient.body([ImageClient.image(number: 4)], type: "image/jpeg"))
        #expect(marked.status == 409)
    }

    @Test("A body that ends in the middle keeps what was whole, and says so")
    func cutShort() async throws {
        let client = try await Self.client("dicomweb-cut")
        var body = try ImageClient.body([
            ImageClient.image(number: 1), ImageClient.image(number: 2),
        ])
        body.moveWriterIndex(to: body.writerIndex - 200)
        let reply = try await client.store(body)
        #expect(reply.status == 400)
        #expect(reply.text.contains("last boundary"))
        let found = try await client.list("/studies/1.9.1/instances")
        #expect(found.map { ImageClient.value($0, "00080018") } == ["1.9.1.1.1"])
    }

    @Test("A session stores with its form token and our origin, never with the cookie alone")
    func session() async throws {
        let fixture = try await ServerFixture("dicomweb-session", source: InProcessSource())
        let physicist = try await fixture.browser(.physicist)
        let surgeon = try await fixture.browser(.surgeon)
        let type = "multipart/related; boundary=\"\(ImageClient.boundary)\""
        let token = try #require(HTTPField.Name("X-CSRF-Token"))
        for (browser, csrf, origin, status) in [
            (physicist, "", "http://\(ServerFixture.host)", 400),
            (physicist, physicist.csrf, nil, 400),
            (surgeon, surgeon.csrf, "http://\(ServerFixture.host)", 403),
            (physicist, physicist.csrf, "http://\(ServerFixture.host)", 200),
        ] as [(ServerFixture.Browser, String, String?, Int)] {
            let reply = try await fixture.send(
                .post, "/dicomweb/studies", browser, headers: [.contentType: type, token: csrf],
                body: ImageClient.body([ImageClient.image()]), origin: origin)
            #expect(reply.status == status, "\(reply.status) \(reply.text)")
        }
    }

    @Test("A series that came in pieces is examined when it is quiet")
    func examined() async throws {
        let client = try await Self.client("dicomweb-examined")
        let records = client.fixture.folder.records
        for number in [1, 2] {
            let body = try ImageClient.body([ImageClient.image(number: number)])
            #expect(try await client.store(body).status == 200)
        }
        #expect(try await records.unexaminedSeries(quietFor: 30).isEmpty)
        client.fixture.recordsClock.advance(seconds: 31)
        #expect(try await records.unexaminedSeries(quietFor: 30).map(\.seriesUID) == ["1.9.1.1"])
        let examination = SeriesExamination(
            folder: client.fixture.folder, source: InProcessSource())
        try await examination.run()
        #expect(try await records.unexaminedSeries(quietFor: 0).isEmpty)
    }
}
