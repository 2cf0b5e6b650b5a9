// SPDX-License-Identifier: Apache-2.0
//
// Makes the point kernels in water that Physics ships, by Grevy's own Monte Carlo.
// Usage: _PointKernels FOLDER [Y-90 Lu-177 ...] [electrons=4e6] [photons=4e6] [seed=1] [threads=2]
// Writes FOLDER/kernel-NUCLIDE.json; without names all nuclides. The same seed gives the same numbers.
import Foundation
import Physics
import Transport

@main
struct PointKernels {
    static func main() throws {
        var names: [String] = []
        var numbers = ["electrons": 4e6, "photons": 4e6, "seed": 1, "threads": 2]
        for argument in CommandLine.arguments.dropFirst(2) {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { numbers[parts[0]] = Double(parts[1]) } else { names += parts }
        }
        guard CommandLine.arguments.count > 1 else { return print("Name a folder.") }
        let folder = URL(filePath: CommandLine.arguments[1])
        for nuclide in Nuclide.allCases where names.isEmpty || names.contains(nuclide.rawValue) {
            let start = Date()
            let data = try file(of: nuclide, numbers)
            try data.write(to: folder.appending(path: "kernel-\(nuclide.rawValue).json"))
            print(nuclide.rawValue, data.count, "bytes,", -start.timeIntervalSinceNow, "s")
        }
    }

    private static let batches = 10
    /// Batches of a file, means over pairs to keep it small; their sigma is good to a third.
    private static let batchesInFile = 5
    /// What fast electrons need no finer shells than, in hundredths of a millimetre.
    private static let coarseHundredths = 5
    private static let medium = "water"
    /// As in reference tables; the medium's own density is 0.998 g/mL.
    private static let gramsPerML = 1.0

    private static func file(of nuclide: Nuclide, _ numbers: [String: Double]) throws -> Data {
        let decay = try DecayData(nuclide)
        func part(_ part: PointKernelRun.Part, _ histories: Double) throws -> PointKernel {
            var settings = TransportSettings()
            settings.batches = batches
            let run = try PointKernelRun(
                decay, part: part, medium: Medium.named(medium), densityGPerML: gramsPerML,
                settings: settings)
            return try run.kernel(
                histories: Int(histories), seed: UInt64(numbers["seed"] ?? 1),
                threads: Int(numbers["threads"] ?? 2),
                outerRadiiMM: part == .photons
                    ? PointKernelRun.photonRadiiMM : electronRadii(decay.electronRangeMM))
        }
        let kernels = try NuclideKernels(
            electrons: part(.electrons, numbers["electrons"] ?? 0),
            photons: decay.photons.isEmpty ? nil : part(.photons, numbers["photons"] ?? 0),
            electronRangeMM: decay.electronRangeMM)
        return try text(kernels)
    }

    /// The standard shells within the range, coarser near the point where electrons go far; those
    /// of photons beyond.
    private static func electronRadii(_ rangeMM: Double) -> [Double] {
        let photons = Set(PointKernelRun.photonRadiiMM.map { Int(($0 * 100).rounded()) })
        return PointKernelRun.standardRadiiMM.filter { radius in
            let hundredths = Int((radius * 100).rounded())
            if radius > rangeMM { return photons.contains(hundredths) }
            return rangeMM < 4 || hundredths % coarseHundredths == 0
        }
    }

    /// JSON of one row of numbers per batch, with six digits.
    private static func text(_ kernels: NuclideKernels) throws -> Data {
        func rows(_ kernel: PointKernel) -> String {
            let perRow = kernel.batchesKeV.count / batchesInFile
            let means = (0 ..< batchesInFile).map { row in
                kernel.outerRadiiMM.indices.map { shell in
                    (0 ..< perRow).reduce(0) { $0 + kernel.batchesKeV[row * perRow + $1][shell] }
                        / Double(perRow)
                }
            }
            let batches = means.map { batch in
                "[" + batch.map { String(format: "%.6g", $0) }.joined(separator: ",") + "]"
            }.joined(separator: ",\n  ")
            let radii = kernel.outerRadiiMM.map { String(format: "%.6g", $0) }
            return """
                {
                 "nuclide": "\(kernel.nuclide)", "medium": "\(kernel.medium)",
                 "densityGPerML": \(kernel.densityGPerML), "emittedKeV": \(kernel.emittedKeV),
                 "source": "\(kernel.source)",
                 "outerRadiiMM": [\(radii.joined(separator: ","))],
                 "batchesKeV": [
                  \(batches)]}
                """
        }
        let settings = TransportSettings()
        let date = Date().formatted(.iso8601.year().month().day())
        let header = """
            {"about": "Energy per decay that each shell around a point takes, keV; one row per batch",
            "licence": "Apache-2.0, computed by Grevy (Tests/_PointKernels)", "date": "\(date)",
            "settings": "share per rung \(settings.fractionalLoss), at most \
            \(settings.largestLossKeV) keV, Moller above \(settings.mollerThresholdKeV) keV, \
            electron cut \(min(settings.electronCutKeV, 10)) keV, photon cut \
            \(settings.photonCutKeV) keV",
            "electronRangeMM": \(String(format: "%.4f", kernels.electronRangeMM)),
            "electrons": \(rows(kernels.electrons))
            """
        let photons = kernels.photons.map { ",\n\"photons\": \(rows($0))" } ?? ""
        return Data((header + photons + "}\n").utf8)
    }
}
