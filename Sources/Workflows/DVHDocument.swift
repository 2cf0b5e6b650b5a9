package import Dosimetry
package import Quantities

/// The histograms of one dose, as `grevy dvh --json` prints them.
package struct DVHDocument: Hashable, Sendable, Encodable {
    /// `area` or `centre`.
    package let mode: String
    /// Distance between curve points in grays; absent without curves.
    package let curveBinGy: Double?
    package var structures: [DVHSummary]
    package var findings: [Finding]
}

/// The figures of one structure; the keys name the units.
package struct DVHSummary: Hashable, Sendable, Encodable {
    package let number: Int
    package let name: String
    package let volumeML: Double
    package let sampleCount: Int
    /// Into how many parts columns and rows of the dose grid were divided.
    package let voxelDivision: Int
    package let meanDoseGy: Double
    package let minDoseGy: Double
    package let maxDoseGy: Double
    package let d98Gy: Double
    package let d95Gy: Double
    package let d90Gy: Double
    package let d70Gy: Double
    package let d50Gy: Double
    package let d20Gy: Double
    package let d5Gy: Double
    package let d2Gy: Double
    /// Least dose of the hottest 2 mL; absent for smaller structures.
    package let d2MLGy: Double?
    package let v5Percent: Double
    package let v10Percent: Double
    package let v20Percent: Double
    package let v30Percent: Double
    package let v50Percent: Double
    package let v70Percent: Double
    package let v100Percent: Double
    package let v120Percent: Double
    package let v200Percent: Double
    /// Doses of the cumulative curve in grays; absent unless asked for.
    package let curveDoseGy: [Double]?
    /// Volume with at least that dose, in percent.
    package let curveVolumePercent: [Double]?

    /// Takes the figures from a histogram.
    ///
    /// - Throws: `DoseError.outOfRange` when the bin is not positive.
    package init(
        _ histogram: DoseVolumeHistogram, number: Int, name: String, voxelDivision: Int,
        curveBinGy: Double? = nil
    ) throws {
        self.number = number
        self.name = name
        self.voxelDivision = voxelDivision
        volumeML = histogram.volumeML
        sampleCount = histogram.voxelCount
        meanDoseGy = histogram.meanGy
        minDoseGy = histogram.minGy
        maxDoseGy = histogram.maxGy
        d98Gy = histogram.doseGy(hottestPercent: 98)
        d95Gy = histogram.doseGy(hottestPercent: 95)
        d90Gy = histogram.doseGy(hottestPercent: 90)
        d70Gy = histogram.doseGy(hottestPercent: 70)
        d50Gy = histogram.doseGy(hottestPercent: 50)
        d20Gy = histogram.doseGy(hottestPercent: 20)
        d5Gy = histogram.doseGy(hottestPercent: 5)
        d2Gy = histogram.doseGy(hottestPercent: 2)
        d2MLGy = histogram.doseGy(hottestML: 2)
        v5Percent = histogram.volumePercent(atLeastGy: 5)
        v10Percent = histogram.volumePercent(atLeastGy: 10)
        v20Percent = histogram.volumePercent(atLeastGy: 20)
        v30Percent = histogram.volumePercent(atLeastGy: 30)
        v50Percent = histogram.volumePercent(atLeastGy: 50)
        v70Percent = histogram.volumePercent(atLeastGy: 70)
        v100Percent = histogram.volumePercent(atLeastGy: 100)
        v120Percent = histogram.volumePercent(atLeastGy: 120)
        v200Percent = histogram.volumePercent(atLeastGy: 200)
        let curve = try curveBinGy.map { try histogram.cumulative(binGy: $0) }
        curveDoseGy = curve?.doseGy
        curveVolumePercent = curve?.volumePercent
    }
}
