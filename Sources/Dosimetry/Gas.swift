public import Imaging

extension DensityMap {
    /// Whether the voxel of a storage index holds gas, in which a dose means nothing.
    public func isGas(atVoxel voxel: Int) -> Bool {
        gramsPerML.withVoxels { $0[voxel] < Float(Self.gasFloorGPerML) }
    }

    /// Returns a region without its voxels of gas.
    ///
    /// - Precondition: Both lie on one grid.
    public func withoutGas(_ region: RegionMask) -> RegionMask {
        precondition(region.geometry == gramsPerML.geometry, "region and density on two grids")
        var shares = region.coverage
        var place = 0
        var isChanged = false
        let box = region.box
        gramsPerML.withVoxels { rho in
            for k in box.lower.z ..< box.upper.z {
                for j in box.lower.y ..< box.upper.y {
                    let start = region.geometry.offset(box.lower.x, j, k)
                    for n in start ..< start + box.upper.x - box.lower.x {
                        if rho[n] < Float(Self.gasFloorGPerML), shares[place] > 0 {
                            shares[place] = 0
                            isChanged = true
                        }
                        place += 1
                    }
                }
            }
        }
        guard isChanged,
            let kept = try? RegionMask(geometry: region.geometry, box: box, coverage: shares)
        else { return region }
        return kept
    }
}

extension DoseMap {
    /// Returns the dose with voxels of gas given the mean of the voxels of matter around them.
    ///
    /// What is interpolated between a voxel of matter and one of gas is then dose to matter. Voxels
    /// of gas with no matter among their 26 neighbours stay as they are.
    ///
    /// - Precondition: Dose and density lie on one grid.
    public func extendedIntoGas(of density: DensityMap) -> DoseMap {
        let shape = grays.geometry.shape
        precondition(grays.geometry == density.gramsPerML.geometry, "dose and density on two grids")
        let floor = Float(DensityMap.gasFloorGPerML)
        let source = grays
        var result = grays
        result.updateSlices { k, slice in
            source.withVoxels { doses in
                density.gramsPerML.withVoxels { rho in
                    for n in slice.indices where rho[k * shape.x * shape.y + n] < floor {
                        let (i, j) = (n % shape.x, n / shape.x)
                        var (sum, count) = (0.0, 0)
                        for c in max(0, k - 1) ... min(shape.z - 1, k + 1) {
                            for b in max(0, j - 1) ... min(shape.y - 1, j + 1) {
                                for a in max(0, i - 1) ... min(shape.x - 1, i + 1) {
                                    let m = source.geometry.offset(a, b, c)
                                    guard rho[m] >= floor else { continue }
                                    sum += Double(doses[m])
                                    count += 1
                                }
                            }
                        }
                        if count > 0 { slice[n] = Float(sum / Double(count)) }
                    }
                }
            }
        }
        return DoseMap(grays: result)
    }
}
