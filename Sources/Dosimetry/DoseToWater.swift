import Foundation
public import Imaging
public import Physics

/// Turns the dose to each voxel's medium into the dose to a little water at the same place.
///
/// Bragg and Gray: water so small that the electrons of the medium cross it unchanged takes
///
///     s = ∫ Φ (S/ρ)_water dE / ∫ Φ (S/ρ)_medium dE
///
/// times the dose of the medium, with S the unrestricted collision stopping powers and Φ the
/// fluence in the medium. Φ is that of electrons which slow down continuously,
/// Φ(E) ∝ N(E) / S_total(E), N(E) being the electrons of a decay that start above E; what the last
/// 10 keV of a track leave goes by the ratio there. Stopping powers are per mass, so s does not
/// depend on the voxel's density, and relative uncertainties of the dose stay what they are.
///
/// Electrons set free by photons, knock-on electrons and those that come from the medium beside
/// have other spectra; that is worth no more than s varies with energy. From 10 keV to 2 MeV it is
/// 1.002 to 1.008 in soft tissue, 0.954 to 0.984 in adipose tissue and 1.163 to 1.126 in bone.
///
/// Source: Spencer, Attix, Radiat Res 1955;3:239-254 without their cut-off; ICRU Report 37.
public struct DoseToWater: Sendable {
    /// Electrons that start with one energy.
    public struct Electrons: Hashable, Sendable {
        public let energyKeV: Double
        public let perDecay: Double

        public init(energyKeV: Double, perDecay: Double) {
            (self.energyKeV, self.perDecay) = (energyKeV, perDecay)
        }
    }

    /// Dose to water over dose to the medium, by the medium's index.
    public let ratios: [UInt8: Double]

    /// Below it the ratio is held, in keV: Bethe's formula ends near there.
    private static let lowestKeV = 10.0
    /// Steps of the integral from there to the highest energy, equal in its logarithm.
    ///
    /// The ratio of stopping powers bends so little that 100 and 400 steps agree to 1e-5.
    private static let steps = 100

    /// Computes the ratios of a nuclide.
    ///
    /// - Parameters:
    ///   - decay: Whose betas, conversion and Auger electrons slow down; positrons count as
    ///     electrons.
    ///   - media: For which media.
    /// - Throws: What ``ElectronInteractions`` throws.
    public init(_ decay: DecayData, media: [Medium]) throws {
        let betas = decay.betaBranches.flatMap { branch in
            let cells = zip(branch.spectrum.quantilesKeV, branch.spectrum.quantilesKeV.dropFirst())
            return cells.map {
                Electrons(
                    energyKeV: ($0 + $1) / 2,
                    perDecay: branch.intensity / Double(BetaSpectrum.cellCount))
            }
        }
        let lines = decay.electrons.map {
            Electrons(energyKeV: $0.energyKeV, perDecay: $0.perDecay)
        }
        try self.init(electrons: betas + lines, media: media)
    }

    /// Computes the ratios of electrons of given energies.
    ///
    /// - Throws: What ``ElectronInteractions`` throws.
    public init(electrons: [Electrons], media: [Medium]) throws {
        let water = try Medium.named("water")
        let highest = electrons.map(\.energyKeV).max() ?? 0
        let width = log(max(highest, 2 * Self.lowestKeV) / Self.lowestKeV) / Double(Self.steps)
        let energies = (0 ... Self.steps).map { Self.lowestKeV * exp(Double($0) * width) }
        let started = Self.started(electrons, above: energies)
        let energyBelow = electrons.reduce(0) {
            $0 + min($1.energyKeV, Self.lowestKeV) * $1.perDecay
        }
        let inWater = try ElectronInteractions(water)
        ratios = try Dictionary(
            media.map { medium in
                guard medium.index != water.index else { return (medium.index, 1) }
                let matter = try ElectronInteractions(medium)
                var sums = (water: 0.0, medium: 0.0)
                for (n, energy) in energies.enumerated() {
                    let collision = matter.collisionStoppingPower(energyKeV: energy)
                    let fluence =
                        started[n] * energy * width
                        / (collision + matter.radiativeStoppingPower(energyKeV: energy))
                    // Trapezoids in the logarithm of the energy.
                    let part = n == 0 || n == Self.steps ? fluence / 2 : fluence
                    sums.water += part * inWater.collisionStoppingPower(energyKeV: energy)
                    sums.medium += part * collision
                }
                let atTheEnd =
                    inWater.collisionStoppingPower(energyKeV: Self.lowestKeV)
                    / matter.collisionStoppingPower(energyKeV: Self.lowestKeV)
                let total = sums.medium + energyBelow
                let ratio =
                    total > 0 ? (sums.water + energyBelow * atTheEnd) / total : atTheEnd
                return (medium.index, ratio)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Electrons of one decay that start above each energy.
    private static func started(_ electrons: [Electrons], above energies: [Double]) -> [Double] {
        let sorted = electrons.sorted { $0.energyKeV > $1.energyKeV }
        var sum = 0.0
        var next = 0
        return energies.reversed().map { energy in
            while next < sorted.count, sorted[next].energyKeV > energy {
                sum += sorted[next].perDecay
                next += 1
            }
            return sum
        }.reversed()
    }

    /// Returns the dose to water.
    ///
    /// - Parameters:
    ///   - dose: Dose to the medium.
    ///   - media: Index of each voxel's medium, on the same grid; voxels of a medium without a
    ///     ratio keep their dose.
    /// - Returns: Dose to water, on the same grid.
    public func converted(_ dose: DoseMap, media: Volume<UInt8>) -> DoseMap {
        var grays = dose.grays
        let factors = (0 ... UInt8.max).map { Float(ratios[$0] ?? 1) }
        let sliceSize = grays.geometry.shape.x * grays.geometry.shape.y
        grays.updateSlices { k, slice in
            media.withVoxels { media in
                for n in slice.indices { slice[n] *= factors[Int(media[k * sliceSize + n])] }
            }
        }
        return DoseMap(grays: grays)
    }
}

extension Volume<UInt8> {
    /// The media of a map by rising index, each once.
    ///
    /// - Parameter media: All media by index; others than these are left out.
    /// - Returns: Those that occur.
    public func used(of media: [Medium]) -> [Medium] {
        var isThere = [Bool](repeating: false, count: 256)
        withVoxels { voxels in
            for n in voxels.indices { isThere[Int(voxels[n])] = true }
        }
        return media.filter { isThere[Int($0.index)] }
    }
}
