/// The exact share of each pixel of a small raster that lies inside polygons, even-odd rule.
///
/// The polygons are cut into bands between successive corner heights. Within a band no edge
/// begins or ends, so the edges sorted from left to right enclose the inside two by two, whatever
/// holes, keyholes, overlaps or crossings there are. Each edge then adds the area to its right to
/// the pixels it passes (the signed-area method of font rasterisers), entering edges positive,
/// leaving edges negative; a running sum along each row turns that into coverage.
///
/// Pixel `(i, j)` covers `i ..< i + 1`, `j ..< j + 1`; what lies outside the raster is cut off.
struct EvenOddArea {
    let width: Int
    let height: Int
    private var deltas: [Double]
    private var edges: [Edge] = []

    private struct Edge {
        let top: Double
        let bottom: Double
        let xAtTop: Double
        let slope: Double

        func x(_ y: Double) -> Double { xAtTop + slope * (y - top) }
    }

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        // One column more, into which the area right of the last pixel may fall.
        deltas = Array(repeating: 0, count: (width + 1) * height)
    }

    /// Adds a closed polygon.
    mutating func add(_ points: [PlanePoint]) {
        guard var previous = points.last else { return }
        for point in points {
            let (a, b) = previous.v <= point.v ? (previous, point) : (point, previous)
            previous = point
            guard a.v < b.v, b.v > 0, a.v < Double(height) else { continue }
            // An edge so flat that its slope is no number has no area beside it.
            let slope = (b.u - a.u) / (b.v - a.v)
            guard slope.isFinite else { continue }
            edges.append(Edge(top: a.v, bottom: b.v, xAtTop: a.u, slope: slope))
        }
    }

    /// Returns the coverage of all pixels, row by row.
    mutating func coverage() -> [Float] {
        sweep()
        var result = [Float](repeating: 0, count: width * height)
        var shares = result.mutableSpan
        for j in 0 ..< height {
            let line = deltas.span.extracting((width + 1) * j ..< (width + 1) * (j + 1))
            var sum = 0.0
            for i in 0 ..< width {
                sum += line[i]
                // Rounding leaves shares like 1e-16 and 1 + 1e-16 behind.
                shares[i + width * j] = sum > 1e-9 ? Float(min(1, sum)) : 0
            }
        }
        return result
    }

    private mutating func sweep() {
        edges.sort { $0.top < $1.top }
        var heights = edges.flatMap { [$0.top, $0.bottom] }.map { min(max($0, 0), Double(height)) }
        heights.sort()
        var active: [Edge] = []
        var next = 0
        for n in heights.indices.dropFirst() where heights[n] > heights[n - 1] {
            let (top, bottom) = (heights[n - 1], heights[n])
            active.removeAll { $0.bottom <= top }
            while next < edges.count, edges[next].top <= top {
                if edges[next].bottom > top { active.append(edges[next]) }
                next += 1
            }
            addBand(active, from: top, to: bottom)
        }
    }

    /// Adds the inside between two heights, split where edges cross.
    private mutating func addBand(_ active: [Edge], from start: Double, to end: Double) {
        var top = start
        while top < end {
            let bottom = firstCrossing(active, from: top, to: end) ?? end
            let middle = (top + bottom) / 2
            let ordered =
                active.count == 2 && active[0].x(middle) <= active[1].x(middle)
                ? active : active.sorted { $0.x(middle) < $1.x(middle) }
            var sign = 1.0
            for edge in ordered {
                addEdge(edge.x(top), top, edge.x(bottom), bottom, sign: sign)
                sign = -sign
            }
            top = bottom
        }
    }

    /// The height of the first crossing of two edges strictly between two heights.
    private func firstCrossing(
        _ active: [Edge], from top: Double, to bottom: Double
    ) -> Double? {
        // Edges that meet or run together, as in a keyhole, seem to cross by rounding errors; an
        // area of that width does not matter.
        let slack = 1e-9 * max(1, abs(bottom))
        var first: Double?
        for (n, a) in active.enumerated() {
            for b in active.dropFirst(n + 1) {
                let above = a.x(top) - b.x(top)
                let below = a.x(bottom) - b.x(bottom)
                guard above * below < 0, min(abs(above), abs(below)) > slack
                else { continue }
                let y = top + (bottom - top) * (above / (above - below))
                guard y > top + slack, y < min(bottom, first ?? bottom) - slack else { continue }
                first = y
            }
        }
        return first
    }

    /// Adds the area right of a piece of edge, row by row.
    private mutating func addEdge(
        _ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, sign: Double
    ) {
        let slope = (x1 - x0) / (y1 - y0)
        var y = y0
        var x = x0
        for j in min(height - 1, Int(y0)) ..< max(1, Int(y1.rounded(.up))) {
            let yEnd = min(y1, Double(j + 1))
            guard yEnd > y, j < height else { continue }
            let xEnd = yEnd == y1 ? x1 : x0 + slope * (yEnd - y0)
            addInRow(j, x, xEnd, area: sign * (yEnd - y))
            (x, y) = (xEnd, yEnd)
        }
    }

    /// Adds a piece of edge within one row; `area` is its height times its sign.
    private mutating func addInRow(_ j: Int, _ x0: Double, _ x1: Double, area: Double) {
        let row = (width + 1) * j
        let (left, right) = x0 <= x1 ? (x0, x1) : (x1, x0)
        let edge = Double(width)
        if right <= 0 {
            deltas[row] += area
        } else if left >= edge {
            return
        } else if left < 0 {
            let share = -left / (right - left)
            deltas[row] += area * share
            addInRow(j, 0, right, area: area * (1 - share))
        } else if right > edge {
            addInRow(j, left, edge, area: area * (edge - left) / (right - left))
        } else if Int(left) == Int(right) || right == left {
            addInPixel(row + Int(left), Double(Int(left)), (left + right) / 2, area)
        } else {
            var x = left
            let density = area / (right - left)
            for i in Int(left) ... Int(right) {
                let xEnd = min(right, Double(i + 1))
                guard xEnd > x else { continue }
                addInPixel(row + i, Double(i), (x + xEnd) / 2, density * (xEnd - x))
                x = xEnd
            }
        }
    }

    /// Adds a piece of edge within one pixel, whose middle is at `x`.
    private mutating func addInPixel(_ n: Int, _ i: Double, _ x: Double, _ area: Double) {
        let right = x - i
        deltas[n] += area * (1 - right)
        // The pixel at `x == width` is the spare column; nothing lies right of it.
        if right > 0 { deltas[n + 1] += area * right }
    }
}
