import DICOM
import Foundation
import Imaging
import Testing
import _TestSupport

@Suite("Written reports and selections")
struct ReportWritingTests {
    private func readBack(_ data: DataSet) async throws -> DataSet {
        let folder = try ReferenceFiles.scratch("reports")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "object.dcm").path
        try DicomWriter.write(data, path: path)
        return try await InProcessSource().header(path: path)
    }

    private func items(of data: DataSet, _ type: String) -> [DataSet] {
        data.items(.contentSequence).flatMap { item in
            (item.string(.valueType) == type ? [item] : []) + items(of: item, type)
        }
    }

    @Test("diameters and statistics come back with units, statistics and their containers")
    func values() async throws {
        let written = try #require(try ReportSamples.inPatient().dataSets.first)
        let report = StructuredReport(header: try await readBack(written))
        #expect(report.title == "Imaging Measurement Report")
        #expect(report.isComplete)
        #expect(report.value("Long axis") == 31.25)
        #expect(report.value("Short axis") == 20)
        // More digits than the text of a number holds.
        #expect(report.value("Attenuation Coefficient", modifier: "Mean") == 54.123456789012345)
        #expect(report.value("Attenuation Coefficient", modifier: "Standard Deviation") == 12.5)
        let units = report.measurements.map(\.unit)
        #expect(units == ["mm", "mm", "[hnsf'U]", "[hnsf'U]", "mm2"])
        #expect(
            report.measurements.allSatisfy {
                $0.path == ["Imaging Measurements", "Measurement Group"]
            })
    }

    @Test("lines and circles in the patient come back in their frame of reference")
    func shapesInPatient() async throws {
        let written = try #require(try ReportSamples.inPatient().dataSets.first)
        let data = try await readBack(written)
        #expect(data.string(.sopClassUID) == SOPClass.comprehensive3DSR)
        let shapes = items(of: data, "SCOORD3D")
        let kinds = shapes.compactMap { $0.string(.graphicType) }
        #expect(kinds == ["POLYLINE", "POLYLINE", "ELLIPSE"])
        #expect(shapes.allSatisfy { $0.string(.referencedFrameOfReferenceUID) == "2.25.7" })
        #expect(shapes.first?.decimals(.graphicData) == [0, 0, 12.5, 31.25, 0, 12.5])
    }

    @Test("an outline on a frame ends where it began, counted from the corner of the first pixel")
    func shapeOnFrame() async throws {
        let written = try #require(try ReportSamples.onFrame().dataSets.first)
        let data = try await readBack(written)
        #expect(data.string(.sopClassUID) == SOPClass.comprehensiveSR)
        let shape = try #require(items(of: data, "SCOORD").first)
        #expect(shape.string(.graphicType) == "POLYLINE")
        #expect(shape.decimals(.graphicData) == [2.5, 3.5, 9.5, 3.5, 9.5, 8.5, 2.5, 3.5])
        let image = try #require(
            items(of: shape, "IMAGE").first?.items(.referencedSOPSequence).first)
        #expect(image.integer(.referencedFrameNumber) == 2)
        let evidence = try #require(data.items(.currentRequestedProcedureEvidenceSequence).first)
        #expect(evidence.string(.studyInstanceUID) == "2.25.1")
        #expect(
            evidence.items(.referencedSeriesSequence).compactMap { $0.string(.seriesInstanceUID) }
                == ["2.25.104"])
    }

    @Test("a plan's volume names segment, dose and structures, and leads to its interval")
    func plan() async throws {
        let written = try #require(try ReportSamples.ofPlan().dataSets.first)
        let data = try await readBack(written)
        let segment = try #require(
            items(of: data, "IMAGE").first {
                $0.items(.conceptNameCodeSequence).first?.string(.codeValue) == "121191"
            }?.items(.referencedSOPSequence).first)
        #expect(segment.integer(.referencedSegmentNumber) == 3)
        #expect(segment.string(.referencedSOPInstanceUID) == "2.25.62")
        let evidence = data.items(.currentRequestedProcedureEvidenceSequence)
            .flatMap { $0.items(.referencedSeriesSequence) }
            .flatMap { $0.items(.referencedSOPSequence) }
            .compactMap { $0.string(.referencedSOPInstanceUID) }
        #expect(Set(evidence) == ["2.25.50", "2.25.62", "2.25.63", "2.25.64"])
        let ranges = items(of: data, "NUM").filter {
            $0.string(.relationshipType) == "HAS PROPERTIES"
        }.compactMap { $0.items(.measuredValueSequence).first?.decimals(.numericValue)?.first }
        #expect(ranges == [25, 20, 10, -2])
        let scheme = try #require(data.items(.codingSchemeIdentificationSequence).first)
        #expect(scheme.string(.codingSchemeDesignator) == "99GREVY")
    }

    @Test("a value that is no number is refused, and so is an interval that is none")
    func notFinite() throws {
        let report = MeasurementReportWriter(
            series: WritingSamples.series(9), observer: .person("A"))
        for value in [
            MeasurementGroup.Value(ReportCode.volume, .nan, ReportCode.cubicCentimetre),
            MeasurementGroup.Value(
                ReportCode.volume, 1, ReportCode.cubicCentimetre, interval: 0 ... .infinity),
        ] {
            let group = MeasurementGroup(label: "x", trackingUID: "2.25.204", values: [value])
            #expect(throws: DicomError.self) {
                try report.compose([group], instanceUID: "2.25.69")
            }
        }
    }

    @Test("a selection keeps the order of its images and says what it is for")
    func selection() async throws {
        let written = try #require(try ReportSamples.selection().dataSets.first)
        let data = try await readBack(written)
        #expect(data.string(.modality) == "KO")
        let title = try #require(data.items(.conceptNameCodeSequence).first)
        #expect(title.string(.codeValue) == "113005")
        let images = items(of: data, "IMAGE").compactMap {
            $0.items(.referencedSOPSequence).first?.string(.referencedSOPInstanceUID)
        }
        #expect(images == ["2.25.61", "2.25.50"])
        let evidence = data.items(.currentRequestedProcedureEvidenceSequence)
            .flatMap { $0.items(.referencedSeriesSequence) }
        #expect(evidence.count == 2)
    }

    @Test("nothing to report, nothing selected and a line of one point are refused")
    func refusals() throws {
        let report = MeasurementReportWriter(
            series: WritingSamples.series(9), observer: .person("A^B"))
        #expect(throws: DicomError.self) { try report.compose([], instanceUID: "2.25.69") }
        let point = MeasurementGroup(
            label: "x", trackingUID: "2.25.204",
            values: [
                .init(
                    ReportCode.longAxis, 1, ReportCode.millimetre,
                    shape: ReportSamples.line([[0, 0, 0]]))
            ])
        #expect(throws: DicomError.self) { try report.compose([point], instanceUID: "2.25.69") }
        let far = MeasurementGroup(
            label: "x", trackingUID: "2.25.204",
            values: [
                .init(
                    ReportCode.longAxis, 1, ReportCode.millimetre,
                    shape: ReportSamples.line([[0, 0, 0], [.nan, 0, 0]]))
            ])
        #expect(throws: DicomError.self) { try report.compose([far], instanceUID: "2.25.69") }
        let selection = KeyObjectWriter(series: WritingSamples.series(11), observer: "A^B")
        #expect(throws: DicomError.self) {
            try selection.compose([], title: .ofInterest, note: "", instanceUID: "2.25.69")
        }
    }
}
