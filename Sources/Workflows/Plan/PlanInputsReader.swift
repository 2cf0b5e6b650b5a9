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
        let planning = try await named.image("planning", spec.images.planning)
        guard planning.image.quantity == .hounsfieldUnits else {
            throw WorkflowError.refused(
                sentence: "'images.planning' must be a CT in Hounsfield units.")
        }
        let activity = try await emission()
        var reading = Reading(
            planning: planning.image, activity: activity.image,
            activityFrameOfReferenceUID: activity.frameOfReferenceUID, densityCurve: try curve(),
            patient: planning.series.patient)
        reading.take(planning)
        reading.take(activity.source, activity.input, activity.findings)
        try await keepCurve(into: &reading)
        if let name = spec.images.activityCT {
            let ct = try await named.image("activityCT", name)
            try named.refuseOtherPatient(ct.series.patient, reading.patient)
            reading.activityCT = ct.image
            reading.take(ct)
        }
        if let patient = activity.patient {
            try named.refuseOtherPatient(patient, reading.patient)
        }
        try await readStructures(into: &reading)
        try await readPlanar(into: &reading)
        return reading
    }

    private var named: NamedSeriesReader { NamedSeriesReader(folder: folder, library: library) }

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
            let read = try await named.image("activity", name)
            return Emission(
                image: EmissionImage(read.image),
                frameOfReferenceUID: read.image.frameOfReferenceUID,
                patient: read.series.patient, source: read.series.source,
                input: read.series.input,
                findings: read.image.findings + EmissionImage.findings(read.image))
        case .metaImage(let path):
            let url = file(path)
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
        guard let text = try curveText() else { return try .generic }
        return try PlanSpec.densityCurve(csv: text, path: spec.dose.densityCurve ?? "")
    }

    private func curveText() throws -> String? {
        guard let path = spec.dose.densityCurve else { return nil }
        let url = file(path)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw WorkflowError.refused(
                sentence: "'dose.densityCurve' names a file that cannot be read.")
        }
        return text
    }

    /// The file may change or vanish; the plan's numbers rest on it as it is now.
    private func keepCurve(into reading: inout Reading) async throws {
        guard let text = try curveText() else { return }
        let object = try await folder.objects.put(Array(text.utf8))
        reading.take(
            PlanDocument.Input(role: "densityCurve", series: "CSV", digest: object.hex),
            DerivedInput("densityCurve", .object(object)), [])
    }

    private func readStructures(into reading: inout Reading) async throws {
        guard let name = spec.structures.from else { return }
        let read = try await named.outlines("structures", name)
        try named.refuseOtherPatient(read.series.patient, reading.patient)
        guard read.frameOfReferenceUID == reading.planning.frameOfReferenceUID else {
            throw WorkflowError.refused(
                sentence:
                    "The structures lie in another frame of reference than the planning CT; contour on the planning CT or register first."
            )
        }
        reading.outlines = read.outlines
        reading.take(read.series.source, read.series.input, read.findings)
    }

    private func readPlanar(into reading: inout Reading) async throws {
        guard let name = spec.images.planar, let regions = spec.lungShunt.planarRegions else {
            return
        }
        let views = try await named.series("planar", name)
        try named.refuseOtherPatient(views.patient, reading.patient)
        let planar = try await library.planar(seriesUID: views.seriesUID)
        reading.planarShuntFraction = try PlanarShuntReading(image: planar.value, regions: regions)
            .lungShuntFraction
        reading.take(views.source, views.input, planar.findings)
    }
}

extension PlanSpec {
    /// The site's own curve from the text of its file.
    ///
    /// - Throws: ``PhysicsError``.
    static func densityCurve(csv: String, path: String) throws -> HounsfieldDensityCurve {
        try HounsfieldDensityCurve(
            csv: csv, name: URL(filePath: path).lastPathComponent, source: "plan file", date: "")
    }
}

extension PlanInputsReader.Reading {
    fileprivate mutating func take(_ named: NamedSeriesReader.NamedImage) {
        take(named.series.source, named.series.input, named.image.findings)
    }

    fileprivate mutating func take(
        _ source: PlanDocument.Input, _ input: DerivedInput, _ found: [Finding]
    ) {
        sources.append(source)
        derivedInputs.append(input)
        findings += found
    }
}
