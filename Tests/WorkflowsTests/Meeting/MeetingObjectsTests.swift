import DICOM
import Foundation
import Imaging
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// Key images and measurements of the synthetic patient, from the record to DICOM objects.
@Suite("A meeting's key images and measurements as DICOM objects")
struct MeetingObjectsTests {
    private struct Bench {
        let work: URL
        let folder: DataFolder
        let source = InProcessSource()
        let patient: PatientRecord
        let series: SeriesRecord
        let item: AgendaItemRecord
        let account: Int64

        init() async throws {
            (work, folder) = try await SmallPatient.imported("meeting-objects")
            let records = folder.records
            patient = try #require(try await records.patients().first)
            series = try #require(
                try await records.series(patient: patient.id).first {
                    $0.description.description == "CT portal venous, simulated"
                })
            let home = try await folder.accounts.organisation(named: "centre", by: "test")
            account = try await folder.accounts.create(
                login: "rada", fullName: "Rada", organisation: home.id, role: .radiologist,
                by: "test"
            ).id
            let meeting = try await records.makeMeeting(
                of: home.id, day: "2026-11-26", title: "", chair: account, by: account)
            item = try await records.list(
                patient: patient.id, in: meeting.id, question: "?", referral: "", by: account)
        }

        var objects: MeetingObjects {
            MeetingObjects(
                CaseReader(folder: folder, patient: patient.id, sight: .whole), source: source,
                patient: patient)
        }

        func image() async throws -> ImageSeries {
            try await SeriesLibrary(folder: folder, source: source)
                .image(seriesUID: series.description.seriesUID)
        }

        /// Writes bytes to a file and reads its header.
        func header(_ bytes: [UInt8], _ name: String) async throws -> (DataSet, path: String) {
            let file = work.appending(path: name)
            try Data(bytes).write(to: file)
            return (try await source.header(path: file.path), file.path)
        }

        /// Slice position of the file that an object refers to first.
        func sliceMM(_ reference: DataSet) async throws -> Double? {
            let uid = reference.string(.referencedSOPInstanceUID)
            let instance = try #require(
                try await folder.records.instances(seriesUID: series.description.seriesUID)
                    .first { $0.sopInstanceUID == uid })
            let header = try await source.header(
                path: folder.objects.url(of: instance.object).path)
            return header.decimals(.imagePositionPatient)?.last
        }
    }

    private func items(of data: DataSet, _ type: String) -> [DataSet] {
        data.items(.contentSequence).flatMap { item in
            (item.string(.valueType) == type ? [item] : []) + items(of: item, type)
        }
    }

    @Test("The file of the slice through a place is selected; the same rows give the same bytes")
    func selection() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let geometry = try await bench.image().volume.geometry
        let k = geometry.shape.z / 3
        let place = geometry.positionMM(index: Vector3(3, 4, Double(k) + 0.3))
        let kept = try await bench.folder.records.keepKeyImage(
            at: .point(series: bench.series.id, lpsMM: place), note: "largest", for: bench.item.id,
            of: bench.patient.id, by: bench.account)
        let bytes = try await bench.objects.selection([kept], observer: "Rada")
        #expect(try await bench.objects.selection([kept], observer: "Rada") == bytes)
        let (data, path) = try await bench.header(bytes, "key.dcm")
        #expect(data.string(.patientID) == bench.patient.identity.patientID)
        let images = items(of: data, "IMAGE").flatMap { $0.items(.referencedSOPSequence) }
        #expect(images.count == 1)
        let first = try #require(images.first)
        let slice = try #require(try await bench.sliceMM(first))
        #expect(abs(slice - geometry.positionMM(index: Vector3(0, 0, Double(k))).z) < 1e-3)
        if DicomValidator.isInstalled { #expect(try DicomValidator.errors(path) == []) }
    }

    @Test("Diameters and a circle's statistics come back from the report as they were kept")
    func report() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let image = try await bench.image()
        let centre = image.volume.geometry.centreMM
        let drawn: [DrawnMeasurement] = [
            .diameters([centre, centre + Vector3(30, 0, 0)]),
            .circle(centre: centre, normal: Vector3(0, 0, 1), radiusMM: 12),
        ]
        var kept: [MeasurementRecord] = []
        for (n, one) in drawn.enumerated() {
            let measured = try MeetingMeasuring.measured(one, on: image)
            kept.append(
                try await bench.folder.records.keep(
                    MeasurementDraft(
                        agendaItem: bench.item.id, patient: bench.patient.id,
                        series: bench.series.id, label: "Target \(n + 1)",
                        trackingUID: MeetingObjects.uid("test", "\(n)"), shape: measured.0,
                        place: .patient(measured.1), values: measured.2), by: bench.account))
        }
        let none = try await bench.folder.records.lesions(of: bench.patient.id)
        let bytes = try await bench.objects.report(kept, lesions: none, observer: "Rada")
        let (data, path) = try await bench.header(bytes, "report.dcm")
        #expect(data.string(.sopClassUID) == SOPClass.comprehensive3DSR)
        let report = StructuredReport(header: data)
        let length = try #require(kept.first?.draft.values.first)
        #expect(abs(length.value - 30) < 1e-9)
        #expect(report.value("Long axis") == length.value)
        let mean = try #require(kept.last?.draft.values.first)
        #expect(mean.quantity == .mean && mean.unit == "HU")
        #expect(report.value("Attenuation Coefficient", modifier: "Mean") == mean.value)
        #expect(report.measurements.count == 6)
        let frames = Set(
            items(of: data, "SCOORD3D").compactMap { $0.string(.referencedFrameOfReferenceUID) })
        #expect(frames == [bench.series.description.frameOfReferenceUID])
        if DicomValidator.isInstalled { #expect(try DicomValidator.errors(path) == []) }
        await #expect(throws: WorkflowError.self) {
            try await bench.objects.report([], lesions: none, observer: "Rada")
        }
    }

    @Test("A target lesion keeps its name and tracking UID; the day's sum and response follow")
    func targets() async throws {
        let bench = try await Bench()
        defer { try? FileManager.default.removeItem(at: bench.work) }
        let records = bench.folder.records
        func report(
            _ lengthMM: Double, _ target: TargetChoice, _ day: String
        ) async throws
            -> (data: DataSet, path: String)
        {
            let line = [Vector3(0, 0, 0), Vector3(lengthMM, 0, 0)]
            let measured = try MeetingMeasuring.measured(.diameters(line), on: nil)
            let kept = try await records.keep(
                MeasurementDraft(
                    agendaItem: bench.item.id, patient: bench.patient.id,
                    series: bench.series.id, label: day,
                    trackingUID: MeetingObjects.uid("test", day), shape: measured.0,
                    place: .patient(measured.1), values: measured.2), as: target, day: day,
                by: bench.account)
            let bytes = try await bench.objects.report(
                [kept], lesions: try await records.lesions(of: bench.patient.id),
                observer: "Rada")
            return try await bench.header(bytes, "\(day).dcm")
        }
        let before = try await report(40, .new(.liver), "2026-01-05")
        let after = try await report(24, .known(1), "2026-03-05")
        for (report, lengthMM, response) in [
            (before, 40.0, "Target Lesion at Baseline"),
            (after, 24, "Target Lesion Partial Response"),
        ] {
            let texts = items(of: report.data, "TEXT").compactMap { $0.string(.textValue) }
            #expect(texts.contains("T1 2026-01-05") && texts.contains("Sum of target lesions"))
            let read = StructuredReport(header: report.data)
            #expect(read.value("Long axis") == lengthMM)
            #expect(read.value("Sum of diameters of target lesions") == lengthMM)
            let codes = items(of: report.data, "CODE").flatMap {
                $0.items(.conceptCodeSequence)
            }.compactMap { $0.string(.codeMeaning) }
            #expect(codes.contains("Liver") && codes.contains(response), "\(codes)")
            if DicomValidator.isInstalled {
                #expect(try DicomValidator.errors(report.path) == [])
            }
        }
        func uids(_ data: DataSet) -> [String] {
            items(of: data, "UIDREF").compactMap { $0.string(.uid) }
        }
        #expect(uids(before.data) == uids(after.data) && uids(after.data).count == 2)
    }
}
