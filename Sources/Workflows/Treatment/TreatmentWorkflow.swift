package import Foundation
import Pathway
package import Storage
import Therapy

/// Filling in what was given to each territory of a prescribed plan.
package struct TreatmentWorkflow: Sendable {
    private let folder: DataFolder
    private let patient: PatientRecord
    /// The time that the expected activity is for.
    package let now: Date

    package init(folder: DataFolder, accounts: AccountWorkflow, patient: PatientRecord) {
        (self.folder, self.patient, now) = (folder, patient, accounts.now())
    }

    /// A territory of the plan with the latest version of its sheet.
    package struct Territory: Sendable {
        /// Counts from 1 in the order of the plan.
        package let number: Int
        package let name: String
        package let plannedVialActivityGBq: Double
        package let plannedInjectedActivityGBq: Double
        /// The plan's vials for it, as people read them.
        package let vials: [String]
        package let sheet: (record: DerivedRecord, content: TreatmentSheet)?
    }

    /// A plan whose treatment may be recorded.
    package struct Plan: Sendable {
        package let record: DerivedRecord
        package let document: PlanDocument
        package let territories: [Territory]
        /// Why no new sheet can be filled in; `nil` when one can.
        package let obstacle: String?
        let isFullySigned: Bool

        /// Whether a territory's sheet can be filled in or, after delivery, corrected.
        package func isOpen(_ territory: Territory) -> Bool {
            obstacle == nil || (territory.sheet != nil && isFullySigned)
        }
    }

    /// Returns a plan with its sheets.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such plan.
    package func plan(_ id: String) async throws -> Plan {
        let (record, document) = try await SceneWorkflow(
            CaseReader(whole: patient.id, in: folder), patient: patient
        ).plan(id)
        let state = try await folder.records.state(of: patient.id)
        let meanings = Set(
            try await folder.records.signatures(plan: id).filter { $0.ending == nil }
                .map(\.meaning))
        let isFullySigned = meanings == Set(SignatureMeaning.allCases)
        var obstacle: String?
        if case .outdated(let reason) = record.state {
            obstacle = SigningRefusal.outdated(reason: reason).sentence
        } else if !isFullySigned {
            obstacle = SigningRefusal.notInState(state, .recordTreatment).sentence
        }
        let sheets = try await folder.records.derived(
            caseID: record.draft.caseID, kind: "treatment")
        var territories: [Territory] = []
        for (index, planned) in document.territories.enumerated() {
            let name = Self.name(plan: id, territory: planned.name)
            var sheet: (DerivedRecord, TreatmentSheet)?
            if let kept = sheets.last(where: { $0.draft.name == name }) {
                let bytes = try await folder.objects.bytes(of: kept.draft.content)
                sheet = (
                    kept, try JSONDecoder().decode(TreatmentSheet.self, from: Data(bytes))
                )
            }
            territories.append(
                Territory(
                    number: index + 1, name: planned.name,
                    plannedVialActivityGBq: planned.vialActivityGBq,
                    plannedInjectedActivityGBq: planned.injectedActivityGBq,
                    vials: document.vials(for: planned.name).map {
                        "\(Figures.constant($0.vialGBq)) GBq, calibrated "
                            + ReadableTime.text($0.calibrationTime)
                    }, sheet: sheet))
        }
        return Plan(
            record: record, document: document, territories: territories, obstacle: obstacle,
            isFullySigned: isFullySigned)
    }

    private static func name(plan: String, territory: String) -> String { "\(plan) \(territory)" }

    /// What the fields give, before anything is kept.
    package struct Examination: Sendable {
        /// What is wrong, by the field's name.
        package let faults: [String: String]
        /// In the vial now by its calibration, in GBq; `nil` before that is filled in.
        package let expectedNowGBq: Double?
        /// How vial or territory differ from the plan.
        package let deviations: [String]
        /// `nil` while something is wrong.
        package let sheet: TreatmentSheet?
    }

    /// Looks at a form.
    package func examine(
        _ values: [String: String], territory: Territory, of plan: Plan
    ) -> Examination {
        let decay = Decay(halfLifeHours: plan.document.profile.halfLifeHours)
        var calibration = TreatmentForm(values)
        let expected = calibration.calibration().map { vial in
            decay.activityGBq(
                vial.activityGBq, from: vial.time,
                to: ZonedTime(instant: now, secondsFromUTC: 0))
        }
        var form = TreatmentForm(values)
        let read = form.read(decay: decay, now: now)
        let deviations = read.map {
            TreatmentDeviations(read: $0, decay: decay, territory: territory, plan: plan.document)
                .sentences
        }
        var reason: String?
        if deviations?.isEmpty == false {
            reason = form.reason("reason", "Say why vial or territory differ from the plan.")
        }
        var correction: String?
        if territory.sheet != nil {
            correction = form.reason("correction", "Say why the earlier sheet was not right.")
        }
        var sheet: TreatmentSheet?
        if let read, form.faults.isEmpty {
            sheet = TreatmentSheet(
                read, plan: plan, territory: territory, decay: decay,
                deviations: deviations ?? [], reason: reason, correction: correction)
        }
        return Examination(
            faults: form.faults, expectedNowGBq: expected, deviations: deviations ?? [],
            sheet: sheet)
    }

    /// Keeps a sheet as the next version, and moves the case to delivered.
    ///
    /// - Throws: `SigningRefusal`, `StorageError`.
    package func keep(
        _ sheet: TreatmentSheet, territory: Territory, of plan: Plan, account: AccountRecord
    ) async throws -> DerivedRecord {
        let content = try await folder.objects.put(Array(try CanonicalJSON.encoded(sheet)))
        // By its bytes, not by its record: what was given stays true when the plan is outdated.
        let draft = DerivedDraft(
            caseID: plan.record.draft.caseID, kind: "treatment",
            name: Self.name(plan: plan.record.id, territory: territory.name), content: content,
            mediaType: "application/json",
            inputs: [DerivedInput("plan", .object(plan.record.draft.content))],
            softwareVersion: Software.version)
        return try await folder.records.recordTreatment(
            draft, plan: plan.record.id, digest: plan.record.draft.content, patient: patient.id,
            account: account.id)
    }
}

extension PlanDocument {
    /// The vials that the plan offers for a territory.
    package func vials(for territory: String) -> [VialOption] {
        (order?.options ?? []).filter { $0.territory == territory || $0.territory == "all" }
    }
}

/// How what was given differs from what was planned.
struct TreatmentDeviations {
    let read: TreatmentForm.Read
    let decay: Decay
    let territory: TreatmentWorkflow.Territory
    let plan: PlanDocument

    /// Source: EANM level 1 of dosimetry-based treatment, activity within 10 % of the intended.
    private static let activityFraction = 0.1
    /// Half of the last digit that labels of vials print.
    private static let labelGBq = 0.005

    var sentences: [String] {
        [territorySentence, vialSentence, assaySentence, activitySentence].compactMap(\.self)
    }

    private var territorySentence: String? {
        read.territory == territory.name
            ? nil : "Given to '\(read.territory)', planned for '\(territory.name)'."
    }

    private var vialSentence: String? {
        let planned = plan.vials(for: territory.name)
        guard !planned.isEmpty else { return nil }
        let isPlanned = planned.contains { option in
            let time = try? ZonedTime(iso8601: option.calibrationTime, key: "calibrationTime")
            return time?.instant == read.calibration.instant
                && abs(option.vialGBq - read.calibratedGBq) <= Self.labelGBq
        }
        return isPlanned ? nil : "The vial is none of those in the plan."
    }

    private var assaySentence: String? {
        let expected = decay.activityGBq(
            read.calibratedGBq, from: read.calibration, to: read.measurement)
        return sentence("The measured activity", read.measuredGBq, "the calibration", expected)
    }

    private var activitySentence: String? {
        let atStart = decay.activityGBq(
            read.measuredGBq, from: read.measurement, to: read.start)
        return sentence(
            "The activity at the start", atStart, "the plan", territory.plannedVialActivityGBq)
    }

    private func sentence(
        _ what: String, _ value: Double, _ from: String, _ wanted: Double
    ) -> String? {
        let fraction = value / wanted - 1
        guard !(abs(fraction) <= Self.activityFraction) else { return nil }
        return "\(what) differs from \(from) by \(Figures.signedPercent(fraction)) %, more than "
            + "\(Figures.percent(Self.activityFraction, decimals: 0)) %."
    }
}

extension TreatmentSheet {
    fileprivate init(
        _ read: TreatmentForm.Read, plan: TreatmentWorkflow.Plan,
        territory: TreatmentWorkflow.Territory, decay: Decay, deviations: [String],
        reason: String?, correction: String?
    ) {
        let atStart = decay.activityGBq(
            read.measuredGBq, from: read.measurement, to: read.start)
        let left = decay.activityGBq(read.residualGBq, from: read.residual, to: read.start)
        self.init(
            plan: plan.record.id, planSHA256: plan.record.draft.content.hex,
            plannedTerritory: territory.name, territory: read.territory, vialID: read.vialID,
            vialLot: read.vialLot, calibratedActivityGBq: read.calibratedGBq,
            calibrationTime: read.calibration.iso8601, measuredActivityGBq: read.measuredGBq,
            measurementTime: read.measurement.iso8601,
            expectedAtMeasurementGBq: decay.activityGBq(
                read.calibratedGBq, from: read.calibration, to: read.measurement),
            catheterPosition: read.catheterPosition, start: read.start.iso8601,
            end: read.end.iso8601, activityAtStartGBq: atStart,
            residualActivityGBq: read.residualGBq, residualTime: read.residual.iso8601,
            residualFraction: left / atStart, administeredActivityGBq: atStart - left,
            plannedVialActivityGBq: territory.plannedVialActivityGBq,
            plannedInjectedActivityGBq: territory.plannedInjectedActivityGBq,
            stasis: read.stasis, administeredBy: read.administeredBy, deviations: deviations,
            deviationReason: reason, correctionReason: correction,
            nuclide: plan.document.profile.nuclide,
            halfLifeHours: plan.document.profile.halfLifeHours)
    }
}
