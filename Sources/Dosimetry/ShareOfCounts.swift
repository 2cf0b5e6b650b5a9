import Imaging
import Quantities

/// Spreads decays over regions in proportion to counts, keeping account of what it did.
struct ShareOfCounts {
    private let image: Volume<Float>
    private var decaysPerML: [Float]
    private var counted: [Bool]
    private var negativeVoxels = 0
    /// Counts above zero that were shared, and those below that were not.
    private var kept = 0.0
    private var dropped = 0.0

    /// Starts with no decays on the grid of `image`.
    init(image: Volume<Float>) {
        self.image = image
        decaysPerML = Array(repeating: 0, count: image.geometry.count)
        counted = Array(repeating: false, count: image.geometry.count)
    }

    /// Adds decays to the voxels of a region.
    ///
    /// `weight` turns storage index and share of the voxel in the region into the share that
    /// takes part, 0 to 1.
    ///
    /// - Throws: ``DoseError/noCounts(region:)`` when there are decays but no counts.
    mutating func add(
        _ decays: Double, over region: RegionMask, name: String,
        weight: (_ index: Int, _ share: Float) -> Float
    ) throws {
        guard decays > 0 else { return }
        var weighted: [(index: Int, counts: Double)] = []
        var sum = 0.0
        image.withVoxels { voxels in
            region.forEachVoxel { index, share in
                let part = weight(index, share)
                guard part > 0 else { return }
                counted[index] = true
                guard voxels[index] > 0 else {
                    if voxels[index] < 0 {
                        negativeVoxels += 1
                        dropped -= Double(voxels[index]) * Double(part)
                    }
                    return
                }
                let counts = Double(voxels[index]) * Double(part)
                weighted.append((index, counts))
                sum += counts
            }
        }
        guard sum > 0 else { throw DoseError.noCounts(region: name) }
        kept += sum
        let scale = decays / sum / image.geometry.voxelVolumeML
        for entry in weighted {
            decaysPerML[entry.index] = Float(
                Double(decaysPerML[entry.index]) + entry.counts * scale)
        }
    }

    /// Returns the decays spread so far.
    func decays() throws -> TimeIntegratedActivityMap {
        TimeIntegratedActivityMap(
            decaysPerML: try Volume(voxels: decaysPerML, geometry: image.geometry))
    }

    /// What a person should know: negative counts, counts outside every region.
    var findings: [Finding] {
        var findings: [Finding] = []
        if negativeVoxels > 0 {
            let share = kept > 0 ? dropped / kept : 0
            findings.append(
                Finding(
                    "dose.negative-counts", share > Self.negativeWarningShare ? .warning : .note,
                    "\(negativeVoxels) voxels with counts below zero were taken as empty, "
                        + "\((100 * share).decimals(2)) % of the counts that were shared."))
        }
        var outside = 0.0
        var all = 0.0
        image.withVoxels { voxels in
            for n in voxels.indices where voxels[n] > 0 {
                all += Double(voxels[n])
                if !counted[n] { outside += Double(voxels[n]) }
            }
        }
        let percent = all > 0 ? 100 * outside / all : 0
        if percent > Self.outsideWarningPercent {
            findings.append(
                Finding(
                    "dose.counts-outside-regions", .warning,
                    "\(percent.decimals(1)) % of all counts lie outside the territories and the "
                        + "lungs and carry no dose."))
        }
        return findings
    }

    /// From this share of counts below zero on, noise moves activity that a person should know of.
    private static let negativeWarningShare = 0.02

    /// Above this share of counts outside liver and lungs a person should look; as Taranis warns.
    private static let outsideWarningPercent = 20.0
}
