/// A dose-volume histogram as points, for plots and files.
public struct DoseVolumeCurve: Hashable, Sendable {
    /// The distance between points, in grays.
    public let binGy: Double
    /// Doses of the points, in grays, rising.
    public let doseGy: [Double]
    /// Volume at each point, in percent of the structure.
    public let volumePercent: [Double]
}

extension DoseVolumeHistogram {
    /// The bin width that files use unless told otherwise, in grays.
    public static let fileBinGy = 0.01

    /// Returns the cumulative curve: at each dose the share of the volume with at least that dose.
    ///
    /// It starts at 0 Gy (or below, when doses are negative) and ends at the first point with no
    /// volume. When that takes more points than allowed, the bin is widened by a whole factor.
    ///
    /// - Parameters:
    ///   - binGy: Distance between points. Must be positive and finite.
    ///   - maximumPoints: At least 4.
    /// - Returns: The curve, with the bin width it has.
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    public func cumulative(
        binGy: Double = fileBinGy, maximumPoints: Int = 20_000
    ) throws -> DoseVolumeCurve {
        let (bin, first, count) = try bins(binGy, maximumPoints)
        let doses = (0 ..< count).map { Double(first + $0) * bin }
        return DoseVolumeCurve(
            binGy: bin, doseGy: doses, volumePercent: doses.map(volumePercent(atLeastGy:)))
    }

    /// Returns the differential curve: the share of the volume in each bin [dose, dose + bin).
    ///
    /// - Throws: As ``cumulative(binGy:maximumPoints:)``.
    public func differential(
        binGy: Double = fileBinGy, maximumPoints: Int = 20_000
    ) throws -> DoseVolumeCurve {
        let curve = try cumulative(binGy: binGy, maximumPoints: maximumPoints)
        let volumes = curve.volumePercent
        return DoseVolumeCurve(
            binGy: curve.binGy, doseGy: curve.doseGy,
            volumePercent: volumes.indices.map {
                volumes[$0] - ($0 + 1 < volumes.count ? volumes[$0 + 1] : 0)
            })
    }

    private func bins(
        _ binGy: Double, _ maximumPoints: Int
    ) throws -> (bin: Double, first: Int, count: Int) {
        guard binGy > 0, binGy.isFinite else {
            throw DoseError.outOfRange(parameter: "binGy", value: binGy)
        }
        guard maximumPoints >= 4 else {
            throw DoseError.outOfRange(
                parameter: "maximumPoints", value: Double(maximumPoints))
        }
        let lowest = min(0, minGy)
        let widths = (max(0, maxGy) - lowest) / binGy
        // Three more points than bins: both ends and a start below a negative minimum.
        let factor = max(1, (widths / Double(maximumPoints - 3)).rounded(.up))
        let bin = binGy * factor
        guard let first = Int(exactly: (lowest / bin).rounded(.down)),
            let last = Int(exactly: (max(0, maxGy) / bin).rounded(.down))
        else { throw DoseError.outOfRange(parameter: "binGy", value: binGy) }
        return (bin, first, last - first + 2)
    }
}
