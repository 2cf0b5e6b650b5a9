import Foundation
import GRDB
import Pathway
import Storage
import Synchronization
import Testing

/// A case with a plan, and the people who can take it all the way.
final class CaseWay: Sendable {
    static let patient: Int64 = 1

    let scratch: ScratchFolder
    let folder: DataFolder
    let plan: DerivedRecord
    private let maker: AccountRecord
    private let checker: AccountRecord
    private let practitioner: AccountRecord
    /// May do everything clinical and has signed nothing.
    private let other: AccountRecord
    private let number = Mutex(0)

    init() async throws {
        scratch = try ScratchFolder("case-way")
        folder = try scratch.open()
        let home = try await folder.accounts.organisation(named: "centre", by: "test")
        var people: [AccountRecord] = []
        for role in [
            Role.physicist, .physicist, .nuclearMedicinePhysician, .nuclearMedicinePhysician,
        ] {
            let person = try await folder.accounts.create(
                login: "person-\(people.count)", fullName: role.title, organisation: home.id,
                role: role, by: "test")
            people.append(person)
        }
        (maker, checker, practitioner, other) = (people[0], people[1], people[2], people[3])
        for doctor in [practitioner, other] {
            try await folder.accounts.entitle(
                doctor.id,
                to: Entitlement(
                    procedure: .sirt, site: "centre", licenceNumber: "1", validFrom: "2020-01-01",
                    validTo: "2099-12-31"), by: "test")
        }
        // A patient who was referred and has no images yet.
        try await DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path).write {
            try $0.execute(
                sql: """
                    INSERT INTO patient (id, patientID, issuer, name, birthDate, sex)
                    VALUES (1, 'P1', 'H1', 'Phantom^One', '19600101', 'F')
                    """)
        }
        try await folder.accounts.assign(patient: Self.patient, to: home.id, by: "test")
        let ground = try await Self.save("registration", "r", [], in: folder)
        plan = try await Self.save(
            "plan", "p", [DerivedInput("registration", .derived(ground.id))], in: folder)
    }

    func state() async throws -> CaseState { try await folder.records.state(of: Self.patient) }

    func database() throws -> DatabaseQueue {
        try DatabaseQueue(path: scratch.data.appending(path: "grevy.sqlite").path)
    }

    /// Takes the case to a state by the acts that people do.
    func advance(to wanted: CaseState) async throws {
        while try await state() != wanted {
            switch try await state() {
            case .referred: try await perform(.receiveImages)
            case .quarantined: try await perform(.confirmIdentity)
            case .ready: try await sign(.made, maker)
            case .planned: try await sign(.checked, checker)
            case .checked: try await sign(.prescribed, practitioner)
            case .prescribed: try await perform(.recordTreatment)
            case .delivered: try await perform(.verify)
            case .verified: throw StorageError.notFound(entity: "state")
            }
        }
    }

    /// Does one act, by somebody who may.
    func perform(_ act: CaseMove.Act) async throws {
        let records = folder.records
        switch act {
        case .receiveImages:
            // Each time another instance of the one series.
            _ = try await folder.importSeries([String(repeating: "x", count: nextNumber())])
        case .confirmIdentity:
            try await records.confirmIdentity(of: Self.patient, by: other.id)
        case .signPlan: try await sign(.made, other)
        case .signCheck: try await sign(.checked, other)
        case .prescribe: try await sign(.prescribed, other)
        case .returnPlan:
            try await records.endSignatures(
                of: plan.id, patient: Self.patient, by: act, account: other.id, reason: "a test")
        case .withdrawSignature:
            let signers = try await records.signatures(plan: plan.id).map(\.account)
            let signer = signers.contains(practitioner.id) ? practitioner : maker
            try await records.endSignatures(
                of: plan.id, patient: Self.patient, by: act, account: signer.id, reason: "a test")
        case .outdate: _ = try await Self.save("registration", "r2", [], in: folder)
        case .recordTreatment:
            let content = try await folder.objects.put(Array("sheet \(nextNumber())".utf8))
            _ = try await records.recordTreatment(
                DerivedDraft(
                    caseID: "patient-1", kind: "treatment", name: "right", content: content,
                    mediaType: "application/json", inputs: [], softwareVersion: "0.1"),
                plan: plan.id, digest: plan.draft.content, patient: Self.patient,
                account: other.id)
        case .verify:
            _ = try await Self.save(
                "verification", "v", [DerivedInput("plan", .derived(plan.id))], in: folder)
        case .nextCourse:
            try await records.beginNextCourse(
                of: Self.patient, by: other.id, reason: "a second session")
        }
    }

    private func nextNumber() -> Int {
        number.withLock {
            $0 += 1
            return $0
        }
    }

    /// Another plan of the case, as the next session needs one.
    func anotherPlan() async throws -> DerivedRecord {
        try await Self.save("plan", "second", [], name: "second", in: folder)
    }

    func sign(_ meaning: SignatureMeaning, on plan: DerivedRecord) async throws {
        let person =
            switch meaning {
            case .made: maker
            case .checked: checker
            case .prescribed: practitioner
            }
        try await sign(meaning, person, on: plan)
    }

    private func sign(
        _ meaning: SignatureMeaning, _ person: AccountRecord, on other: DerivedRecord? = nil
    ) async throws {
        let plan = other ?? plan
        _ = try await folder.records.sign(
            SigningRequest(
                patient: Self.patient, plan: plan.id, digest: plan.draft.content,
                meaning: meaning, account: person.id, proof: .code(step: nextNumber()),
                procedure: .sirt))
    }

    private static func save(
        _ kind: String, _ text: String, _ inputs: [DerivedInput], name: String = "main",
        in folder: DataFolder
    ) async throws -> DerivedRecord {
        let content = try await folder.objects.put(Array(text.utf8))
        return try await folder.records.save(
            DerivedDraft(
                caseID: "patient-1", kind: kind, name: name, content: content,
                mediaType: "application/json", inputs: inputs, softwareVersion: "0.1"),
            by: "test")
    }
}
