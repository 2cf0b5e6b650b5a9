import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Storage
import Therapy

/// Reads what a plan file names out of the data folder.
struct PlanInputsReader {
    let folder: DataFolder
    let library: SeriesLibrary
    let spec: PlanSpec
    /// Files that the plan names are sought from here.
    let specFolder: URL

    /// What was read and what a record of the plan must name as inputs.
    struct Reading {
        var planning: ImageSeries
        var activity: EmissionImage
        var activityFrameOfReferenceUID: String?
        var activityCT: ImageSeries?
        var outlines: [String: StructureOutline] = [:]
        var densityCurve: HounsfieldDensityCurve
        var planarShuntFraction: Double?
        var sources: [PlanDocument.Input] = []
        var derivedInputs: [DerivedInput] = []
        var findings: [Finding] = []
        var patient: Int64
    }

    /// Reads everything.
    ///
    /// - Throws: ``WorkflowError``, ``DicomError``, ``ImagingError``, ``PhysicsError``.
    func read() async throws -> Reading {
        let planning = try await image("planning", spec.images.planning)
        guard planning.image.quantity == .hounsfieldUnits else {
            throw WorkflowError.refused(
                sentence: "'images.planning' must be a CT in Hounsfield units.")
        }
        let activity = try await emission()
        var reading = Reading(
            planning: planning.image, activity: activity.image,
            activityFrameOfReferenceUID: activity.frameOfReferenceUID, densityCurve: try curve(),
            patient: planning.patient)
        try reading.take(planning.source, planning.input, planning.image.findings)
        try reading.take(activity.source, activity.input, activity.findings)
        if let name = spec.images.activityCT {
            let ct = try await image("activityCT", name)
            try refuseOtherPatient(ct.patient, reading.patient)
            guard ct.image.quantity == .hounsfieldUnits else {
                throw WorkflowError.refused(
                    sentence: "'images.activityCT' must be a CT in Hounsfield units.")
            }
            reading.activityCT = ct.image
            try reading.take(ct.source, ct.input, ct.image.findings)
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

    private struct NamedSeries {
        var record: SeriesRecord
        var patient: Int64
        var source: PlanDocument.Input
        var input: DerivedInput
    }

    private func series(_ role: String, _ name: String) async throws -> NamedSeries {
        let record = try await SeriesName.resolve(name, in: folder.records)
        let uid = record.description.seriesUID
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        return NamedSeries(
            record: record, patient: try await patient(of: record),
            source: PlanDocument.Input(
                role: role, series: SeriesName.short(uid), digest: digest.hex),
            input: DerivedInput(role, .series(uid: uid, digest: digest)))
    }

    private func patient(of record: SeriesRecord) async throws -> Int64 {
        for patient in try await folder.records.patients() {
            let studies = try await folder.records.studies(patient: patient.id)
            if studies.contains(where: { $0.id == record.study }) { return patient.id }
        }
        throw WorkflowError.notFound(kind: "patient of series", name: "\(record.id)")
    }

    private func image(
        _ role: String, _ name: String
    ) async throws -> (
        image: ImageSeries, patient: Int64, source: PlanDocument.Input, input: DerivedInput
    ) {
        let named = try await series(role, name)
        let image = try await Self.naming(named.source) {
            try await library.image(seriesUID: named.record.description.seriesUID)
        }
        return (image, named.patient, named.source, named.input)
    }

    /// Says with a refusal which of the plan's series it is about.
    private static func naming<Value>(
        _ source: PlanDocument.Input, _ read: () async throws -> Value
    ) async throws -> Value {
        do { return try await read() } catch let error as DicomError {
            throw WorkflowError.refused(
                sentence:
                    "Series \(source.series), which the plan names as \(source.role): \(error)")
        }
    }

    private struct Emission {
        var image: EmissionImage
        var frameOfReferenceUID: String?
        var patient: Int64?
        var source: PlanDocument.Input
        var input: DerivedInput
        var findings: [Finding]
    }

    private func emission() async throws -> Emission {
        switch spec.images.activity {
        case .series(let name):
            let (image, patient, source, input) = try await image("activity", name)
            guard !EmissionImage.isTransmission(image) else {
                throw WorkflowError.refused(
                    sentence:
                        "'images.activity' names a CT: it holds Hounsfield units far below 0. Name the SPECT or PET."
                )
            }
            return Emission(
                image: EmissionImage(image), frameOfReferenceUID: image.frameOfReferenceUID,
                patient: patient, source: source, input: input,
                findings: image.findings + EmissionImage.findings(image))
        case .metaImage(let path):
            let url = file(path)
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw WorkflowError.refused(
                    sentence: "'images.activity.metaImage' names a file that does not exist.")
            }
            let volume = try MetaImage.read(url)
            let object = try await folder.objects.put(Array(MetaImage.encoded(volume)))
            return Emission(
                image: EmissionImage(
                    volume: volume, isConcentration: false, quantisationStep: nil),
                source: PlanDocument.Input(
                    role: "activity", series: "MetaImage", digest: object.hex),
                input: DerivedInput("activity", .object(object)), findings: [])
        }
    }

    /// A file that the plan names, sought beside the plan unless the path is absolute.
    private func file(_ path: String) -> URL {
        path.hasPrefix("/") ? URL(filePath: path) : specFolder.appending(path: path)
    }

    private func curve() throws -> HounsfieldDensityCurve {
        guard let path = spec.dose.densityCurve else { return try .generic }
        let url = file(path)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw WorkflowError.refused(
                sentence: "'dose.densityCurve' names a file that cannot be read.")
        }
        return try HounsfieldDensityCurve(
            csv: text, name: url.lastPathComponent, source: "plan file", date: "")
    }

    private func readStructures(into reading: inout Reading) async throws {
        guard let name = spec.structures.from else { return }
        let named = try await series("structures", name)
        try refuseOtherPatient(named.patient, reading.patient)
        let (outlines, frame, findings) = try await Self.naming(named.source) {
            try await library.outlines(seriesUID: named.record.description.seriesUID)
        }
        guard frame == reading.planning.frameOfReferenceUID else {
            throw WorkflowError.refused(
                sentence:
                    "The structures lie in another frame of reference than the planning CT; contour on the planning CT or register first."
            )
        }
        reading.outlines = outlines
        try reading.take(named.source, named.input, findings)
    }

    private func readPlanar(into reading: inout Reading) async throws {
        guard let name = spec.images.planar, let regions = spec.lungShunt.planarRegions else {
            return
        }
        let named = try await series("planar", name)
        try refuseOtherPatient(named.patient, reading.patient)
        let planar = try await Self.naming(named.source) {
            try await library.planar(seriesUID: named.record.description.seriesUID)
        }
        reading.planarShuntFraction = try PlanarShuntReading(image: planar.value, regions: regions)
            .lungShuntFraction
        try reading.take(named.source, named.input, planar.findings)
    }
}

extension PlanInputsReader.Reading {
    fileprivate mutating func take(
        _ source: PlanDocument.Input, _ input: DerivedInput, _ found: [Finding]
    ) throws {
        sources.append(source)
        derivedInputs.append(input)
        findings += found
    }
}
