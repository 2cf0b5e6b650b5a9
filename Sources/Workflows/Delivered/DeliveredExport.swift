import DICOM
import Dosimetry
import Foundation
import Imaging
import Quantities
import Storage

/// Writes delivered doses as RTDOSE; the same record gives the same objects.
struct DeliveredExport: Sendable {
    private let document: DeliveredDocument
    private let verificationID: String
    private let context: PlanContext
    /// UIDs of what the plan exports.
    private let plannedUIDs: UIDSequence
    private let regions: ExportedRegions
    private let relative: DoseMap
    private let absolute: DoseMap?

    /// Which UID of the objects serves what.
    private enum Place: Int {
        case relativeSeries, relative, absoluteSeries, absolute
    }

    init(_ kept: DeliveredWorkflow.Kept) {
        document = kept.result.document
        verificationID = kept.verificationID
        (context, plannedUIDs) = (kept.context, kept.plannedUIDs)
        regions = ExportedRegions(kept.result.ground.regions)
        (relative, absolute) = (kept.result.relative, kept.result.absolute)
    }

    /// Reads delivered doses back from their record; the plan's regions are made again.
    ///
    /// - Throws: ``WorkflowError`` when the plan or a dose is not as the record has it; what the
    ///   layers below throw.
    init(_ record: DerivedRecord, folder: DataFolder, source: any DicomSource) async throws {
        let document = try JSONDecoder().decode(
            DeliveredDocument.self,
            from: Data(try await folder.objects.bytes(of: record.draft.content)))
        let plan = try await KeptPlan(
            KeptPlan.record(document.plan, in: folder.records), folder: folder,
            library: SeriesLibrary(folder: folder, source: source))
        func dose(_ role: String, _ digest: String) async throws -> DoseMap {
            guard case .derived(let id)? = record.draft.inputs.source(role) else {
                throw WorkflowError.notFound(kind: "dose of verification", name: record.id)
            }
            let content = try await folder.records.derived(id: id).draft.content
            guard content.hex == digest else {
                throw WorkflowError.refused(
                    sentence: "\(id) is not the dose that \(record.id) tells of.")
            }
            return DoseMap(
                grays: try MetaImage.decoded(Data(try await folder.objects.bytes(of: content))))
        }
        self.document = document
        verificationID = record.id
        context = try await PlanContext(
            patient: plan.patient, planID: record.id, folder: folder, draft: record)
        plannedUIDs = plan.uids
        regions = ExportedRegions(plan.ground.regions)
        relative = try await dose("relativeDose", document.relativeDoseDigest)
        if let digest = document.absoluteDoseDigest {
            absolute = try await dose("absoluteDose", digest)
        } else {
            absolute = nil
        }
    }

    /// Writes the doses into an existing folder.
    ///
    /// - Returns: Names of the files, and what the writer changed.
    /// - Throws: `DicomError`, `DoseError`.
    func write(to out: URL) throws -> (files: [String], findings: [Finding]) {
        var files = ["delivered-dose.dcm"]
        var findings = try write(
            relative, "relative", places: (905, .relativeSeries, .relative),
            to: out.appending(path: files[0]))
        if let absolute {
            files.append("delivered-dose-absolute.dcm")
            findings += try write(
                absolute, "absolute", places: (906, .absoluteSeries, .absolute),
                to: out.appending(path: "delivered-dose-absolute.dcm"))
        }
        return (files, findings)
    }

    private func write(
        _ dose: DoseMap, _ calibration: String,
        places: (number: Int, series: Place, object: Place), to file: URL
    ) throws -> [Finding] {
        // The absolute dose is of all that the image shows, in the lungs too.
        let showsLungs = places.object == .absolute
        let description = "Grevy delivered dose, \(calibration)"
        let uids = UIDSequence(
            dose: document.relativeDoseDigest, record: verificationID, keptAt: context.keptAt)
        let composed = try DoseWriter(
            series: context.series(
                places.number, uids[places.series.rawValue],
                showsLungs ? description : "\(description), \(ExportedDose.withoutShunt)"),
            planUID: plannedUIDs[PlanExport.Place.plan.rawValue],
            structureSet: InstanceReference(
                sopClassUID: SOPClass.rtStructureSet,
                sopInstanceUID: plannedUIDs[PlanExport.Place.structures.rawValue]),
            histograms: try regions.histograms(of: dose, withLungs: showsLungs),
            sources: context.planningReferences
        ).compose(
            DoseObject(
                dose: dose, frameOfReferenceUID: context.frameOfReferenceUID,
                comment: (showsLungs ? "" : "\(ExportedDose.comment); ")
                    + "\(calibration), \(document.software.engine), \(document.profile.name)"
                    + (document.doseTo.map { ", dose to \($0)" } ?? "")
            ), instanceUID: uids[places.object.rawValue])
        for object in composed.dataSets { try DicomWriter.write(object, path: file.path) }
        return composed.findings
    }
}
