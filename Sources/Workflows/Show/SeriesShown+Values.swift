import DICOM
import Imaging
import Quantities
import Storage

extension SeriesShown.Image {
    init(_ series: ImageSeries) {
        self.init(series.volume, quantity: series.quantity.unit)
        radiopharmaceutical = series.radiopharmaceutical.map(SeriesShown.Tracer.init)
    }

    init(_ volume: Volume<Float>, quantity: String) {
        let grid = volume.geometry
        var lowest = Float.infinity
        var highest = -Float.infinity
        volume.withVoxels { voxels in
            for n in voxels.indices {
                lowest = min(lowest, voxels[n])
                highest = max(highest, voxels[n])
            }
        }
        self.init(
            quantity: quantity, shape: [grid.shape.x, grid.shape.y, grid.shape.z],
            spacingMM: [grid.spacingMM.x, grid.spacingMM.y, grid.spacingMM.z],
            originMM: [grid.originMM.x, grid.originMM.y, grid.originMM.z],
            axes: grid.axes.rowArrays, minimum: Double(lowest), maximum: Double(highest),
            mean: volume.sum() / Double(grid.count))
    }
}

extension ImageSeries.Quantity {
    /// The unit of a voxel's value; empty where the series states none.
    var unit: String {
        switch self {
        case .hounsfieldUnits: "HU"
        case .becquerelsPerML: "Bq/mL"
        case .counts: "counts"
        case .standardisedUptakeValue: "SUV"
        case .other(let unit): unit
        }
    }
}

extension SeriesShown.Planar {
    init(_ image: PlanarImage) {
        self.init(
            rows: image.rows, columns: image.columns,
            frames: image.frames.map {
                Frame(
                    view: $0.view.rawValue, totalCounts: $0.total, energyKeV: $0.energyKeV,
                    durationSeconds: $0.durationSeconds)
            }, radiopharmaceutical: SeriesShown.Tracer(image.radiopharmaceutical))
    }
}

extension SeriesShown.Tracer {
    init(_ facts: Radiopharmaceutical) {
        self.init(
            nuclide: facts.nuclide, injectedBecquerels: facts.injectedBecquerels,
            halfLifeSeconds: facts.halfLifeSeconds,
            secondsFromInjectionToReference: facts.secondsFromInjectionToReference,
            decayCorrection: facts.decayCorrection, patientWeightKg: facts.patientWeightKg)
    }
}

extension DerivedInput.Source {
    /// `nil` when it is no series.
    var seriesUID: String? {
        if case .series(let uid, _) = self { uid } else { nil }
    }
}

/// The patient and the study that a series belongs to.
struct SeriesPlace {
    let patient: PatientRecord
    let study: StudyRecord

    /// - Throws: ``WorkflowError/notFound(kind:name:)``, ``StorageError``.
    init(of series: SeriesRecord, in records: RecordStore) async throws {
        for patient in try await records.patients() {
            let studies = try await records.studies(patient: patient.id)
            if let study = studies.first(where: { $0.id == series.study }) {
                self.patient = patient
                self.study = study
                return
            }
        }
        throw WorkflowError.notFound(kind: "patient of series", name: "\(series.id)")
    }
}
