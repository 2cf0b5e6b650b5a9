import Dosimetry
import Imaging
import Quantities
import Therapy

/// Doses at points of the histogram when certain activities are injected.
///
/// The dose map is summed once, and not at all when no limit needs it. All activities times one
/// factor give every point times that factor, exactly: the order of voxels does not change.
struct PointDoses {
    private var doses: [PlanConstraint: AbsorbedDose] = [:]

    /// - Throws: ``WorkflowError/refused(sentence:)`` for a structure that has no voxels,
    ///   ``DoseError``.
    init(
        _ constraints: [PlanConstraint], activities: [Activity], maps: [TerritoryDoseMap],
        entries: [StructureDoses.Entry]
    ) throws {
        let points = constraints.filter { $0.measure != .mean }
        guard !points.isEmpty else { return }
        let dose = DoseMap.sum(
            zip(maps, activities).map { (map: $0, injectedGBq: $1.gigabecquerels) })
        for constraint in points {
            guard case .hottestPercent(let percent) = constraint.measure else { continue }
            guard let region = entries.first(where: { $0.region.name == constraint.structure })
            else {
                throw WorkflowError.refused(
                    sentence:
                        "The limit '\(constraint.name)' is for a structure that the plan gives no voxel dose; it has \(entries.map(\.region.name).joined(separator: ", "))."
                )
            }
            let histogram = try DoseVolumeHistogram(
                dose: dose, region: region.region.dosed, name: constraint.structure)
            doses[constraint] = AbsorbedDose(
                grays: histogram.doseGy(hottestPercent: percent))
        }
    }

    /// - Throws: ``TherapyError/inconsistent(reason:)`` for a limit that was not asked for.
    func dose(_ constraint: PlanConstraint) throws -> AbsorbedDose {
        guard let dose = doses[constraint] else {
            return try LinearDoseModel.noPointDose(constraint)
        }
        return dose
    }
}
