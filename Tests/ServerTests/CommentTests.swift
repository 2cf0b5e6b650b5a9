import DICOM
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("Comments")
struct CommentTests {
    private static let uid = "1.2.0.1"
    private static let series = SeriesName.short(uid)
    /// An angiography of two files, whose second comes first by its number.
    private static let angiography = "1.2.0.6"

    private static func entry(
        _ uid: String, _ number: Int, _ object: ObjectDigest, modality: String, frame: String = ""
    ) -> InstanceEntry {
        InstanceEntry(
            patient: PatientIdentity(
                patientID: "P0", issuer: "H", name: "Phantom^Number0", birthDate: "19600101",
                sex: "O"),
            study: StudyDescription(studyUID: "1.2.0", date: "20260105"),
            series: SeriesDescription(
                seriesUID: uid, modality: modality, frameOfReferenceUID: frame),
            sopInstanceUID: "\(uid).\(number)", sopClassUID: "1.2.840.10008.5.1.4.1.1.12.1",
            transferSyntaxUID: "1.2.840.10008.1.2.1", object: object, sourcePath: "file",
            sourceIndex: number)
    }

    private static func run(_ number: Int, frames: Int) -> DataSet {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.12.1")
        data.set(.sopInstanceUID, "\(angiography).\(number)")
        data.set(.studyInstanceUID, "1.2.0")
        data.set(.seriesInstanceUID, angiography)
        data.set(.modality, "XA")
        data.set(.instanceNumber, number)
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.rows, 4)
        data.set(.columns, 6)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.pixelRepresentation, 0)
        data.set(.numberOfFrames, frames)
        data.setBytes(.pixelData, [UInt8](repeating: 1, count: 48 * frames))
        return data
    }

    private func register(_ entries: [InstanceEntry], in fixture: ServerFixture) async throws {
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await fixture.folder.records.register(entries, run: run)
    }

    private struct Pin: Decodable {
        let id: Int64
        let number: Int
        let kind: String
        let text: String
        let isInternal: Bool
        let author: String
        let lpsMM: [Double]?
        let frame: Int?
        let pixel: [Double]?
        let answers: [Answer]

        struct Answer: Decodable {
            let text: String
        }
    }

    private func post(
        _ path: String, _ fields: [String: String], _ browser: ServerFixture.Browser,
        _ fixture: ServerFixture, page: Bool = false
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, "/cases/\(fixture.patients[0])/comments\(path)", browser,
            form: fields.merging(["csrf": browser.csrf]) { $1 },
            headers: page ? [.accept: "text/html"] : [:])
    }

    private func pins(
        _ series: String, _ browser: ServerFixture.Browser, _ fixture: ServerFixture
    ) async throws -> [Pin] {
        let reply = try await fixture.send(
            .get, "/cases/\(fixture.patients[0])/comments?series=\(series)", browser)
        try #require(reply.status == 200, "\(reply.text)")
        return try JSONDecoder().decode([Pin].self, from: Data(reply.bytes))
    }

    private func casePage(
        _ browser: ServerFixture.Browser, _ fixture: ServerFixture
    ) async throws -> String {
        try await fixture.send(.get, "/cases/\(fixture.patients[0])", browser).text
    }

    @Test("A point pinned on an image shows on each of its frame of reference, and there only")
    func point() async throws {
        let fixture = try await ServerFixture("comment-point")
        let object = try await fixture.folder.objects.put(Array("other".utf8))
        try await register(
            [("1.2.0.2", "1.9"), ("1.2.0.3", "1.9"), ("1.2.0.4", "1.8")].map {
                Self.entry($0, 1, object, modality: "CT", frame: $1)
            }, in: fixture)
        let nurse = try await fixture.browser(.nurseSpecialist)
        let place = [
            "series": SeriesName.short("1.2.0.2"), "x": "-12.5", "y": "30", "z": "1e2",
            "kind": "territory", "text": "segment 4", "internal": "on",
        ]
        let kept = try await post("", place, nurse, fixture)
        #expect(kept.status == 201)
        let surgeon = try await fixture.browser(.surgeon)
        for uid in ["1.2.0.2", "1.2.0.3"] {
            let pins = try await pins(SeriesName.short(uid), surgeon, fixture)
            #expect(pins.count == 1)
            let pin = try #require(pins.first)
            #expect(pin.lpsMM == [-12.5, 30, 100] && pin.frame == nil && pin.number == 1)
            #expect(pin.kind == "territory" && pin.text == "segment 4" && pin.isInternal)
            #expect(pin.author == "Nurse specialist")
        }
        for uid in ["1.2.0.4", Self.uid] {
            #expect(try await pins(SeriesName.short(uid), surgeon, fixture).isEmpty)
        }
        let page = try await casePage(surgeon, fixture)
        #expect(page.contains("images?left=\(SeriesName.short("1.2.0.2"))#comment-1"))
    }

    @Test("A place on a frame stays on its frame when a file comes before it")
    func frame() async throws {
        let fixture = try await ServerFixture("comment-frame", source: InProcessSource())
        let late = try await fixture.folder.objects.put(
            DicomWriter.fileBytes(Self.run(2, frames: 3)))
        try await register(
            [Self.entry(Self.angiography, 2, late, modality: "XA")], in: fixture)
        let id = SeriesName.short(Self.angiography)
        let doctor = try await fixture.browser(.radiologist)
        let place = [
            "series": id, "frame": "2", "column": "5.5", "row": "-0.5",
            "kind": "catheter-position", "text": "tip in the left hepatic artery",
        ]
        let made = try await post("", place, doctor, fixture)
        #expect(made.status == 201, "\(made.text)")
        for wrong in [
            ["frame": "4"], ["frame": "0"], ["frame": "x"], ["column": "5.6"], ["row": "4"],
            ["column": "nan"], ["row": ""],
        ] {
            let refused = try await post("", place.merging(wrong) { $1 }, doctor, fixture)
            #expect(refused.status == 400, "\(wrong)")
        }
        let before = try #require(try await pins(id, doctor, fixture).first)
        #expect(before.frame == 2 && before.pixel == [5.5, -0.5])
        let early = try await fixture.folder.objects.put(
            DicomWriter.fileBytes(Self.run(1, frames: 4)))
        try await register(
            [Self.entry(Self.angiography, 1, early, modality: "XA")], in: fixture)
        let after = try await pins(id, doctor, fixture)
        #expect(after.map(\.frame) == [6] && after.map(\.kind) == ["catheter-position"])
        let page = try await casePage(doctor, fixture)
        #expect(page.contains("series/\(id)#comment-\(before.id)"))
        #expect(page.contains("Catheter position"))
    }

    @Test("Comments are answered and withdrawn on the case page; nothing disappears")
    func thread() async throws {
        let fixture = try await ServerFixture("comment-thread")
        let (anna, bert) = (
            try await fixture.browser(.physicist), try await fixture.browser(.oncologist)
        )
        let sent = try await post(
            "", ["text": "Which phase?\r\nArterial?"], anna, fixture, page: true)
        #expect(sent.status == 303)
        #expect(sent.headers[.location] == "/cases/\(fixture.patients[0])#comment-1")
        #expect(
            try await post("/1/answers", ["text": "Portal <b>venous</b>"], bert, fixture).status
                == 303)
        var page = try await casePage(bert, fixture)
        #expect(page.contains("Which phase?\nArterial?"))
        #expect(page.contains("Portal &lt;b&gt;venous&lt;/b&gt;") && !page.contains("<b>venous"))
        #expect(!page.contains("comments/1/withdraw") && page.contains("comments/2/withdraw"))

        let reason = ["reason": "asked in the wrong case"]
        #expect(try await post("/1/withdraw", reason, bert, fixture).status == 400)
        #expect(try await post("/1/withdraw", ["reason": " "], anna, fixture).status == 400)
        #expect(try await post("/1/withdraw", reason, anna, fixture).status == 303)
        #expect(try await post("/1/withdraw", reason, anna, fixture).status == 409)
        #expect(try await post("/1/answers", ["text": "late"], bert, fixture).status == 409)
        page = try await casePage(bert, fixture)
        #expect(page.contains("<del>Which phase?\nArterial?</del>"))
        #expect(page.contains("asked in the wrong case") && page.contains("Portal"))
        // The next one has a number of its own.
        _ = try await post(
            "", ["text": "Which side?", "series": Self.series, "x": "0", "y": "0", "z": "0"], anna,
            fixture)
        let pins = try await pins(Self.series, bert, fixture)
        #expect(pins.map(\.number) == [2] && pins.map(\.text) == ["Which side?"])
    }

    @Test("What is empty, too long, without its place or of another case is refused")
    func refused() async throws {
        let fixture = try await ServerFixture("comment-refused")
        let anna = try await fixture.browser(.physicist)
        let text = ["text": "fine"]
        for fields in [
            ["text": " \n"], ["text": String(repeating: "x", count: 2001)], ["text": "a\u{0}b"],
            ["text": "a\u{1b}[2Jb"], [:], text.merging(["kind": "gossip"]) { $1 },
            text.merging(["kind": "territory"]) { $1 },
            text.merging(["series": Self.series, "x": "1", "y": "2"]) { $1 },
            text.merging(["series": Self.series, "x": "inf", "y": "2", "z": "0"]) { $1 },
            text.merging(["series": Self.series, "x": "1e9", "y": "2", "z": "0"]) { $1 },
        ] {
            #expect(try await post("", fields, anna, fixture).status == 400, "\(fields)")
        }
        let foreign = ["series": SeriesName.short("1.2.1.1"), "x": "1", "y": "2", "z": "3"]
        #expect(try await post("", text.merging(foreign) { $1 }, anna, fixture).status == 404)
        let base = "/cases/\(fixture.patients[0])/comments"
        for path in ["\(base)?series=\(SeriesName.short("1.2.1.1"))", "\(base)?series=x"] {
            #expect(try await fixture.send(.get, path, anna).status == 404)
        }
        #expect(try await fixture.folder.records.comments(patient: fixture.patients[0]).isEmpty)

        // A comment of another case is not reached through one's own.
        let stranger = try await fixture.browser(.physicist, organisation: 1)
        let theirs = try await fixture.send(
            .post, "/cases/\(fixture.patients[1])/comments", stranger,
            form: ["csrf": stranger.csrf, "text": "theirs"])
        #expect(theirs.status == 303)
        for path in ["/1/answers", "/1/withdraw"] {
            let fields = ["text": "mine", "reason": "mine"]
            #expect(try await post(path, fields, anna, fixture).status == 404)
        }
        let auditor = try await fixture.browser(.auditor)
        #expect(try await post("", text, auditor, fixture).status == 403)
    }

    @Test("What answers an internal comment is internal")
    func internalAnswer() async throws {
        let fixture = try await ServerFixture("comment-internal")
        let anna = try await fixture.browser(.physicist)
        _ = try await post("", ["text": "among us", "internal": "on"], anna, fixture)
        _ = try await post("/1/answers", ["text": "agreed"], anna, fixture)
        let kept = try await fixture.folder.records.comments(patient: fixture.patients[0])
        #expect(kept.map(\.isInternal) == [true, true])
    }
}
