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

    private var named: NamedSeriesReader {
        NamedSeriesReader(folder: folder, library: library, seriesNames: source.seriesNames)
    }

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

    /// Reads everything, images side by side.
    ///
    /// - Throws: ``WorkflowError``, ``DicomError``, ``ImagingError``, ``PhysicsError``.
    func read() async throws -> Reading {
        async let planningRead = image("planning")
        async let emissionRead = emission()
        async let companionRead = image("activityCT")
        async let outlinesRead = outlines()
        guard let (planning, planningSeries) = try await planningRead else {
            throw WorkflowError.refused(sentence: "The plan names no planning CT.")
        }
        try source.seriesNames.refuseNoCT("planning", planning)
        let activity = try await emissionRead
        var reading = Reading(
            planning: planning, activity: activity.image,
            activityFrameOfReferenceUID: activity.frameOfReferenceUID,
            densityCurve: try await curve(), patient: planningSeries.patient)
        reading.findings = planning.findings + activity.findings
        if let (ct, series) = try await companionRead {
            try named.refuseOtherPatient(series, reading.patient)
            try source.seriesNames.refuseNoCT("activityCT", ct)
            reading.activityCT = ct
            reading.findings += ct.findings
        }
        if let series = activity.series { try named.refuseOtherPatient(series, reading.patient) }
        if let read = try await outlinesRead { try add(read, to: &reading) }
        try await source.vois.add(to: &reading, folder: folder)
        try await readPlanar(into: &reading)
        return reading
    }

    private func seriesUID(_ role: String) -> String? {
        guard case .series(let uid, _)? = source.inputs.source(role) else { return nil }
        return uid
    }

    private func image(
        _ role: String
    ) async throws -> (image: ImageSeries, series: NamedSeriesReader.NamedSeries)? {
        guard let uid = seriesUID(role) else { return nil }
        let read = try await named.image(role, uid)
        return (read.image, read.series)
    }

    private struct Emission {
        var image: EmissionImage
        var frameOfReferenceUID: String?
        var series: NamedSeriesReader.NamedSeries?
        var findings: [Finding]
    }

    private func emission() async throws -> Emission {
        if let (image, series) = try await image("activity") {
            try source.seriesNames.refuseTransmission("activity", image)
            return Emission(
                image: EmissionImage(image), frameOfReferenceUID: image.frameOfReferenceUID,
                series: series, findings: image.findings + EmissionImage.findings(image))
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
        return try PlanSpec.densityCurve(
            csv: String(decoding: await folder.objects.bytes(of: digest), as: UTF8.self), path: path
        )
    }

    private func outlines() async throws -> NamedSeriesReader.NamedOutlines? {
        guard let uid = seriesUID("structures") else { return nil }
        return try await named.outlines("structures", uid)
    }

    private func add(
        _ read: NamedSeriesReader.NamedOutlines, to reading: inout Reading
    ) throws {
        try named.refuseOtherPatient(read.series, reading.patient)
        guard read.frameOfReferenceUID == reading.planning.frameOfReferenceUID else {
            throw WorkflowError.refused(
                sentence:
                    "The structures lie in another frame of reference than the planning CT; contour on the planning CT or register first."
            )
        }
        reading.outlines = read.outlines
        reading.findings += read.findings
    }

    private func readPlanar(into reading: inout Reading) async throws {
        guard let uid = seriesUID("planar"), let regions = try await planarRegions() else { return }
        let read = try await named.planar("planar", uid)
        try named.refuseOtherPatient(read.series, reading.patient)
        let shunt = PlanarShuntReading(image: read.reading.value, regions: regions)
        reading.planarShuntFraction = try shunt.shunt().lungShuntFraction
        reading.findings += read.reading.findings + (try shunt.findings())
    }

    /// Boxes of the plan file, or what somebody drew.
    private func planarRegions() async throws -> PlanarShuntReading.PlanarRegions? {
        if let boxes = spec.lungShunt.planarRegions {
            return PlanarShuntReading.PlanarRegions(boxes)
        }
        guard let drawn = source.drawnRegions else { return nil }
        let bytes = try await folder.objects.bytes(of: drawn.draft.content)
        return try PlanarRegionsWorkflow.Result(bytes: bytes).drawn.regions
    }
}

extension PlanSpec {
    /// Reads a site's density curve from the text of the file that the plan names.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)``.
    static func densityCurve(csv: String, path: String) throws -> HounsfieldDensityCurve {
        try HounsfieldDensityCurve(
            csv: csv, name: URL(filePath: path).lastPathComponent, source: "plan file", date: "")
    }
}
