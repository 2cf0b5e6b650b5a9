import Foundation
package import Imaging

/// Body, lungs and liver from a CT by thresholds, parts that hang together, and morphology.
///
/// A proposal, never more: a person looks at it, corrects it, accepts it. Everything is done on
/// voxels of about 3 mm and brought back to the CT's grid.
package struct VOIProposal: Sendable {
    package enum Organ: String, Hashable, Sendable, CaseIterable {
        case body, lungs, liver
    }

    private let ct: VolumeGeometry
    /// CT numbers on the coarse grid.
    private let coarse: Volume<Float>

    private static let spacingMM = 3.0
    /// Between air and fat, HU.
    private static let skinHU: Float = -350
    /// Between lung and soft tissue, HU.
    private static let lungHU: Float = -400
    private static let softTissueHU: ClosedRange<Float> = 0 ... 200
    /// Skin, fat and wall, which no liver reaches into.
    private static let wallMM = 9.0
    /// Takes apart what touches the liver over less than twice this; the next one is tried where
    /// the liver runs into what lies beside it.
    private static let openingsMM = [6.0, 9.0, 12.0]
    /// Closes vessels and fissures.
    private static let closingMM = 6.0
    private static let leastLungML = 700.0
    private static let leastCutLungML = 20.0

    package init(ct: Volume<Float>) throws {
        self.ct = ct.geometry
        let spacing = ct.geometry.spacingMM
        let grid = try ct.geometry.withSpacing(
            Vector3(
                max(spacing.x, Self.spacingMM), max(spacing.y, Self.spacingMM),
                max(spacing.z, Self.spacingMM)))
        coarse = ct.averaged(onto: grid, outside: -1000)
    }

    /// The proposed region on the CT's grid.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the CT shows no such organ, or what was
    ///   found cannot be a liver.
    package func region(_ organ: Organ) throws -> RegionMask {
        let region =
            switch organ {
            case .body: try body()
            case .lungs: try lungs(in: try body())
            case .liver: try liver(in: try body())
            }
        guard !region.isEmpty else {
            throw WorkflowError.refused(
                sentence: "No \(organ.rawValue) was found in this CT; draw it, or import it.")
        }
        return region.interpolated(onto: ct)
    }

    private func body() throws -> RegionMask {
        // Opened, so that the table's edge and clothes that touch the skin fall off.
        try largest(of: RegionMask(of: coarse) { $0 > Self.skinHU }.withMargin(-4))
            .withMargin(4).filled(inSlices: true)
    }

    private func lungs(in body: RegionMask) throws -> RegionMask {
        let thin = try RegionMask(of: coarse) { $0 < Self.lungHU }.intersection(
            body.withMargin(-Self.spacingMM))
        // What the image cuts off at the head's end may be small; gas in the bowel lies elsewhere.
        let found = parts(of: thin).filter { part in
            let volumeML = Double(part.count) * coarse.geometry.voxelVolumeML
            return volumeML >= (reachesHead(part) ? Self.leastCutLungML : Self.leastLungML)
        }.prefix(2)
        return try closed(mask(of: found.flatMap { $0 })).filled()
    }

    private func reachesHead(_ part: [Int]) -> Bool {
        let shape = coarse.geometry.shape
        let end = coarse.geometry.axes.rows.z.z > 0 ? shape.z - 1 : 0
        return part.contains { $0 / (shape.x * shape.y) == end }
    }

    private func liver(in body: RegionMask) throws -> RegionMask {
        let image = smoothed()
        let inner = try RegionMask(of: image) { Self.softTissueHU.contains($0) }
            .intersection(body.withMargin(-Self.wallMM))
        guard let middle = body.centroidMM,
            let ranges = try ranges(in: image, of: inner, lungs: lungs(in: body), middle.x)
        else { return RegionMask(empty: coarse.geometry) }
        var first: RegionMask?
        for range in ranges {
            let alike = try RegionMask(of: image) { range.contains($0) }.intersection(inner)
            for openingMM in Self.openingsMM {
                let found = try liver(in: alike, openingMM, middle.x)
                if isLiver(found, in: body) { return found }
                first = first ?? found
            }
        }
        guard first?.isEmpty == false else { return RegionMask(empty: coarse.geometry) }
        throw WorkflowError.refused(
            sentence: String(
                format: "In this CT the liver could not be told from what lies beside it: what "
                    + "was found has %.1f L. Draw the liver, or import it.",
                (first?.volumeML ?? 0) / 1000))
    }

    /// The part on the right that stays when what touches it is taken apart, with its rim.
    private func liver(
        in alike: RegionMask, _ openingMM: Double, _ middleX: Double
    ) throws -> RegionMask {
        let cores = parts(of: try alike.withMargin(-openingMM))
        guard let core = cores.first(where: { isRight($0, of: middleX) }) else {
            return RegionMask(empty: coarse.geometry)
        }
        let grown = try mask(of: core).withMargin(openingMM + 1).intersection(alike)
        // Metastases differ from liver; what it encloses or nearly encloses belongs to it.
        return try closed(largest(of: grown).filled()).filled()
    }

    /// Adults' livers, those full of metastases included; beyond it a person draws.
    private static let liverML = 600.0 ... 4000.0
    /// The most of the body that a liver takes in the slices that it reaches.
    private static let mostOfBody = 0.4

    /// Whether it is as large as a liver, and leaves the body's edge to the rest of the body.
    ///
    /// A liver that the image cuts off may be small.
    private func isLiver(_ found: RegionMask, in body: RegionMask) -> Bool {
        let volumeML = found.volumeML
        let slices = found.box.lower.z ..< found.box.upper.z
        let isCut = slices.lowerBound == 0 || slices.upperBound == coarse.geometry.shape.z
        guard !found.isEmpty, volumeML <= Self.liverML.upperBound,
            isCut || volumeML >= Self.liverML.lowerBound
        else { return false }
        let perSlice = coarse.geometry.shape.x * coarse.geometry.shape.y
        var bodyML = 0.0
        body.forEachVoxel { index, share in
            if slices.contains(index / perSlice) { bodyML += Double(share) }
        }
        return volumeML <= Self.mostOfBody * bodyML * coarse.geometry.voxelVolumeML
    }

    /// The least half width of the range of CT numbers that count as liver.
    private static let leastHalfWidthHU: Float = 10
    /// Half that width over the peak's full width at half maximum; 2.5 sigma for a normal one.
    private static let halfWidthPerFWHM: Float = 1.06
    /// How far below the right lung the liver's dome is looked at.
    private static let domeMM = 10.0 ... 60.0

    /// The CT numbers round those most frequent below the right lung; without lungs, on the right.
    ///
    /// First as wide as the peak is; then as wide as the narrower of its sides, because muscle lies
    /// beside the liver's peak on the other one and may run into it.
    private func ranges(
        in image: Volume<Float>, of inner: RegionMask, lungs: RegionMask, _ middleX: Double
    ) -> [ClosedRange<Float>]? {
        let grid = coarse.geometry
        let shares = inner.shares(over: grid.box)
        let lungShares = lungs.shares(over: grid.box)
        let headwards = grid.axes.rows.z.z > 0 ? 1 : -1
        let depth =
            Self.domeMM.lowerBound / grid.spacingMM.z ... Self.domeMM.upperBound
            / grid.spacingMM.z
        var counts = [Int](repeating: 0, count: Int(Self.softTissueHU.upperBound) + 1)
        image.withVoxels { values in
            for j in 0 ..< grid.shape.y {
                for i in 0 ..< grid.shape.x
                where grid.positionMM(index: Vector3(Double(i), Double(j), 0)).x < middleX {
                    let column =
                        headwards > 0
                        ? Array(0 ..< grid.shape.z) : (0 ..< grid.shape.z).reversed()
                    let base = column.firstIndex { lungShares[grid.offset(i, j, $0)] >= 0.5 }
                    if base == nil, !lungs.isEmpty { continue }
                    for (n, k) in column.enumerated() {
                        if let base, !depth.contains(Double(base - n)) { continue }
                        let voxel = grid.offset(i, j, k)
                        guard shares[voxel] >= 0.5 else { continue }
                        counts[Int(values[voxel])] += 1
                    }
                }
            }
        }
        // Over five units, so that noise makes no peak.
        let sums = counts.indices.map { n in
            counts[max(0, n - 2) ... min(counts.count - 1, n + 2)].reduce(0, +)
        }
        guard let most = sums.max(), most > 0, let peak = sums.firstIndex(of: most) else {
            return nil
        }
        let low = sums[..<peak].lastIndex { 2 * $0 < most } ?? 0
        let high = sums[peak...].firstIndex { 2 * $0 < most } ?? sums.count - 1
        return [high - low, 2 * min(peak - low, high - peak)].map { width in
            let half = max(Self.leastHalfWidthHU, Self.halfWidthPerFWHM * Float(width))
            return Float(peak) - half ... Float(peak) + half
        }
    }

    /// The mean over 3 x 3 x 3 coarse voxels, which noise needs.
    private func smoothed() -> Volume<Float> {
        var result = coarse
        let shape = coarse.geometry.shape
        let image = coarse
        result.updateSlices { k, slice in
            image.withVoxels { voxels in
                for j in 0 ..< shape.y {
                    for i in 0 ..< shape.x {
                        var (sum, count) = (Float(0), Float(0))
                        for c in max(0, k - 1) ... min(shape.z - 1, k + 1) {
                            for b in max(0, j - 1) ... min(shape.y - 1, j + 1) {
                                for a in max(0, i - 1) ... min(shape.x - 1, i + 1) {
                                    sum += voxels[a + shape.x * (b + shape.y * c)]
                                    count += 1
                                }
                            }
                        }
                        slice[i + shape.x * j] = sum / count
                    }
                }
            }
        }
        return result
    }

    private func isRight(_ part: [Int], of middleX: Double) -> Bool {
        let shape = coarse.geometry.shape
        var sum = 0.0
        for n in part {
            let index = Vector3(
                Double(n % shape.x), Double(n / shape.x % shape.y),
                Double(n / (shape.x * shape.y)))
            sum += coarse.geometry.positionMM(index: index).x
        }
        return sum / Double(part.count) < middleX
    }

    private func closed(_ region: RegionMask) throws -> RegionMask {
        try region.withMargin(Self.closingMM).withMargin(-Self.closingMM)
    }

    private func largest(of region: RegionMask) throws -> RegionMask {
        try mask(of: parts(of: region).first ?? [])
    }

    private func parts(of region: RegionMask) -> [[Int]] {
        VoxelParts(sides: coarse.geometry.shape).parts(
            of: region.shares(over: coarse.geometry.box).map { $0 >= 0.5 })
    }

    private func mask(of voxels: [Int]) throws -> RegionMask {
        var shares = [Float](repeating: 0, count: coarse.geometry.count)
        for n in voxels { shares[n] = 1 }
        return try RegionMask(
            geometry: coarse.geometry, box: coarse.geometry.box, coverage: shares
        ).scaled(1)
    }
}
