import Foundation

/// The point kernels of one decay in one medium, what starts as an electron apart from photons.
///
/// The electron part holds betas, positrons, conversion and Auger electrons with all that they
/// set free, bremsstrahlung and annihilation photons included; the photon part gamma and X rays.
public struct NuclideKernels: Hashable, Sendable, Codable {
    public let electrons: PointKernel
    /// `nil` when the decay emits no photon.
    public let photons: PointKernel?
    /// Beyond it no electron of the decay gets, in mm at the density of the kernels.
    public let electronRangeMM: Double

    /// Creates the pair.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the two are not of the same
    ///   nuclide, medium and density; ``PhysicsError/notPositive(quantity:value:)`` for the range.
    public init(electrons: PointKernel, photons: PointKernel?, electronRangeMM: Double) throws {
        if let photons {
            guard photons.nuclide == electrons.nuclide, photons.medium == electrons.medium,
                photons.densityGPerML == electrons.densityGPerML
            else {
                throw PhysicsError.malformedTable(
                    name: "point kernels of \(electrons.nuclide)",
                    reason: "electrons and photons are not of the same decay in the same matter")
            }
        }
        guard electronRangeMM > 0, electronRangeMM.isFinite else {
            throw PhysicsError.notPositive(quantity: "electronRangeMM", value: electronRangeMM)
        }
        self.electrons = electrons
        self.photons = photons
        self.electronRangeMM = electronRangeMM
    }

    /// Reads the kernels in water of 1.000 g/mL (I = 78 eV) that Grevy ships.
    ///
    /// Computed by `Tests/_PointKernels` with Grevy's Monte Carlo; histories, seed, settings and
    /// date stand in the files `Data/kernels`.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when the file is damaged.
    public static func inWater(_ nuclide: Nuclide) throws -> NuclideKernels {
        let name = "kernels/kernel-\(nuclide.rawValue)"
        let read = try decodeTable(NuclideKernels.self, nuclide.kernelFile, name: name)
        guard read.electrons.nuclide == nuclide.rawValue else {
            throw PhysicsError.malformedTable(
                name: name, reason: "it is for \(read.electrons.nuclide)")
        }
        // Decoding checks types only.
        func checked(_ kernel: PointKernel) throws -> PointKernel {
            try PointKernel(
                nuclide: kernel.nuclide, medium: kernel.medium,
                densityGPerML: kernel.densityGPerML, outerRadiiMM: kernel.outerRadiiMM,
                batchesKeV: kernel.batchesKeV, emittedKeV: kernel.emittedKeV,
                source: kernel.source)
        }
        return try NuclideKernels(
            electrons: checked(read.electrons), photons: read.photons.map(checked),
            electronRangeMM: read.electronRangeMM)
    }

    /// Energy emitted per decay as electrons and photons, in keV.
    public var emittedKeV: Double { electrons.emittedKeV + (photons?.emittedKeV ?? 0) }

    /// Returns the kernels of the same medium at another density: lengths scale with its inverse.
    ///
    /// Exact but for the density effect of stopping powers.
    ///
    /// - Parameter gramsPerML: Above 0 and finite.
    /// - Returns: The kernels at that density.
    /// - Throws: ``PhysicsError/notPositive(quantity:value:)``.
    public func scaled(toGPerML gramsPerML: Double) throws -> NuclideKernels {
        try NuclideKernels(
            electrons: electrons.scaled(toGPerML: gramsPerML),
            photons: photons?.scaled(toGPerML: gramsPerML),
            electronRangeMM: electronRangeMM * electrons.densityGPerML / gramsPerML)
    }
}

extension DecayData {
    /// How far the fastest electron of the decay gets in water of 1 g/mL, in millimetres.
    ///
    /// `R = 4.12 E^(1.265 − 0.0954 ln E)` mm with `E` in MeV up to 2.5 MeV, less than 2 % off
    /// from 10 keV on; 10 % are added, because range depends on the medium by some per cent.
    ///
    /// Source: L. Katz and A. S. Penfold, Rev Mod Phys 1952;24:28, as usual in g/cm² for all
    /// light materials.
    public var electronRangeMM: Double {
        let betas = betaBranches.filter { $0.intensity > 0 }.map(\.endpointKeV)
        let fastest = max(10, (betas + electrons.map(\.energyKeV)).max() ?? 0) * 1e-3
        return 1.1 * 4.12 * pow(fastest, 1.265 - 0.0954 * log(fastest))
    }
}

extension Nuclide {
    fileprivate var kernelFile: [UInt8] {
        switch self {
        case .y90: PackageResources.kernel_Y_90_json
        case .ho166: PackageResources.kernel_Ho_166_json
        case .tc99m: PackageResources.kernel_Tc_99m_json
        case .lu177: PackageResources.kernel_Lu_177_json
        case .i131: PackageResources.kernel_I_131_json
        case .in111: PackageResources.kernel_In_111_json
        case .ga68: PackageResources.kernel_Ga_68_json
        case .i123: PackageResources.kernel_I_123_json
        case .re188: PackageResources.kernel_Re_188_json
        case .tb161: PackageResources.kernel_Tb_161_json
        }
    }
}
