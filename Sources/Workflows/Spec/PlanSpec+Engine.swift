import Physics

extension PlanSpec {
    /// Reads who computes voxel doses, from the section `dose`.
    static func engine(_ section: SpecReader) throws -> DoseChoice.Engine {
        let name = try section.optionalString("engine") ?? "local-deposition"
        let uncertainty = try section.optionalDecimal("uncertainty")
        let tumourVoxels = try section.optionalDecimal("tumourVoxelUncertainty")
        let histories = try section.optionalDecimal("histories")
        let seed = try section.optionalDecimal("seed")
        switch name {
        case "local-deposition", "kernel":
            for (key, value) in [
                ("uncertainty", uncertainty), ("tumourVoxelUncertainty", tumourVoxels),
                ("histories", histories), ("seed", seed),
            ] where value != nil {
                throw WorkflowError.refused(
                    sentence: "'dose.\(key)' belongs to 'engine: monte-carlo'.")
            }
            return name == "kernel" ? .voxelKernel : .localDeposition
        case "monte-carlo":
            return .monteCarlo(
                DoseChoice.MonteCarlo(
                    length: try length(
                        uncertainty: uncertainty, tumourVoxels: tumourVoxels, histories: histories),
                    seed: UInt64(try whole("seed", seed ?? 1, in: 0 ... 1e15))))
        default:
            throw WorkflowError.refused(
                sentence: "'dose.engine' is local-deposition, kernel or monte-carlo, not '\(name)'."
            )
        }
    }

    private static func length(
        uncertainty: Double?, tumourVoxels: Double?, histories: Double?
    ) throws -> DoseChoice.MonteCarlo.Length {
        guard let histories else {
            let sigma = uncertainty ?? 0.01
            guard (1e-4 ... 0.2).contains(sigma) else {
                throw WorkflowError.refused(
                    sentence: "'dose.uncertainty' must lie from 0.0001 to 0.2, not \(sigma).")
            }
            // A looser wish for means loosens voxels too.
            let voxels = tumourVoxels ?? 2 * sigma
            guard (1e-4 ... 1).contains(voxels) else {
                throw WorkflowError.refused(
                    sentence:
                        "'dose.tumourVoxelUncertainty' must lie from 0.0001 to 1, not \(voxels).")
            }
            return .relativeUncertainty(means: sigma, tumourVoxels: voxels)
        }
        guard uncertainty == nil, tumourVoxels == nil else {
            throw WorkflowError.refused(
                sentence: "Give 'dose.histories', or 'dose.uncertainty' with "
                    + "'dose.tumourVoxelUncertainty', not both.")
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
        guard dose.engine != .localDeposition else {
            guard dose.to == .medium else {
                throw WorkflowError.refused(
                    sentence: "'dose.to: water' needs 'dose.engine' kernel or monte-carlo; "
                        + "local deposition follows its convention's constant.")
            }
            return
        }
        guard method == .voxel || method == .bsa else {
            throw WorkflowError.refused(
                sentence: "'dose.engine: \(dose.engine.name)' needs 'method: voxel' (or bsa); "
                    + "'\(method.rawValue)' takes one dose per compartment.")
        }
        guard compareProfiles.isEmpty else {
            throw WorkflowError.refused(
                sentence: "'compareProfiles' compares dose constants of local deposition; with "
                    + "'dose.engine: \(dose.engine.name)' doses are physical and follow none of them."
            )
        }
    }

    /// Reads what structures are made of where the CT misleads.
    static func overrides(
        _ section: SpecReader, density: DoseChoice.Density
    ) throws -> [DoseChoice.MatterChoice] {
        let choices = try section.sections("overrides") { one in
            let gramsPerML = try one.decimal("densityGPerML")
            guard (0.001 ... 25).contains(gramsPerML) else {
                throw WorkflowError.refused(
                    sentence: "'dose.overrides.densityGPerML' must lie from 0.001 to 25, not "
                        + "\(gramsPerML).")
            }
            let medium = try one.optionalString("medium")
            if let medium { try refuseUnknown(medium) }
            return DoseChoice.MatterChoice(
                structure: try one.string("structure"), densityGPerML: gramsPerML, medium: medium)
        }
        guard choices.isEmpty || density == .ct else {
            throw WorkflowError.refused(
                sentence: "'dose.overrides' changes what the CT says; it needs 'density: ct'.")
        }
        return choices
    }

    private static func refuseUnknown(_ medium: String) throws {
        let known = try Medium.all.map(\.name)
        guard known.contains(medium) else {
            throw WorkflowError.refused(
                sentence: "'dose.overrides.medium' is one of \(known.joined(separator: ", ")), "
                    + "not '\(medium)'.")
        }
    }
}
