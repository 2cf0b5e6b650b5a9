import Foundation
import Storage
import _TestSupport

/// A data folder that goes away with the value's last use.
final class ScratchFolder: Sendable {
    let url: URL

    init(_ label: String) throws { url = try ReferenceFiles.scratch(label) }

    var data: URL { url.appending(path: "data") }

    func open() throws -> DataFolder { try DataFolder.open(at: data, create: true) }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// Invented instances; whatever is not named is the same for all.
enum Sample {
    static let patient = PatientIdentity(
        patientID: "P1", issuer: "H1", name: "Phantom^One", birthDate: "19600101", sex: "F")

    static func entry(
        _ object: ObjectDigest, patient: PatientIdentity = patient, study: String = "1.2.1",
        series: String = "1.2.1.1", instance: String = "1.2.1.1.1", index: Int = 0
    ) -> InstanceEntry {
        InstanceEntry(
            patient: patient, study: StudyDescription(studyUID: study, date: "20260105"),
            series: SeriesDescription(seriesUID: series, modality: "CT"),
            sopInstanceUID: instance, sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
            transferSyntaxUID: "1.2.840.10008.1.2.1", object: object,
            sourcePath: "file-\(index)", sourceIndex: index)
    }

    static func draft(
        _ kind: String, _ content: ObjectDigest, name: String = "main",
        inputs: [DerivedInput] = []
    ) -> DerivedDraft {
        DerivedDraft(
            caseID: "case-1", kind: kind, name: name, content: content,
            mediaType: "application/json", inputs: inputs, softwareVersion: "0.1",
            dataVersions: ["convention-profiles": "2026-01"])
    }
}

extension DataFolder {
    /// Keeps a text as a computed object.
    func save(
        _ kind: String, _ text: String, name: String = "main", inputs: [DerivedInput] = []
    ) async throws -> DerivedRecord {
        let content = try await objects.put(Array(text.utf8))
        return try await records.save(
            Sample.draft(kind, content, name: name, inputs: inputs), by: "tester")
    }

    /// Imports texts as the instances of one series and returns their series digest.
    func importSeries(_ texts: [String]) async throws -> ObjectDigest {
        let run = try await records.beginImport(softwareVersion: "0.1", by: "tester")
        let digests = try await objects.putMany(texts.map { .bytes(Array($0.utf8)) })
        let entries = digests.enumerated().map { index, digest in
            Sample.entry(digest, instance: "1.2.1.1.\(texts[index].utf8.count)", index: index)
        }
        _ = try await records.register(entries, run: run)
        return try await records.instances(seriesUID: "1.2.1.1").seriesDigest
    }
}
