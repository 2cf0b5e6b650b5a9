import DICOM
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

/// Series that are looked at frame by frame, in a meeting's session.
@Suite("Pictures in a session")
struct MeetingPictureTests {
    private static let angiography = "1.2.0.7"
    private static var id: String { SeriesName.short(angiography) }

    /// A run of three frames of 6 x 4 pixels.
    private static func run(burnedIn: String, imagerSpacing: [String]? = nil) -> DataSet {
        var data = DataSet()
        if let imagerSpacing { data.set(.imagerPixelSpacing, imagerSpacing) }
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.12.1")
        data.set(.sopInstanceUID, "\(angiography).1")
        data.set(.studyInstanceUID, "1.2.0")
        data.set(.seriesInstanceUID, angiography)
        data.set(.modality, "XA")
        data.set(.burnedInAnnotation, burnedIn)
        data.set(.instanceNumber, 1)
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.rows, 4)
        data.set(.columns, 6)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.pixelRepresentation, 0)
        data.set(.numberOfFrames, 3)
        data.setBytes(.pixelData, (0 ..< 144).map { UInt8($0 % 2) })
        return data
    }

    /// A meeting whose case has the run.
    private static func story(
        _ label: String, burnedIn: String, imagerSpacing: [String]? = nil
    ) async throws -> MeetingStory {
        let story = try await MeetingStory(label, source: InProcessSource())
        try await add(Self.run(burnedIn: burnedIn, imagerSpacing: imagerSpacing), to: story)
        return story
    }

    /// Registers a file of the run's series, its first one or another.
    private static func add(_ data: DataSet, to story: MeetingStory) async throws {
        let folder = story.fixture.folder
        let object = try await folder.objects.put(DicomWriter.fileBytes(data))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P0", issuer: "H", name: "Phantom^Number0",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: "1.2.0", date: "20260105"),
                    series: SeriesDescription(
                        seriesUID: Self.angiography, modality: "XA",
                        description: "Run of Number0"),
                    sopInstanceUID: try #require(data.string(.sopInstanceUID)),
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.12.1",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 1)
            ], run: run)
    }

    private struct Line: Decodable {
        struct Frames: Decodable {
            let path: String
            let description: String
            let rows: Int
            let columns: Int
            let frames: [[String: String]]
        }

        let frames: Frames?
        let notShared: Int
    }

    private func line(_ story: MeetingStory) async throws -> (Line, text: String) {
        let reply = try await story.fixture.send(
            .get, "\(story.casePath)/scene?images=\(Self.id)", story.chair)
        try #require(reply.status == 200, "\(reply.text)")
        return (try JSONDecoder().decode(Line.self, from: Data(reply.bytes)), reply.text)
    }

    @Test("A series without slices is offered, and comes as pictures that its reader may fetch")
    func pictures() async throws {
        let story = try await Self.story("session-pictures", burnedIn: "NO")
        try await story.begin()
        let item = try await story.fixture.send(.get, "\(story.casePath)/item", story.chair)
        #expect(item.text.contains(Self.id))
        let frames = try #require(try await line(story).0.frames)
        #expect(frames.rows == 4 && frames.columns == 6 && frames.frames.count == 3)
        #expect(frames.description == "Run of Number0")
        let picture = try await story.fixture.send(.get, "\(frames.path)/frames/3", story.chair)
        #expect(picture.status == 200 && picture.bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test("While names are hidden it is called by its kind, and withheld when names may be in it")
    func hidden() async throws {
        for (burnedIn, isShown) in [("NO", true), ("YES", false)] {
            let story = try await Self.story("session-pictures-hidden", burnedIn: burnedIn)
            try await story.begin()
            _ = try await story.post("\(story.path)/names", ["hidden": "yes"], story.nurse)
            let item = try await story.fixture.send(.get, "\(story.casePath)/item", story.chair)
            #expect(item.text.contains(Self.id) == isShown)
            #expect(!item.text.contains("Number0"))
            if isShown {
                let (line, text) = try await line(story)
                #expect(line.frames?.description == "XA" && !text.contains("Number0"))
            } else {
                let refused = try await story.fixture.send(
                    .get, "\(story.casePath)/scene?images=\(Self.id)", story.chair)
                #expect(refused.status == 409)
            }
        }
    }

    @Test("What is seen of a picture goes to everybody as numbers, and nothing else does")
    func view() async throws {
        let story = try await Self.story("session-pictures-view", burnedIn: "NO")
        try await story.begin()
        let view = """
            {"images":["\(Self.id)"],"frame":2,"low":-5,"high":90.5,"zoom":1.25,\
            "middle":[0.25,0.5],"pointer":[3.5,-0.5]}
            """
        let item = "\(story.item.id)"
        let shown = try await story.post(
            "\(story.path)/view",
            ["item": item, "view": view.replacing("{\"im", with: "{\"note\":\"Phantom\",\"im")],
            story.nurse)
        #expect(shown.status == 200, "\(shown.text)")
        let heard = try await story.heard(story.chair).text
        for part in [
            "\"frame\":2", "\"middle\":[0.25,0.5]", "\"pointer\":[3.5,-0.5]", "\"high\":90.5",
        ] { #expect(heard.contains(part), "\(part)") }
        #expect(!heard.contains("Phantom"))
        for (part, wrong) in [
            ("\"frame\":2", "\"frame\":0"), ("\"frame\":2", "\"frame\":1e9"),
            ("[0.25,0.5]", "[0.25]"), ("[0.25,0.5]", "[1e9,0]"), ("\"low\":-5", "\"low\":1e30"),
            ("[3.5,-0.5]", "[1,2,3]"), ("\"zoom\":1.25", "\"zoom\":0"),
            ("\"\(Self.id)\"", "\"\(Self.id)\",\"se-2\""), (Self.id, "Phantom Number0"),
        ] {
            let text = view.replacing(part, with: wrong)
            try #require(text != view)
            let refused = try await story.post(
                "\(story.path)/view", ["item": item, "view": text], story.nurse)
            #expect(refused.status == 400, "\(wrong)")
        }
    }

    private func object(
        _ story: MeetingStory, _ name: String, _ browser: ServerFixture.Browser
    ) async throws -> DataSet {
        let reply = try await story.fixture.send(.get, "\(story.casePath)/\(name)", browser)
        try #require(reply.status == 200, "\(reply.text)")
        let file = story.fixture.folder.url.appending(path: name)
        try Data(reply.bytes).write(to: file)
        return try await InProcessSource().header(path: file.path)
    }

    private func items(of data: DataSet, _ type: String) -> [DataSet] {
        data.items(.contentSequence).flatMap { item in
            (item.string(.valueType) == type ? [item] : []) + items(of: item, type)
        }
    }

    @Test("A frame is a key image, and a length on it is kept with what it is a length of")
    func marks() async throws {
        let story = try await Self.story(
            "session-pictures-marks", burnedIn: "NO", imagerSpacing: ["0.25", "0.5"])
        try await story.begin()
        let marked = try await story.post(
            "\(story.casePath)/key-images",
            ["series": Self.id, "frame": "2", "column": "3", "row": "1.5", "note": "feeder"],
            story.nurse)
        #expect(marked.text.contains("\"frame\":2"), "\(marked.text)")
        #expect(marked.text.contains("\"pixel\":[3,1.5]"))
        // 4 columns of 0.5 mm; 2 rows of 0.25 mm across.
        let fields = [
            "series": Self.id, "label": "Vessel", "shape": "diameters", "frame": "3",
            "ends": "0,0,4,0,2,0,2,2",
        ]
        let measured = try await story.post(
            "\(story.casePath)/measurements", fields, story.nurse)
        #expect(measured.status == 200, "\(measured.text)")
        for part in [
            "\"long-diameter\",\"unit\":\"mm\",\"value\":2}",
            "\"short-diameter\",\"unit\":\"mm\",\"value\":0.5}", "\"isOnDetector\":true",
            "\"frame\":3",
        ] { #expect(measured.text.contains(part), "\(part) in \(measured.text)") }
        for (name, value, status) in [
            ("frame", "4", 400), ("frame", "0", 400), ("frame", "x", 400), ("ends", "0,0,9,0", 400),
            ("ends", "0,0,4", 400), ("ends", "0,0", 400), ("ends", "0,0,0,1,0,0,4,0", 400),
            ("shape", "circle", 400), ("target", "new", 400),
        ] {
            let refused = try await story.post(
                "\(story.casePath)/measurements",
                fields.merging([name: value, "site": "liver"]) { $1 }, story.nurse)
            #expect(refused.status == status, "\(name) \(value): \(refused.text)")
        }
        let radiologist = try await story.fixture.browser(.radiologist)
        let key = try await object(story, "key-images.dcm", radiologist)
        let reference = try #require(
            items(of: key, "IMAGE").first?.items(.referencedSOPSequence).first)
        #expect(reference.integer(.referencedFrameNumber) == 2)
        #expect(reference.string(.referencedSOPInstanceUID) == "\(Self.angiography).1")
        let report = try await object(story, "measurements.dcm", radiologist)
        #expect(report.string(.sopClassUID) == "1.2.840.10008.5.1.4.1.1.88.33")
        let lines = items(of: report, "SCOORD")
        // The standard's origin is the corner of the first pixel.
        #expect(lines.first?.decimals(.graphicData) == [0.5, 0.5, 4.5, 0.5])
        let frames = items(of: report, "IMAGE").compactMap {
            $0.items(.referencedSOPSequence).first?.integer(.referencedFrameNumber)
        }
        #expect(Set(frames) == [3])
        #expect(StructuredReport(header: report).value("Long axis") == 2)
        let methods = items(of: report, "CODE").compactMap {
            $0.items(.conceptCodeSequence).first?.string(.codeValue)
        }
        #expect(methods.count { $0 == "detector-plane" } == 2)
    }

    @Test("A picture without a scale is a key image and is not measured, which is said")
    func withoutScale() async throws {
        let story = try await Self.story("session-pictures-scale", burnedIn: "NO")
        try await story.begin()
        let refused = try await story.post(
            "\(story.casePath)/measurements",
            [
                "series": Self.id, "label": "Vessel", "shape": "diameters", "frame": "1",
                "ends": "0,0,4,0",
            ], story.nurse)
        #expect(refused.status == 400 && refused.text.contains("how large its pixels are"))
        let outside = try await story.post(
            "\(story.casePath)/key-images",
            ["series": Self.id, "frame": "4", "column": "0", "row": "0"], story.nurse)
        #expect(outside.status == 400, "\(outside.text)")
        let marked = try await story.post(
            "\(story.casePath)/key-images",
            ["series": Self.id, "frame": "1", "column": "0", "row": "0"], story.nurse)
        #expect(marked.status == 200, "\(marked.text)")
    }

    @Test("Marks on a series that cannot be read any more stay on the item, without a frame")
    func unreadable() async throws {
        let story = try await Self.story(
            "session-pictures-unreadable", burnedIn: "NO", imagerSpacing: ["0.25", "0.5"])
        try await story.begin()
        let marked = try await story.post(
            "\(story.casePath)/key-images",
            ["series": Self.id, "frame": "2", "column": "3", "row": "1.5", "note": "feeder"],
            story.nurse)
        #expect(marked.text.contains("\"frame\":2"), "\(marked.text)")
        let measured = try await story.post(
            "\(story.casePath)/measurements",
            [
                "series": Self.id, "label": "Vessel", "shape": "diameters", "frame": "3",
                "ends": "0,0,4,0",
            ], story.nurse)
        #expect(measured.text.contains("\"frame\":3"), "\(measured.text)")
        // A second file comes, of half the height.
        var other = Self.run(burnedIn: "NO")
        other.set(.sopInstanceUID, "\(Self.angiography).2")
        other.set(.rows, 2)
        other.setBytes(.pixelData, Array(repeating: 0, count: 72))
        try await Self.add(other, to: story)
        let scene = try await story.fixture.send(
            .get, "\(story.casePath)/scene?images=\(Self.id)", story.chair)
        #expect(scene.status == 400 && scene.text.contains("differ in size"), "\(scene.text)")
        let item = try await story.fixture.send(.get, "\(story.casePath)/item", story.chair)
        #expect(item.status == 200, "\(item.text)")
        for part in ["feeder", "\"pixel\":[3,1.5]", "Vessel", "\"points\":[[0,0],[4,0]]"] {
            #expect(item.text.contains(part), "\(part) in \(item.text)")
        }
        #expect(!item.text.contains("\"frame\":"))
    }

    @Test("A picture in colours that are not shown refuses itself, not the others of its series")
    func unknownColours() async throws {
        let story = try await Self.story("session-pictures-colours", burnedIn: "NO")
        try await story.begin()
        var odd = Self.run(burnedIn: "NO")
        odd.set(.sopInstanceUID, "\(Self.angiography).2")
        odd.set(.instanceNumber, 2)
        odd.set(.samplesPerPixel, 3)
        odd.set(.planarConfiguration, 0)
        odd.set(.photometricInterpretation, "YBR_PARTIAL_420")
        odd.set(.bitsAllocated, 8)
        odd.set(.bitsStored, 8)
        odd.set(.highBit, 7)
        odd.set(.numberOfFrames, 1)
        // One pair of chrominances for four pixels.
        odd.setBytes(.pixelData, Array(repeating: 100, count: 36))
        try await Self.add(odd, to: story)
        let frames = try #require(try await line(story).0.frames)
        #expect(frames.frames.count == 4)
        for frame in 1 ... 4 {
            let picture = try await story.fixture.send(
                .get, "\(frames.path)/frames/\(frame)", story.chair)
            #expect(picture.status == (frame < 4 ? 200 : 400), "\(frame): \(picture.text)")
            if frame == 4 { #expect(picture.text.contains("of a kind that is not shown")) }
        }
    }
}
