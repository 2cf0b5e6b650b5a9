import DICOM
import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Report as a DICOM object")
struct ReportObjectTests {
    @Test("The same PDF gives the same object, one printed again another of the same series")
    func identifiers() async throws {
        let (work, folder) = try await SmallPatient.imported("report-object")
        defer { try? FileManager.default.removeItem(at: work) }
        let series = try await folder.records.series(patient: 1)
        func id(_ name: String) throws -> String {
            try #require(series.first { $0.description.description == name }).shortID
        }
        let kept = try await PlanWorkflow(
            folder: folder, source: InProcessSource(), actor: "test"
        ).run(
            yaml: SmallPatient.rightLobe(
                images: """
                    planning: \(id("CT portal venous, simulated")), \
                    activity: \(id("MAA SPECT no AC, simulated"))
                    """,
                registration: "{kind: identity, acceptedBy: test}",
                lungShunt: "{use: typed, fraction: 0.05}"), specFolder: work)
        func written(_ text: String) async throws -> (header: DataSet, bytes: Data) {
            let file = work.appending(path: "report.dcm")
            try PlanExport(kept).writeReport(pdf: Array("%PDF-1.7 \(text)".utf8), to: file)
            return (
                try await InProcessSource().header(path: file.path), try Data(contentsOf: file)
            )
        }
        let first = try await written("a")
        let again = try await written("a")
        let other = try await written("b")
        #expect(first.bytes == again.bytes)
        let uid = try #require(first.header.string(.sopInstanceUID))
        #expect(uid != other.header.string(.sopInstanceUID))
        #expect(
            first.header.string(.seriesInstanceUID) == other.header.string(.seriesInstanceUID))
    }
}
