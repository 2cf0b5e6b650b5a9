import DICOM
import Foundation
import Quantities
import Storage
import Testing
import Workflows
import _TestSupport

/// The patient ID given with an import, where files do not take it.
@Suite("Patient ID of an import")
struct PatientNamingTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()

        init() async throws {
            (work, folder) = try await SmallPatient.imported("patient-naming")
        }

        /// A copy of the structure set as another series and study, of some patient or nobody.
        func write(_ name: String, patientID: String, number: Int) async throws {
            let old = work.appending(path: "patient/dicom/rtstruct")
            let file = try #require(
                try FileManager.default.contentsOfDirectory(atPath: old.path).first)
            var object = try await source.header(path: old.appending(path: file).path)
            object.set(.patientID, patientID)
            for (n, attribute) in [
                Attribute.sopInstanceUID, .mediaStorageSOPInstanceUID, .seriesInstanceUID,
                .studyInstanceUID,
            ].enumerated() {
                // The first two are one UID.
                object.set(attribute, "2.25.99\(number)\(max(1, n))")
            }
            try DicomWriter.write(object, path: work.appending(path: name).path)
        }

        func take(_ name: String, patientID: String?) async throws -> ImportSummary {
            try await ImportWorkflow(
                folder: folder, source: source, actor: "test", patientIDForUnnamed: patientID
            ).run(paths: [work.appending(path: name)])
        }
    }

    @Test("is told where it changes nothing, and a plan names the series of the other patient")
    func told() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        try await bench.write("own.dcm", patientID: "A", number: 1)
        try await bench.write("none.dcm", patientID: "", number: 2)

        let own = try await bench.take("own.dcm", patientID: "B")
        #expect(own.stored == 1)
        #expect(own.findings.map(\.code) == ["import.other-patient-id"])
        // Nothing is amiss with the ID that the file has.
        #expect(try await bench.take("own.dcm", patientID: "A").findings.isEmpty)

        #expect(try await bench.take("none.dcm", patientID: nil).findings.isEmpty)
        let late = try await bench.take("none.dcm", patientID: "B")
        #expect(late.alreadyStored == 1)
        #expect(late.findings.map(\.code) == ["import.patient-id-too-late"])
        #expect(late.findings.map(\.severity) == [.warning])

        try await bench.write("named.dcm", patientID: "", number: 3)
        for _ in 0 ..< 2 {
            #expect(try await bench.take("named.dcm", patientID: "B").findings.isEmpty)
        }

        // The structures of patient A with the images of the synthetic one.
        let other = try #require(own.series.first?.id)
        let yaml = SmallPatient.rightLobe(
            images:
                "planning: \"CT portal venous, simulated\", activity: \"MAA SPECT no AC, simulated\"",
            registration: "{kind: identity}", lungShunt: "{use: typed, fraction: 0.05}"
        ).replacing("\"Structures from shapes, simulated\"", with: other)
        let error = await #expect(throws: WorkflowError.self) {
            _ = try await PlanWorkflow(folder: bench.folder, source: bench.source, actor: "test")
                .run(yaml: yaml, specFolder: bench.work)
        }
        let sentence = "\(try #require(error))"
        for part in ["'structures.from'", other, "another patient", "--patient-id"] {
            #expect(sentence.contains(part), "\(sentence)")
        }
    }
}
