import Foundation
import Imaging
import Quantities

/// Writes an absorbed-dose map as an RT Dose object.
package struct DoseWriter: Sendable {
    package var series: SeriesContext
    /// The plan that the dose belongs to; RT Dose must name one for a summation type of `PLAN`.
    package var plan: InstanceReference
    /// The structure set of the histograms.
    ///
    /// RT Dose names one in its RT DVH module, so it is written only beside ``histograms``.
    package var structureSet: InstanceReference?
    package var histograms: [StoredDVH]
    /// Other objects that the dose was computed from.
    package var sources: [InstanceReference]

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - series: The series, study and equipment.
    ///   - planUID: Identifies the Grevy plan. There is no RT Plan object for radionuclide
    ///     therapy, but RT Dose has to name one, so the identifier stands for the plan itself.
    ///   - structureSet: The RTSTRUCT of the plan.
    ///   - histograms: How the dose is spread over structures of that RTSTRUCT.
    ///   - sources: The images that the dose was computed from.
    package init(
        series: SeriesContext, planUID: String, structureSet: InstanceReference? = nil,
        histograms: [StoredDVH] = [], sources: [InstanceReference] = []
    ) {
        self.series = series
        plan = InstanceReference(sopClassUID: SOPClass.rtPlan, sopInstanceUID: planUID)
        self.structureSet = structureSet
        self.histograms = histograms
        self.sources = sources
    }

    /// Returns the object: unsigned 32-bit values on the map's own grid, any orientation.
    ///
    /// The largest dose is stored as 2³¹ − 1, so that programs which read into signed integers
    /// get it right; the step is below 1e-9 of the maximum. RT Dose cannot hold negative doses
    /// unless it describes an error, so those (noise of a PET) become 0 and a finding gives
    /// their number, their depth and what they add to the mean.
    ///
    /// - Throws: ``DicomError/refused(code:reason:)`` when a voxel is not finite.
    package func compose(_ object: DoseObject, instanceUID: String) throws -> ComposedObjects {
        let volume = object.dose.grays
        let geometry = volume.geometry
        let stored = try volume.withVoxels(Self.stored)
        var data = DataSet()
        data.setCommonModules(
            series, modality: "RTDOSE", sopClassUID: SOPClass.rtDose, sopInstanceUID: instanceUID,
            instanceNumber: 1)
        data.setEmpty(.operatorsName)
        data.setFrameOfReference(object.frameOfReferenceUID)
        data.set(.contentDate, series.date)
        data.set(.contentTime, series.time)
        data.setImagePlane(geometry, slice: 0)
        data.setGreyPixels(
            rows: geometry.shape.y, columns: geometry.shape.x, bits: 32, isSigned: false,
            bytes: stored.bytes)
        data.set(.numberOfFrames, geometry.shape.z)
        data.set(.frameIncrementPointer, [0x3004_000c])
        data.set(
            .gridFrameOffsetVector,
            (0 ..< geometry.shape.z).map { Double($0) * geometry.spacingMM.z })
        data.set(.doseUnits, "GY")
        data.set(.doseType, "PHYSICAL")
        data.set(.doseSummationType, object.summationType)
        data.setFittedIfAny(.doseComment, object.comment)
        data.set(.doseGridScaling, stored.scaling)
        data.set(.referencedRTPlanSequence, [DataSet(reference: plan)])
        if let structureSet, !histograms.isEmpty {
            data.set(.referencedStructureSetSequence, [DataSet(reference: structureSet)])
            data.set(.dvhSequence, histograms.map(\.item))
        }
        if !sources.isEmpty {
            data.set(.referencedImageSequence, sources.map(DataSet.init(reference:)))
        }
        return ComposedObjects(dataSets: [data], findings: stored.findings)
    }

    private struct Stored {
        var bytes: [UInt8]
        var scaling: Double
        var findings: [Finding]
    }

    private static func stored(_ grays: Span<Float>) throws -> Stored {
        var largest: Float = 0
        var clipping = Clipping()
        for n in grays.indices {
            let value = grays[n]
            guard value.isFinite else { throw StoredPixels.notFinite }
            largest = max(largest, value)
            clipping.count(value)
        }
        let scaling =
            largest > 0 ? StoredPixels.writableScale(atLeast: Double(largest) / 2_147_483_647) : 1
        var bytes = [UInt8](repeating: 0, count: grays.count * 4)
        var at = 0
        for n in grays.indices {
            let word = UInt32((Double(max(grays[n], 0)) / scaling).rounded())
            for shift in [UInt32(0), 8, 16, 24] {
                bytes[at] = UInt8(truncatingIfNeeded: word >> shift)
                at += 1
            }
        }
        return Stored(bytes: bytes, scaling: scaling, findings: clipping.findings)
    }

    /// What is lost where negative doses become zero.
    private struct Clipping {
        var negatives = 0
        var deepest: Float = 0
        var negativeSum = 0.0
        var positiveSum = 0.0

        mutating func count(_ value: Float) {
            guard value < 0 else {
                positiveSum += Double(value)
                return
            }
            negatives += 1
            deepest = min(deepest, value)
            negativeSum += Double(value)
        }

        var findings: [Finding] {
            guard negatives > 0 else { return [] }
            let total = positiveSum + negativeSum
            let share = total > 0 ? String(format: "%.2f %%", -100 * negativeSum / total) : "all"
            let depth = String(format: "%.3g", Double(deepest))
            return [
                Finding(
                    "rtdose.negative-clipped", .warning,
                    "\(negatives) voxels with negative dose (lowest \(depth) Gy) were written as"
                        + " 0, which adds \(share) to the sum over the grid; statistics inside"
                        + " Grevy use the unclipped values.")
            ]
        }
    }
}
