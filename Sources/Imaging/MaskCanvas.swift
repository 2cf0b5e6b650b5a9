/// The part of a grid that contours touch, while it is being filled.
struct MaskCanvas {
    /// A contour in index coordinates of the slices.
    struct Outline {
        let points: [PlanePoint]
        /// Distance from slice 0 along the slice axis, in millimetres.
        let positionMM: Double
    }

    private let geometry: VolumeGeometry
    private let wanted: Range<Int>
    private let columns: Range<Int>
    private let rows: Range<Int>
    /// Filled slices, each over the whole block of columns and rows.
    private var slices: [Int: [Float]] = [:]

    /// Creates a canvas of some slices of a grid, as wide as outlines reach.
    init(geometry: VolumeGeometry, slices: Range<Int>, outlines: [Outline]) {
        self.geometry = geometry
        wanted = slices
        columns = Self.touched(outlines.lazy.flatMap(\.points).map(\.u), geometry.shape.x)
        rows = Self.touched(outlines.lazy.flatMap(\.points).map(\.v), geometry.shape.y)
    }

    private static func touched(_ values: some Sequence<Double>, _ count: Int) -> Range<Int> {
        var low = Double.infinity
        var high = -Double.infinity
        for value in values {
            low = min(low, value)
            high = max(high, value)
        }
        // Compared as numbers first: a coordinate from a file may be too large for an `Int`.
        let end = Double(count)
        let first = Int(min(max((low + 0.5).rounded(.down), 0), end))
        let last = Int(min(max((high + 0.5).rounded(.up), 0), end))
        return first < last ? first ..< last : 0 ..< 0
    }

    /// Adds the exact coverage of polygons in one plane over a slab (slice indices).
    mutating func fillArea(_ polygons: [[PlanePoint]], from low: Double, to high: Double) {
        guard !columns.isEmpty, !rows.isEmpty else { return }
        let weights = sliceWeights(from: low, to: high)
        guard !weights.isEmpty else { return }
        let (coverage, block) = planeCoverage(polygons)
        guard !block.isEmpty else { return }
        let isWhole = block.columns == columns && block.rows == rows
        for (k, weight) in weights {
            if isWhole, weight == 1, slices[k] == nil {
                slices[k] = coverage
                continue
            }
            var slice = slices[k] ?? Array(repeating: 0, count: columns.count * rows.count)
            var n = 0
            for j in block.rows {
                var m = block.columns.lowerBound - columns.lowerBound
                m += columns.count * (j - rows.lowerBound)
                for _ in block.columns {
                    slice[m] = min(1, slice[m] + weight * coverage[n])
                    m += 1
                    n += 1
                }
            }
            slices[k] = slice
        }
    }

    private struct Block {
        let columns: Range<Int>
        let rows: Range<Int>
        var isEmpty: Bool { columns.isEmpty || rows.isEmpty }
    }

    private func planeCoverage(_ polygons: [[PlanePoint]]) -> (coverage: [Float], block: Block) {
        let points = polygons.lazy.flatMap { $0 }
        let block = Block(
            columns: Self.touched(points.map(\.u), geometry.shape.x),
            rows: Self.touched(points.map(\.v), geometry.shape.y))
        guard !block.isEmpty else { return ([], block) }
        let shift = PlanePoint(
            u: 0.5 - Double(block.columns.lowerBound), v: 0.5 - Double(block.rows.lowerBound))
        var area = EvenOddArea(width: block.columns.count, height: block.rows.count)
        for polygon in polygons {
            area.add(polygon.map { PlanePoint(u: $0.u + shift.u, v: $0.v + shift.v) })
        }
        return (area.coverage(), block)
    }

    /// The share of each slice that a slab fills; slivers below 1e-6 are rounding and left out.
    private func sliceWeights(from low: Double, to high: Double) -> [(k: Int, weight: Float)] {
        let end = Double(geometry.shape.z) - 0.5
        let start = max(low, -0.5)
        let stop = min(high, end)
        guard stop > start else { return [] }
        let first = Int(start + 0.5)
        let last = min(geometry.shape.z - 1, Int(stop + 0.5))
        return (first ..< max(first, last) + 1).clamped(to: wanted).compactMap { k in
            let overlap = min(stop, Double(k) + 0.5) - max(start, Double(k) - 0.5)
            guard overlap > 1e-6 else { return nil }
            return (k, overlap > 1 - 1e-6 ? 1 : Float(overlap))
        }
    }

    /// Fills the voxels whose centres lie inside polygons, in the slices whose middle lies in the
    /// slab.
    mutating func fillCentres(_ polygons: [[PlanePoint]], from low: Double, to high: Double) {
        guard !columns.isEmpty, !rows.isEmpty else { return }
        // The hair keeps a slice that lies on the border of two slabs in the upper one.
        let start = (low - 1e-6).rounded(.up)
        let stop = min((high - 1e-6).rounded(.up), Double(wanted.upperBound))
        let first = max(start, Double(wanted.lowerBound))
        guard first < stop else { return }
        for k in Int(first) ..< Int(stop) {
            var slice = slices[k] ?? Array(repeating: 0, count: columns.count * rows.count)
            for j in rows {
                let crossings = crossings(of: polygons, atRow: Double(j))
                for n in stride(from: 0, to: crossings.count - 1, by: 2) {
                    let left = max(crossings[n].rounded(.up), Double(columns.lowerBound))
                    let right = min(crossings[n + 1].rounded(.up), Double(columns.upperBound))
                    guard left < right else { continue }
                    let base = columns.count * (j - rows.lowerBound) - columns.lowerBound
                    for i in Int(left) ..< Int(right) { slice[base + i] = 1 }
                }
            }
            slices[k] = slice
        }
    }

    /// Where the polygons cross the line `v = row`, ascending; an edge owns its lower end only.
    private func crossings(of polygons: [[PlanePoint]], atRow row: Double) -> [Double] {
        var crossings: [Double] = []
        for polygon in polygons {
            guard var a = polygon.last else { continue }
            for b in polygon {
                if (a.v > row) != (b.v > row) {
                    crossings.append(a.u + (row - a.v) * (b.u - a.u) / (b.v - a.v))
                }
                a = b
            }
        }
        return crossings.sorted()
    }

    /// The filled part as a region, cut to the voxels it touches.
    func mask() -> RegionMask {
        let touched = slices.keys.sorted()
        guard let first = touched.first, let last = touched.last else {
            return RegionMask(empty: geometry)
        }
        var coverage = first == last ? slices[first] ?? [] : []
        if first < last {
            coverage.reserveCapacity((last - first + 1) * columns.count * rows.count)
            let none = [Float](repeating: 0, count: columns.count * rows.count)
            for k in first ... last { coverage.append(contentsOf: slices[k] ?? none) }
        }
        let box = IndexBox(
            lower: Vector3(columns.lowerBound, rows.lowerBound, first),
            upper: Vector3(columns.upperBound, rows.upperBound, last + 1))
        return RegionMask(geometry, box, coverage).trimmed()
    }
}
