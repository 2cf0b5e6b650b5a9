/// A line of equal value in a plane.
public struct Isoline: Hashable, Sendable {
    /// The points in order, higher values to the left of the way (`u` right, `v` up).
    public let points: [PlanePoint]

    /// Whether the last point joins the first; an open line ends at the border of the plane.
    public let isClosed: Bool
}

/// Marching squares with linear interpolation along the pixel edges.
///
/// A saddle is split by the mean of its four corners. Not-a-number counts as lowest.
struct MarchingSquares {
    private let width: Int
    private let height: Int
    private let values: [Float]
    private let level: Float
    /// For each pixel edge that a line crosses, the edge it crosses next; −1 for none.
    ///
    /// Edge `2n` runs from pixel `n` to the right, edge `2n + 1` to the next row.
    private var next: [Int]
    private var hasPrevious: [Bool]

    init(width: Int, height: Int, values: [Float], level: Float) {
        precondition(values.count == width * height, "plane of \(values.count) values")
        self.width = width
        self.height = height
        self.values = values
        self.level = level
        next = Array(repeating: -1, count: 2 * values.count)
        hasPrevious = Array(repeating: false, count: 2 * values.count)
    }

    mutating func lines() -> [Isoline] {
        guard width > 1, height > 1 else { return [] }
        for v in 0 ..< height - 1 {
            for u in 0 ..< width - 1 { linkCell(u, v) }
        }
        var lines: [Isoline] = []
        for edge in next.indices where next[edge] >= 0 && !hasPrevious[edge] {
            lines.append(Isoline(points: follow(from: edge), isClosed: false))
        }
        for edge in next.indices where next[edge] >= 0 {
            lines.append(Isoline(points: follow(from: edge), isClosed: true))
        }
        return lines
    }

    private mutating func linkCell(_ u: Int, _ v: Int) {
        let n = u + width * v
        let a = values[n] >= level
        let b = values[n + 1] >= level
        let c = values[n + width + 1] >= level
        let d = values[n + width] >= level
        if a == b && b == c && c == d { return }
        let (low, right, high, left) = (2 * n, 2 * (n + 1) + 1, 2 * (n + width), 2 * n + 1)
        // Going round the cell a-b-c-d, a line leaves where the inside ends and enters where it
        // begins; `(from, to)` keeps the inside on the left.
        switch (a, b, c, d) {
        case (true, false, false, false): link(low, left)
        case (false, true, false, false): link(right, low)
        case (false, false, true, false): link(high, right)
        case (false, false, false, true): link(left, high)
        case (false, true, true, true): link(left, low)
        case (true, false, true, true): link(low, right)
        case (true, true, false, true): link(right, high)
        case (true, true, true, false): link(high, left)
        case (true, true, false, false): link(right, left)
        case (false, false, true, true): link(left, right)
        case (true, false, false, true): link(low, high)
        case (false, true, true, false): link(high, low)
        default: linkSaddle(n, aIsInside: a, low, right, high, left)
        }
    }

    private mutating func linkSaddle(
        _ n: Int, aIsInside: Bool, _ low: Int, _ right: Int, _ high: Int, _ left: Int
    ) {
        let mean = (values[n] + values[n + 1] + values[n + width] + values[n + width + 1]) / 4
        switch (aIsInside, mean >= level) {
        case (true, true):
            link(low, right)
            link(high, left)
        case (true, false):
            link(low, left)
            link(high, right)
        case (false, true):
            link(left, low)
            link(right, high)
        case (false, false):
            link(right, low)
            link(left, high)
        }
    }

    private mutating func link(_ from: Int, _ to: Int) {
        next[from] = to
        hasPrevious[to] = true
    }

    private mutating func follow(from start: Int) -> [PlanePoint] {
        var points: [PlanePoint] = []
        var edge = start
        while edge >= 0 {
            points.append(point(on: edge))
            let following = next[edge]
            next[edge] = -1
            edge = following == start ? -1 : following
        }
        return points
    }

    private func point(on edge: Int) -> PlanePoint {
        let n = edge / 2
        let isAlongRow = edge % 2 == 0
        let a = Double(values[n])
        let b = Double(values[isAlongRow ? n + 1 : n + width])
        let share = (Double(level) - a) / (b - a)
        let t = share.isFinite ? min(1, max(0, share)) : 0.5
        let (u, v) = (Double(n % width), Double(n / width))
        return isAlongRow ? PlanePoint(u: u + t, v: v) : PlanePoint(u: u, v: v + t)
    }
}
