public import Imaging
public import Physics
public import Quantities

/// Spreads a known total activity over everything an image shows.
///
/// aᵢ = A · cᵢ / Σ c over the whole image. For a scanner without calibration and an image that
/// holds all the activity. Counts below zero keep their sign: noise then adds nothing to the sum,
/// where taking it as zero would give part of the activity to every empty voxel.
public struct WholeImageCalibration: Sendable {
    public let profile: ConventionProfile
    /// All the activity in the image, at administration.
    public let total: Activity

    /// Creates a calibration.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` unless the activity is positive.
    public init(profile: ConventionProfile, total: Activity) throws {
        guard total.becquerels > 0, total.becquerels.isFinite else {
            throw DoseError.outOfRange(
                parameter: "totalActivityGBq", value: total.gigabecquerels)
        }
        self.profile = profile
        self.total = total
    }

    /// Returns the decays that the counts and the total activity imply.
    ///
    /// - Throws: ``DoseError/nonFiniteValue(atVoxel:)``; ``DoseError/noCounts(region:)`` unless the
    ///   sum of the counts is above 0.
    public func decays(from counts: CountMap) throws -> CalibratedDecays {
        let image = counts.counts
        if let bad = image.firstIndex(where: { !$0.isFinite }) {
            throw DoseError.nonFiniteValue(atVoxel: bad)
        }
        var sum = 0.0
        var negative = 0
        image.withVoxels { voxels in
            for n in voxels.indices {
                sum += Double(voxels[n])
                if voxels[n] < 0 { negative += 1 }
            }
        }
        guard sum > 0 else { throw DoseError.noCounts(region: "image") }
        let scale = profile.decays(of: total) / sum / image.geometry.voxelVolumeML
        var decays = image
        decays.updateSlices { _, slice in
            for n in slice.indices { slice[n] = Float(Double(slice[n]) * scale) }
        }
        let finding = Finding(
            "dose.negative-counts", .note,
            "\(negative) voxels with counts below zero, as noise leaves them, keep their sign.")
        return CalibratedDecays(
            decays: TimeIntegratedActivityMap(decaysPerML: decays),
            findings: negative > 0 ? [finding] : [])
    }
}
