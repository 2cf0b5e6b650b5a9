import DICOM
import Dosimetry
import Quantities
import Transport

/// Both doses in every structure.
struct CheckStructures {
    let rows: [CheckReport.Structure]

    /// Computes both histograms of every structure.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ inputs: CheckInputs, _ doses: CheckDoses, countsGas: Bool) async throws {
        guard let set = inputs.structures?.value else {
            rows = []
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
        rows = plan.structures.compactMap { structure in
            others[structure.number].map { other in
                CheckReport.Structure(
                    number: structure.number, name: structure.name, volumeML: structure.volumeML,
                    plan: CheckReport.Doses(structure), recomputed: CheckReport.Doses(other),
                    recomputedMeanSigmaGy: Self.sigma(structure.number, doses),
                    findings: plan.findings.filter { $0.subject == structure.name })
            }
        }
    }

    /// 1 sigma of the mean, in Gy; parts of the structure are taken to rise and fall together.
    private static func sigma(_ number: Int, _ doses: CheckDoses) -> Double? {
        guard let labels = doses.structureLabels else { return nil }
        let parts = doses.labels.filter {
            labels.structures[$0.label]?.contains(number) == true
        }
        let mass = parts.reduce(0) { $0 + $1.massKg }
        guard mass > 0 else { return nil }
        return parts.reduce(0) { $0 + $1.massKg * $1.meanGy * $1.relativeUncertainty } / mass
    }
}
