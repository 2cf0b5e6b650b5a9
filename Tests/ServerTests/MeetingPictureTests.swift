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
    private static func run(burnedIn: String) -> DataSet {
        var data = DataSet()
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
    private static func story(_ label: String, burnedIn: String) async throws -> MeetingStory {
        let story = try await MeetingStory(label, source: InProcessSource())
        let folder = story.fixture.folder
        let object = try await folder.objects.put(
            DicomWriter.fileBytes(Self.run(burnedIn: burnedIn)))
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
                    sopInstanceUID: "\(Self.angiography).1",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.12.1",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 1)
            ], run: run)
        return story
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
}
