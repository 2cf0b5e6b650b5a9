import Dosimetry
import Foundation
import Imaging
import Physics
import Transport
import _TestSupport

/// A Y-90 patient against GATE's dose map.
///
/// GATE's decays are known per SPECT voxel of 4.42 mm and lie evenly in it; on the CT's grid of 4 mm
/// they would spread over each 4 mm voxel that they touch and take up to 1.3 % of the energy out of
/// the boxes. So the grid is the CT's with every voxel divided. Several runs, each of another seed,
/// give Grevy's sigma of any sum of voxels.
package enum PatientGate {
    /// Parts of a CT voxel along an axis.
    ///
    /// They have sides of 2 mm; with 1 mm the boxes change by 0.3 % at most.
    private static let parts = 2
    private static let decays = 1e8

    /// Fewer in a short validation: each has the whole grid to clear.
    private static func runs(_ setup: GateSetup) -> Int { max(5, Int(20 * setup.scale)) }

    package static func run(_ setup: GateSetup) throws -> Gate {
        let title = "A Y-90 patient against GATE"
        guard let data = ReferenceFiles.testdata?.appending(path: "penred-y90"),
            FileManager.default.fileExists(atPath: data.path)
        else { return .absent(title, "GATE's dose map of the patient") }
        let work = try ReferenceFiles.scratch("validation")
        defer { try? FileManager.default.removeItem(at: work) }
        for archive in ["Mhd.tar.xz", "gate.tar.xz"] {
            try Archive.unpack(data.appending(path: archive), into: work)
        }
        let ct = try MetaImage.read(work.appending(path: "ct1-4mm.mhd"))
        let source = try MetaImage.read(work.appending(path: "SourceActivity.mhd"))
        let gatesDose = try MetaImage.read(work.appending(path: "PatientDose.mhd"))
        let curve = try HounsfieldDensityCurve(
            text: String(contentsOf: data.appending(path: "hu-density.csv"), encoding: .utf8),
            name: "hu-density")
        let decays = source.redistributed(onto: ct.geometry).volume.voxels.map(Double.init)
        let theirs = energies(of: gatesDose, curve.density(of: ct), on: ct, perKeV: 1000)
        let groups = PatientVoxelGroups(ct: ct)
        var mine = [Double](repeating: 0, count: ct.geometry.count)
        var byRun: [[Double]] = []
        try simulate(ct, curve, source, setup) { energies in
            byRun.append(groups.sums(of: energies))
            for n in mine.indices { mine[n] += energies[n] / Double(runs(setup)) }
        }
        let tiles = PatientTiles(mine: mine, theirs: theirs, decays: decays, grid: ct.geometry)
        return Gate(
            title: title, note: note(tiles, runs: byRun.count),
            rows: rows(groups, byRun, theirs: theirs, decays: decays, tiles))
    }

    private static func rows(
        _ groups: PatientVoxelGroups, _ byRun: [[Double]], theirs: [Double], decays: [Double],
        _ tiles: PatientTiles
    ) -> [Gate.Row] {
        let reference = groups.sums(of: theirs)
        let inside = groups.sums(of: decays)
        let runs = Double(byRun.count)
        return groups.names.indices.map { n in
            let mean = byRun.map { $0[n] }.reduce(0, +) / runs
            let squares = byRun.map { ($0[n] - mean) * ($0[n] - mean) }.reduce(0, +)
            return Gate.Row(
                quantity: groups.names[n], found: mean, reference: reference[n],
                unit: "keV per decay",
                ownSigma: (squares / (runs * (runs - 1))).squareRoot() / mean,
                referenceSigma: tiles.sigmaOfOneDecay / inside[n].squareRoot(),
                allowed: groups.bounds[n])
        }
    }

    private static func note(_ tiles: PatientTiles, runs: Int) -> String {
        func percent(_ share: Double) -> String { String(format: "%+.2f %%", 100 * share) }
        return """
            GATE's own decays per SPECT voxel as source, on voxels of 2 mm; its table of densities, \
            media by HU. Total within 1 %, classes of HU 2 %, boxes of 5 x 5 x 5 CT voxels 3 %, of \
            deposited energy, with nothing added for sigma. Grevy's sigma is from the scatter of \
            \(runs) runs. GATE, which had 4 million decays, states none: of all boxes with \
            \(Int(PatientTiles.fewestDecays)) decays or more (\(tiles.count) of them, side by side) \
            the differences scatter by \(String(format: "%.2f", tiles.sigmaOfOneDecay)) over the \
            root of their decays, which is taken for it; together they differ by \
            \(percent(tiles.difference)). GATE's spectrum (20 lines) has 934.9 keV, Grevy's 932.1: \
            -0.30 % of every row.
            """
    }

    private static let electronvoltJ = 1.602_176_634e-19

    /// Runs the patient several times.
    ///
    /// `didRun` gets the energies of the CT's voxels in keV per decay.
    private static func simulate(
        _ ct: Volume<Float>, _ curve: HounsfieldDensityCurve, _ source: Volume<Float>,
        _ setup: GateSetup, didRun: ([Double]) -> Void
    ) throws {
        let fine = try divided(ct)
        let density = curve.density(of: fine)
        let media = try HounsfieldMedia.generic
        let medium = try Volume(
            voxels: fine.voxels.map { media.medium(hounsfieldUnits: Double($0)).index },
            geometry: fine.geometry)
        var settings = setup.settings
        // The scatter of runs is asked for, so few batches will do: each clears the whole grid.
        settings.batches = 4
        let engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: medium, density: DensityMap(gramsPerML: density), media: Medium.all),
            spectrum: EmissionSpectrum(DecayData(.y90)), settings: settings)
        let decays = source.redistributed(onto: fine.geometry).volume
        // Gray times gram is millijoule.
        let perKeV = 1e6 * electronvoltJ * source.sum()
        let runs = runs(setup)
        for run in 0 ..< runs {
            let result = try engine.run(
                decays: decays, until: setup.stop(Self.decays / Double(runs)),
                seed: setup.seed &* 1000 &+ UInt64(run))
            didRun(energies(of: result.dose.grays, density, on: ct, perKeV: perKeV))
        }
    }

    /// The same CT numbers with every voxel in parts.
    private static func divided(_ ct: Volume<Float>) throws -> Volume<Float> {
        let side = ct.geometry.spacingMM
        let n = Double(parts)
        let geometry = try ct.geometry.withSpacing([side.x / n, side.y / n, side.z / n])
        var fine = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 0 ..< geometry.shape.z {
            for j in 0 ..< geometry.shape.y {
                for i in 0 ..< geometry.shape.x {
                    fine[i, j, k] = ct[i / parts, j / parts, k / parts]
                }
            }
        }
        return fine
    }

    /// Adds up energies by voxel of the CT, in keV per decay.
    ///
    /// `perKeV` is 1 keV per decay in the unit of the dose times grams; the dose lies on the CT's
    /// grid or one whose voxels are parts of it.
    private static func energies(
        of dose: Volume<Float>, _ gramsPerML: Volume<Float>, on ct: Volume<Float>, perKeV: Double
    ) -> [Double] {
        let shape = dose.geometry.shape
        let parts = shape.x / ct.geometry.shape.x
        let scale = dose.geometry.voxelVolumeML / perKeV
        var sums = [Double](repeating: 0, count: ct.geometry.count)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                let row = ct.geometry.offset(0, j / parts, k / parts)
                for i in 0 ..< shape.x {
                    sums[row + i / parts] +=
                        Double(dose[i, j, k]) * Double(gramsPerML[i, j, k]) * scale
                }
            }
        }
        return sums
    }
}

extension HounsfieldDensityCurve {
    /// In grams per millilitre.
    fileprivate func density(of hounsfieldUnits: Volume<Float>) -> Volume<Float> {
        density(of: HounsfieldMap(hounsfieldUnits: hounsfieldUnits)).0.gramsPerML
    }
}
