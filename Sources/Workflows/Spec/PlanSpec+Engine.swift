extension PlanSpec {
    /// Reads who computes voxel doses, from the section `dose`.
    static func engine(_ section: SpecReader) throws -> DoseChoice.Engine {
        let name = try section.optionalString("engine") ?? "local-deposition"
        let uncertainty = try section.optionalDecimal("uncertainty")
        let histories = try section.optionalDecimal("histories")
        let seed = try section.optionalDecimal("seed")
        switch name {
        case "local-deposition":
            for (key, value) in [
                ("uncertainty", uncertainty), ("histories", histories), ("seed", seed),
            ] where value != nil {
                throw WorkflowError.refused(
                    sentence: "'dose.\(key)' belongs to 'engine: monte-carlo'.")
            }
            return .localDeposition
        case "monte-carlo":
            return .monteCarlo(
                DoseChoice.MonteCarlo(
                    length: try length(uncertainty: uncertainty, histories: histories),
                    seed: UInt64(try whole("seed", seed ?? 1, in: 0 ... 1e15))))
        default:
            throw WorkflowError.refused(
                sentence: "'dose.engine' is local-deposition or monte-carlo, not '\(name)'.")
        }
    }

    private static func length(
        uncertainty: Double?, histories: Double?
    ) throws -> DoseChoice.MonteCarlo.Length {
        guard let histories else {
            let sigma = uncertainty ?? 0.01
            guard (1e-4 ... 0.2).contains(sigma) else {
                throw WorkflowError.refused(
                    sentence: "'dose.uncertainty' must lie from 0.0001 to 0.2, not \(sigma).")
            }
            return .relativeUncertainty(sigma)
        }
        guard uncertainty == nil else {
            throw WorkflowError.refused(
                sentence: "Give 'dose.uncertainty' or 'dose.histories', not both.")
        }
        return .histories(Int(try whole("histories", histories, in: 1 ... 1e12)))
    }

    private static func whole(
        _ key: String, _ value: Double, in range: ClosedRange<Double>
    ) throws -> Double {
        guard range.contains(value), value == value.rounded() else {
            throw WorkflowError.refused(
                sentence: "'dose.\(key)' must be a whole number from \(Int(range.lowerBound)) to "
                    + "\(Int(range.upperBound)), not \(value).")
        }
        return value
    }

    /// Compartments and conventions know nothing of particles that leave their voxel.
    func refuseMisplacedEngine() throws {
        guard dose.engine != .localDeposition else { return }
        guard method == .voxel || method == .bsa else {
            throw WorkflowError.refused(
                sentence: "'dose.engine: monte-carlo' needs 'method: voxel' (or bsa); "
                    + "'\(method.rawValue)' takes one dose per compartment.")
        }
        guard compareProfiles.isEmpty else {
            throw WorkflowError.refused(
                sentence: "'compareProfiles' compares dose constants of local deposition; with "
                    + "'dose.engine: monte-carlo' doses are physical and follow none of them.")
        }
    }
}
