import Foundation
import Physics
import Transport

/// The dose of a sphere to itself, as `grevy sphere` shows it.
///
/// The sphere is analytic; source and dose are uniform over it, the same medium is around it.
package struct SphereReport: Hashable, Sendable, Encodable {
    package let nuclide: String
    package let material: String
    package let densityGPerML: Double
    package let massG: Double
    package let radiusMM: Double
    package let sGyPerDecay: Double
    /// One standard deviation over the value, from the scatter of batches.
    package let relativeUncertainty: Double
    /// Energy of electrons and positrons absorbed inside over what they were emitted with, without
    /// rest energy.
    package let electronFraction: Double
    /// Decays simulated, once with all particles and once with electrons alone.
    package let histories: Int
    package let seed: UInt64
    package let version: String

    /// Half the finest shell and half the reach of a point kernel, in millimetres of 1 g/mL.
    private static let radiiMM = 0.1 ... 300.0

    /// Simulates the point kernel and integrates it over the sphere.
    ///
    /// - Parameters:
    ///   - nuclide: A name like `Lu-177`.
    ///   - material: A name of ``MaterialsReport``.
    ///   - densityGPerML: Another density than the usual one of the material.
    ///   - massG: The mass of the sphere.
    ///   - run: Histories, seed and threads.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for unknown names and for spheres that the
    ///   kernel does not resolve or reach; what the engine throws.
    package init(
        nuclide: String, material: String, densityGPerML: Double? = nil, massG: Double,
        run: EngineRun
    ) throws {
        let decay = try DecayData(Nuclide.asked(nuclide))
        let matter = try Material(named: material, density: densityGPerML)
        guard massG > 0, massG.isFinite else {
            throw WorkflowError.refused(
                sentence: "The mass is \(massG) g; it must be above 0.")
        }
        // Kernels scale with the inverse density, so the bounds do.
        let radius = cbrt(0.75 / Double.pi * 1000 * massG / matter.gramsPerML)
        guard Self.radiiMM.contains(radius * matter.gramsPerML) else {
            let allowed = "\(Self.radiiMM.lowerBound) to \(Self.radiiMM.upperBound)"
            throw WorkflowError.refused(
                sentence: "A sphere of \(massG) g has a radius of \(radius) mm; radius times "
                    + "density must be from \(allowed) mm g/mL.")
        }
        func sphere(_ part: PointKernelRun.Part) throws -> (SphereDose, Int) {
            let kernel = try PointKernelRun(
                decay, part: part, medium: matter.medium, densityGPerML: matter.gramsPerML
            ).kernel(histories: run.histories, seed: run.seed, threads: run.threads)
            return (try SphereDose(kernel, massG: massG), kernel.batchesKeV.count)
        }
        let (all, batches) = try sphere(.all)
        self.nuclide = decay.nuclide.rawValue
        self.material = matter.medium.name
        self.densityGPerML = matter.gramsPerML
        self.massG = massG
        radiusMM = all.radiusMM
        sGyPerDecay = all.sGyPerDecay
        relativeUncertainty = all.relativeUncertainty
        electronFraction = try sphere(.electronEnergy).0.absorbedFraction
        histories = run.simulated(inBatches: batches)
        seed = run.seed
        version = Software.version
    }

    /// The result for a person.
    package var text: String {
        let radius = String(format: "%.4g", radiusMM)
        let dose = String(format: "%.5g", sGyPerDecay)
        let sigma = String(format: "%.3f", 100 * relativeUncertainty)
        let share = String(format: "%.2f", 100 * electronFraction)
        return """
            \(nuclide) in a sphere of \(massG) g \(material) (\(densityGPerML) g/mL, radius \
            \(radius) mm)
            Dose to itself: \(dose) Gy per decay ± \(sigma) % (statistical, 1 sigma)
            Electron energy absorbed inside: \(share) %
            \(histories) histories, seed \(seed)
            """
    }
}
