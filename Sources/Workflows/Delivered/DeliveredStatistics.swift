import Dosimetry
import Imaging
import Physics

/// What is known of the statistics of simulated delivered doses.
struct DeliveredStatistics {
    let relative: [TerritoryDoseMap.Part]
    /// From the image's Bq/mL, with its dose in Gy.
    let absolute: (dose: DoseMap, statistics: DoseStatistics?)?
    let density: DensityMap

    /// Returns 1 sigma of a region's mean in Gy; `nil` for an engine that draws nothing.
    func relativeSigmaGy(of region: RegionMask) -> Double? {
        TerritoryDoseMap.statisticalSigmaGy(relative, of: region, density: density)
    }

    /// Returns 1 sigma of a region's mean in Gy; `nil` without an absolute dose, and for an engine
    /// that draws nothing.
    func absoluteSigmaGy(of region: RegionMask) -> Double? {
        absolute.flatMap { dose, statistics in
            statistics?.sigma(of: region, dose: dose.grays, density: density)
        }
    }
}
