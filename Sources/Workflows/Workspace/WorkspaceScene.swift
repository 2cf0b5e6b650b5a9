package import DICOM
import Foundation
import Imaging
package import Storage

/// What the workspace shows of one plan: layers, structures, isodose levels, and where each is.
package struct WorkspaceScene: Codable, Hashable, Sendable {
    package struct Patient: Codable, Hashable, Sendable {
        package var name: String
        package var birthDate: String
        package var patientID: String
        package var issuer: String

        init(_ identity: PatientIdentity) {
            name = ReadableIdentity.name(identity.name)
            birthDate = ReadableIdentity.date(identity.birthDate)
            (patientID, issuer) = (identity.patientID, identity.issuer)
        }
    }

    package struct Layer: Codable, Hashable, Sendable {
        package var id: String
        /// `ct`, `activity`, `dose` or `delivered`.
        package var role: String
        package var label: String
        package var modality: String
        package var date: String
        package var unit: String
        package var url: String
        /// A reduced copy that is there sooner; `nil` where there is none.
        package var previewURL: String?
        package var frameOfReferenceUID: String
        package var windowLow: Double
        package var windowHigh: Double
        package var colourMap: String
        /// Shown with every value, such as why there is no unit; `nil` when there is nothing to say.
        package var note: String?
        /// SUV by body weight of one unit of the values; `nil` where the images are no PET in Bq/mL,
        /// or ``note`` says what is missing.
        package var suvPerUnit: Double?
    }

    package struct Structure: Codable, Hashable, Sendable {
        package var name: String
        package var role: String
        package var colour: String
        package var dash: [Double]
        package var url: String
    }

    /// Where points of one frame of reference lie in another.
    package struct Registration: Codable, Hashable, Sendable {
        package var id: String
        package var from: String
        package var to: String
        package var accepted: Bool
        /// Sixteen numbers, row by row, millimetres, LPS.
        package var matrixLPS: [Double]
    }

    package var patient: Patient
    package var plan: String
    package var frameOfReferenceUID: String
    /// The id of the layer below the others.
    package var base: String
    package var layers: [Layer]
    package var structures: [Structure]
    package var registrations: [Registration]
    package var isodoseLevelsGy: [Double]
    /// Why what is shown must not be used as it is; empty when nothing is outdated.
    package var outdated: String
}

/// Puts the scene of a plan together from its record.
package struct SceneWorkflow: Sendable {
    private let reader: CaseReader
    private let patient: PatientRecord

    /// - Parameters:
    ///   - reader: What is seen of the case.
    ///   - patient: Whose case it is.
    package init(_ reader: CaseReader, patient: PatientRecord) {
        (self.reader, self.patient) = (reader, patient)
    }

    private var folder: DataFolder { reader.folder }

    /// A plan of the case.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such plan.
    package func plan(_ id: String) async throws -> (record: DerivedRecord, document: PlanDocument)
    {
        let record = try await reader.record(id, kind: "plan")
        let bytes = try await folder.objects.bytes(of: record.draft.content)
        return (record, try JSONDecoder().decode(PlanDocument.self, from: Data(bytes)))
    }

    /// The plan file of a plan of the case.
    ///
    /// - Throws: As ``plan(_:)``.
    package func file(of id: String) async throws -> String {
        try await PlanSource.yaml(of: plan(id).record, folder: folder)
    }

    /// The scene of a plan; `source` reads what the images' values mean.
    package func scene(_ id: String, source: any DicomSource) async throws -> WorkspaceScene {
        let library = SeriesLibrary(folder: folder, source: source)
        let (record, document) = try await plan(id)
        let base = "/cases/\(patient.id)"
        guard case .series(let ctUID, _)? = record.draft.inputs.source("planning"),
            case .derived(let doseID)? = record.draft.inputs.source("dose")
        else {
            throw WorkflowError.refused(sentence: "The record of the plan names no CT or no dose.")
        }
        let ct = try await layer(ctUID, "ct", base, library)
        var layers = [ct]
        var activityFrame = ct.frameOfReferenceUID
        if case .series(let uid, _)? = record.draft.inputs.source("activity") {
            let activity = try await layer(uid, "activity", base, library)
            activityFrame = activity.frameOfReferenceUID
            layers.append(activity)
        }
        let top = document.structures.compactMap(\.d2Gy).max() ?? 100
        layers.append(
            WorkspaceScene.Layer(
                id: doseID, role: "dose", label: "Dose of \(document.name)", modality: "RTDOSE",
                date: String(record.createdAt.prefix(10)), unit: "Gy",
                url: "\(base)/volumes/\(doseID)", frameOfReferenceUID: ct.frameOfReferenceUID,
                windowLow: 0, windowHigh: top, colourMap: "inferno"))
        var structures: [WorkspaceScene.Structure] = []
        if case .series(let uid, _)? = record.draft.inputs.source("structures") {
            structures = Self.structures(document) { name in
                "\(base)/masks/\(SeriesName.short(uid))/\(ct.id)/\(Self.escaped(name))"
            }
        } else {
            let vois = try await PlanVOIs(record: record, folder: folder)
            structures = Self.structures(document) { name in
                vois.version(of: name).map { "\(base)/vois/versions/\($0)/mask" }
            }
        }
        return WorkspaceScene(
            patient: WorkspaceScene.Patient(patient.identity),
            plan: record.id, frameOfReferenceUID: ct.frameOfReferenceUID, base: ct.id,
            layers: layers, structures: structures,
            registrations: try Self.registrations(
                document.registration, from: activityFrame, to: ct.frameOfReferenceUID),
            isodoseLevelsGy: Self.levels(upTo: top), outdated: record.state.reason ?? "")
    }

    func layer(
        _ uid: String, _ role: String, _ base: String, _ library: SeriesLibrary
    ) async throws -> WorkspaceScene.Layer {
        let series = try await reader.series(uid: uid)
        let study = try await reader.studies().first { $0.id == series.study }
        let id = SeriesName.short(uid)
        let isCT = series.description.modality == "CT"
        var (unit, note) = await Self.unit(of: uid, library)
        var suvPerUnit: Double?
        if series.description.modality == "PT", unit == Self.activityUnit {
            (suvPerUnit, note) = await Self.suv(of: uid, library)
        }
        return WorkspaceScene.Layer(
            id: id, role: role, label: series.description.description,
            modality: series.description.modality,
            date: ReadableIdentity.date(study?.description.date ?? ""),
            unit: unit,
            url: "\(base)/volumes/\(id)",
            previewURL: isCT ? "\(base)/previews/\(id)" : nil,
            frameOfReferenceUID: series.description.frameOfReferenceUID,
            // Zero and zero: the viewer takes the range of the image.
            windowLow: isCT ? -160 : 0, windowHigh: isCT ? 240 : 0,
            colourMap: isCT ? "gray" : "hot", note: note, suvPerUnit: suvPerUnit)
    }

    /// The SUV of one unit, or why there is none.
    private static func suv(
        of uid: String, _ library: SeriesLibrary
    ) async -> (perUnit: Double?, note: String?) {
        do {
            let suv = try await library.suv(seriesUID: uid)
            return (suv.perBecquerelPerML, suv.withheld.map { "no SUV: \($0)" })
        } catch { return (nil, "no SUV: the images cannot be read") }
    }

    private static let activityUnit = ImageSeries.Quantity.becquerelsPerML.unit

    /// The unit that the series itself states, or why there is none.
    private static func unit(
        of uid: String, _ library: SeriesLibrary
    ) async -> (unit: String, note: String?) {
        do {
            let unit = try await library.quantity(seriesUID: uid).unit
            return (unit, unit.isEmpty ? "no unit: the images state none" : nil)
        } catch { return ("", "no unit: the images cannot be read") }
    }

    /// The plan's registration, turned to run from the activity image to the planning CT.
    private static func registrations(
        _ kept: PlanDocument.Registration, from: String, to: String
    ) throws -> [WorkspaceScene.Registration] {
        guard from != to else { return [] }
        return [
            WorkspaceScene.Registration(
                id: kept.kind, from: from, to: to, accepted: kept.acceptedBy != nil,
                matrixLPS: try kept.transform.inverse.matrixRows)
        ]
    }

    private static func structures(
        _ document: PlanDocument, url: (String) -> String?
    ) -> [WorkspaceScene.Structure] {
        document.structures.enumerated().filter {
            ["liver", "tumour", "territory", "other"].contains($0.element.role)
        }.compactMap { index, structure in
            let style = ReportLineStyle.numbered(index)
            let name =
                document.territories.first { $0.name == structure.name }?.structure
                ?? structure.name
            return url(name).map {
                WorkspaceScene.Structure(
                    name: structure.name, role: structure.role, colour: style.colour,
                    dash: style.dash, url: $0)
            }
        }
    }

    /// A name as one part of a path.
    private static func escaped(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private static func levels(upTo top: Double) -> [Double] {
        [20, 30, 50, 70, 100, 150, 200, 300, 400].filter { $0 < top }.suffix(5).map { $0 }
    }
}
