import Foundation
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// A plan that three people have signed, given out with its report, sidecars and public key.
struct SignedRecords {
    let work: URL
    var data: URL { work.appending(path: "data") }
    let key: SigningKey

    init(_ label: String) async throws {
        work = try ReferenceFiles.scratch(label)
        key = try SigningKey()
        let folder = try DataFolder.open(
            at: work.appending(path: "data"), create: true)
        let (patient, plan) = try await Self.signed(folder)
        let export = SignedExport(
            CaseReader(folder: folder, patient: patient.id, sight: .whole), key: key,
            patient: patient, actor: "test")
        for file in SignedExport.File.allCases {
            try Data(try await export.bytes(file, of: plan)).write(to: url(file.rawValue))
            try Data(try await export.sidecar(file, of: plan))
                .write(to: url("\(file.rawValue).sig"))
        }
        try Data(key.publicKey.pem.utf8).write(to: url("pub.pem"))
        try folder.close()
    }

    func remove() { try? FileManager.default.removeItem(at: work) }

    func url(_ name: String) -> URL { work.appending(path: name) }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }

    /// Runs `grevy verify` on a file of the export.
    func verify(_ name: String, _ more: [String] = []) throws -> Program.Outcome {
        try Program.run(["verify", url(name).path, "--key", url("pub.pem").path] + more)
    }

    private static func signed(_ folder: DataFolder) async throws -> (PatientRecord, String) {
        let accounts = folder.accounts
        let home = try await accounts.organisation(named: "NET centre", by: "test")
        var people: [AccountRecord] = []
        for (login, name, role) in [
            ("anna", "Anna Maker", Role.physicist), ("ben", "Ben Checker", .physicist),
            ("carla", "Carla Practitioner", .nuclearMedicinePhysician),
        ] {
            people.append(
                try await accounts.create(
                    login: login, fullName: name, organisation: home.id, role: role, by: "test"))
        }
        try await accounts.entitle(
            people[2].id,
            to: Entitlement(
                procedure: .sirt, site: home.name, licenceNumber: "L-17",
                validFrom: "2020-01-01", validTo: "2099-12-31"), by: "test")
        let patient = try await self.patient(in: folder)
        try await accounts.assign(patient: patient.id, to: home.id, by: "test")
        try await folder.records.confirmIdentity(of: patient.id, by: people[0].id)
        let plan = try await keep("plan", PlanJSON.bytes(), "application/json", patient, folder, [])
        _ = try await keep(
            "report", Array("%PDF-1.7 an invented report".utf8), "application/pdf", patient, folder,
            [DerivedInput("plan", .derived(plan.id))])
        for (meaning, person) in zip(SignatureMeaning.allCases, people) {
            _ = try await folder.records.sign(
                SigningRequest(
                    patient: patient.id, plan: plan.id, digest: plan.draft.content,
                    meaning: meaning, account: person.id, proof: .code(step: 1), procedure: .sirt))
        }
        return (patient, plan.id)
    }

    private static func patient(in folder: DataFolder) async throws -> PatientRecord {
        let object = try await folder.objects.put(Array("image".utf8))
        let run = try await folder.records.beginImport(softwareVersion: "0.1", by: "test")
        _ = try await folder.records.register(
            [
                InstanceEntry(
                    patient: PatientIdentity(
                        patientID: "P", issuer: "H", name: "Phantom^One", birthDate: "19600101",
                        sex: "O"),
                    study: StudyDescription(studyUID: "1.2", date: "20260105"),
                    series: SeriesDescription(seriesUID: "1.2.1", modality: "CT"),
                    sopInstanceUID: "1.2.1.1", sopClassUID: "1.2.840.10008.5.1.4.1.1.2",
                    transferSyntaxUID: "1.2.840.10008.1.2.1", object: object, sourcePath: "file",
                    sourceIndex: 0)
            ], run: run)
        return try #require(try await folder.records.patients().first)
    }

    private static func keep(
        _ kind: String, _ bytes: [UInt8], _ mediaType: String, _ patient: PatientRecord,
        _ folder: DataFolder, _ inputs: [DerivedInput]
    ) async throws -> DerivedRecord {
        let object = try await folder.objects.put(bytes)
        return try await folder.records.save(
            DerivedDraft(
                caseID: "patient-\(patient.id)", kind: kind, name: "main", content: object,
                mediaType: mediaType, inputs: inputs, softwareVersion: "0.1"), by: "test")
    }
}
