import Foundation
import Imaging

/// The liver in a CT on voxels of some millimetres.
///
/// 1. What noise allows is seen through a median filter.
/// 2. The liver lies inside the trunk's wall, beside the spine and not far below the right lung's
///    dome.
/// 3. Its CT numbers are those most frequent below the right lung; halfway to the muscle of the
///    wall, which is seen in the same image, they end.
/// 4. What has such numbers is taken apart at its necks; the deepest part on the right is the
///    liver.
struct LiverProposal {
    /// Medians of the CT numbers, HU.
    private let image: Volume<Float>
    private let body: RegionMask
    private let lungs: RegionMask
    /// Whether the first and last slice are the CT's own.
    private let reachesEnds: (first: Bool, last: Bool)
    private let middleX: Double

    private static let softTissueHU: ClosedRange<Float> = 0 ... 200

    /// - Parameters:
    ///   - ct: CT numbers on coarse voxels.
    ///   - body: The body there.
    ///   - lungs: The lungs there; empty when the CT shows none.
    /// - Throws: ``ImagingError`` when the body leaves no grid.
    init(ct: Volume<Float>, body: RegionMask, lungs: RegionMask) throws {
        let middleX = body.centroidMM?.x ?? 0
        let block = Self.block(body, lungs, middleX)
        let grid = try ct.geometry.cropped(to: block)
        image = ct.interpolated(onto: grid, outside: -1000).medians()
        self.body = try body.cropped(to: block)
        self.lungs = try lungs.cropped(to: block)
        self.middleX = self.body.centroidMM?.x ?? middleX
        reachesEnds = (block.lower.z == 0, block.upper.z == ct.geometry.shape.z)
    }

    private var grid: VolumeGeometry { image.geometry }

    /// How far below the dome of the right lung's base the liver ends at the latest, and how far
    /// above it may begin.
    private static let heightMM = 260.0
    private static let aboveDomeMM = 30.0

    /// The body from somewhat above the right lung's base to the lowest liver's end.
    private static func block(
        _ body: RegionMask, _ lungs: RegionMask, _ middleX: Double
    ) -> IndexBox {
        let grid = body.geometry
        guard let dome = dome(of: lungs, middleX) else { return body.box }
        let headwards = grid.axes.rows.z.z > 0
        let (down, up) = (
            Int(heightMM / grid.spacingMM.z), Int(aboveDomeMM / grid.spacingMM.z)
        )
        let slices =
            headwards
            ? max(body.box.lower.z, dome - down) ..< min(body.box.upper.z, dome + up + 1)
            : max(body.box.lower.z, dome - up) ..< min(body.box.upper.z, dome + down + 1)
        guard !slices.isEmpty else { return body.box }
        return IndexBox(
            lower: Vector3(body.box.lower.x, body.box.lower.y, slices.lowerBound),
            upper: Vector3(body.box.upper.x, body.box.upper.y, slices.upperBound))
    }

    /// The slice of the highest of the right lung's base, but for single columns.
    private static func dome(of lungs: RegionMask, _ middleX: Double) -> Int? {
        let grid = lungs.geometry
        let shares = lungs.shares(over: grid.box)
        let headwards = grid.axes.rows.z.z > 0
        var bases: [Int] = []
        for j in 0 ..< grid.shape.y {
            for i in 0 ..< grid.shape.x
            where grid.positionMM(index: Vector3(Double(i), Double(j), 0)).x < middleX {
                let column =
                    headwards ? Array(0 ..< grid.shape.z) : (0 ..< grid.shape.z).reversed()
                if let base = column.first(where: { shares[grid.offset(i, j, $0)] >= 0.5 }) {
                    bases.append(base)
                }
            }
        }
        bases.sort()
        guard !bases.isEmpty else { return nil }
        return bases[headwards ? bases.count * 98 / 100 : bases.count * 2 / 100]
    }

    /// The liver on the coarse voxels' grid; empty when there is none.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when what was found cannot be a liver.
    func region() throws -> RegionMask {
        let trunk = try trunk()
        let cavity = try trunk.withMargin(-Self.wallMM)
        let inner = try RegionMask(of: image) { Self.softTissueHU.contains($0) }
            .intersection(cavity).subtracting(prevertebral())
        let wall = try trunk.subtracting(cavity)
        guard let range = range(in: inner, muscleHU: muscleHU(in: wall)) else {
            return RegionMask(empty: grid)
        }
        let alike = try RegionMask(of: image) { range.contains($0) }.intersection(inner)
        let found = try thick(whole(deepest(of: voted(alike, in: inner))))
        guard !found.isEmpty else { return found }
        guard isLiver(found) else {
            throw WorkflowError.refused(
                sentence: String(
                    format: "In this CT the liver could not be told from what lies beside it: "
                        + "what was found has %.1f L. Draw the liver, or import it.",
                    found.volumeML / 1000))
        }
        return found
    }

    // MARK: - Where a liver can be

    /// Between fat and muscle, HU.
    private static let fatHU: Float = -30
    private static let skinMM = 5.0
    /// Closes the ring of muscles and ribs.
    private static let ringMM = 12.0
    /// The wall's least thickness: muscles and ribs, which no liver reaches into.
    private static let wallMM = 9.0

    /// What lies inside the fat below the skin.
    private func trunk() throws -> RegionMask {
        try RegionMask(of: image) { $0 > Self.fatHU }.intersection(body.withMargin(-Self.skinMM))
            .opened(1.5).largestPart().union(lungs).closed(Self.ringMM).filled(inSlices: true)
            .intersection(body)
    }

    private static let boneHU: Float = 150
    /// Ribs and processes are thinner than twice this, vertebrae thicker.
    private static let vertebraMM = 6.0
    private static let spineHalfWidthMM = 40.0
    /// The great vessels and the crura in front of the vertebrae.
    private static let vesselsMM = 15.0
    private static let vesselsHalfWidthMM = 30.0

    /// The vertebrae and what lies right before them.
    private func prevertebral() throws -> RegionMask {
        let middleY = body.centroidMM?.y ?? 0
        let bone = try region { position, value in
            value > Self.boneHU && position.y > middleY
                && abs(position.x - middleX) < Self.spineHalfWidthMM
        }
        let vertebrae = try bone.closed(Self.vertebraMM).filled(inSlices: true)
            .opened(Self.vertebraMM).largestPart()
        guard let spine = vertebrae.centroidMM else { return vertebrae }
        let column = try region { position, _ in
            abs(position.x - spine.x) < Self.vesselsHalfWidthMM
        }
        return try vertebrae.withMargin(Self.vesselsMM).intersection(column)
    }

    private func region(
        where isInside: (_ positionMM: Vector3<Double>, _ value: Float) -> Bool
    ) throws -> RegionMask {
        var voxels: [Int] = []
        image.withVoxels { values in
            for k in 0 ..< grid.shape.z {
                for j in 0 ..< grid.shape.y {
                    for i in 0 ..< grid.shape.x {
                        let position = grid.positionMM(
                            index: Vector3(Double(i), Double(j), Double(k)))
                        let n = grid.offset(i, j, k)
                        if isInside(position, values[n]) { voxels.append(n) }
                    }
                }
            }
        }
        return try RegionMask(voxels: voxels, on: grid)
    }

    // MARK: - Its CT numbers

    /// The least half width of the range of CT numbers that count as liver.
    private static let leastHalfWidthHU: Float = 10
    /// Half that width over the peak's full width at half maximum; 2.5 sigma for a normal one.
    private static let halfWidthPerFWHM: Float = 1.06
    /// How far below the right lung the liver's dome is looked at.
    private static let domeMM = 10.0 ... 60.0
    private static let musclesHU: ClosedRange<Float> = 20 ... 100
    /// Muscle that is nearer than this to the liver's peak says nothing about where that ends.
    private static let leastContrastHU: Float = 10

    /// The CT numbers round those most frequent below the right lung; without lungs, on the right.
    ///
    /// As wide as the narrower of the peak's sides, because others lie beside it on the other one.
    private func range(in inner: RegionMask, muscleHU: Float?) -> ClosedRange<Float>? {
        let histogram = HounsfieldHistogram(below(lungs, in: inner), of: image, Self.softTissueHU)
        guard let peak = histogram.peakHU else { return nil }
        let width = 2 * min(peak - histogram.halfMaximumHU.low, histogram.halfMaximumHU.high - peak)
        let half = max(Self.leastHalfWidthHU, Self.halfWidthPerFWHM * width)
        var (low, high) = (peak - half, peak + half)
        if let muscleHU, abs(peak - muscleHU) >= Self.leastContrastHU {
            let middle = (peak + muscleHU) / 2
            if muscleHU < peak { low = max(low, middle) } else { high = min(high, middle) }
        }
        return low ... high
    }

    private func muscleHU(in wall: RegionMask) -> Float? {
        var voxels: [Int] = []
        wall.forEachVoxel { index, share in
            if share >= 0.5 { voxels.append(index) }
        }
        return HounsfieldHistogram(voxels, of: image, Self.musclesHU).peakHU
    }

    /// The voxels of a region that lie somewhat below the right lung; without lungs those on the
    /// right.
    private func below(_ lungs: RegionMask, in inner: RegionMask) -> [Int] {
        let shares = inner.shares(over: grid.box)
        let lungShares = lungs.shares(over: grid.box)
        let headwards = grid.axes.rows.z.z > 0
        let depth =
            Self.domeMM.lowerBound / grid.spacingMM.z ... Self.domeMM.upperBound
            / grid.spacingMM.z
        var voxels: [Int] = []
        for j in 0 ..< grid.shape.y {
            for i in 0 ..< grid.shape.x
            where grid.positionMM(index: Vector3(Double(i), Double(j), 0)).x < middleX {
                let column =
                    headwards ? Array(0 ..< grid.shape.z) : (0 ..< grid.shape.z).reversed()
                let base = column.firstIndex { lungShares[grid.offset(i, j, $0)] >= 0.5 }
                if base == nil, !lungs.isEmpty { continue }
                for (n, k) in column.enumerated() {
                    if let base, !depth.contains(Double(base - n)) { continue }
                    if shares[grid.offset(i, j, k)] >= 0.5 { voxels.append(grid.offset(i, j, k)) }
                }
            }
        }
        return voxels
    }

    // MARK: - Which of it

    /// Where most of the 27 voxels round it are in; noise is not.
    private func voted(_ alike: RegionMask, in inner: RegionMask) throws -> RegionMask {
        let votes = alike.volume().medians()
        return try RegionMask(of: votes) { $0 >= 0.5 }.intersection(inner)
    }

    private static let leastNeck: Float = 0.6

    /// The part of the greatest depth times volume on the right, apart from others at necks.
    private func deepest(of alike: RegionMask) throws -> RegionMask {
        guard !alike.isEmpty else { return alike }
        let distance = SurfaceDistance(
            alike.shares(over: grid.box), on: grid, grid.box, inSlices: false)
        let depths = distance.signedMM.map { $0.isFinite ? -$0 : 0 }
        let owners = NeckedParts(sides: grid.shape, leastNeck: Self.leastNeck)
            .parts(ofDepthsMM: depths)
        var found: [Int: [Int]] = [:]
        for (n, owner) in owners.enumerated() where owner >= 0 {
            found[owner, default: []].append(n)
        }
        let right = found.filter { isRight($0.value) }
        let best = right.max {
            depths[$0.key] * Float($0.value.count) < depths[$1.key] * Float($1.value.count)
        }
        return try RegionMask(voxels: best?.value ?? [], on: grid)
    }

    private func isRight(_ part: [Int]) -> Bool {
        var sum = 0.0
        for n in part {
            let index = Vector3(
                Double(n % grid.shape.x), Double(n / grid.shape.x % grid.shape.y),
                Double(n / (grid.shape.x * grid.shape.y)))
            sum += grid.positionMM(index: index).x
        }
        return sum / Double(part.count) < middleX
    }

    /// Closes vessels and fissures.
    private static let closingMM = 6.0
    /// Vessels and sheets of muscle are thinner than twice this.
    private static let thinMM = 8.0
    /// A lobe's depths are larger, a stout vessel's smaller.
    private static let leastCoreML = 15.0
    /// How far a thin edge reaches out of what is thicker.
    private static let edgeMM = 10.0

    /// Without what is thin over more than an edge.
    private func thick(_ found: RegionMask) throws -> RegionMask {
        let cores = try found.withMargin(-Self.thinMM).parts().filter {
            Double($0.count) * grid.voxelVolumeML >= Self.leastCoreML
        }
        let core = try RegionMask(voxels: cores.flatMap { $0 }, on: grid)
        guard !core.isEmpty else { return found }
        return try core.withMargin(Self.thinMM + Self.edgeMM).intersection(found).largestPart()
    }

    /// With what it encloses or nearly encloses: metastases differ from liver.
    private func whole(_ found: RegionMask) throws -> RegionMask {
        guard !found.isEmpty else { return found }
        return try found.filled().closed(Self.closingMM).filled().intersection(body)
    }

    // MARK: - Whether it can be one

    /// Adults' livers, those full of metastases included; beyond it a person draws.
    private static let liverML = 600.0 ... 4000.0
    /// The most of the body that a liver takes in the slices that it reaches.
    private static let mostOfBody = 0.4

    /// Whether it is as large as a liver, and leaves the body's edge to the rest of the body.
    ///
    /// A liver that the image cuts off may be small.
    private func isLiver(_ found: RegionMask) -> Bool {
        let volumeML = found.volumeML
        let slices = found.box.lower.z ..< found.box.upper.z
        let isCut =
            (slices.lowerBound == 0 && reachesEnds.first)
            || (slices.upperBound == grid.shape.z && reachesEnds.last)
        guard volumeML <= Self.liverML.upperBound, isCut || volumeML >= Self.liverML.lowerBound
        else { return false }
        let perSlice = grid.shape.x * grid.shape.y
        var bodyML = 0.0
        body.forEachVoxel { index, share in
            if slices.contains(index / perSlice) { bodyML += Double(share) }
        }
        return volumeML <= Self.mostOfBody * bodyML * grid.voxelVolumeML
    }
}
