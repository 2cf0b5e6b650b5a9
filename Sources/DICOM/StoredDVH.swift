import Quantities

/// A cumulative dose-volume histogram as an RTDOSE stores it.
package struct StoredDVH: Hashable, Sendable {
    /// ROI Numbers it was made of; those of type EXCLUDED are not in it.
    package var roiNumbers: [Int]
    /// `CUMULATIVE` or `DIFFERENTIAL`, as stored.
    package var type: String
    /// The dose axis in grays: the sum of the stored bin widths up to and with each bin.
    package var doseGy: [Double]
    /// The volume at or above each dose (cumulative) or in each bin, in cubic centimetres.
    package var volumeCM3: [Double]
    /// Minimum, maximum and mean as stored, in the unit the file states; they may contradict the
    /// curve (a finding says so).
    package var statedMinimum: Double?
    package var statedMaximum: Double?
    package var statedMean: Double?

    /// The whole volume.
    package var totalVolumeCM3: Double {
        type == "CUMULATIVE" ? volumeCM3.first ?? 0 : volumeCM3.reduce(0, +)
    }

    /// The mean dose that follows from the curve, in grays; `nil` without volume.
    ///
    /// Cumulative: the area under the curve over the volume, each volume held over its bin (which
    /// meets the mean that Eclipse states within 0.0002 Gy at bins of 0.01 Gy). Differential: bins
    /// count at their middle.
    package var meanDoseGy: Double? {
        guard totalVolumeCM3 > 0 else { return nil }
        var total = 0.0
        for n in volumeCM3.indices {
            let lower = n > 0 ? doseGy[n - 1] : 0
            if type == "CUMULATIVE" {
                total += (doseGy[n] - lower) * volumeCM3[n]
            } else {
                total += volumeCM3[n] * (doseGy[n] + lower) / 2
            }
        }
        return total / totalVolumeCM3
    }

    /// The greatest dose at which the curve is not empty, in grays.
    package var maximumDoseGy: Double? {
        volumeCM3.lastIndex { $0 > 0 }.map { doseGy[$0] }
    }

    /// Reads the DVHs of an RTDOSE.
    ///
    /// Curves in other units than GY and CM3, or whose data do not fit, are left out with a
    /// finding.
    package static func read(header: DataSet) -> Reading<[StoredDVH]> {
        var findings: [Finding] = []
        var curves: [StoredDVH] = []
        for item in header.items(.dvhSequence) {
            let rois = item.items(.dvhReferencedROISequence)
                .filter { $0.term(.dvhroiContributionType) != "EXCLUDED" }
                .compactMap { $0.integer(.referencedROINumber) }
            let subject = "ROI \(rois.map(String.init).joined(separator: "+"))"
            let units = (item.term(.doseUnits) ?? "", item.term(.dvhVolumeUnits) ?? "")
            guard units == ("GY", "CM3") else {
                findings.append(
                    Finding(
                        "dvh.units", .warning,
                        "The stored DVH is in \(units.0) and \(units.1), not in Gy and cm3; it "
                            + "was left out.", subject: subject))
                continue
            }
            guard let curve = curve(item, rois: rois) else {
                findings.append(
                    Finding(
                        "dvh.malformed", .warning,
                        "The stored DVH's data are not pairs of numbers; it was left out.",
                        subject: subject))
                continue
            }
            findings += curve.contradictions(subject: subject)
            curves.append(curve)
        }
        return Reading(curves, findings: findings)
    }

    private static func curve(_ item: DataSet, rois: [Int]) -> StoredDVH? {
        guard let data = item.decimals(.dvhData), data.count >= 2, data.count % 2 == 0,
            data.allSatisfy(\.isFinite), let greatest = data.max(),
            // Sums and differences of a planning system end a rounding error below zero.
            data.allSatisfy({ $0 >= -1e-9 * greatest })
        else { return nil }
        let scaling = item.decimal(.dvhDoseScaling) ?? 1
        // Pairs of bin width and volume (PS3.3 §C.8.8.4.5).
        var edge = 0.0
        var doses: [Double] = []
        for n in stride(from: 0, to: data.count, by: 2) {
            edge += data[n] * scaling
            doses.append(edge)
        }
        return StoredDVH(
            roiNumbers: rois, type: item.term(.dvhType) ?? "CUMULATIVE", doseGy: doses,
            volumeCM3: stride(from: 1, to: data.count, by: 2).map { max(0, data[$0]) },
            statedMinimum: item.decimal(.dvhMinimumDose),
            statedMaximum: item.decimal(.dvhMaximumDose), statedMean: item.decimal(.dvhMeanDose))
    }

    /// What the stored statistics say against the curve itself.
    private func contradictions(subject: String) -> [Finding] {
        guard let mean = meanDoseGy, let maximum = maximumDoseGy, let stated = statedMean else {
            return []
        }
        // Binning alone moves the mean by less than a bin; 2 % and 0.1 Gy cover interpolation.
        let allowed = max(0.02 * mean, 0.1)
        guard abs(stated - mean) > allowed else { return [] }
        let ratio = mean > 0 ? ", a factor of \(shown(stated / mean, digits: 4))" : ""
        return [
            Finding(
                "dvh.statistics-contradict", .warning,
                "The stored mean of \(shown(stated)) does not fit the curve, whose mean is "
                    + "\(shown(mean)) Gy and maximum \(shown(maximum)) Gy\(ratio): the stored "
                    + "statistics are in another unit (percent?). The curve counts.",
                subject: subject)
        ]
    }
}
