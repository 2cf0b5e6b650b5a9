import DICOM
import Quantities
import Storage

/// Reads series by the names people use, with what the record of a computation says of them.
struct NamedSeriesReader {
    let folder: DataFolder
    let library: SeriesLibrary
    /// Who named the series, and where.
    var seriesNames = SeriesNaming.record

    /// A series that a file names.
    struct NamedSeries {
        var seriesUID: String
        var modality: String
        var patient: Int64
        var source: PlanDocument.Input
        var input: DerivedInput
    }

    /// A series with the volume it holds.
    struct NamedImage {
        var image: ImageSeries
        var series: NamedSeries
    }

    /// A series with the outlines it holds.
    struct NamedOutlines {
        var outlines: [String: StructureOutline]
        var frameOfReferenceUID: String
        var findings: [Finding]
        var series: NamedSeries
    }

    /// - Throws: ``WorkflowError`` when there is none or more than one of that name.
    func series(_ role: String, _ name: String) async throws -> NamedSeries {
        let record: SeriesRecord
        do { record = try await SeriesName.resolve(name, in: folder.records) } catch {
            throw seriesNames.unknown(role, error)
        }
        let uid = record.description.seriesUID
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        return NamedSeries(
            seriesUID: uid, modality: record.description.modality,
            patient: try await patient(of: record),
            source: PlanDocument.Input(
                role: role, series: SeriesName.short(uid), digest: digest.hex),
            input: DerivedInput(role, .series(uid: uid, digest: digest)))
    }

    /// - Throws: ``WorkflowError``, ``DicomError`` when it is no regular volume.
    func image(_ role: String, _ name: String) async throws -> NamedImage {
        let named = try await series(role, name)
        let image = try await naming(named) {
            try await library.image(seriesUID: named.seriesUID)
        }
        return NamedImage(image: image, series: named)
    }

    /// - Throws: ``WorkflowError``, ``DicomError`` when it is neither RTSTRUCT nor SEG.
    func outlines(_ role: String, _ name: String) async throws -> NamedOutlines {
        let named = try await series(role, name)
        let (outlines, frame, findings) = try await naming(named) {
            try await library.outlines(seriesUID: named.seriesUID)
        }
        return NamedOutlines(
            outlines: outlines, frameOfReferenceUID: frame, findings: findings, series: named)
    }

    /// A series with the outlines it holds, each with its number.
    struct NumberedOutlines {
        var outlines: [NumberedOutline]
        var frameOfReferenceUID: String
        var findings: [Finding]
        var series: NamedSeries
    }

    /// - Throws: ``WorkflowError``, ``DicomError`` when it is neither RTSTRUCT nor SEG.
    func numberedOutlines(_ role: String, _ name: String) async throws -> NumberedOutlines {
        let named = try await series(role, name)
        let (outlines, frame, findings) = try await naming(named) {
            try await library.numberedOutlines(seriesUID: named.seriesUID)
        }
        return NumberedOutlines(
            outlines: outlines, frameOfReferenceUID: frame, findings: findings, series: named)
    }

    /// - Throws: ``WorkflowError``, ``DicomError`` when it is no planar object.
    func planar(
        _ role: String, _ name: String
    ) async throws -> (reading: Reading<PlanarImage>, series: NamedSeries) {
        let named = try await series(role, name)
        let reading = try await naming(named) {
            try await library.planar(seriesUID: named.seriesUID)
        }
        return (reading, named)
    }

    /// Says with a refusal where the series was named, and as what.
    private func naming<Value>(
        _ series: NamedSeries, _ read: () async throws -> Value
    ) async throws -> Value {
        let cause: String
        do { return try await read() } catch let error as DicomError {
            cause = "\(error)"
        } catch WorkflowError.refused(let sentence) { cause = sentence }
        throw seriesNames.unfit(
            series.source.role, series: series.source.series, modality: series.modality, cause)
    }

    /// Images of two patients in one computation are never right.
    ///
    /// - Parameters:
    ///   - series: What belongs to the other patient, if so.
    ///   - expected: Whose images the computation is about.
    ///   - whole: What those belong to already, `the planning CT` or `the plan`.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the patients differ.
    func refuseOtherPatient(
        _ series: NamedSeries, _ expected: Int64, than whole: String = "the planning CT"
    ) throws {
        guard series.patient != expected else { return }
        throw seriesNames.otherPatient(
            series.source.role, series: series.source.series, modality: series.modality,
            than: whole)
    }

    private func patient(of record: SeriesRecord) async throws -> Int64 {
        for patient in try await folder.records.patients() {
            let studies = try await folder.records.studies(patient: patient.id)
            if studies.contains(where: { $0.id == record.study }) { return patient.id }
        }
        throw WorkflowError.notFound(kind: "patient of series", name: "\(record.id)")
    }
}
