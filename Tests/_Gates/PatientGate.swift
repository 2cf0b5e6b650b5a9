import Dosimetry
import Foundation
import Imaging
import Physics
import Transport
import _TestSupport

/// A Y-90 patient against GATE's dose map.
package enum PatientGate {
    private static let boxes: [[Int]] = [
        [84, 16, 65], [83, 23, 70], [85, 17, 124], [86, 33, 131], [40, 13, 124],
    ]

    package static func run(_ setup: GateSetup) throws -> Gate {
        let title = "A Y-90 patient against GATE"
        guard let data = ReferenceFiles.testdata?.appending(path: "penred-y90"),
            FileManager.default.fileExists(atPath: data.path)
        else { return .absent(title, "GATE's dose map of the patient") }
        var gate = Gate(
            title: title,
            note:
                "GATE's own decays as source, its table of densities, media by HU. Total within 1 %, "
                + "classes of HU 2 %, boxes of 5 x 5 x 5 voxels 3 %, of deposited energy. GATE's "
                + "spectrum (20 lines) has 934.9 keV, Grevy's 932.1: -0.30 % of every row.")
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
        let (density, _) = curve.density(of: HounsfieldMap(hounsfieldUnits: ct))
        let media = try HounsfieldMedia.generic
        var medium = Volume<UInt8>(repeating: 0, geometry: ct.geometry)
        let shape = ct.geometry.shape
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    medium[i, j, k] = media.medium(hounsfieldUnits: Double(ct[i, j, k])).index
                }
            }
        }
        let result = try MonteCarloEngine(
            phantom: VoxelPhantom(medium: medium, density: density, media: Medium.all),
            spectrum: EmissionSpectrum(DecayData(.y90)), settings: setup.settings
        ).run(
            decays: source.redistributed(onto: ct.geometry).volume, until: setup.stop(2e7),
            seed: setup.seed)
        let decays = source.sum()
        gate.rows = rows(
            PatientMaps(
                ct: ct, density: density.gramsPerML, mine: result.dose.grays, theirs: gatesDose,
                decays: decays))
        return gate
    }

    private static func rows(_ maps: PatientMaps) -> [Gate.Row] {
        let classes: [(String, Double, Range<Double>)] = [
            ("all", 0.01, -1e9 ..< 1e9), ("HU -120 and above", 0.02, -120 ..< 1e9),
            ("HU -950 to -120", 0.02, -950 ..< -120), ("HU 0 to 100", 0.02, 0 ..< 101),
            ("HU 200 and above", 0.02, 200 ..< 1e9),
        ]
        var rows = classes.map { name, bound, range in
            let (mine, theirs) = maps.energies { i, j, k in
                range.contains(Double(maps.ct[i, j, k]))
            }
            return Gate.Row(
                quantity: name, found: mine, reference: theirs, unit: "keV per decay",
                allowed: bound)
        }
        for box in boxes {
            let (mine, theirs) = maps.energies { i, j, k in
                abs(i - box[0]) <= 2 && abs(j - box[1]) <= 2 && abs(k - box[2]) <= 2
            }
            rows.append(
                Gate.Row(
                    quantity: "box around \(box[0]), \(box[1]), \(box[2])", found: mine,
                    reference: theirs, unit: "keV per decay", allowed: 0.03))
        }
        return rows
    }
}

/// Both doses of the patient on the CT grid.
private struct PatientMaps {
    let ct: Volume<Float>
    let density: Volume<Float>
    /// Gy for all decays.
    let mine: Volume<Float>
    /// eV/g per decay.
    let theirs: Volume<Float>
    let decays: Double

    /// Deposited energies of the voxels that are chosen, in keV per decay.
    func energies(_ isChosen: (Int, Int, Int) -> Bool) -> (mine: Double, theirs: Double) {
        let shape = ct.geometry.shape
        let voxelML = ct.geometry.voxelVolumeML
        var (found, reference) = (0.0, 0.0)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x where isChosen(i, j, k) {
                    let grams = Double(density[i, j, k]) * voxelML
                    // 1 eV/g = 1.602176634e-16 Gy.
                    found += Double(mine[i, j, k]) * grams / 1.602_176_634e-16
                    reference += Double(theirs[i, j, k]) * grams
                }
            }
        }
        return (found / decays / 1000, reference / 1000)
    }
}
