import Imaging
import Physics

/// Coupled electron and photon Monte Carlo in voxels.
///
/// The same seed, inputs and settings give the same bytes for any number of threads: random
/// numbers depend on seed, batch and history only, and batches are added in their order.
public struct MonteCarloEngine: Sendable {
    public let phantom: VoxelPhantom
    public let settings: TransportSettings
    public let spectrum: EmissionSpectrum
    let scene: TransportScene

    /// Prepares the tables of a nuclide in a phantom.
    ///
    /// - Throws: ``TransportError/setting(name:value:allowed:)``,
    ///   ``TransportError/nothingToEmit``, and what ``ElectronInteractions`` and
    ///   ``PhotonInteractions`` throw.
    public init(
        phantom: VoxelPhantom, spectrum: EmissionSpectrum,
        settings: TransportSettings = TransportSettings()
    ) throws {
        try settings.check()
        guard spectrum.highestKeV > 0 else { throw TransportError.nothingToEmit }
        self.phantom = phantom
        self.settings = settings
        self.spectrum = spectrum
        scene = try TransportScene(
            phantom: phantom, highestKeV: spectrum.highestKeV, settings: settings)
    }

    /// The voxels with activity and their cumulated share, and the sum of decays.
    func sites(_ decays: Volume<Float>) throws -> ([HistorySource.Site], Double) {
        guard decays.geometry == phantom.geometry else {
            throw TransportError.gridMismatch(what: "Activity")
        }
        if let index = decays.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw TransportError.badVoxel(
                what: "Activity", index: index, value: Double(decays.withVoxels { $0[index] }))
        }
        let total = decays.sum()
        guard total > 0 else { throw TransportError.nothingToEmit }
        let shape = decays.geometry.shape
        var sites: [HistorySource.Site] = []
        var sum = 0.0
        decays.withVoxels { voxels in
            for index in voxels.indices where voxels[index] > 0 {
                sum += Double(voxels[index])
                sites.append(
                    HistorySource.Site(
                        i: Int32(index % shape.x), j: Int32(index / shape.x % shape.y),
                        k: Int32(index / (shape.x * shape.y)), cumulative: sum / total))
            }
        }
        return (sites, total)
    }
}

extension TransportScene {
    init(phantom: VoxelPhantom, highestKeV: Double, settings: TransportSettings) throws {
        let geometry = phantom.geometry
        (nx, ny, nz) = (geometry.shape.x, geometry.shape.y, geometry.shape.z)
        (sx, sy, sz) = (geometry.spacingMM.x, geometry.spacingMM.y, geometry.spacingMM.z)
        (perX, perY, perZ) = (1 / sx, 1 / sy, 1 / sz)
        self.settings = settings
        // Only the media that occur get rows, so that the tables stay small.
        var slots = [Int?](repeating: nil, count: phantom.media.count)
        var used: [Medium] = []
        var densest: [Double] = []
        var cells: [Cell] = []
        cells.reserveCapacity(geometry.count)
        phantom.medium.withVoxels { media in
            phantom.density.gramsPerML.withVoxels { densities in
                for index in media.indices {
                    let medium = Int(media[index])
                    let density = max(1e-9, densities[index])
                    let slot = slots[medium] ?? used.count
                    if slots[medium] == nil {
                        slots[medium] = slot
                        used.append(phantom.media[medium])
                        densest.append(0)
                    }
                    densest[slot] = max(densest[slot], Double(density))
                    cells.append(
                        Cell(
                            density: density, inverseDensity: 1 / density, slot: UInt32(slot)))
                }
            }
        }
        self.cells = RawTable(cells)
        mediaCount = used.count
        let electrons = try used.map { try ElectronInteractions($0) }
        let ladder = EnergyLadder(highestKeV: highestKeV, media: electrons, settings: settings)
        steps = RawTable(ladder.steps)
        rows = RawTable(ladder.rows)
        rungCount = ladder.steps.count
        let lookup = 1024
        firstRungScale = Double(lookup) / (ladder.steps.first?.topKeV ?? 1)
        let scale = firstRungScale
        firstRung = RawTable(
            (0 ... lookup).map { cell in
                let upper = Double(cell + 1) / scale
                return Int32(
                    ladder.steps.firstIndex { upper > $0.bottomKeV } ?? ladder.steps.count - 1)
            })
        photons = try PhotonTables(media: used, densest: densest, highestKeV: highestKeV)
    }
}
