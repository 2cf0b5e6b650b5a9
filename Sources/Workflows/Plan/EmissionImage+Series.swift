import DICOM
import Imaging
import Quantities

extension EmissionImage {
    /// Takes an assembled series as an emission image.
    ///
    /// Bq/mL is a concentration; counts and values without a unit are amounts per voxel.
    init(_ series: ImageSeries) {
        self.init(
            volume: series.volume, isConcentration: series.quantity == .becquerelsPerML,
            quantisationStep: Self.step(of: series.volume), modality: series.modality)
    }

    /// Whether the series is a real CT and not an emission image stored as one.
    ///
    /// Some programs write SPECT as CT; activity never comes near the -1000 HU of air.
    static func isTransmission(_ series: ImageSeries) -> Bool {
        guard series.quantity == .hounsfieldUnits else { return false }
        return series.volume.withVoxels { voxels in
            voxels.indices.contains { voxels[$0] < -500 }
        }
    }

    /// What a dose from this image should be read with.
    static func findings(_ series: ImageSeries) -> [Finding] {
        var findings: [Finding] = []
        switch series.quantity {
        case .becquerelsPerML, .counts: break
        case .standardisedUptakeValue, .other:
            findings.append(
                Finding(
                    "activity.unit", .warning,
                    "The activity image has no activity or count unit; its values are taken as amounts per voxel, so only relative doses follow from it.",
                    subject: "activity"))
        case .hounsfieldUnits:
            findings.append(
                Finding(
                    "activity.says-ct", .warning,
                    "The activity image says that it is a CT; its values are taken as amounts per voxel because the plan names it as activity.",
                    subject: "activity"))
        }
        if let loss = quantisationLoss(series.volume) {
            findings.append(
                Finding(
                    "activity.quantised", loss.share > 0.01 ? .warning : .note,
                    "The image holds steps of \(loss.step) of its unit in \(loss.voxels) voxels that are not empty. Where a program cut values down to the step below, about half a step per voxel is missing: \(Self.percent(loss.share)) of the sum, in the voxels with the least activity, and voxels below one step are gone altogether.",
                    subject: "activity"))
        }
        return findings
    }

    private static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10) %"
    }

    /// The smallest positive value when all values are whole multiples of it and it is not 1.
    private static func step(of volume: Volume<Float>) -> Double? {
        var least = Float.infinity
        volume.withVoxels { voxels in
            for n in voxels.indices where voxels[n] > 0 && voxels[n] < least { least = voxels[n] }
        }
        guard least.isFinite, least != 1 else { return nil }
        let step = Double(least)
        let isQuantised = volume.withVoxels { voxels in
            var checked = 0
            for n in voxels.indices where voxels[n] != 0 {
                let steps = Double(voxels[n]) / step
                // A Float holds 16-bit multiples to a few parts in 10⁷.
                guard abs(steps - steps.rounded()) < 0.01 else { return false }
                checked += 1
                if checked == 20_000 { break }
            }
            return checked > 100
        }
        return isQuantised ? step : nil
    }

    private static func quantisationLoss(
        _ volume: Volume<Float>
    ) -> (step: Double, voxels: Int, share: Double)? {
        guard let step = step(of: volume) else { return nil }
        var voxels = 0
        var sum = 0.0
        volume.withVoxels { values in
            for n in values.indices where values[n] != 0 {
                voxels += 1
                sum += Double(values[n])
            }
        }
        guard sum > 0 else { return nil }
        return (step, voxels, 0.5 * step * Double(voxels) / sum)
    }
}
