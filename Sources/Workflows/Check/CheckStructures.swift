import DICOM
import Dosimetry
import Imaging
import Quantities
import Transport

/// Both doses in every structure.
struct CheckStructures {
    let rows: [CheckReport.Structure]
    /// Of structures that are in no row: which, and why.
    let findings: [Finding]

    /// Computes both histograms of every structure.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ inputs: CheckInputs, _ doses: CheckDoses, countsGas: Bool) async throws {
        guard let set = inputs.structures?.value else {
            (rows, findings) = ([], [])
            return
        }
        var own = inputs.plan
        own.dose = doses.unmasked
        let density = countsGas ? nil : inputs.density
        let plan = try await DVHWorkflow().histograms(
            dose: inputs.plan, structures: set, density: density)
        let recomputed = try await DVHWorkflow().histograms(
            dose: own, structures: set, density: density)
        let others = Dictionary(
            recomputed.structures.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        let noise = set.structures.reduce(into: [Int: StructureNoise]()) {
            $0[$1.number] = StructureNoise($1, doses, inputs)
        }
        let found = plan.structures.compactMap { structure in
            others[structure.number].map { other in
                CheckReport.Structure(
                    number: structure.number, name: structure.name, volumeML: structure.volumeML,
                    plan: CheckReport.Doses(structure), recomputed: CheckReport.Doses(other),
                    recomputedMeanSigmaGy: noise[structure.number]?.meanSigmaGy,
                    recomputedVoxelSigma: noise[structure.number]?.medianVoxelSigma,
                    findings: plan.findings.filter { $0.subject == structure.name })
            }
        }
        rows = found
        findings = set.structures.filter { one in !found.contains { $0.number == one.number } }
            .map { one in
                let reasons = (plan.findings + recomputed.findings).filter {
                    $0.subject == one.name && $0.severity != .note
                }
                return Finding(
                    "check.structure-left-out", .warning,
                    "The structure was not compared. "
                        + ((reasons.first { $0.severity == .error } ?? reasons.first)?.sentence
                            ?? "No voxel of the plan dose that carries dose lies inside."),
                    subject: one.name)
            }
    }
}

/// What is known of the statistical noise of the recomputed dose inside a structure.
private struct StructureNoise {
    /// 1 sigma of the mean dose.
    let meanSigmaGy: Double
    /// Relative 1 sigma of the median voxel with dose.
    let medianVoxelSigma: Double

    /// `nil` for engines that draw nothing and for a structure without a mask on the grid.
    init?(_ structure: StructureSet.Structure, _ doses: CheckDoses, _ inputs: CheckInputs) {
        let contours = structure.contours.withoutDegenerate().kept
        guard let sigma = doses.sigma, !contours.contours.isEmpty,
            let mask = try? contours.mask(on: inputs.grid)
        else { return nil }
        let statistics = DoseStatistics(
            labels: doses.structureLabels?.map ?? Volume(repeating: 0, geometry: inputs.grid),
            labelSigma: Dictionary(
                doses.labels.map { ($0.label, $0.relativeUncertainty) }
            ) { first, _ in first },
            voxelSigma: sigma, histories: doses.histories)
        meanSigmaGy = statistics.sigma(
            of: mask, dose: doses.recomputed.grays, density: inputs.density)
        var inside: [Float] = []
        sigma.withVoxels { sigma in
            mask.forEachVoxel { index, _ in if sigma[index] > 0 { inside.append(sigma[index]) } }
        }
        inside.sort()
        medianVoxelSigma = inside.isEmpty ? 0 : Double(inside[inside.count / 2])
    }
}
