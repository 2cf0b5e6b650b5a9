package import DICOM
package import Foundation
import Pathway
import Phantom
import Storage

/// A hospital to look around in: five people, ten synthetic patients on their way, and a second
/// hospital that one of them is referred to.
///
/// Everything is done by the workflows that people use, by a clock that begins two weeks ago.
package struct DemoHospital: Sendable {
    let folder: DataFolder
    let accounts: AccountWorkflow
    let source: any DicomSource
    let clock: DemoClock

    /// Somebody who may sign in; shown once.
    package struct Person: Sendable {
        package let login: String
        package let name: String
        /// Role and organisation, as people read them.
        package let role: String
        package let password: String
        /// What an authenticator takes.
        package let secondFactor: String
    }

    /// Says in a data folder that this program made it.
    private static let mark = "demo-hospital"

    /// Makes the hospital in a new folder.
    ///
    /// - Parameters:
    ///   - url: New or empty, or made by this before.
    ///   - patients: How many of the ten are made; tests take fewer.
    ///   - source: Reads files.
    ///   - stage: Told what is done.
    /// - Returns: The people; empty when the hospital is there already, because passwords are shown
    ///   once.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a folder that it did not make or did not
    ///   finish; what the workflows throw.
    package static func make(
        at url: URL, patients: [Patient] = Patient.all, source: any DicomSource = DicomReader(),
        stage: @escaping @Sendable (String) -> Void
    ) async throws -> [Person] {
        let mark = url.appending(path: mark)
        switch try? String(contentsOf: mark, encoding: .utf8) {
        case "made\n"?: return []
        case .some:
            throw WorkflowError.refused(
                sentence: "The demo in '\(url.path)' was not finished; remove the folder.")
        case nil: break
        }
        let content = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        guard content.isEmpty else {
            throw WorkflowError.refused(
                sentence: "'\(url.path)' holds something that the demo did not make; name a new "
                    + "folder.")
        }
        let clock = DemoClock(daysAgo: 14)
        let folder = try DataFolder.open(at: url, create: true, now: { clock.now })
        try Data("not finished\n".utf8).write(to: mark)
        let hospital = DemoHospital(
            folder: folder, accounts: AccountWorkflow(folder: folder, now: { clock.now }),
            source: source, clock: clock)
        stage("people")
        let staff = try await Staff(hospital)
        for (number, patient) in patients.enumerated() {
            stage("patient \(number + 1) of \(patients.count): \(patient.givenName.lowercased())")
            try await hospital.bring(patient, seed: UInt64(101 + number), staff)
        }
        stage("a referral")
        try await hospital.refer(staff)
        stage("a meeting")
        try await hospital.makeMeeting(staff)
        try Data("made\n".utf8).write(to: mark)
        return staff.people
    }
}

/// Time of a story that is told faster than it happened.
final class DemoClock: Sendable {
    private let moment: SharedMoment

    init(daysAgo: Double) {
        moment = SharedMoment(Date(timeIntervalSinceNow: -daysAgo * 86400))
    }

    var now: Date { moment.value }

    /// Moves on, never beyond now.
    func pass(hours: Double) {
        moment.set(min(Date(), moment.value.addingTimeInterval(hours * 3600)))
    }
}

extension DemoHospital {
    /// How far a patient is on the way.
    package enum Stage: Int, Comparable, Sendable, CaseIterable {
        case referred, arrived, confirmed, computed, planned, checked, prescribed, delivered,
            verified

        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// One of the ten.
    package struct Patient: Sendable {
        let givenName: String
        package let stage: Stage
        /// Folders of series that have not arrived.
        var lacks: [String] = []

        package init(_ givenName: String, _ stage: Stage, lacks: [String] = []) {
            (self.givenName, self.stage, self.lacks) = (givenName, stage, lacks)
        }

        package static let all = [
            Patient("ADA", .arrived), Patient("BRUNO", .confirmed, lacks: ["rtstruct", "seg"]),
            Patient("CLARA", .referred), Patient("DAVID", .computed), Patient("EDITH", .planned),
            Patient("FELIX", .planned), Patient("GRETA", .checked), Patient("HUGO", .prescribed),
            Patient("IRENE", .delivered), Patient("JONAS", .verified),
        ]
    }

    private func bring(_ patient: Patient, seed: UInt64, _ staff: Staff) async throws {
        guard patient.stage > .referred else {
            let identity = try ReferredPatient(
                family: "SYNTHETIC", given: patient.givenName, birthDate: "1961-04-12", sex: "F",
                patientID: "GREVY-PHANTOM-\(seed)", issuer: ""
            ).identity
            _ = try await folder.records.refer(identity, by: staff.coordinator.account)
            clock.pass(hours: 2)
            return
        }
        let scratch = FileManager.default.temporaryDirectory
            .appending(path: "grevy-demo-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        var options = PhantomOptions(seed: seed, isHalfSize: true)
        options.givenName = patient.givenName
        let truth = try await SyntheticPatient.write(.sirtNet, options: options, to: scratch)
        let dicom = scratch.appending(path: "dicom")
        let series = try FileManager.default.contentsOfDirectory(atPath: dicom.path).sorted()
        let imported = try await ImportWorkflow(
            folder: folder, source: source, actor: staff.coordinator.actor
        ).run(
            paths: series.filter { name in !patient.lacks.contains { name.contains($0) } }
                .map { dicom.appending(path: $0) })
        try DemoWorkflow.refuseGaps(in: imported)
        try await folder.accounts.assignUnowned(
            to: staff.organisation, by: staff.coordinator.actor)
        clock.pass(hours: 2)
        guard patient.stage > .arrived, let record = try await folder.records.patients().last
        else { return }
        try await folder.records.confirmIdentity(
            of: record.id, by: staff.coordinator.account.id)
        guard patient.stage > .confirmed else { return }
        clock.pass(hours: 3)
        try await treat(record, truth, until: patient.stage, staff)
    }

    private func treat(
        _ patient: PatientRecord, _ truth: PhantomTruth, until stage: Stage, _ staff: Staff
    ) async throws {
        let plan = try await PlanWorkflow(
            folder: folder, source: source, actor: staff.physicist.actor
        ).run(
            yaml: try await named(DemoSpec.plan(truth, gridSpacingMM: 5), of: patient),
            specFolder: FileManager.default.temporaryDirectory)
        try await ReportKeeper(
            folder: folder, actor: staff.physicist.actor, recordID: plan.planID
        ).keep(PlanReporting(plan).report())
        let signatures: [(Stage, SignatureMeaning, Staff.Member)] = [
            (.planned, .made, staff.physicist), (.checked, .checked, staff.radiologist),
            (.prescribed, .prescribed, staff.practitioner),
        ]
        for (needed, meaning, member) in signatures where stage >= needed {
            clock.pass(hours: 1.5)
            let workflow = SigningWorkflow(folder: folder, accounts: accounts, patient: patient)
            let view = try await workflow.view(plan.planID, for: member.account)
            _ = try await workflow.sign(
                plan.planID, as: meaning, digest: view.digest.hex, hasReadFindings: true,
                evidence: .code(member.code(at: clock.now)), account: member.account)
        }
        guard stage >= .delivered else { return }
        clock.pass(hours: 20)
        try await record(plan.planID, patient, staff)
        guard stage >= .verified else { return }
        clock.pass(hours: 4)
        let delivered = try await DeliveredWorkflow(
            folder: folder, source: source, actor: staff.physicist.actor
        ).run(yaml: try await named(DemoSpec.delivery(truth, planID: plan.planID), of: patient))
        try await ReportKeeper(
            folder: folder, actor: staff.physicist.actor, recordID: delivered.verificationID
        ).keep(DeliveredReporting(delivered).report())
    }

    /// The ten have series of the same descriptions, so their specifications name short ids.
    private func named(_ yaml: String, of patient: PatientRecord) async throws -> String {
        try await folder.records.series(patient: patient.id).map(\.description)
            .filter { !$0.description.isEmpty }
            .sorted { $0.description.count > $1.description.count }
            .reduce(yaml) {
                $0.replacing($1.description, with: SeriesName.short($1.seriesUID))
            }
    }

    /// Fills in the treatment sheet of each territory, as planned but for a residue.
    private func record(
        _ planID: String, _ patient: PatientRecord, _ staff: Staff
    ) async throws {
        let workflow = TreatmentWorkflow(folder: folder, accounts: accounts, patient: patient)
        let plan = try await workflow.plan(planID)
        for territory in plan.territories {
            func time(_ minutes: Double) -> String {
                String(clock.now.addingTimeInterval(minutes * 60).ISO8601Format().prefix(16))
            }
            let activity = Figures.gbq(territory.plannedVialActivityGBq)
            let form = [
                "vial": "D-\(territory.number)", "lot": "DEMO", "territory": territory.name,
                "calibratedGBq": activity, "calibrationTime": time(-60),
                "calibrationZone": "+00:00", "zone": "+00:00", "measuredGBq": activity,
                "measurementTime": time(-60), "catheter": "\(territory.name) hepatic artery",
                "start": time(-40), "end": time(-25),
                "residualGBq": Figures.gbq(territory.plannedVialActivityGBq / 100),
                "residualTime": time(-10), "stasis": "no",
                "by": staff.practitioner.account.fullName,
                "reason": "a vial of the demo, made to the plan",
            ]
            let looked = workflow.examine(form, territory: territory, of: plan)
            guard let sheet = looked.sheet else {
                throw WorkflowError.refused(
                    sentence: "The demo's treatment sheet was refused: "
                        + looked.faults.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                        .joined(separator: " "))
            }
            _ = try await workflow.keep(
                sheet, territory: territory, of: plan, account: staff.physicist.account)
        }
    }
}
