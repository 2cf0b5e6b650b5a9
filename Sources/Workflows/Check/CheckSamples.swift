import Dosimetry
import Imaging

/// The doses that causes are sought in, voxel by voxel.
struct CheckSamples: Sendable {
    /// Doses of the same voxels by each method, in Gy.
    struct Voxels: Sendable {
        var plan: [Double] = []
        var recomputed: [Double] = []
        /// 1 sigma of ``recomputed``, in Gy; 0 where nothing was drawn.
        var sigma: [Double] = []
        var others: [DoseRun.Engine: [Double]] = [:]
        /// Local deposition minus kernel: what blur over the range of electrons changes.
        var sharpness: [Double] = []
        /// Places of neighbours that both are here.
        var neighbours: [(Int, Int)] = []

        /// The scale to the recomputed dose, and what is left beyond its noise.
        var fit: DoseFit { DoseFit(plan, to: recomputed) }

        /// What is left after scaling, without the noise of the recomputed dose.
        var residual: Double {
            let fit = fit
            let size = plan.reduce(0) { $0 + $1 * $1 }
            let noise = sigma.reduce(0) { $0 + fit.scale * fit.scale * $1 * $1 }
            guard size > 0 else { return 0 }
            return max(0, fit.residual * fit.residual - noise / size).squareRoot()
        }

        /// The part of what is left after scaling that neighbouring voxels share.
        ///
        /// √(residual² · ρ), with ρ the correlation of neighbours: noise of either dose has next
        /// to none, but for tracks that cross several voxels.
        var pattern: Double {
            let fit = fit
            let left = zip(plan, recomputed).map { $0 - fit.scale * $1 }
            let variance = left.reduce(0) { $0 + $1 * $1 } / Double(max(1, left.count))
            guard variance > 0, !neighbours.isEmpty else { return fit.residual }
            let shared =
                neighbours.reduce(0) { $0 + left[$1.0] * left[$1.1] } / Double(neighbours.count)
            return fit.residual * max(0, shared / variance).squareRoot()
        }
    }

    /// Below it lies lung, in g/mL; the least dense soft tissue is fat of 0.9.
    static let thinGPerML = 0.5

    /// At or above the threshold, gas left out.
    let compared: Voxels
    /// The part of ``compared`` that is no lung.
    let dense: Voxels
    /// All lung, whatever its dose: far from the liver it is below any threshold.
    let lung: Voxels
    let shift: ShiftSearch?
    let grid: VolumeGeometry
    let engine: DoseRun.Engine
    /// Of the compared voxels, weighted by the square of the dose as a fit is.
    let meanDensityGPerML: Double
    /// Relative 1 sigma of the median compared voxel.
    let medianSigma: Double?
    let highestGy: Double
    /// Of the recomputed energy in all matter.
    let comparedEnergyShare: Double

    /// Gathers the samples.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when nothing is above the threshold.
    init(
        plan: DoseMap, _ doses: CheckDoses, _ inputs: CheckInputs, threshold: Double
    ) throws {
        let density = inputs.density.gramsPerML.voxels
        let recomputed = doses.recomputed.grays.voxels
        let highest = Double(recomputed.max() ?? 0)
        guard highest > 0 else {
            throw WorkflowError.refused(
                sentence: "The recomputed dose is 0 in every voxel of matter.")
        }
        highestGy = highest
        let above = recomputed.indices.filter {
            recomputed[$0] > 0 && Double(recomputed[$0]) >= threshold * highest
        }
        func energy(_ indices: some Sequence<Int>) -> Double {
            indices.reduce(0) { $0 + Double(recomputed[$1]) * Double(density[$1]) }
        }
        comparedEnergyShare = energy(above) / energy(recomputed.indices)
        let thin = density.indices.filter {
            density[$0] >= Float(DensityMap.gasFloorGPerML)
                && Double(density[$0]) < Self.thinGPerML
        }
        func voxels(_ indices: [Int]) -> Voxels {
            func values(_ volume: Volume<Float>) -> [Double] {
                volume.withVoxels { span in indices.map { Double(span[$0]) } }
            }
            var voxels = Voxels()
            voxels.plan = values(plan.grays)
            voxels.recomputed = values(doses.recomputed.grays)
            let relative = doses.sigma.map(values)
            voxels.sigma = indices.indices.map { (relative?[$0] ?? 0) * voxels.recomputed[$0] }
            voxels.others = doses.others.mapValues { values($0.grays) }
            voxels.neighbours = Self.neighbours(indices, inputs.grid)
            voxels.sharpness = zip(values(doses.local.grays), values(doses.kernel.grays)).map(-)
            return voxels
        }
        compared = voxels(above)
        dense = voxels(above.filter { Double(density[$0]) >= Self.thinGPerML })
        lung = voxels(thin)
        shift = ShiftSearch(tested: plan, reference: doses.recomputed, indices: above)
        grid = inputs.grid
        engine = doses.engine
        let squares = above.map { Double(recomputed[$0]) * Double(recomputed[$0]) }
        meanDensityGPerML =
            zip(above, squares).reduce(0) { $0 + Double(density[$1.0]) * $1.1 }
            / squares.reduce(0, +)
        medianSigma = doses.sigma.map { sigma in
            let sorted = sigma.withVoxels { span in above.map { Double(span[$0]) } }.sorted()
            return sorted[sorted.count / 2]
        }
    }
    private static func neighbours(_ indices: [Int], _ grid: VolumeGeometry) -> [(Int, Int)] {
        var places = [Int32](repeating: -1, count: grid.count)
        for (place, index) in indices.enumerated() {
            places[index] = Int32(truncatingIfNeeded: place)
        }
        let steps = [
            (1, grid.shape.x), (grid.shape.x, grid.shape.y),
            (grid.shape.x * grid.shape.y, grid.shape.z),
        ]
        return indices.enumerated().flatMap { place, index in
            steps.compactMap { step, count in
                guard index / step % count < count - 1, places[index + step] >= 0 else {
                    return nil
                }
                return (place, Int(places[index + step]))
            }
        }
    }
}
