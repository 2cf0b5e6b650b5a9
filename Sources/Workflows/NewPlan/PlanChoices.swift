package import DICOM
import Foundation
import Pathway
import Physics
import Storage

/// What a new plan of a case can be made of.
package struct PlanChoices: Sendable {
    package struct Series: Hashable, Sendable {
        /// `se-…`.
        package let id: String
        package let label: String
    }

    package struct Structure: Hashable, Sendable {
        package let name: String
        /// What its name speaks of.
        package let role: VOIRole
    }

    package struct Registration: Hashable, Sendable {
        package let id: String
        package let label: String
        package let isAccepted: Bool
        /// `se-…` of the series that stays, and of the one that is moved.
        package let fixed: String
        package let moving: String
    }

    package let cts: [Series]
    /// SPECT, then PET.
    package let emissions: [Series]
    package let planars: [Series]
    package let structureSets: [Series]
    package let hasVOIs: Bool
    package let registrations: [Registration]
    /// Regions drawn on planar views, the latest first.
    package let drawnRegions: [Series]
    package let profiles: [String]
    package let constraintSets: [String]

    /// What of the case is seen.
    package let reader: CaseReader
    private let source: any DicomSource

    /// - Parameters:
    ///   - reader: What of the case may be chosen.
    ///   - source: What reads images.
    ///   - organisation: Whose settings may be chosen; `nil` for none.
    /// - Throws: ``StorageError``.
    package init(
        _ reader: CaseReader, source: any DicomSource, organisation: Int64?
    ) async throws {
        (self.reader, self.source) = (reader, source)
        let folder = reader.folder
        let frames = CaseFrames(reader, source: source)
        var (cts, spects, pets): ([Series], [Series], [Series]) = ([], [], [])
        var (planars, sets): ([Series], [Series]) = ([], [])
        let all = try await reader.series()
        for series in all.sorted(by: { $0.instanceCount > $1.instanceCount }) {
            let description = series.description
            let line = Series(
                id: series.shortID,
                label:
                    "\(description.description) (\(description.modality), \(series.instanceCount) files)"
            )
            switch description.modality {
            case "CT": cts.append(line)
            case "PT": pets.append(line)
            case "NM":
                // What cannot be read is no choice; the case's page says why.
                guard let flat = try? await frames.series(series) else { continue }
                if flat.isVolume { spects.append(line) }
                if flat.isPlanarView { planars.append(line) }
            case "RTSTRUCT", "SEG": sets.append(line)
            default: break
            }
        }
        (self.cts, self.planars, structureSets) = (cts, planars, sets)
        self.emissions = spects + pets
        hasVOIs = try await !reader.vois().isEmpty
        registrations = try await CaseRegistrations(reader).current()
            .map {
                Registration(
                    id: $0.record.id, label: $0.record.draft.name, isAccepted: $0.isAccepted,
                    fixed: $0.fixed, moving: $0.moving)
            }
        drawnRegions = try await PlanarRegionsWorkflow(reader, source: source).all()
            .map { Series(id: $0.id, label: $0.draft.name) }
        let settings = try await folder.records.settings(organisation: organisation)
        func names(_ kind: SettingKind) -> [String] {
            Set(settings.filter { $0.kind == kind }.map(\.name)).sorted()
        }
        profiles = try ConventionProfile.all.map(\.name) + names(.profile)
        constraintSets = names(.constraintSet)
    }

    /// Whether structures can be chosen from a series (`se-…`) or from the case's own volumes.
    package func offersStructures(from id: String) -> Bool {
        id == PlanSpec.StructureChoice.vois
            ? hasVOIs : structureSets.contains { $0.id == id }
    }

    /// The structures of a series (`se-…`) or of the case's own volumes, by name.
    ///
    /// - Throws: ``WorkflowError``; `DicomError` when the series cannot be read.
    package func structures(from id: String) async throws -> [Structure] {
        let names: [String]
        if id == PlanSpec.StructureChoice.vois {
            names = try await reader.vois().map(\.name)
        } else {
            let series = try await reader.series(named: id)
            names = try await SeriesLibrary(folder: reader.folder, source: source)
                .outlines(seriesUID: series.description.seriesUID).outlines.keys.sorted()
        }
        return names.map { Structure(name: $0, role: VOIRole(structureName: $0)) }
    }
}
