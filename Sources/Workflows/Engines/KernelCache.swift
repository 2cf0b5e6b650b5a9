import Foundation
import Physics
import Storage
import Transport

/// Point kernels that were simulated before, in files named by what they were made from.
///
/// The folder is `$XDG_CACHE_HOME/grevy/kernels`, or `.cache/grevy/kernels` in the user's home. It
/// holds physics only, nothing of any patient, and can be removed at any time.
struct KernelCache: Sendable {
    private let folder: URL?

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let base =
            environment["XDG_CACHE_HOME"].map { URL(filePath: $0) }
            ?? environment["HOME"].map { URL(filePath: $0).appending(path: ".cache") }
        folder = base?.appending(path: "grevy/kernels")
    }

    /// Returns the kernel of a run, from its file or simulated.
    ///
    /// A file that is absent, damaged or cannot be written costs time, not the result.
    ///
    /// - Throws: What the run throws.
    func kernel(
        of simulation: PointKernelRun, _ decay: DecayData, run: EngineRun, radiiMM: [Double]
    ) throws -> PointKernel {
        let file = folder?.appending(
            path: Self.key(simulation, decay, run, radiiMM) + ".json")
        if let file, let data = try? Data(contentsOf: file),
            let kernel = try? JSONDecoder().decode(PointKernel.self, from: data),
            kernel.outerRadiiMM == radiiMM,
            kernel.batchesKeV.allSatisfy({ $0.count == radiiMM.count })
        {
            return kernel
        }
        let kernel = try simulation.kernel(
            histories: run.histories, seed: run.seed, threads: run.threads, outerRadiiMM: radiiMM)
        if let folder, let file, let data = try? JSONEncoder().encode(kernel) {
            try? FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            try? data.write(to: file, options: .atomic)
        }
        return kernel
    }

    /// SHA-256 of all that the result depends on; threads are not in it.
    private static func key(
        _ simulation: PointKernelRun, _ decay: DecayData, _ run: EngineRun, _ radiiMM: [Double]
    ) -> String {
        let lines = (decay.electrons + decay.photons).map { "\($0.energyKeV) \($0.perDecay)" }
        let betas = decay.betaBranches.map { "\($0.endpointKeV) \($0.intensity) \($0.shape)" }
        let content = [
            Software.version, simulation.nuclide, "\(lines)", "\(betas)", "\(simulation.medium)",
            "\(simulation.densityGPerML)", "\(simulation.settings)", "\(run.histories)",
            "\(run.seed)", "\(radiiMM)",
        ]
        return ObjectDigest(of: Array(content.joined(separator: "\n").utf8)).hex
    }
}
