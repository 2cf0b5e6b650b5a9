import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Written objects")
struct WritingValidationTests {
    static let kinds: [(String, @Sendable () throws -> ComposedObjects)] = [
        ("CT", { try WritingSamples.ct() }),
        ("PET START", { try WritingSamples.pet(.seriesStart) }),
        ("PET ADMIN", { try WritingSamples.pet(.administration) }),
        ("NM RECON TOMO", { try WritingSamples.tomography() }),
        ("NM STATIC", { try WritingSamples.planar(isWholeBody: false) }),
        ("NM WHOLE BODY", { try WritingSamples.planar(isWholeBody: true) }),
        ("RTSTRUCT", { try WritingSamples.structures() }),
        ("SEG BINARY", { try WritingSamples.segments(.binary) }),
        ("SEG FRACTIONAL", { try WritingSamples.segments(.fractional) }),
        ("RTDOSE", { try WritingSamples.dose() }),
        ("PDF", { try WritingSamples.document() }),
        ("SR 3D", { try ReportSamples.inPatient() }),
        ("SR", { try ReportSamples.onFrame() }),
        ("SR of a plan", { try ReportSamples.ofPlan() }),
        ("KO", { try ReportSamples.selection() }),
    ]

    @Test(
        "dciodvfy finds no error in any kind of object",
        .enabled(if: DicomValidator.isInstalled, "dciodvfy is not installed"),
        arguments: kinds.map(\.0))
    func isValid(_ kind: String) throws {
        let compose = try #require(Self.kinds.first { $0.0 == kind }).1
        let folder = try ReferenceFiles.scratch("writing")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "object.dcm").path
        for data in try compose().dataSets {
            try DicomWriter.write(data, path: path)
            let errors = try DicomValidator.errors(path)
            #expect(errors.isEmpty, "\(errors.joined(separator: "; "))")
        }
    }
}
