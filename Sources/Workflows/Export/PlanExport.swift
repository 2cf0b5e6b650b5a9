import DICOM
import Dosimetry
package import Foundation
import Imaging
import Physics
package import Quantities
import Storage

/// Writes a plan for people and other programs: JSON, report, RTDOSE, RTSTRUCT, SEG, SR, NIfTI.
///
/// Every UID follows from the dose, the plan's record and the program's version, so exporting twice
/// gives the same objects, another plan with the same dose gives other ones, and so does a version
/// that writes something else into them. The report's follows from its PDF as well, which is printed
/// with other bytes each time.
package struct PlanExport: Sendable {
    let kept: PlanWorkflow.Kept
    let uids: UIDSequence
    let regions: ExportedRegions

    package init(_ kept: PlanWorkflow.Kept) {
        self.kept = kept
        uids = UIDSequence(
            dose: kept.result.document.dosePerVoxelDigest, record: kept.planID,
            keptAt: kept.context.keptAt)
        regions = ExportedRegions(kept.result.regions)
    }

    /// Which UID of the export serves what.
    enum Place: Int {
        case doseSeries, dose, structureSeries, structures, segmentationSeries, segmentation
        case dimension, plan, documentSeries, document, measurementSeries, measurements
    }

    /// Writes everything but the report.
    ///
    /// - Parameter out: An existing folder; files of the same names are replaced.
    /// - Returns: Names of the files written, and findings of the writers.
    /// - Throws: ``DicomError``, ``ImagingError``, or what the file system says.
    package func write(to out: URL) throws -> (files: [String], findings: [Finding]) {
        var files: [String] = []
        var findings: [Finding] = []
        func write(_ name: String, _ composed: ComposedObjects) throws {
            for object in composed.dataSets {
                try DicomWriter.write(object, path: out.appending(path: name).path)
            }
            files.append(name)
            findings += composed.findings
        }
        try CanonicalJSON.encoded(kept.result.document)
            .write(to: out.appending(path: "plan.json"), options: .atomic)
        files.append("plan.json")
        if !regions.numbered.isEmpty {
            try write("structures.dcm", structureSet())
            try write("segmentation.dcm", segmentation())
        }
        try write("dose.dcm", dose())
        try write("measurements.dcm", measurements())
        try NIfTI.write(
            kept.result.dose.grays, to: out.appending(path: "dose.nii.gz"),
            description: "absorbed dose, Gy, \(ExportedDose.withoutShunt)")
        files.append("dose.nii.gz")
        return (files, findings)
    }

    /// Writes the printed report as an encapsulated PDF.
    ///
    /// - Throws: ``DicomError``.
    package func writeReport(pdf: [UInt8], to file: URL) throws {
        let writer = DocumentWriter(
            series: kept.context.series(904, uids[Place.documentSeries.rawValue], "Grevy report"))
        let composed = try writer.compose(
            pdf: pdf, title: "SIRT plan",
            instanceUID: uids.uid(Place.document.rawValue, of: pdf))
        for object in composed.dataSets { try DicomWriter.write(object, path: file.path) }
    }

    private var frameOfReferenceUID: String { kept.context.frameOfReferenceUID }

    private var planningImages: ReferencedSeries {
        ReferencedSeries(
            studyInstanceUID: kept.context.study.studyUID,
            seriesInstanceUID: kept.context.planningSeriesUID,
            instances: kept.context.planningReferences, geometry: nil)
    }

    /// Another object of the plan.
    func reference(_ sopClass: String, _ series: Place, _ object: Place) -> FrameReference {
        FrameReference(
            studyInstanceUID: kept.context.study.studyUID,
            seriesInstanceUID: uids[series.rawValue],
            instance: InstanceReference(
                sopClassUID: sopClass, sopInstanceUID: uids[object.rawValue]))
    }

    private func structureSet() throws -> ComposedObjects {
        let (structures, outlineFindings) = regions.structures()
        let composed = try StructureSetWriter(
            series: kept.context.series(
                902, uids[Place.structureSeries.rawValue], "Grevy structures"),
            images: planningImages, generation: "AUTOMATIC"
        ).compose(
            StructureSet(
                label: "Grevy", frameOfReferenceUID: frameOfReferenceUID,
                referencedSeriesUID: kept.context.planningSeriesUID, structures: structures),
            instanceUID: uids[Place.structures.rawValue])
        return ComposedObjects(
            dataSets: composed.dataSets, findings: outlineFindings + composed.findings)
    }

    private func segmentation() throws -> ComposedObjects {
        let segments = regions.numbered.map {
            Segmentation.Segment(
                number: $0.number, label: $0.region.name, mask: $0.region.mask)
        }
        return try SegmentationWriter(
            series: kept.context.series(
                903, uids[Place.segmentationSeries.rawValue], "Grevy structures"),
            images: nil, dimensionOrganizationUID: uids[Place.dimension.rawValue],
            algorithmName: "Grevy \(Software.version)"
        ).compose(
            Segmentation(
                kind: .fractional, frameOfReferenceUID: frameOfReferenceUID,
                referencedSeriesUID: kept.context.planningSeriesUID, segments: segments),
            instanceUID: uids[Place.segmentation.rawValue])
    }

    private func dose() throws -> ComposedObjects {
        let document = kept.result.document
        return try DoseWriter(
            series: kept.context.series(
                901, uids[Place.doseSeries.rawValue],
                "Grevy dose, \(ExportedDose.withoutShunt)"),
            planUID: uids[Place.plan.rawValue],
            structureSet: InstanceReference(
                sopClassUID: SOPClass.rtStructureSet,
                sopInstanceUID: uids[Place.structures.rawValue]),
            histograms: try regions.histograms(of: kept.result.dose, withLungs: false),
            sources: kept.context.planningReferences
        ).compose(
            DoseObject(
                dose: kept.result.dose, frameOfReferenceUID: frameOfReferenceUID,
                comment:
                    "\(ExportedDose.comment); \(document.software.engine), \(document.profile.name)"
                    + (document.physicalDose.map { ", dose to \($0.doseTo ?? "medium")" } ?? "")),
            instanceUID: uids[Place.dose.rawValue])
    }
}

/// UIDs that follow from a dose, the record that it belongs to and the program's version, by place.
struct UIDSequence: Sendable {
    private let seed: UInt64

    /// - Parameters:
    ///   - dose: SHA-256 of the dose, in hexadecimal digits.
    ///   - record: Id of the plan or verification.
    ///   - keptAt: When it was kept, which dates and times of the objects come from.
    init(dose: String, record: String, keptAt: String) {
        let digest = ObjectDigest(of: Array("\(dose) \(record) \(keptAt) \(Software.version)".utf8))
            .hex
        seed = UInt64(digest.prefix(16), radix: 16) ?? 0
    }

    subscript(place: Int) -> String { UID.derived(seed: seed, index: place) }

    /// The same for what is made anew with other bytes, as a PDF that is printed again: a UID never
    /// names two contents.
    func uid(_ place: Int, of content: [UInt8]) -> String {
        let digest = ObjectDigest(of: Array("\(seed) \(ObjectDigest(of: content).hex)".utf8)).hex
        return UID.derived(seed: UInt64(digest.prefix(16), radix: 16) ?? seed, index: place)
    }
}
