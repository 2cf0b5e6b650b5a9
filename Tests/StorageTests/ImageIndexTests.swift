import Foundation
import Pathway
import Storage
import Testing

@Suite("Which images an organisation sees")
struct ImageIndexTests {
    private static let organisations = ["NET centre", "Referring hospital"]

    /// Two organisations with a patient each; studies `1.1` and `2.1`, three instances in each.
    private static func folder(_ scratch: ScratchFolder) async throws -> (DataFolder, [Int64]) {
        let folder = try scratch.open()
        var ids: [Int64] = []
        for (number, name) in organisations.enumerated() {
            let organisation = try await folder.accounts.organisation(named: name, by: "test")
            ids.append(organisation.id)
            try await add(
                to: folder, patient: "P\(number)", study: "\(number + 1).1", instances: 3)
            try await folder.accounts.assignUnowned(to: organisation.id, by: "test")
        }
        return (folder, ids)
    }

    private static func add(
        to folder: DataFolder, patient: String, study: String, series: String? = nil,
        instances: Int, intake: Intake? = nil
    ) async throws {
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        let series = series ?? "\(study).1"
        var entries: [InstanceEntry] = []
        // The last comes first: the order is that of the instance numbers.
        for number in (1 ... instances).reversed() {
            let object = try await folder.objects.put(Array("\(series) \(number)".utf8))
            entries.append(
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: patient, issuer: "H", name: "Phantom^\(patient)",
                        birthDate: "19600101", sex: "F"),
                    study: StudyDescription(
                        studyUID: study, date: "20260105", studyID: "S7",
                        referringPhysician: "Doe^Jane"),
                    series: SeriesDescription(seriesUID: series, modality: "CT"),
                    sopInstanceUID: "\(series).\(number)",
                    sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1",
                    picture: PictureFacts(
                        instanceNumber: number, rows: 4, columns: 5, bitsAllocated: 16, frames: 2),
                    object: object, sourcePath: "file", sourceIndex: 9 - number))
        }
        _ = try await folder.records.register(entries, run: run, intake: intake)
    }

    private static func studies(
        _ folder: DataFolder, _ organisation: Int64, _ conditions: [ImageQuery.Key: String] = [:]
    ) async throws -> [String] {
        var query = ImageQuery(.study)
        for (key, value) in conditions { try query.match(key, value) }
        return try await folder.images.rows(query, seenBy: organisation).map(\.study.studyUID)
    }

    @Test("Everybody sees their own patients' images, and nothing of others")
    func own() async throws {
        let scratch = try ScratchFolder("images-own")
        let (folder, ids) = try await Self.folder(scratch)
        for (number, id) in ids.enumerated() {
            let (own, other) = ("\(number + 1).1", "\(2 - number).1")
            #expect(try await Self.studies(folder, id) == [own])
            #expect(try await Self.studies(folder, id, [.studyInstanceUID: other]).isEmpty)
            #expect(try await !folder.images.subjects(study: own, seenBy: id).isEmpty)
            #expect(try await folder.images.subjects(study: other, seenBy: id).isEmpty)
            #expect(try await folder.images.instances(study: other, seenBy: id).isEmpty)
            let found = try await folder.images.instances(study: own, seenBy: id)
            #expect(found.map(\.instance.sopInstanceUID) == (1 ... 3).map { "\(own).1.\($0)" })
        }
        #expect(try await Self.studies(folder, 99).isEmpty)
    }

    @Test("A row says what was listed of its patient, study, series and instance")
    func facts() async throws {
        let scratch = try ScratchFolder("images-facts")
        let (folder, ids) = try await Self.folder(scratch)
        var query = ImageQuery(.instance)
        try query.match(.instanceNumber, "2")
        let rows = try await folder.images.rows(query, seenBy: ids[0])
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row.patient.name == "Phantom^P0")
        #expect(row.study.studyID == "S7" && row.study.referringPhysician == "Doe^Jane")
        #expect(row.modalities == ["CT"] && row.seriesCount == 1 && row.instanceCount == 3)
        #expect(row.series?.seriesUID == "1.1.1" && row.seriesInstanceCount == 3)
        let facts = try #require(row.instance)
        #expect(facts.sopInstanceUID == "1.1.1.2")
        #expect(
            facts.picture
                == PictureFacts(
                    instanceNumber: 2, rows: 4, columns: 5, bitsAllocated: 16, frames: 2))
    }

    @Test("What waits in quarantine and what was put out of use is not seen")
    func hidden() async throws {
        let scratch = try ScratchFolder("images-hidden")
        let (folder, ids) = try await Self.folder(scratch)
        let account = try await folder.accounts.create(
            login: "eve", fullName: "Eve", organisation: ids[0], role: .physicist, by: "test")
        let intake = Intake(account: account.id, organisation: ids[0], patient: nil)
        try await Self.add(
            to: folder, patient: "Unknown", study: "7.1", instances: 1, intake: intake)
        #expect(try await Self.studies(folder, ids[0]) == ["1.1"])
        #expect(try await folder.images.subjects(study: "7.1", seenBy: ids[0]).isEmpty)
        try await Self.add(
            to: folder, patient: "P0", study: "1.1", series: "1.1.2", instances: 2,
            intake: intake)
        #expect(try await folder.images.instances(study: "1.1", seenBy: ids[0]).count == 5)
        try await folder.records.tombstone(seriesUID: "1.1.2", reason: "wrong", by: "test")
        #expect(try await folder.images.instances(study: "1.1", seenBy: ids[0]).count == 3)
        var query = ImageQuery(.study)
        query.limit = 5
        let row = try #require(try await folder.images.rows(query, seenBy: ids[0]).first)
        #expect(row.seriesCount == 1 && row.instanceCount == 3)
        try await folder.records.tombstone(seriesUID: "1.1.1", reason: "wrong", by: "test")
        #expect(try await Self.studies(folder, ids[0]).isEmpty)
        #expect(try await folder.images.count(query, seenBy: ids[0]) == 0)
    }

    @Test(
        "Values are read as PS3.4 writes them, others are refused without being repeated",
        arguments: [
            (ImageQuery.Key.studyDate, "20260101-20260201", true), (.studyDate, "2026", false),
            (.studyDate, "--", false), (.studyTime, "1015-", true), (.studyTime, "x", false),
            (.patientID, "", true), (.patientID, "**", true), (.studyInstanceUID, "1.2", true),
            (.studyInstanceUID, "1.2,3.4", true), (.studyInstanceUID, "1.2*", false),
            (.patientName, "A*\\B", false), (.patientName, "A\\B", true),
            (.modality, "CT", false),
        ])
    func values(key: ImageQuery.Key, value: String, isTaken: Bool) throws {
        var query = ImageQuery(.study)
        do {
            try query.match(key, value)
            #expect(isTaken)
        } catch let refusal as ImageQuery.Refusal {
            #expect(!isTaken && !refusal.sentence.contains(value))
        }
    }

    @Test("Signs with a meaning in SQL have none in what is looked for")
    func signs() async throws {
        let scratch = try ScratchFolder("images-signs")
        let (folder, ids) = try await Self.folder(scratch)
        for (key, value) in [
            (ImageQuery.Key.patientName, "Phantom%"), (.patientName, "Phantom_P?"),
            (.patientID, "P[0]"), (.patientID, "P[0-9]*"), (.patientID, "' OR 1 = 1 --"),
            (.patientName, "%*"),
        ] {
            #expect(try await Self.studies(folder, ids[0], [key: value]).isEmpty, "\(value)")
        }
        #expect(try await Self.studies(folder, ids[0], [.patientName: "phantom^p0^^"]) == ["1.1"])
    }
}
