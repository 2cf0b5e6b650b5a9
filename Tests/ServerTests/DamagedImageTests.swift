import DICOM
import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

/// Images whose headers hold numbers that no image has.
@Suite("Damaged images")
struct DamagedImageTests {
    private static let uid = "1.2.0.7"
    private static let id = SeriesName.short(uid)

    /// A picture of 4 x 4 pixels, or several.
    private static func image(_ modality: String, sopClass: String, frames: Int) -> DataSet {
        var data = DataSet()
        data.set(.sopClassUID, sopClass)
        data.set(.sopInstanceUID, "\(uid).1")
        data.set(.studyInstanceUID, "1.2.0")
        data.set(.seriesInstanceUID, uid)
        data.set(.modality, modality)
        data.set(.imageType, ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"])
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.rows, 4)
        data.set(.columns, 4)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.pixelRepresentation, 0)
        if frames > 1 { data.set(.numberOfFrames, frames) }
        data.setBytes(.pixelData, [UInt8](repeating: 1, count: 32 * frames))
        return data
    }

    private static func planar(slope: Double = 1, lowerKeV: Double = 126) -> DataSet {
        var data = image("NM", sopClass: "1.2.840.10008.5.1.4.1.1.20", frames: 2)
        data.set(.rescaleSlope, slope)
        data.set(.rescaleIntercept, 0)
        var range = DataSet()
        range.set(.energyWindowLowerLimit, lowerKeV)
        range.set(.energyWindowUpperLimit, max(lowerKeV, 154))
        var window = DataSet()
        window.set(.energyWindowRangeSequence, [range])
        data.set(.energyWindowInformationSequence, [window])
        data.set(.energyWindowVector, [1, 1])
        return data
    }

    private static func ct(spacing: Double = 1, axis: Double = 1) -> DataSet {
        var data = image("CT", sopClass: "1.2.840.10008.5.1.4.1.1.2", frames: 1)
        data.set(.imageType, ["ORIGINAL", "PRIMARY", "AXIAL"])
        data.set(.rescaleSlope, 1)
        data.set(.rescaleIntercept, -1024)
        data.set(.frameOfReferenceUID, "1.2.0.9")
        data.set(.pixelSpacing, [spacing, spacing])
        data.set(.imageOrientationPatient, [axis, 0, 0, 0, axis, 0])
        data.set(.imagePositionPatient, [0, 0, 0])
        data.set(.sliceThickness, 2)
        return data
    }

    /// A server whose first case has the image.
    private func fixture(_ label: String, _ data: DataSet) async throws -> ServerFixture {
        let fixture = try await ServerFixture(label, source: InProcessSource())
        let object = try await fixture.folder.objects.put(DicomWriter.fileBytes(data))
        let run = try await fixture.folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await fixture.folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P0", issuer: "H", name: "Phantom^Number0",
                        birthDate: "19600101", sex: "O"),
                    study: StudyDescription(studyUID: "1.2.0", date: "20260105"),
                    series: SeriesDescription(
                        seriesUID: Self.uid, modality: data.string(.modality) ?? ""),
                    sopInstanceUID: "\(Self.uid).1",
                    sopClassUID: data.string(.sopClassUID) ?? "",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
                    sourcePath: "file", sourceIndex: 0)
            ], run: run)
        return fixture
    }

    private static let regions = """
        {"anteriorFrame": 1, "posteriorFrame": 2, "shapes": [
          {"part": "lungs", "box": [0, 1, 0, 3]}, {"part": "liver", "box": [2, 3, 0, 3]}]}
        """

    @Test("An energy window that no camera has is not shown, and the page opens")
    func energyWindow() async throws {
        let fixture = try await fixture("damaged-window", Self.planar(lowerKeV: 1e300))
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/series/\(Self.id)"
        let page = try await fixture.send(.get, path, browser)
        #expect(page.status == 200 && !page.text.contains("keV"))
    }

    @Test("Counts that no camera measures are refused before anything is kept")
    func counts() async throws {
        let fixture = try await fixture("damaged-counts", Self.planar(slope: 1e30))
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/series/\(Self.id)"
        let reply = try await fixture.send(
            .post, "\(path)/regions", browser,
            form: ["csrf": browser.csrf, "regions": Self.regions])
        #expect(reply.status == 400 && reply.text.contains("counts"), "\(reply.text)")
        #expect(try await fixture.folder.records.derived(kind: "planar-regions").isEmpty)
        // The page says why it shows nothing.
        #expect(try await fixture.send(.get, path, browser).status == 400)
    }

    @Test("Plausible counts are kept")
    func plausible() async throws {
        let fixture = try await fixture("damaged-not", Self.planar())
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/series/\(Self.id)"
        let reply = try await fixture.send(
            .post, "\(path)/regions", browser,
            form: ["csrf": browser.csrf, "regions": Self.regions])
        #expect(reply.status == 201, "\(reply.text)")
        let page = try await fixture.send(.get, path, browser)
        #expect(page.status == 200 && page.text.contains("126 to 154 keV"))
    }

    @Test(
        "An image that lies nowhere, or is none, is refused in a sentence",
        arguments: [
            ct(spacing: 1e20), ct(spacing: 1e-200), ct(axis: 1e-200),
            image("RTSTRUCT", sopClass: "1.2.840.10008.5.1.4.1.1.481.3", frames: 1),
        ])
    func noVolume(data: DataSet) async throws {
        let fixture = try await fixture("damaged-volume", data)
        let browser = try await fixture.browser(.physicist)
        for kind in ["volumes", "previews", "projections"] {
            let reply = try await fixture.send(
                .get, "/cases/\(fixture.patients[0])/\(kind)/\(Self.id)", browser)
            #expect(reply.status == 400, "\(kind): \(reply.text)")
        }
    }

    @Test("A share too small to show anything is refused")
    func share() async throws {
        let fixture = try await fixture("damaged-share", Self.ct())
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/projections/\(Self.id)"
        #expect(try await fixture.send(.get, "\(path)?share=1e-320", browser).status == 400)
        #expect(try await fixture.send(.get, "\(path)?share=0.5", browser).status == 200)
    }

    @Test("Frames through a window that was asked for are not kept on disk")
    func windows() async throws {
        let fixture = try await fixture("damaged-windows", Self.planar())
        let browser = try await fixture.browser(.physicist)
        let path = "/cases/\(fixture.patients[0])/series/\(Self.id)/frames/1"
        let cache = fixture.folder.url.appending(path: "cache")
        func kept() -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: cache.path).count) ?? 0
        }
        for high in 1 ... 3 {
            let reply = try await fixture.send(.get, "\(path)?low=0&high=\(high)", browser)
            #expect(reply.status == 200)
        }
        #expect(kept() == 0)
        #expect(try await fixture.send(.get, path, browser).status == 200)
        #expect(kept() == 1)
    }
}
