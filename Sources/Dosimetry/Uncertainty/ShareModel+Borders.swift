import Imaging

extension ShareModel {
    /// Returns how each structure's dose answers to each outline: d ln D / d(border), per mm.
    ///
    /// Positive where moving the outline out by 1 mm raises the dose. With χ the coverage and w
    /// its growth per mm, the outline moves the mass ∫ w·ρ, the structure's counts ∫ w·χ_k·c and,
    /// where it bounds a territory, also all counts of that ∫ w·c; a structure from which the
    /// outline was cut loses what the outline gains.
    ///
    /// - Returns: `[structure][outline]`; 0 where a structure has no dose.
    public func borderResponses() -> [[Double]] {
        let parts = central
        let whole = concurrentMap(count: structures.count) { s in
            (
                mass: density.sum(over: structures[s].region),
                counts: parts[s].indices.map { countsInside(s, territory: $0) }
            )
        }
        let byOutline = concurrentMap(count: outlines.count) { g in
            let surface = outlines[g].surface()
            let totals = totalsPerMM(surface, outline: g)
            return structures.indices.map { s in
                let dose = parts[s].reduce(0, +)
                guard dose > 0 else { return 0.0 }
                let change = change(of: s, surface, outline: g)
                var relative = -change.mass / whole[s].mass
                for k in parts[s].indices {
                    let share = parts[s][k] / dose
                    let counts = whole[s].counts[k]
                    relative += share * (counts > 0 ? change.counts[k] / counts : 0)
                    relative -= share * totals[k]
                }
                return relative
            }
        }
        return structures.indices.map { s in byOutline.map { $0[s] } }
    }

    /// d ln C_k / d(border) of each territory; one 0 for absolute counts.
    private func totalsPerMM(
        _ surface: [RegionMask.SurfaceVoxel], outline: Int
    ) -> [Double] {
        guard !territories.isEmpty else { return [0] }
        return territories.map { territory in
            guard territory.outline == outline else { return 0 }
            let total = positiveCounts(in: territory.region) { _ in 1 }
            guard total > 0 else { return 0 }
            return counts.withVoxels { voxels in
                surface.reduce(0) { $0 + $1.sharePerMM * Double(max(0, voxels[$1.index])) }
            } / total
        }
    }

    private func countsInside(_ structure: Int, territory: Int) -> Double {
        let region = structures[structure].region
        guard !perfused.isEmpty else { return positiveCounts(in: region) { _ in 1 } }
        let shares = perfused[territory]
        return positiveCounts(in: region) { shares[$0] }
    }

    private func positiveCounts(in region: RegionMask, weight: (Int) -> Float) -> Double {
        counts.withVoxels { voxels in
            var sum = 0.0
            region.forEachVoxel { index, share in
                sum += Double(share) * Double(weight(index)) * Double(max(0, voxels[index]))
            }
            return sum
        }
    }

    /// What a structure gains per mm that the outline moves out.
    private func change(
        of structure: Int, _ surface: [RegionMask.SurfaceVoxel], outline: Int
    ) -> (mass: Double, counts: [Double]) {
        let s = structures[structure]
        let columns = max(1, territories.count)
        var change = (mass: 0.0, counts: [Double](repeating: 0, count: columns))
        let bounds = territories.map { $0.outline == outline }
        let isOwn = s.outline == outline
        let isCut = s.without.contains(outline)
        guard isOwn || isCut || bounds.contains(true) else { return change }
        counts.withVoxels { voxels in
            density.withVoxels { density in
                for voxel in surface {
                    let value = Double(max(0, voxels[voxel.index]))
                    let gain = gain(of: s, at: voxel, isOwn: isOwn, isCut: isCut, outline: outline)
                    change.mass += gain * Double(density[voxel.index])
                    for k in 0 ..< columns {
                        let moves = !bounds.isEmpty && bounds[k]
                        // Its own border that is the territory's too moves both at once.
                        let share =
                            perfused.isEmpty || (moves && isOwn)
                            ? 1 : Double(perfused[k][voxel.index])
                        change.counts[k] += gain * share * value
                        if moves, !isOwn {
                            let inside = Double(s.region[voxel.i, voxel.j, voxel.k])
                            change.counts[k] += voxel.sharePerMM * inside * value
                        }
                    }
                }
            }
        }
        return change
    }

    /// How much more of a border voxel the structure takes per mm; below 0 where it loses.
    private func gain(
        of structure: Structure, at voxel: RegionMask.SurfaceVoxel, isOwn: Bool, isCut: Bool,
        outline: Int
    ) -> Double {
        var gain = 0.0
        if isOwn {
            var left = 1.0
            for cut in structure.without {
                left *= 1 - Double(outlines[cut][voxel.i, voxel.j, voxel.k])
            }
            gain += voxel.sharePerMM * left
        }
        if isCut {
            let whole =
                structure.outline.map { Double(outlines[$0][voxel.i, voxel.j, voxel.k]) } ?? 1
            gain -= voxel.sharePerMM * whole
        }
        return gain
    }
}
