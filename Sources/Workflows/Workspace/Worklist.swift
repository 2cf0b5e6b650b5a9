import Foundation
package import Pathway
package import Storage

/// The cases of one organisation, with what each waits for.
package struct Worklist: Sendable {
    package struct Row: Hashable, Sendable {
        package let caseID: Int64
        package let name: String
        package let patientID: String
        /// `YYYY-MM-DD`, or as the files have it.
        package let birthDate: String
        package let latestStudy: String
        package let modalities: String
        package let plans: Int
        package let state: CaseState
        /// What a plan or its use still needs; empty when nothing does.
        package let missing: [String]
        /// What the one who asks can do next; `nil` when the case waits for somebody else.
        package let waitsForMe: String?
    }

    package let rows: [Row]
    /// How many cases there are, searched for or not.
    package let caseCount: Int

    /// How many of the cases wait for the one who asks.
    package var waiting: Int { rows.count { $0.waitsForMe != nil } }

    /// Reads the worklist.
    ///
    /// - Parameters:
    ///   - account: Whose organisation's cases are listed.
    ///   - search: Words that the name or identifier must hold, in any order; empty for all.
    ///   - folder: The data folder.
    /// - Throws: ``StorageError``.
    package init(for account: AccountRecord, search: String, folder: DataFolder) async throws {
        let words = search.lowercased().split(separator: " ")
        var rows: [Row] = []
        let desk = try await Desk(of: account, folder: folder)
        let patients = try await folder.accounts.patients(for: account)
        for patient in patients {
            let identity = patient.identity
            let text = "\(identity.name) \(identity.patientID)".lowercased()
            guard words.allSatisfy({ text.contains($0) }) else { continue }
            rows.append(try await Row(patient, folder.records, desk))
        }
        (self.rows, caseCount) = (rows, patients.count)
    }
}

extension Worklist.Row {
    init(_ patient: PatientRecord, _ records: RecordStore, _ desk: Desk) async throws {
        let studies = try await records.studies(patient: patient.id)
        let series = try await records.series(patient: patient.id)
        let computed = try await records.derived(caseID: "patient-\(patient.id)")
        let kinds = Set(series.map(\.description.modality))
        let plans = computed.filter { $0.draft.kind == "plan" }
        let current = plans.filter { $0.state == .current }
        var missing: [String] = []
        if !kinds.contains("CT") { missing.append("CT") }
        if kinds.isDisjoint(with: ["NM", "PT"]) { missing.append("SPECT or PET") }
        if kinds.isDisjoint(with: ["RTSTRUCT", "SEG"]),
            !computed.contains(where: { $0.draft.kind == VOIWorkflow.kind })
        {
            missing.append("structures")
        }
        if plans.isEmpty {
            missing.append("plan")
        } else if current.isEmpty {
            missing.append("current plan (all are outdated)")
        }
        if computed.contains(where: { $0.draft.kind == "registration" && $0.acceptance == nil }) {
            missing.append("acceptance of a registration")
        }
        self.init(
            caseID: patient.id, name: ReadableIdentity.name(patient.identity.name),
            patientID: patient.identity.patientID,
            birthDate: ReadableIdentity.date(patient.identity.birthDate),
            latestStudy: ReadableIdentity.date(studies.last?.description.date ?? ""),
            modalities: kinds.sorted().joined(separator: ", "), plans: plans.count,
            state: desk.state(of: patient.id), missing: missing,
            waitsForMe: desk.task(of: patient.id, hasCurrentPlan: !current.isEmpty))
    }
}

/// How DICOM writes people and days, as people read them.
package enum ReadableIdentity {
    /// `Family, Given` of `Family^Given`.
    package static func name(_ text: String) -> String {
        let parts = text.split(separator: "^", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let rest = parts.dropFirst().filter { !$0.isEmpty }.joined(separator: " ")
        let family = parts.first ?? ""
        if family.isEmpty { return rest.isEmpty ? "(no name)" : rest }
        return rest.isEmpty ? family : "\(family), \(rest)"
    }

    /// `2026-01-05` of `20260105`; other texts as they are.
    package static func date(_ text: String) -> String {
        guard text.count == 8, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return text }
        return "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
    }
}
