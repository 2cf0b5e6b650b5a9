import Quantities
import Storage
import Testing

@Suite("Record store")
struct RecordStoreTests {
    private let scratch: ScratchFolder
    private let folder: DataFolder

    init() throws {
        scratch = try ScratchFolder("records")
        folder = try scratch.open()
    }

    @Test("What was registered is listed under its patient, study and series")
    func listed() async throws {
        let digest = try await folder.objects.put(Array("slice".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "tester")
        let outcomes = try await folder.records.register([Sample.entry(digest)], run: run)
        #expect(outcomes == [.stored])
        let patient = try #require(try await folder.records.patients().first)
        #expect(patient.identity == Sample.patient)
        let study = try #require(try await folder.records.studies(patient: patient.id).first)
        #expect(try await folder.records.study(uid: "1.2.1") == study)
        let series = try await folder.records.series(patient: patient.id)
        #expect(series.map(\.description.seriesUID) == ["1.2.1.1"])
        #expect(series.map(\.instanceCount) == [1])
        #expect(try await folder.records.series(study: study.id) == series)
        #expect(try await folder.records.series(uid: "1.2.1.1") == series[0])
        let instances = try await folder.records.instances(seriesUID: "1.2.1.1")
        #expect(instances.map(\.object) == [digest])
    }

    @Test("An import is counted by outcome and reason")
    func counted() async throws {
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "tester")
        #expect(try await folder.records.importRun(run).finishedAt == nil)
        let digests = try await folder.objects.putMany([.bytes([1]), .bytes([2])])
        let entries = [
            Sample.entry(digests[0], instance: "1.1", index: 0),
            Sample.entry(digests[0], instance: "1.1", index: 1),
            Sample.entry(digests[1], instance: "1.1", index: 2),
            Sample.entry(digests[1], instance: "1.2", index: 3),
        ]
        let outcomes = try await folder.records.register(entries, run: run)
        let conflict = RecordConflict.instanceDiffers(kept: digests[0])
        #expect(outcomes == [.stored, .alreadyStored, .conflict(conflict), .stored])
        try await folder.records.note(
            [1, 2].map {
                SetAsideFile(
                    path: "\($0)", outcome: .refused, reason: "dicom.not-dicom", sentence: "No.")
            }, run: run)
        let finished = try await folder.records.finishImport(run)
        #expect(finished.finishedAt != nil)
        #expect(
            finished.counts.map { "\($0.outcome) \($0.reason) \($0.count)" } == [
                "alreadyStored  1", "conflict conflict.instance-differs 1",
                "refused dicom.not-dicom 2", "stored  2",
            ])
        #expect(
            try await folder.records.instance(uid: "1.1").object == digests[0], "the first stays")
        let files = try await folder.records.files(run: run)
        #expect(files.map(\.path) == ["file-0", "file-1", "file-2", "file-3", "1", "2"])
        #expect(files[2].object == digests[1], "the refused bytes are kept")
        #expect(files[4].object == nil && files[4].sentence == "No.")
    }

    @Test(
        "A file whose patient contradicts what is known is a conflict and listed nowhere",
        arguments: [
            (PatientIdentity(patientID: "P1", issuer: "H1", name: "Other^Name"), "name"),
            (
                PatientIdentity(
                    patientID: "P1", issuer: "H1", name: "Phantom^One", birthDate: "19600102"),
                "birthDate"
            ), (PatientIdentity(patientID: "P1", issuer: "H1", name: "", sex: "M"), "sex"),
        ])
    func contradiction(patient: PatientIdentity, attribute: String) async throws {
        let outcomes = try await register([
            Sample.entry(try await object(1)),
            Sample.entry(
                try await object(2), patient: patient, study: "9", series: "9.1", instance: "9.1.1"),
        ])
        #expect(outcomes[1] == .conflict(.patientDiffers(attributes: [attribute])))
        #expect(try await folder.records.patients().map(\.identity) == [Sample.patient])
        #expect(try await folder.records.instances(seriesUID: "9.1").isEmpty)
    }

    @Test("What only one file states about a patient is no contradiction, and is filled in")
    func filledIn() async throws {
        let bare = PatientIdentity(patientID: "P1", issuer: "H1", name: "PHANTOM^ONE^^")
        let contradicting = PatientIdentity(
            patientID: "P1", issuer: "H1", name: "Phantom^One", birthDate: "19700101")
        let outcomes = try await register([
            Sample.entry(try await object(1), patient: bare),
            Sample.entry(try await object(2), instance: "2"),
            Sample.entry(try await object(3), patient: contradicting, instance: "3"),
        ])
        #expect(
            outcomes == [
                .stored, .stored, .conflict(.patientDiffers(attributes: ["birthDate"])),
            ])
        let identity = try #require(try await folder.records.patients().first).identity
        #expect(identity.birthDate == "19600101" && identity.sex == "F")
    }

    @Test("A name alone never joins: other ID, other issuer or no ID make other patients")
    func namesakes() async throws {
        let name = "Phantom^One"
        let others = [
            PatientIdentity(patientID: "P2", issuer: "H1", name: name),
            PatientIdentity(patientID: "P1", issuer: "H2", name: name),
            PatientIdentity(patientID: "", name: name), PatientIdentity(patientID: "", name: name),
        ]
        var entries = [Sample.entry(try await object(0))]
        for (n, other) in others.enumerated() {
            entries.append(
                Sample.entry(
                    try await object(n + 1), patient: other, study: "8.\(n)", series: "8.\(n).1",
                    instance: "8.\(n).1.1"))
        }
        #expect(try await register(entries).allSatisfy { $0 == .stored })
        #expect(try await folder.records.patients().count == 5)
    }

    @Test("Without a patient ID the study holds together")
    func withoutID() async throws {
        let unnamed = PatientIdentity(patientID: "", name: "")
        let outcomes = try await register([
            Sample.entry(try await object(1), patient: unnamed, instance: "1"),
            Sample.entry(try await object(2), patient: unnamed, instance: "2"),
        ])
        #expect(outcomes == [.stored, .stored])
        #expect(try await folder.records.patients().count == 1)
    }

    @Test("A study, series or instance does not change hands")
    func handover() async throws {
        let other = PatientIdentity(patientID: "P2", issuer: "H1", name: "Phantom^Two")
        let first = try await object(1)
        let outcomes = try await register([
            Sample.entry(first),
            Sample.entry(try await object(2), patient: other, instance: "2"),
            Sample.entry(try await object(3), study: "7", instance: "3"),
            Sample.entry(first, series: "1.2.1.2"),
        ])
        #expect(
            outcomes == [
                .stored, .conflict(.studyOfAnotherPatient), .conflict(.seriesOfAnotherStudy),
                .conflict(.instanceOfAnotherSeries),
            ])
        #expect(try await folder.records.patients().count == 1)
    }

    @Test("Inside a study a missing issuer does not part the patient")
    func missingIssuer() async throws {
        let bare = PatientIdentity(patientID: "P1", name: "Phantom^One")
        let outcomes = try await register([
            Sample.entry(try await object(1)),
            Sample.entry(try await object(2), patient: bare, series: "5", instance: "2"),
        ])
        #expect(outcomes == [.stored, .stored])
        #expect(try await folder.records.patients().count == 1)
    }

    @Test("An instance whose bytes are not stored is not listed, nor is its batch")
    func withoutBytes() async throws {
        let stored = try await object(1)
        await #expect(throws: StorageError.notFound(entity: "object")) {
            try await register([
                Sample.entry(stored, instance: "1"),
                Sample.entry(ObjectDigest(of: [99]), instance: "2"),
            ])
        }
        #expect(try await folder.records.instances(seriesUID: "1.2.1.1").isEmpty)
    }

    @Test("Findings of a series come back in order, each once")
    func findings() async throws {
        _ = try await register([Sample.entry(try await object(1))])
        let findings = [
            Finding("ct.slice-gap", .warning, "A slice is missing at 12 mm."),
            Finding("ct.slice-gap", .warning, "A slice is missing at 12 mm.", subject: "series 3"),
            Finding("ct.tilt", .error, "The gantry is tilted.", subject: "series 3"),
        ]
        for _ in 0 ..< 2 {
            try await folder.records.note(findings, seriesUID: "1.2.1.1", run: 1)
        }
        #expect(try await folder.records.findings(seriesUID: "1.2.1.1") == findings)
        await #expect(throws: StorageError.notFound(entity: "series")) {
            try await folder.records.note(findings, seriesUID: "absent", run: 1)
        }
    }

    @Test("An unknown import is refused, by the schema's references too")
    func unknownRun() async throws {
        let entry = Sample.entry(try await object(1))
        await #expect(throws: StorageError.notFound(entity: "importRun")) {
            try await folder.records.register([entry], run: 77)
        }
        let file = SetAsideFile(path: "x", outcome: .skipped, reason: "r", sentence: "s")
        await #expect(throws: StorageError.missingReference(entity: "importFile")) {
            try await folder.records.note([file], run: 77)
        }
    }

    @Test("Error texts hold no values of the patient")
    func errorTexts() async throws {
        let secret = PatientIdentity(patientID: "SECRET-7", name: "SECRET^NAME")
        let entry = Sample.entry(try await object(1), patient: secret, study: "")
        let error = await #expect(throws: StorageError.self) { try await register([entry]) }
        #expect(error.map { "\($0)".contains("SECRET") } == false)
    }

    private func object(_ byte: Int) async throws -> ObjectDigest {
        try await folder.objects.put([UInt8(byte)])
    }

    private func register(_ entries: [InstanceEntry]) async throws -> [RegistrationOutcome] {
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "tester")
        return try await folder.records.register(entries, run: run)
    }
}
