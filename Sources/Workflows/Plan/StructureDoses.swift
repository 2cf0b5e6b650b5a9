import Dosimetry
package import Imaging
package import Physics

/// Mean dose per injected activity of every structure, by voxels and by the plan's method.
package struct StructureDoses: Sendable {
    /// One structure's numbers.
    package struct Entry: Sendable {
        package let region: PlanRegions.Region
        package let massG: Double
        /// Mean voxel dose in Gy per GBq injected, by territory in the plan's order.
        package let voxelGyPerGBq: [Double]
        /// The same by the plan's method.
        package let methodGyPerGBq: [Double]
        /// Activity per volume over that of the normal tissue in the same territory.
        package let tumourToNormalRatio: Double?
    }

    package let entries: [Entry]

    /// Computes the numbers of every structure but the lungs.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the method needs normal tissue and a
    ///   territory has none; ``TherapyError``, ``ImagingError``.
    package init(
        regions: PlanRegions, territories: [TerritoryDoseMap], uptake: UptakeMap,
        density: DensityMap, profile: ConventionProfile, method: PlanSpec.MethodChoice
    ) throws {
        let tissue = CompartmentModel(regions: regions, uptake: uptake, profile: profile)
        if method == .partition { try tissue.refuseWithoutNormal() }
        let shunts = territories.map(\.lungShuntFraction)
        entries = try regions.regions.filter { $0.role != .lungs }.concurrentMap { region in
            let voxel = territories.map { map in
                region.dosed.massMean(of: map.perGBq.grays, density: density)
            }
            let byMethod: [Double] =
                switch method {
                case .voxel, .bsa: voxel
                case .partition: try tissue.partition(region, shunts: shunts, voxel: voxel)
                case .single: try tissue.single(region, shunts: shunts, voxel: voxel)
                }
            return Entry(
                region: region, massG: region.dosed.massG(density: density),
                voxelGyPerGBq: voxel, methodGyPerGBq: byMethod,
                tumourToNormalRatio: region.role == .tumour
                    ? try tissue.tumourToNormalRatio(region) : nil)
        }
    }
}

extension RegionMask {
    /// The mass inside, in grams.
    package func massG(density: DensityMap) -> Double {
        density.gramsPerML.weightedSum(over: self) * geometry.voxelVolumeML
    }

    /// The mean of a dose over the mass inside: energy over mass.
    package func massMean(of dose: Volume<Float>, density: DensityMap) -> Double {
        dose.withVoxels { dose in
            density.gramsPerML.withVoxels { density in
                var energy = 0.0
                var mass = 0.0
                forEachVoxel { index, share in
                    let part = Double(density[index]) * Double(share)
                    mass += part
                    energy += part * Double(dose[index])
                }
                return mass > 0 ? energy / mass : 0
            }
        }
    }
}
