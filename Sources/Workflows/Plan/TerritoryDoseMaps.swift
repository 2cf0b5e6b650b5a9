import Dosimetry
package import Imaging
package import Quantities

/// The dose that one gigabecquerel injected into one territory gives, everywhere on the grid.
///
/// Patient-relative: the territory's share of the injected activity that stays in the liver is
/// spread as the emission image shows it inside the territory. Doses of several territories add.
package struct TerritoryDoseMap: Sendable {
    package let territory: String
    package let lungShuntFraction: Double
    /// Absorbed dose per injected activity, as the dose of 1 GBq.
    package let perGBq: DoseMap
    /// `nil` for an engine that draws nothing.
    package let statistics: DoseStatistics?
    package let findings: [Finding]

    /// Computes the map.
    ///
    /// The territory comes without lungs, the emission image on the planning grid; its negative
    /// voxels count as zero.
    ///
    /// In a border voxel only the perfused part of its tissue takes the activity. With local
    /// deposition the dose is that of the part: means over the territory conserve energy,
    /// Σ D · m = C · A · (1 − L). Engines that follow particles give the dose of whole voxels.
    ///
    /// - Returns: The map, of 1 GBq.
    /// - Throws: ``DoseError``; with `noCounts` when the image shows nothing inside.
    @concurrent
    static func computed(
        territory: String, region: RegionMask, occupancy: Volume<Float>,
        lungShuntFraction: Double, uptake: UptakeMap,
        density: DensityMap, engine: PlanEngine, run: Int,
        stage: @Sendable @escaping (String) -> Void
    ) async throws -> TerritoryDoseMap {
        // The liver's share is given as if nothing were shunted, so that the lungs stay out.
        let calibration = try PatientRelativeCalibration(
            profile: engine.calibration,
            territories: [
                InjectedTerritory(
                    name: territory, region: region,
                    injected: Activity(gigabecquerels: 1 - lungShuntFraction),
                    lungShuntFraction: 0)
            ])
        let calibrated = try calibration.decays(from: CountMap(counts: uptake.amounts))
        var (dose, statistics) = try await engine.dose(
            calibrated.decays, density: density, run: run
        ) { stage("dose of territory \(run + 1): \($0)") }
        if engine.depositsLocally { dose.shareOnly(occupancy) }
        return TerritoryDoseMap(
            territory: territory, lungShuntFraction: lungShuntFraction, perGBq: dose,
            statistics: statistics,
            // One territory alone sees the others' counts as outside; the guards see them all.
            findings: calibrated.findings.filter { $0.code != "dose.counts-outside-regions" })
    }
}

extension TerritoryDoseMap {
    /// Maps with the activity that goes into each, in GBq.
    package typealias Part = (map: TerritoryDoseMap, injectedGBq: Double)

    /// Returns 1 sigma of a region's mean dose in Gy, from runs that are independent.
    ///
    /// `nil` for engines that draw nothing.
    static func statisticalSigmaGy(
        _ parts: [Part], of region: RegionMask, density: DensityMap
    ) -> Double? {
        let sigmas = parts.compactMap { map, injectedGBq in
            map.statistics.map {
                injectedGBq * $0.sigma(of: region, dose: map.perGBq.grays, density: density)
            }
        }
        return sigmas.isEmpty ? nil : sigmas.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}

extension PlanRegions {
    /// For each voxel of the grid, the share that belongs to any territory.
    package var occupancy: Volume<Float> {
        get throws {
            var shares = [Float](repeating: 0, count: grid.count)
            for territory in all(.territory) {
                territory.mask.forEachVoxel { index, share in shares[index] += share }
            }
            return try Volume(voxels: shares, geometry: grid)
        }
    }
}

extension DoseMap {
    /// Gives the energy of each voxel to the share of it that took the activity.
    fileprivate mutating func shareOnly(_ occupancy: Volume<Float>) {
        let sliceSize = grays.geometry.shape.x * grays.geometry.shape.y
        grays.updateSlices { k, slice in
            occupancy.withVoxels { shares in
                for n in slice.indices where slice[n] != 0 {
                    slice[n] /= min(1, shares[k * sliceSize + n])
                }
            }
        }
    }

    /// The sum of several territories' maps, each times its injected activity.
    ///
    /// - Precondition: At least one map; all on one grid.
    package static func sum(_ parts: [TerritoryDoseMap.Part]) -> DoseMap {
        precondition(!parts.isEmpty, "a plan has at least one territory")
        var total = Volume<Float>(repeating: 0, geometry: parts[0].map.perGBq.grays.geometry)
        for part in parts {
            let activity = Float(part.injectedGBq)
            let sliceSize = total.geometry.shape.x * total.geometry.shape.y
            let source = part.map.perGBq.grays
            total.updateSlices { k, slice in
                source.withVoxels { voxels in
                    for n in slice.indices { slice[n] += activity * voxels[k * sliceSize + n] }
                }
            }
        }
        return DoseMap(grays: total)
    }
}
