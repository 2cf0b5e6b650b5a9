package import DICOM
import Foundation
package import Storage

/// What can be held against a plan: what its treatment sheets say was given, the case's emission images,
/// and registrations onto its planning CT.
package struct DeliveryDesk: Sendable {
    /// What the latest sheets say of a territory.
    package struct Given: Hashable, Sendable {
        package let territory: String
        package let plannedInjectedActivityGBq: Double
        /// The sum of the sheets that name the territory; `nil` where none does.
        package let administeredActivityGBq: Double?
        package let stasis: Bool
        /// `treatment-…` of those sheets.
        package let sheets: [String]
    }

    package struct Image: Hashable, Sendable {
        /// `se-…`.
        package let id: String
        /// Day of the study, description, modality and number of files.
        package let label: String
    }

    package let plan: TreatmentWorkflow.Plan
    package let given: [Given]
    /// Sheets that name a territory which the plan does not have, as sentences.
    package let elsewhere: [String]
    /// SPECT and PET, the latest first; the image that the plan was made from is the last.
    package let images: [Image]
    package let cts: [Image]
    /// Registrations onto the plan's planning CT, the latest first.
    package let registrations: [PlanChoices.Registration]

    private let series: [String: SeriesRecord]
    private let planning: String

    /// Reads what there is.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such plan; `StorageError`.
    package init(
        _ planID: String, of patient: PatientRecord, treatments: TreatmentWorkflow,
        folder: DataFolder, source: any DicomSource
    ) async throws {
        plan = try await treatments.plan(planID)
        let inputs = plan.record.draft.inputs
        let planning = inputs.source("planning")?.seriesUID.map(SeriesName.short) ?? ""
        let own = inputs.source("activity")?.seriesUID.map(SeriesName.short)
        let reader = CaseReader(whole: patient.id, in: folder)
        let choices = try await PlanChoices(
            reader, source: source,
            organisation: folder.records.owner(ofPatient: patient.id))
        let all = try await reader.series()
        let days = Dictionary(
            try await reader.studies().map {
                ($0.id, ReadableIdentity.date($0.description.date) + " " + $0.description.time)
            }
        ) { first, _ in first }
        let byID = Dictionary(all.map { ($0.shortID, $0) }) { first, _ in first }
        func dated(_ choices: [PlanChoices.Series]) -> [Image] {
            choices.map { choice in
                (choice, byID[choice.id].flatMap { days[$0.study] } ?? "")
            }.sorted { $0.1 > $1.1 }.map { choice, day in
                Image(id: choice.id, label: "\(day.prefix(10)) \(choice.label)")
            }
        }
        let emissions = dated(choices.emissions)
        images = emissions.filter { $0.id != own } + emissions.filter { $0.id == own }
        cts = dated(choices.cts)
        registrations = choices.registrations.filter { $0.fixed == planning }
        (series, self.planning) = (byID, planning)
        (given, elsewhere) = Self.given(plan)
    }

    private static func given(_ plan: TreatmentWorkflow.Plan) -> ([Given], [String]) {
        let sheets = plan.territories.compactMap(\.sheet)
        let given = plan.territories.map { territory in
            let own = sheets.filter { $0.content.territory == territory.name }
            return Given(
                territory: territory.name,
                plannedInjectedActivityGBq: territory.plannedInjectedActivityGBq,
                administeredActivityGBq: own.isEmpty
                    ? nil : own.reduce(0) { $0 + $1.content.administeredActivityGBq },
                stasis: own.contains { $0.content.stasis }, sheets: own.map(\.record.id))
        }
        let names = Set(plan.territories.map(\.name))
        let elsewhere = sheets.filter { !names.contains($0.content.territory) }.map {
            "\($0.record.id) says '\($0.content.territory)', which is no territory of the plan: "
                + "say below what each territory got."
        }
        return (given, elsewhere)
    }

    /// What suggests itself before anybody has chosen.
    package struct Suggestion: Hashable, Sendable {
        package let image: String?
        package let imageCT: String?
        package let registration: DeliveryDraft.Registration
    }

    /// The latest image, the CT of its frame of reference, and what joins them with the planning CT:
    /// an accepted registration, one frame, or a search.
    package var suggestion: Suggestion {
        let image = images.first?.id
        let frame = image.flatMap { series[$0] }?.description.frameOfReferenceUID ?? ""
        let companion = cts.first {
            $0.id != planning && !frame.isEmpty
                && series[$0.id]?.description.frameOfReferenceUID == frame
        }?.id
        let planningFrame = series[planning]?.description.frameOfReferenceUID
        let accepted = registrations.first {
            $0.isAccepted
                && ([image, companion].contains($0.moving)
                    || (!frame.isEmpty
                        && series[$0.moving]?.description.frameOfReferenceUID == frame))
        }
        let registration: DeliveryDraft.Registration =
            if let accepted { .kept(accepted.id) } else if frame == planningFrame, !frame.isEmpty {
                .identity
            } else if companion != nil { .rigidCT } else { .rigidActivity }
        return Suggestion(image: image, imageCT: companion, registration: registration)
    }
}
