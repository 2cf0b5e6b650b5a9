package import DICOM
import Foundation
import Pathway
package import Storage
import Therapy

/// Keeps regions drawn on planar views with the lung shunt that they give, by version and author.
package struct PlanarRegionsWorkflow: Sendable {
    private static let kind = "planar-regions"

    private let reader: CaseReader
    private let source: any DicomSource

    package init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    private var folder: DataFolder { reader.folder }

    /// What is kept: the regions and what they gave.
    package struct Result: Codable, Hashable, Sendable {
        package var drawn: DrawnRegions
        /// By the geometric mean, 0 to 1.
        package var lungShuntFraction: Double
        /// By the arithmetic mean, for comparison.
        package var arithmeticMeanFraction: Double
        package var lungGeometricMeanCounts: Double
        package var liverGeometricMeanCounts: Double
        package var lungs: Counts
        package var liver: Counts
        package var background: Counts

        /// Before background is taken off.
        package struct Counts: Codable, Hashable, Sendable {
            package var pixels: Int
            package var anterior: Double
            package var posterior: Double
        }
    }

    /// A version.
    package struct Kept: Sendable {
        package let record: DerivedRecord
        package let result: Result
    }

    /// All versions for a series (`se-…`), the latest first.
    ///
    /// - Throws: ``StorageError``, `DecodingError` when a kept document is damaged.
    package func versions(series: String) async throws -> [Kept] {
        let records = try await reader.history(kind: Self.kind, name: Self.name(series))
        var kept: [Kept] = []
        for record in records.reversed() {
            let bytes = try await folder.objects.bytes(of: record.draft.content)
            kept.append(Kept(record: record, result: try Result(bytes: bytes)))
        }
        return kept
    }

    /// The latest version for each series of the case, the latest first.
    func all() async throws -> [DerivedRecord] {
        let records = try await reader.derived(kind: Self.kind)
        var seen: Set<String> = []
        return records.reversed().filter {
            $0.state == .current && seen.insert($0.draft.name).inserted
        }
    }

    /// Returns the version that a plan file names.
    ///
    /// - Parameters:
    ///   - id: `planar-regions-4`; `nil` when the plan names none.
    ///   - planar: The plan's planar image, on which they must be drawn.
    ///   - folder: The data folder.
    ///   - sight: What is seen of the case.
    /// - Returns: The version; `nil` when the plan names none.
    /// - Throws: ``WorkflowError``.
    static func named(
        _ id: String?, on planar: DerivedInput.Source?, _ folder: DataFolder,
        seenBy sight: CaseSight = .whole
    ) async throws -> DerivedRecord? {
        guard let id else { return nil }
        let record = try await ComputedName.resolve(id, in: folder.records)
        guard record.draft.kind == kind, sight.sees(record: record.id), let planar,
            record.draft.inputs.source("planar") == planar
        else {
            throw WorkflowError.refused(
                sentence: "'lungShunt.drawnRegions' names '\(id)', which is not drawn on the "
                    + "images that 'images.planar' names.")
        }
        return record
    }

    /// Computes the shunt of drawn regions and keeps both as the next version.
    ///
    /// - Parameters:
    ///   - json: The regions, as ``DrawnRegions`` reads them.
    ///   - uid: The series that they are drawn on, which must be the case's.
    ///   - account: Who has drawn them.
    /// - Returns: The version.
    /// - Throws: ``WorkflowError/refused(sentence:)``, `DicomError`, ``StorageError``.
    package func keep(
        json: String, seriesUID uid: String, by account: AccountRecord
    ) async throws -> Kept {
        let drawn = try DrawnRegions(json: json)
        let image = try await SeriesLibrary(folder: folder, source: source)
            .planar(seriesUID: uid).value
        let reading = PlanarShuntReading(image: image, regions: try drawn.regions)
        let shunt: PlanarLungShunt
        do { shunt = try reading.shunt() } catch let error as TherapyError {
            throw WorkflowError.refused(sentence: "\(error)")
        }
        let result = Result(
            drawn: drawn, lungShuntFraction: shunt.lungShuntFraction,
            arithmeticMeanFraction: shunt.arithmeticMeanFraction,
            lungGeometricMeanCounts: shunt.lungGeometricMeanCounts,
            liverGeometricMeanCounts: shunt.liverGeometricMeanCounts,
            lungs: Result.Counts(try reading.counted(reading.regions.lungs)),
            liver: Result.Counts(try reading.counted(reading.regions.liver)),
            background: Result.Counts(try reading.counted(reading.regions.background)))
        let digest = try await folder.records.instances(seriesUID: uid).seriesDigest
        let content = try await folder.objects.put(Array(try CanonicalJSON.encoded(result)))
        let record = try await folder.records.save(
            DerivedDraft(
                caseID: reader.caseID, kind: Self.kind,
                name: Self.name(SeriesName.short(uid)), content: content,
                mediaType: "application/json",
                inputs: [DerivedInput("planar", .series(uid: uid, digest: digest))],
                parametersJSON: String(
                    decoding: try CanonicalJSON.encoded(drawn), as: UTF8.self),
                softwareVersion: Software.version), by: account.actor)
        return Kept(record: record, result: result)
    }

    private static func name(_ series: String) -> String { "Lung shunt on \(series)" }
}

extension PlanarRegionsWorkflow.Result {
    /// - Throws: `DecodingError` when the kept document is damaged.
    init(bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }
}

extension PlanarRegionsWorkflow.Result.Counts {
    fileprivate init(_ counted: PlanarShuntReading.Counted) {
        self.init(
            pixels: counted.pixels, anterior: counted.counts.anterior,
            posterior: counted.counts.posterior)
    }
}
