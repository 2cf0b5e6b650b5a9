import Imaging
import Quantities

/// Which tissue belongs to which territory, and what of it is normal.
///
/// A share says how much of a voxel a region holds, not which part. Shares a and b of two
/// regions can lie beside each other as long as a + b ≤ 1; only the excess a + b − 1 is common to
/// both for certain, and that is what territories have in common: two that touch along a border
/// have nothing, two that overlap have the voxels that both hold.
extension PlanRegions {
    /// The territory that a region is, or is the normal tissue of, by its place in the plan.
    func territory(of region: Region) -> Int? {
        switch region.role {
        case .territory: all(.territory).firstIndex { $0.name == region.name }
        case .perfusedNormal: all(.territory).firstIndex { $0.normalName == region.name }
        case .tumour, .liver, .normalLiver, .lungs, .other: nil
        }
    }

    /// The normal tissue of a territory or of the liver; `nil` where all of it is tumour, and for
    /// a territory of a plan without tumours.
    func normal(of region: Region) -> Region? {
        let role: Role = region.role == .liver ? .normalLiver : .perfusedNormal
        return all(role).first { $0.name == region.normalName }
    }

    /// The volume of a region that lies in each territory, in mL, in the plan's order.
    ///
    /// A territory lies in itself whole, its normal tissue in it whole; with another territory
    /// either has only the certain part in common. Any other region lies inside the tissue that
    /// is treated as far as its shares allow, min(r, o) with o = min(1, Σ_k a_k), and there in the
    /// territories in proportion to their shares: a_k · min(1, r / o). For one territory that is
    /// the lesser of two shares; territories side by side never take more than the region holds;
    /// where two hold the whole voxel, both have all of it.
    func volumesML(of region: Region) -> [Double] {
        let territories = all(.territory).map(\.mask)
        let own = territory(of: region)
        var sums = [Double](repeating: 0, count: territories.count)
        let box = region.mask.box
        for k in box.lower.z ..< box.upper.z {
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    let share = Double(region.mask[i, j, k])
                    guard share > 0 else { continue }
                    var together = 0.0
                    for territory in territories { together += Double(territory[i, j, k]) }
                    let inside = together > 0 ? min(1, share / min(1, together)) : 0
                    for (n, territory) in territories.enumerated() {
                        let part = Double(territory[i, j, k])
                        sums[n] +=
                            own == nil ? part * inside : n == own ? share : max(0, part + share - 1)
                    }
                }
            }
        }
        return sums.map { $0 * grid.voxelVolumeML }
    }

    /// Territories may touch, but share no tissue beyond the rounding of their borders.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for two that share more than 1 % of the
    ///   smaller one, or are one.
    func refuseOverlap() throws {
        let tolerated = 0.01
        let territories = all(.territory)
        for (n, first) in territories.enumerated() {
            let shared = volumesML(of: first)
            for (m, second) in territories.enumerated() where m > n {
                let smaller = min(first.mask.volumeML, second.mask.volumeML)
                let isSame = first.mask == second.mask
                guard isSame || shared[m] > tolerated * smaller else { continue }
                let part =
                    isSame ? "100" : "at least \(Int((100 * shared[m] / smaller).rounded(.down)))"
                throw WorkflowError.refused(
                    sentence:
                        "Territories '\(first.name)' and '\(second.name)' share \(part) % of the smaller one; split them before planning."
                )
            }
        }
    }

    /// Refuses aims and limits on normal tissue that is not there, because tumour fills the whole.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    func refuseMissingNormal(_ spec: PlanSpec) throws {
        let aims = spec.territories.enumerated().compactMap { n, territory in
            if case .meanDoseGy(let name, _) = territory.aim {
                ("territories[\(n)].aim.structure", name)
            } else {
                nil
            }
        }
        let limits = spec.limits.enumerated().map { ("limits[\($0)].structure", $1.structure) }
        for (key, name) in aims + limits where named(name) == nil {
            guard let whole = withoutNormal.first(where: { $0.normalName == name }) else {
                continue
            }
            throw WorkflowError.refused(
                sentence: "'\(key)' names '\(name)', but '\(whole.name)' is tumour throughout: "
                    + "it has no normal tissue. Name '\(whole.name)' or a tumour instead.")
        }
    }

    /// The livers and territories of a plan with tumours that hold tumour alone.
    var withoutNormal: [Region] {
        guard !all(.tumour).isEmpty else { return [] }
        return (all(.liver) + all(.territory)).filter { normal(of: $0) == nil }
    }

    /// What the normal tissue of a territory or of the liver leaves of it, in mL.
    func tumourML(in region: Region) -> Double {
        guard !all(.tumour).isEmpty else { return 0 }
        return region.mask.volumeML - (normal(of: region)?.mask.volumeML ?? 0)
    }

    /// Says which structures have no normal tissue.
    var findings: [Finding] {
        withoutNormal.map {
            Finding(
                "plan.no-normal-tissue", .note,
                "'\($0.name)' is tumour throughout, so the plan has no '\($0.normalName)'.",
                subject: $0.name)
        }
    }
}
