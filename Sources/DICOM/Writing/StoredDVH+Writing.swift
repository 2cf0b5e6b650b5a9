import Foundation

extension StoredDVH {
    /// Creates the cumulative histogram of one structure, to be written with its dose.
    ///
    /// - Parameters:
    ///   - roiNumber: The structure's ROI Number in the structure set that the dose names.
    ///   - binGy: The width of every bin; above 0.
    ///   - volumesCM3: Volume with at least n bins of dose, n from 0; the first is the whole.
    ///   - minimumGy: The least dose in the structure.
    ///   - maximumGy: The greatest.
    ///   - meanGy: The mean.
    package init(
        roiNumber: Int, binGy: Double, volumesCM3: [Double], minimumGy: Double,
        maximumGy: Double, meanGy: Double
    ) {
        precondition(binGy > 0, "the bin must be above 0 Gy, got \(binGy)")
        self.init(
            roiNumbers: [roiNumber], type: "CUMULATIVE",
            doseGy: volumesCM3.indices.map { Double($0 + 1) * binGy }, volumeCM3: volumesCM3,
            statedMinimum: minimumGy, statedMaximum: maximumGy, statedMean: meanGy)
    }

    /// The most bins whose numbers fit one element of 65534 bytes, 16 characters each.
    package static let mostBins = 65534 / 34

    /// The item of a DVH Sequence (PS3.3 C.8.8.4), in Gy and cm³.
    ///
    /// Volumes are written to seven digits: what a bin loses is below a voxel.
    var item: DataSet {
        var item = DataSet()
        item.set(
            .dvhReferencedROISequence,
            roiNumbers.map { number in
                var roi = DataSet()
                roi.set(.dvhroiContributionType, "INCLUDED")
                roi.set(.referencedROINumber, number)
                return roi
            })
        item.set(.dvhType, type)
        item.set(.doseUnits, "GY")
        item.set(.doseType, "PHYSICAL")
        item.set(.dvhDoseScaling, 1)
        item.set(.dvhVolumeUnits, "CM3")
        item.set(.dvhNumberOfBins, volumeCM3.count)
        let edges = [0] + doseGy
        item.set(
            .dvhData,
            volumeCM3.indices.flatMap { n in
                [sevenDigits(edges[n + 1] - edges[n]), sevenDigits(volumeCM3[n])]
            })
        if let statedMinimum { item.set(.dvhMinimumDose, statedMinimum) }
        if let statedMaximum { item.set(.dvhMaximumDose, statedMaximum) }
        if let statedMean { item.set(.dvhMeanDose, statedMean) }
        return item
    }

    private func sevenDigits(_ value: Double) -> Double {
        Double(String(format: "%.7g", value)) ?? value
    }
}
