// SPDX-License-Identifier: Apache-2.0
//
// Makes Sources/Phantom/Data/true-doses.json: mean doses of the synthetic patient's structures from
// activity that lies in the analytic shapes, by Monte Carlo on a fine grid.
// Usage: _TrueDoses FILE [decays per source, 5e7] [spacing in mm, 1.5]
import Dosimetry
import Foundation
import Imaging
import Phantom
import Physics
import Quantities
import Transport

@main
struct TrueDosesTool {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.first else {
            print("usage: _TrueDoses FILE [decays per source] [spacing in mm]")
            exit(2)
        }
        let numbers = arguments.dropFirst().compactMap(Double.init)
        let run = try TrueDoseRun(
            histories: Int(numbers.first ?? 5e7), spacingMM: numbers.dropFirst().first ?? 1.5)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(run.result()).write(to: URL(filePath: path))
    }
}

/// The patient as shapes on a grid that holds the liver and 30 mm around it, and the lungs' bases.
struct TrueDoseRun {
    let histories: Int
    let spacingMM: Double
    private let grid: VolumeGeometry
    private let engine: MonteCarloEngine
    private let densities: [Float]
    private let targets: [(name: String, shares: [Float])]
    private static let seed: UInt64 = 1
    private static let marginMM = 30.0

    init(histories: Int, spacingMM: Double) throws {
        self.histories = histories
        self.spacingMM = spacingMM
        let half = Anatomy.liverSemiAxesMM
        func count(_ semiAxis: Double) -> Int {
            Int((2 * (semiAxis + Self.marginMM) / spacingMM).rounded(.up))
        }
        let shape = Vector3(count(half.x), count(half.y), count(half.z))
        let origin = Vector3(
            Anatomy.liverCentreMM.x - Double(shape.x - 1) / 2 * spacingMM,
            Anatomy.liverCentreMM.y - Double(shape.y - 1) / 2 * spacingMM,
            Anatomy.liverCentreMM.z - Double(shape.z - 1) / 2 * spacingMM)
        let grid = try VolumeGeometry(
            shape: shape, spacingMM: Vector3(spacingMM, spacingMM, spacingMM), originMM: origin)
        self.grid = grid
        let raster = Rasteriser(geometry: grid, linesPerVoxel: 4)
        let matter = try CTMatter(
            ct: HounsfieldMap(hounsfieldUnits: raster.painted(Anatomy.layers)), curve: .generic,
            media: .generic, onto: grid)
        // Contrast agent makes the liver brighter, not denser: the truth says what its tissue is.
        let tissue = raster.added([(Anatomy.liver, 1)]).voxels
        let lungs = raster.added(Anatomy.lungs.map { ($0, 1) }).voxels
        var density = matter.density.gramsPerML.voxels
        var medium = matter.medium.voxels
        let (soft, lung) = (try Medium.named("soft-tissue").index, try Medium.named("lung").index)
        for n in density.indices {
            let (inLiver, inLung) = (min(1, tissue[n]), min(1 - min(1, tissue[n]), lungs[n]))
            guard inLiver + inLung > 0 else { continue }
            let rest = 1 - inLiver - inLung
            density[n] =
                inLiver * Float(Scenario.tissueGramsPerML)
                + inLung * Float(Scenario.lungGramsPerML) + rest * density[n]
            if inLiver > 0.5 { medium[n] = soft } else if inLung > 0.5 { medium[n] = lung }
        }
        densities = density
        engine = try MonteCarloEngine(
            phantom: VoxelPhantom(
                medium: Volume(voxels: medium, geometry: grid),
                density: DensityMap(gramsPerML: Volume(voxels: density, geometry: grid)),
                media: Medium.all),
            spectrum: EmissionSpectrum(DecayData(.y90)))
        let shapes: [(String, [(shape: ConvexShape, weight: Double)])] =
            [("Liver", [(Anatomy.liver, 1)])]
            + Anatomy.Territory.allCases.map { ($0.rawValue, [(Anatomy.territory($0), 1)]) }
            + Anatomy.Territory.allCases.map { territory in
                (
                    "Normal liver of \(territory.rawValue.lowercased())",
                    [(Anatomy.territory(territory), 1)]
                        + Anatomy.tumours.filter { $0.territory == territory }
                        .map { ($0.shape, -1) }
                )
            } + Anatomy.tumours.map { ($0.name, [($0.shape, 1)]) }
        targets = shapes.map { ($0.0, raster.added($0.1).voxels) }
    }

    func result() throws -> TrueDoses {
        var sources: [TrueDoses.Source] = []
        for territory in Anatomy.Territory.allCases {
            sources.append(try source(territory))
        }
        let decay = try DecayData(.y90)
        return TrueDoses(
            note: "Mean doses by Monte Carlo from activity that fills the analytic shapes: normal "
                + "liver and tumours of one territory in their ratios, on voxels of \(spacingMM) "
                + "mm with partial voxels by share. Liver and tumours 1.03 g/mL, lungs 0.27 g/mL, "
                + "rest of the body by its CT number. Lung activity gives the liver nothing here.",
            nuclide: decay.nuclide.rawValue, halfLifeHours: decay.halfLifeSeconds / 3600,
            decayData: decay.source, spacingMM: spacingMM, seed: Self.seed, sources: sources)
    }

    /// 1 GBq in the tissue of one territory.
    private func source(_ territory: Anatomy.Territory) throws -> TrueDoses.Source {
        let one = Activity(gigabecquerels: 1)
        let model = ActivityModel(
            right: territory == .right ? one : .zero, left: territory == .left ? one : .zero,
            lungs: .zero)
        let concentration = Rasteriser(geometry: grid, linesPerVoxel: 4)
            .added(model.increments.filter { $0.weight != 0 })
        let decay = try DecayData(.y90)
        let perBecquerel = decay.halfLifeSeconds / 0.693_147_180_559_945_3
        let decays = concentration.scaled(by: grid.voxelVolumeML * perBecquerel)
        let labels = try labels()
        let result = try engine.run(
            decays: decays, until: .histories(histories), seed: Self.seed,
            threads: ProcessInfo.processInfo.activeProcessorCount, labels: labels)
        let dose = result.dose.grays.voxels
        let sigma = Dictionary(
            uniqueKeysWithValues: result.labels.map { ($0.label, $0.relativeUncertainty) })
        let means = targets.map { target in
            var (energy, mass, spread) = (0.0, 0.0, 0.0)
            labels.withVoxels { labels in
                for n in target.shares.indices where target.shares[n] > 0 {
                    let part = Double(target.shares[n]) * Double(densities[n])
                    mass += part
                    energy += part * Double(dose[n])
                    spread += part * Double(dose[n]) * sigma[Int(labels[n]), default: 0]
                }
            }
            return TrueDoses.Mean(
                structure: target.name, grayPerGBq: energy / mass,
                relativeUncertainty: energy > 0 ? spread / energy : 0)
        }
        return TrueDoses.Source(
            territory: territory.rawValue, histories: result.histories,
            // All decays over those inside the voxels: what rasterising lost or added.
            rasterisedActivityGBq: decays.sum() / (1e9 * perBecquerel), means: means)
    }

    /// Tumours, then normal tissue by territory; parts of others do not overlap.
    private func labels() throws -> Volume<UInt16> {
        var labels = [UInt16](repeating: 0, count: grid.count)
        let parts = targets.filter { $0.name.hasPrefix("Normal") || $0.name.hasPrefix("Tumour") }
        for (number, part) in parts.enumerated() {
            for n in labels.indices where part.shares[n] > 0.5 { labels[n] = UInt16(number + 1) }
        }
        return try Volume(voxels: labels, geometry: grid)
    }
}
