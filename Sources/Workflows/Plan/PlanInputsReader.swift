import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Storage
import Therapy

/// Reads the images, outlines and curve of a plan out of the data folder.
struct PlanInputsReader {
    let folder: DataFolder
    let library: SeriesLibrary
    let source: PlanSource

    private var spec: PlanSpec { source.spec }

    /// What was read.
    struct Reading {
        var planning: ImageSeries
        var activity: EmissionImage
        var activityFrameOfReferenceUID: String?
        var activityCT: ImageSeries?
        var outlines: [String: StructureOutline] = [:]
        var densityCurve: HounsfieldDensityCurve
        var planarShuntFraction: Double?
        var findings: [Finding] = []
        var patient: Int64
    }

    /// Reads everything.
    ///
    /// - Throws: ``WorkflowError``, ``DicomError``, ``ImagingError``, ``PhysicsError``.
    func read() async throws -> Reading {
        guard let (planning, patient) = try await image("planning") else {
            throw WorkflowError.refused(sentence: "The plan names no planning CT.")
        }
        guard planning.quantity == .hounsfieldUnits else {
            throw WorkflowError.refused(
                sentence: "'images.planning' must be a CT in Hounsfield units.")
        }
        let activity = try await emission()
        var reading = Reading(
            planning: planning, activity: activity.image,
            activityFrameOfReferenceUID: activity.frameOfReferenceUID,
            densityCurve: try await curve(), patient: patient)
        reading.findings = planning.findings + activity.findings
        if let (ct, patient) = try await image("activityCT") {
            try refuseOtherPatient(patient, reading.patient)
            reading.activityCT = ct
            reading.findings += ct.findings
        }
        if let patient = activity.patient { try refuseOtherPatient(patient, reading.patient) }
        try await readStructures(into: &reading)
        try await readPlanar(into: &reading)
        return reading
    }

    /// Images of two patients in one plan are never right.
    private func refuseOtherPatient(_ patient: Int64, _ expected: Int64) throws {
        guard patient == expected else {
            throw WorkflowError.refused(
                sentence: "The images belong to different patients; a plan takes one patient's.")
        }
    }

    private func patient(seriesUID: String) async throws -> Int64 {
        let record = try await folder.records.series(uid: seriesUID)
        for patient in try await folder.records.patients() {
            let studies = try await folder.records.studies(patient: patient.id)
            if studies.contains(where: { $0.id == record.study }) { return patient.id }
        }
        throw WorkflowError.notFound(kind: "patient of series", name: "\(record.id)")
    }

    private func image(_ role: String) async throws -> (image: ImageSeries, patient: Int64)? {
        guard case .series(let uid, _)? = source.inputs.source(role) else { return nil }
        return (try await library.image(seriesUID: uid), try await patient(seriesUID: uid))
    }

    private struct Emission {
        var image: EmissionImage
        var frameOfReferenceUID: String?
        var patient: Int64?
        var findings: [Finding]
    }

    private func emission() async throws -> Emission {
        if let (image, patient) = try await image("activity") {
            return Emission(
                image: EmissionImage(image), frameOfReferenceUID: image.frameOfReferenceUID,
                patient: patient, findings: image.findings + EmissionImage.findings(image))
        }
        guard case .object(let digest)? = source.inputs.source("activity") else {
            throw WorkflowError.refused(sentence: "The plan names no activity image.")
        }
        let volume = try MetaImage.decoded(Data(try await folder.objects.bytes(of: digest)))
        return Emission(
            image: EmissionImage(volume: volume, isConcentration: false, quantisationStep: nil),
            findings: [])
    }

    private func curve() async throws -> HounsfieldDensityCurve {
        guard let path = spec.dose.densityCurve else { return try .generic }
        guard case .object(let digest)? = source.inputs.source("densityCurve") else {
            throw WorkflowError.refused(sentence: "The record does not hold the density curve.")
        }
        return try HounsfieldDensityCurve(
            csv: String(decoding: await folder.objects.bytes(of: digest), as: UTF8.self),
            name: URL(filePath: path).lastPathComponent, source: "plan file", date: "")
    }

    private func readStructures(into reading: inout Reading) async throws {
        guard case .series(let uid, _)? = source.inputs.source("structures") else { return }
        try refuseOtherPatient(try await patient(seriesUID: uid), reading.patient)
        let (outlines, frame, findings) = try await library.outlines(seriesUID: uid)
        guard frame == reading.planning.frameOfReferenceUID else {
            throw WorkflowError.refused(
                sentence:
                    "The structures lie in another frame of reference than the planning CT; contour on the planning CT or register first."
            )
        }
        reading.outlines = outlines
        reading.findings += findings
    }

    private func readPlanar(into reading: inout Reading) async throws {
        guard case .series(let uid, _)? = source.inputs.source("planar"),
            let regions = spec.lungShunt.planarRegions
        else { return }
        try refuseOtherPatient(try await patient(seriesUID: uid), reading.patient)
        let planar = try await library.planar(seriesUID: uid)
        reading.planarShuntFraction = try PlanarShuntReading(image: planar.value, regions: regions)
            .lungShuntFraction
        reading.findings += planar.findings
    }
}
