import Foundation
import Physics
import Transport

/// Doses of the voxels around a voxel with activity, as `grevy kernel` shows them.
package struct KernelReport: Hashable, Sendable, Encodable {
    package struct Value: Hashable, Sendable, Encodable {
        /// Offsets in voxels; the mirror images have the same dose.
        package let i: Int
        package let j: Int
        package let k: Int
        package let sGyPerDecay: Double
        /// One standard deviation over the value, from the scatter of batches; 0 for no dose.
        package let relativeUncertainty: Double
    }

    package let nuclide: String
    package let material: String
    package let densityGPerML: Double
    package let voxelMM: [Double]
    /// The greatest offset along each axis, in voxels.
    package let radius: Int
    /// One octant, `i` fastest.
    package let values: [Value]
    /// Decays simulated.
    package let histories: Int
    package let seed: UInt64
    package let version: String

    /// Offsets that the program takes: the octant then has at most 226,981 voxels.
    package static let allowedRadius = 0 ... 60
    /// Ten of the finest shells of a point kernel, in millimetres of 1 g/mL.
    private static let leastSideMM = 0.1

    /// Simulates the point kernel, or takes it from ``KernelCache``, and integrates it over pairs of
    /// voxels.
    ///
    /// - Parameters:
    ///   - nuclide: A name like `Y-90`.
    ///   - material: A name of ``MaterialsReport``.
    ///   - densityGPerML: Another density than the usual one of the material.
    ///   - voxelMM: Three sides.
    ///   - radius: The greatest offset in voxels.
    ///   - run: Histories, seed and threads.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for unknown names and for voxels that the
    ///   kernel does not resolve or reach; what the engine throws.
    package init(
        nuclide: String, material: String, densityGPerML: Double? = nil, voxelMM: [Double],
        radius: Int, run: EngineRun
    ) throws {
        let decay = try DecayData(Nuclide.asked(nuclide))
        let matter = try Material(named: material, density: densityGPerML)
        let radii = try Self.shells(
            around: voxelMM, radius: radius, gramsPerML: matter.gramsPerML)
        let point = try KernelCache().kernel(
            of: PointKernelRun(decay, medium: matter.medium, densityGPerML: matter.gramsPerML),
            decay, run: run, radiiMM: radii)
        let kernel = try VoxelKernel(
            point, sidesMM: voxelMM, reach: [radius, radius, radius])
        let offsets = 0 ... radius
        values = offsets.flatMap { k in
            offsets.flatMap { j in
                offsets.map { i in
                    Value(
                        i: i, j: j, k: k, sGyPerDecay: kernel(i, j, k),
                        relativeUncertainty: kernel.relativeUncertainty(i, j, k) ?? 0)
                }
            }
        }
        self.nuclide = decay.nuclide.rawValue
        self.material = matter.medium.name
        self.densityGPerML = matter.gramsPerML
        self.voxelMM = voxelMM
        self.radius = radius
        histories = run.simulated(inBatches: point.batchesKeV.count)
        seed = run.seed
        version = Software.version
    }

    /// The shells that reach the farthest corner, so that none are integrated in vain.
    private static func shells(
        around sides: [Double], radius: Int, gramsPerML: Double
    ) throws -> [Double] {
        guard allowedRadius.contains(radius) else {
            throw WorkflowError.refused(
                sentence: "The radius is \(radius) voxels; it must be from "
                    + "\(allowedRadius.lowerBound) to \(allowedRadius.upperBound).")
        }
        guard sides.count == 3, sides.allSatisfy({ $0 * gramsPerML >= leastSideMM && $0.isFinite })
        else {
            throw WorkflowError.refused(
                sentence: "A voxel needs three sides; each times the density must be at least "
                    + "\(leastSideMM) mm g/mL.")
        }
        let corner = Double(radius + 1) * sides.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let all = PointKernelRun.standardRadiiMM.map { $0 / gramsPerML }
        guard let last = all.firstIndex(where: { $0 >= corner }) else {
            throw WorkflowError.refused(
                sentence: "The farthest corner is \(corner) mm away, but kernels end at "
                    + "\(all.last ?? 0) mm. Take a smaller radius or smaller voxels.")
        }
        return Array(all.prefix(through: last))
    }

    /// The first neighbours for a person; the JSON document has all.
    package var text: String {
        let sides = voxelMM.map { "\($0)" }.joined(separator: " x ")
        let shown = values.filter { max($0.i, $0.j, $0.k) <= 2 }
        let lines = shown.map {
            String(
                format: "%3d %3d %3d  %12.5g  %7.3f", $0.i, $0.j, $0.k, $0.sGyPerDecay,
                100 * $0.relativeUncertainty)
        }
        return
            ([
                "\(nuclide) in \(material) (\(densityGPerML) g/mL), voxels of \(sides) mm",
                "  i   j   k  Gy per decay   ± % (statistical, 1 sigma)",
            ] + lines + [
                "\(values.count) values with --json; \(histories) histories, seed \(seed)"
            ]).joined(separator: "\n")
    }
}
