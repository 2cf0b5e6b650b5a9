import DICOM
import Dosimetry
package import Foundation
import Imaging
import Quantities
package import Storage

/// Writes delivered doses into a folder, and keeps the report beside them.
package struct DeliveredOutputs: Sendable {
    private let folder: DataFolder
    private let actor: String

    package init(folder: DataFolder, actor: String) {
        self.folder = folder
        self.actor = actor
    }

    /// Which UID of the objects serves what.
    private enum Place: Int {
        case relativeSeries, relative, absoluteSeries, absolute
    }

    /// Writes document, doses and report.
    ///
    /// - Parameters:
    ///   - kept: The delivered doses.
    ///   - out: Made when absent; what an earlier delivery left there under these names is removed.
    ///   - pdf: Whether the report is printed too.
    /// - Returns: Names of the files, and what the writers changed.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the PDF cannot be printed; what the
    ///   layers below throw.
    package func write(
        _ kept: DeliveredWorkflow.Kept, to out: URL, pdf: Bool
    ) async throws -> PlanOutputs.Written {
        try OutputFolder.prepare(
            out,
            removing: [
                "delivered.json", "delivered-dose.dcm", "delivered-dose-absolute.dcm",
                "delivered.html", "delivered.pdf",
            ])
        var files = ["delivered.json", "delivered-dose.dcm"]
        try CanonicalJSON.encoded(kept.result.document)
            .write(to: out.appending(path: files[0]), options: .atomic)
        var findings = try write(
            dose: kept.result.relative, "relative", of: kept,
            places: (905, .relativeSeries, .relative), to: out.appending(path: files[1]))
        if let absolute = kept.result.absolute {
            files.append("delivered-dose-absolute.dcm")
            findings += try write(
                dose: absolute, "absolute", of: kept, places: (906, .absoluteSeries, .absolute),
                to: out.appending(path: "delivered-dose-absolute.dcm"))
        }
        let reports = ReportKeeper(folder: folder, actor: actor, recordID: kept.verificationID)
        files += try await reports.write(
            try DeliveredReporting(kept).report(), named: "delivered", to: out, pdf: pdf)
        return PlanOutputs.Written(files: files, findings: findings)
    }

    private func write(
        dose: DoseMap, _ calibration: String, of kept: DeliveredWorkflow.Kept,
        places: (number: Int, series: Place, object: Place), to file: URL
    ) throws -> [Finding] {
        let document = kept.result.document
        // The absolute dose is of all that the image shows, in the lungs too.
        let showsLungs = places.object == .absolute
        let description = "Grevy delivered dose, \(calibration)"
        let uids = UIDSequence(
            dose: document.relativeDoseDigest, record: kept.verificationID,
            keptAt: kept.context.keptAt)
        let composed = try DoseWriter(
            series: kept.context.series(
                places.number, uids[places.series.rawValue],
                showsLungs ? description : "\(description), \(ExportedDose.withoutShunt)"),
            planUID: kept.plannedUIDs[PlanExport.Place.plan.rawValue],
            structureSet: InstanceReference(
                sopClassUID: SOPClass.rtStructureSet,
                sopInstanceUID: kept.plannedUIDs[PlanExport.Place.structures.rawValue]),
            histograms: try ExportedRegions(kept.result.ground.regions).histograms(
                of: dose, withLungs: showsLungs),
            sources: kept.context.planningReferences
        ).compose(
            DoseObject(
                dose: dose, frameOfReferenceUID: kept.context.frameOfReferenceUID,
                comment: (showsLungs ? "" : "\(ExportedDose.comment); ")
                    + "\(calibration), \(document.software.engine), \(document.profile.name)"
                    + (document.doseTo.map { ", dose to \($0)" } ?? "")
            ), instanceUID: uids[places.object.rawValue])
        for object in composed.dataSets { try DicomWriter.write(object, path: file.path) }
        return composed.findings
    }
}
