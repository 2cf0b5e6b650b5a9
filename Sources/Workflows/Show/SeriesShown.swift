package import DICOM
import Imaging
package import Quantities
package import Storage

/// One series as people and scripts see it: attributes, grid, values, findings, uses.
package struct SeriesShown: Codable, Hashable, Sendable {
    package var id: String
    package var kind = "series"
    package var seriesInstanceUID: String
    package var studyInstanceUID: String
    package var studyDate: String
    package var patientID: String
    package var patientName: String
    package var modality: String
    package var number: String
    package var description: String
    package var frameOfReferenceUID: String
    package var instances: Int
    /// SHA-256 that stands for all files of the series.
    package var digest: String
    package var transferSyntaxUIDs: [String]
    /// Volumes in it, one per regular stack of slices; empty for what is no image.
    package var images: [Image]
    package var planar: Planar?
    package var structures: [Structure]
    package var measurements: [Measurement]
    /// Why it is kept but cannot be used; `nil` when it can.
    package var refusal: String?
    package var findings: [Finding]
    /// Ids of what was computed from it.
    package var usedBy: [String]
}

extension SeriesShown {
    /// A volume: where its voxels lie and what they hold.
    package struct Image: Codable, Hashable, Sendable {
        /// `HU`, `Bq/mL`, `counts`, `SUV`, `Gy`, or the unit as the file writes it.
        package var quantity: String
        /// Columns, rows, slices.
        package var shape: [Int]
        package var spacingMM: [Double]
        /// Centre of the first voxel, DICOM LPS.
        package var originMM: [Double]
        /// Directions of columns, rows and slices, one row each.
        package var axes: [[Double]]
        package var minimum: Double
        package var maximum: Double
        package var mean: Double
        package var radiopharmaceutical: Tracer?
    }

    package struct Planar: Codable, Hashable, Sendable {
        package var rows: Int
        package var columns: Int
        package var frames: [Frame]
        package var radiopharmaceutical: Tracer

        package struct Frame: Codable, Hashable, Sendable {
            package var view: String
            package var totalCounts: Double
            package var energyKeV: [Double]?
            package var durationSeconds: Double?
        }
    }

    package struct Structure: Codable, Hashable, Sendable {
        package var name: String
        package var interpretedType: String?
        package var contours: Int?
        package var volumeML: Double?
    }

    package struct Measurement: Codable, Hashable, Sendable {
        package var name: String
        package var value: Double
        package var unit: String
        package var modifiers: [String]
    }

    /// What an emission image says about its activity; `nil` is not stated.
    package struct Tracer: Codable, Hashable, Sendable {
        package var nuclide: String?
        package var injectedBecquerels: Double?
        package var halfLifeSeconds: Double?
        package var secondsFromInjectionToReference: Double?
        package var decayCorrection: String?
        package var patientWeightKg: Double?
    }
}

extension SeriesShown {
    /// Reads a series and what is known about it.
    ///
    /// A series that cannot be used is shown with the reason.
    ///
    /// - Parameters:
    ///   - record: The series.
    ///   - folder: The data folder that holds it.
    ///   - source: Where its files are read.
    /// - Throws: ``StorageError``, ``WorkflowError``.
    package init(
        _ record: SeriesRecord, folder: DataFolder, source: any DicomSource
    ) async throws {
        let description = record.description
        let uid = description.seriesUID
        let place = try await SeriesPlace(of: record, in: folder.records)
        let files = try await folder.records.instances(seriesUID: uid)
        self.init(
            id: SeriesName.short(uid), seriesInstanceUID: uid,
            studyInstanceUID: place.study.description.studyUID,
            studyDate: place.study.description.date, patientID: place.patient.identity.patientID,
            patientName: place.patient.identity.name, modality: description.modality,
            number: description.number, description: description.description,
            frameOfReferenceUID: description.frameOfReferenceUID, instances: files.count,
            digest: files.seriesDigest.hex,
            transferSyntaxUIDs: Set(files.map(\.transferSyntaxUID)).sorted(), images: [],
            structures: [], measurements: [],
            findings: try await folder.records.findings(seriesUID: uid),
            usedBy: try await folder.records.derived().filter { record in
                record.draft.inputs.contains { $0.source.seriesUID == uid }
            }.map(\.id))
        do {
            take(
                try await SeriesLibrary(folder: folder, source: source).content(seriesUID: uid))
        } catch {
            refusal = ImportRefusal(error).sentence
        }
    }

    private mutating func take(_ content: SeriesContent) {
        switch content {
        case .images(let all): images = all.map(Image.init)
        case .planar(let image): planar = Planar(image)
        case .structures(let set):
            structures = set.structures.map {
                Structure(
                    name: $0.name, interpretedType: $0.interpretedType,
                    contours: $0.contours.contours.count)
            }
        case .segments(let segmentation):
            structures = segmentation.segments.map {
                Structure(name: $0.label, volumeML: $0.mask.volumeML)
            }
        case .dose(let dose): images = [Image(dose.dose.grays, quantity: "Gy")]
        case .report(let report):
            measurements = report.measurements.map {
                Measurement(
                    name: $0.name, value: $0.value, unit: $0.unit, modifiers: $0.modifiers)
            }
        case .other: break
        }
    }
}
