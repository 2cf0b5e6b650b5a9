import Imaging

/// What ends a run.
public enum StopRule: Hashable, Sendable {
    /// So many decays, rounded up to a multiple of the batches.
    case histories(Int)
    /// As many decays as fit into so many seconds of wall time.
    case seconds(Double)
    /// Small enough statistical uncertainty.
    ///
    /// It is looked at between rounds only, whose lengths do not depend on what came out.
    case precision(PrecisionTarget)

    /// Checks the ranges.
    ///
    /// - Throws: ``TransportError/setting(name:value:allowed:)``.
    func check() throws {
        let (name, value, allowed) =
            switch self {
            case .histories(let n): ("histories", Double(n), 1 ... 1e14)
            case .seconds(let s): ("seconds", s, 1e-3 ... 1e7)
            case .precision(let target): ("uncertainty", target.relativeSigma, 1e-5 ... 1.0)
            }
        guard allowed.contains(value) else {
            throw TransportError.setting(name: name, value: value, allowed: allowed)
        }
    }
}

/// How small statistical uncertainties have to be; all bounds are 1 sigma.
public struct PrecisionTarget: Hashable, Sendable {
    /// Of the mean dose of every label that holds activity, relative to it.
    ///
    /// Without labels: of the median voxel among those above half the highest dose.
    public var relativeSigma: Double
    /// Labels smaller than this are not looked at, in mL.
    public var smallestVolumeML = 0.0
    /// The label that other doses are compared with: the normal liver in SIRT.
    ///
    /// Labels without activity that receive more than 5 % of its mean dose are held to
    /// ``relativeSigma`` too, all others to a sigma of 0.5 % of its mean dose.
    public var normalTissue: Int?
    /// Labels whose voxels above half their highest dose are held to ``tumourVoxelSigma`` in the
    /// median.
    public var tumours: Set<Int> = []
    /// Relative.
    public var tumourVoxelSigma = 0.02

    /// Share of the normal tissue's mean dose above which a dose counts.
    static let countingShare = 0.05
    /// Allowed sigma of labels that receive less, as a share of the normal tissue's mean dose.
    static let elsewhereSigma = 0.005

    /// - Parameter relativeSigma: For every label that holds activity, as a fraction.
    public init(relativeSigma: Double) { self.relativeSigma = relativeSigma }
}

/// The parts of a target that do not change during a run.
struct PrecisionCheck {
    private struct Label {
        let number: Int
        let holdsActivity: Bool
        let massKg: Double
    }

    private let target: PrecisionTarget
    private let labels: [Label]
    private let normalMassKg: Double
    private let voxelsOfTumours: [[Int]]
    private let massOfVoxel: @Sendable (Int) -> Double
    private let voxelCount: Int

    init(
        _ target: PrecisionTarget, phantom: VoxelPhantom, decays: [Float],
        labelOfVoxel: [UInt16]
    ) {
        self.target = target
        let voxelML = phantom.geometry.voxelVolumeML
        let densities = phantom.density.gramsPerML.voxels
        massOfVoxel = { Double(densities[$0]) * voxelML * 1e-3 }
        voxelCount = densities.count
        let count = (labelOfVoxel.max().map(Int.init) ?? -1) + 1
        var (activity, mass, size) = (
            [Double](repeating: 0, count: count), [Double](repeating: 0, count: count),
            [Int](repeating: 0, count: count)
        )
        for (index, label) in labelOfVoxel.enumerated() {
            activity[Int(label)] += Double(decays[index])
            mass[Int(label)] += massOfVoxel(index)
            size[Int(label)] += 1
        }
        labels = (0 ..< count).filter {
            size[$0] > 0 && Double(size[$0]) * voxelML >= target.smallestVolumeML
        }.map { Label(number: $0, holdsActivity: activity[$0] > 0, massKg: mass[$0]) }
        normalMassKg = target.normalTissue.map { $0 < count ? mass[$0] : 0 } ?? 0
        voxelsOfTumours = target.tumours.sorted().map { tumour in
            labelOfVoxel.indices.filter { Int(labelOfVoxel[$0]) == tumour }
        }
    }

    /// Returns the largest sigma over what is allowed; the target is met at 1 or below.
    ///
    /// It falls with the root of the histories. Infinite where nothing was scored yet.
    func worst(_ sum: RunSum) -> Double {
        if labels.isEmpty {
            return medianSigma(sum, among: Array(0 ..< voxelCount)) / target.relativeSigma
        }
        var worst = 0.0
        let normal = target.normalTissue.flatMap { normalMassKg > 0 ? $0 : nil }
        let normalMean = normal.map { sum.labels.total[$0] / normalMassKg } ?? 0
        for label in labels {
            let energy = sum.labels.total[label.number]
            let relative = energy > 0 ? sum.labels.relativeSigma(label.number) : .infinity
            let mean = label.massKg > 0 ? energy / label.massKg : 0
            if label.holdsActivity
                || normal != nil && mean > PrecisionTarget.countingShare * normalMean
            {
                worst = max(worst, relative / target.relativeSigma)
            } else if normal != nil, normalMean > 0, energy > 0 {
                worst = max(
                    worst, relative * mean / (PrecisionTarget.elsewhereSigma * normalMean))
            }
        }
        for voxels in voxelsOfTumours where !voxels.isEmpty {
            worst = max(worst, medianSigma(sum, among: voxels) / target.tumourVoxelSigma)
        }
        return worst
    }

    /// Relative sigma of the median voxel above half the highest dose.
    private func medianSigma(_ sum: RunSum, among voxels: [Int]) -> Double {
        let dose = { (index: Int) in
            let mass = massOfVoxel(index)
            return mass > 0 ? sum.voxels.total[index] / mass : 0
        }
        // The highest of noisy doses is too high while there are few histories, which leaves few
        // voxels above half of it, and these with small sigmas; the target is far off then anyway.
        let highest = voxels.reduce(0) { max($0, dose($1)) }
        let sigmas = voxels.filter { dose($0) > highest / 2 }
            .map { sum.voxels.relativeSigma($0) }.sorted()
        return sigmas.isEmpty ? .infinity : sigmas[sigmas.count / 2]
    }
}
