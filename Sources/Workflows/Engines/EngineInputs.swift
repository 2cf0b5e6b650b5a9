import Foundation
import Physics
import Transport

/// How long and with which random numbers an engine runs.
package struct EngineRun: Hashable, Sendable {
    /// Decays to simulate; rounded up to a multiple of the batches.
    package let histories: Int
    package let seed: UInt64
    /// Workers; no result depends on it.
    package let threads: Int

    /// What the program takes; more decays than any machine makes in a year.
    package static let allowedHistories = 1 ... 100_000_000_000_000
    package static let allowedThreads = 1 ... 1024

    /// Creates it.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a number outside its range.
    package init(histories: Int, seed: UInt64, threads: Int) throws {
        for (name, value, allowed) in [
            ("histories", histories, Self.allowedHistories),
            ("threads", threads, Self.allowedThreads),
        ] where !allowed.contains(value) {
            throw WorkflowError.refused(
                sentence: "The number of \(name) is \(value); it must be from "
                    + "\(allowed.lowerBound) to \(allowed.upperBound).")
        }
        self.histories = histories
        self.seed = seed
        self.threads = threads
    }

    /// The decays that are simulated: ``histories``, rounded up to whole batches.
    func simulated(inBatches batches: Int) -> Int {
        (histories + batches - 1) / batches * batches
    }
}

extension Nuclide {
    /// Returns the nuclide that a user names; case does not matter.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` with the list of those known.
    static func asked(_ name: String) throws -> Nuclide {
        guard let nuclide = allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
        else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "There are no data of nuclide '\(name)'. Known are \(known).")
        }
        return nuclide
    }
}

/// A medium at the density that a kernel or a sphere is computed for.
struct Material: Hashable, Sendable {
    let medium: Medium
    let gramsPerML: Double

    /// Water of kernels and spheres has 1 g/mL, as reference tables have; its own is 0.998 g/mL.
    private static let kernelDensity = ["water": 1.0]
    static let allowedGramsPerML = 1e-4 ... 25.0

    /// Looks the medium up; `density` in g/mL replaces the usual one.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for an unknown name or a density that no
    ///   matter has; `PhysicsError` when the table is damaged.
    init(named name: String, density: Double?) throws {
        let all = try Medium.all
        guard let medium = all.first(where: { $0.name == name.lowercased() }) else {
            let known = all.map(\.name).joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "There is no material '\(name)'. Known are \(known).")
        }
        self.medium = medium
        gramsPerML =
            density ?? Self.kernelDensity[medium.name] ?? medium.referenceDensityGramsPerML
        guard Self.allowedGramsPerML.contains(gramsPerML) else {
            throw WorkflowError.refused(
                sentence: "A density of \(gramsPerML) g/mL is outside "
                    + "\(Self.allowedGramsPerML.lowerBound) to "
                    + "\(Self.allowedGramsPerML.upperBound) g/mL.")
        }
    }
}
