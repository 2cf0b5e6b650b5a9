import DICOM
import Dosimetry
import Foundation
import Imaging
import Quantities
import Testing
import Workflows
import _TestSupport

@Suite("Structures in one plane")
struct SinglePlaneTests {
    /// Squares of 10 mm by 10 mm in the planes `z`.
    private func structure(_ number: Int, z: [Double]) -> StructureSet.Structure {
        StructureSet.Structure(
            number: number, name: "S\(number)",
            contours: ContourStack(
                contours: z.map { z in
                    PlanarContour(pointsMM: [
                        Vector3(10, 10, z), Vector3(20, 10, z), Vector3(20, 20, z),
                        Vector3(10, 20, z),
                    ])
                }))
    }

    private func document(
        sliceMM: Double, _ structures: [StructureSet.Structure]
    ) async throws -> DVHDocument {
        let grid = try VolumeGeometry(
            shape: [20, 20, 12], spacingMM: [2, 2, sliceMM], originMM: [0, 0, 0])
        let dose = DoseObject(
            dose: DoseMap(grays: Volume<Float>(repeating: 3, geometry: grid)),
            frameOfReferenceUID: "1.2.3")
        let set = StructureSet(
            label: "set", frameOfReferenceUID: "1.2.3", referencedSeriesUID: nil,
            structures: structures)
        return try await DVHWorkflow().histograms(dose: dose, structures: set)
    }

    /// 10 mm · 10 mm · 5 mm = 0.5 mL.
    @Test(
        "are as thick as the set's planes are apart, whatever the dose grid",
        arguments: [4.0, 5, 6])
    func thickness(sliceMM: Double) async throws {
        let document = try await document(
            sliceMM: sliceMM,
            [structure(1, z: [20]), structure(2, z: [15, 20, 25]), structure(3, z: [10, 20])])
        let single = try #require(document.structures.first { $0.number == 1 })
        #expect(abs(single.volumeML - 0.5) < 1e-4)  // shares are Float
        #expect(abs(single.meanDoseGy - 3) < 1e-6)
        let found = document.findings.filter { $0.code == "dvh.single-plane" }
        #expect(found.map(\.subject) == ["S1"] && found.map(\.severity) == [.note])
        #expect(found[0].sentence.contains("5.00 mm"))
    }

    @Test("alone in their set are as thick as a dose slice, with a warning")
    func alone() async throws {
        let document = try await document(sliceMM: 4, [structure(1, z: [20])])
        #expect(abs((document.structures.first?.volumeML ?? 0) - 0.4) < 1e-4)
        let found = document.findings.filter { $0.code == "dvh.single-plane" }
        #expect(found.map(\.severity) == [.warning])
    }

    @Test("The volume of a real structure without a contour is spoken of once")
    func noContour() async throws {
        guard ReferenceFiles.testdata != nil else { return }
        let document = try await DVHReferenceTests.document("eclipse-dvh", "rtss", .area)
        #expect(
            document.findings.filter { $0.code.hasSuffix("no-contours") }.map(\.code)
                == ["rtstruct.no-contours"])
    }

    @Test("A file of another kind, or none, is named as such")
    func otherFiles() async throws {
        let work = try ReferenceFiles.scratch("dvh-kinds")
        defer { try? FileManager.default.removeItem(at: work) }
        var header = DataSet()
        header.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.481.3")
        header.set(.modality, "RTSTRUCT")
        let path = work.appending(path: "set").path
        try Data().write(to: URL(filePath: path))
        let source = OneHeader(header: header)
        await #expect(
            throws: WorkflowError.refused(
                sentence: "'\(path)' is another DICOM object (RTSTRUCT); an RTDOSE is needed here.")
        ) { _ = try await DVHWorkflow().run(dosePath: path, structuresPath: path, source: source) }
        let absent = work.appending(path: "absent").path
        await #expect(throws: WorkflowError.absent(absent)) {
            _ = try await DVHWorkflow().run(
                dosePath: absent, structuresPath: path, source: source)
        }
    }

    /// Every file is the same object without pixels.
    private struct OneHeader: DicomSource {
        let header: DataSet

        func header(path: String) async throws -> DataSet { header }
        func frames(path: String) async throws -> PixelFrames { throw DicomError.notDicom }
    }
}
