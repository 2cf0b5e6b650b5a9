/// How a site turns CT numbers into mass density.
///
/// Checked once, at creation. CT numbers outside the curve take the density of its nearest end.
public struct HounsfieldDensityCurve: Hashable, Sendable {
    /// One corner of a piecewise linear curve.
    public struct Point: Hashable, Sendable {
        public let hounsfieldUnits: Double
        public let gramsPerML: Double

        public init(hounsfieldUnits: Double, gramsPerML: Double) {
            self.hounsfieldUnits = hounsfieldUnits
            self.gramsPerML = gramsPerML
        }
    }

    /// One range of CT numbers with a single density; the lower end belongs to it, the upper not.
    public struct Step: Hashable, Sendable {
        public let lowerHU: Double
        public let upperHU: Double
        public let gramsPerML: Double

        public init(lowerHU: Double, upperHU: Double, gramsPerML: Double) {
            self.lowerHU = lowerHU
            self.upperHU = upperHU
            self.gramsPerML = gramsPerML
        }
    }

    /// What the curve is called in reports.
    public let name: String
    /// Where it comes from: a measurement, a paper.
    public let source: String
    /// When it was measured or published, as the source writes it.
    public let date: String
    /// The curve's CT numbers, ends included.
    public let rangeHU: ClosedRange<Double>
    let kind: Kind

    enum Kind: Hashable, Sendable {
        case linear(hu: [Double], density: [Double])
        case steps(lower: [Double], density: [Double])
    }

    /// Creates a curve that is linear between points.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when there are fewer than two
    ///   points, CT numbers do not rise, a density falls, or one is not positive and finite.
    public init(points: [Point], name: String, source: String, date: String) throws {
        guard points.count >= 2 else {
            throw PhysicsError.malformedTable(
                name: name, reason: "needs at least 2 points, has \(points.count)")
        }
        for n in points.indices {
            let rises = n == 0 || points[n].hounsfieldUnits > points[n - 1].hounsfieldUnits
            guard points[n].hounsfieldUnits.isFinite, rises else {
                throw PhysicsError.malformedTable(
                    name: name, reason: "CT numbers do not rise at point \(n + 1)")
            }
            try Self.checkDensity(points[n].gramsPerML, row: n + 1, name: name)
            guard n == 0 || points[n].gramsPerML >= points[n - 1].gramsPerML else {
                throw PhysicsError.malformedTable(
                    name: name, reason: "the density falls at point \(n + 1)")
            }
        }
        self.init(
            name: name, source: source, date: date,
            rangeHU: points[0].hounsfieldUnits ... points[points.count - 1].hounsfieldUnits,
            kind: .linear(
                hu: points.map(\.hounsfieldUnits), density: points.map(\.gramsPerML)))
    }

    /// Creates a curve of ranges with one density each.
    ///
    /// Densities may fall from one range to the next, as they do in tables of other programs.
    ///
    /// - Throws: ``PhysicsError/malformedTable(name:reason:)`` when there is no range, a range
    ///   is empty or does not begin where the one before ends, or a density is not positive and
    ///   finite.
    public init(steps: [Step], name: String, source: String, date: String) throws {
        guard let first = steps.first, let last = steps.last else {
            throw PhysicsError.malformedTable(name: name, reason: "has no range")
        }
        for n in steps.indices {
            guard
                steps[n].lowerHU.isFinite, steps[n].upperHU.isFinite,
                steps[n].upperHU > steps[n].lowerHU,
                n == 0 || steps[n].lowerHU == steps[n - 1].upperHU
            else {
                throw PhysicsError.malformedTable(
                    name: name, reason: "range \(n + 1) is empty, leaves a gap or overlaps")
            }
            try Self.checkDensity(steps[n].gramsPerML, row: n + 1, name: name)
        }
        self.init(
            name: name, source: source, date: date, rangeHU: first.lowerHU ... last.upperHU,
            kind: .steps(lower: steps.map(\.lowerHU), density: steps.map(\.gramsPerML)))
    }

    private init(
        name: String, source: String, date: String, rangeHU: ClosedRange<Double>, kind: Kind
    ) {
        self.name = name
        self.source = source
        self.date = date
        self.rangeHU = rangeHU
        self.kind = kind
    }

    private static func checkDensity(_ gramsPerML: Double, row: Int, name: String) throws {
        guard gramsPerML > 0, gramsPerML.isFinite else {
            throw PhysicsError.malformedTable(
                name: name, reason: "density of row \(row) is not positive")
        }
    }

    /// Returns the mass density of a CT number, in g/mL.
    ///
    /// Edge cases: outside ``rangeHU`` the density of the nearest end; NaN gives NaN.
    public func gramsPerML(hounsfieldUnits hu: Double) -> Double {
        guard !hu.isNaN else { return .nan }
        switch kind {
        case .steps(let lower, let density):
            return density[max(0, Self.countAtOrBelow(hu, in: lower) - 1)]
        case .linear(let corners, let density):
            let above = Self.countAtOrBelow(hu, in: corners)
            if above == 0 { return density[0] }
            if above == corners.count { return density[above - 1] }
            let share = (hu - corners[above - 1]) / (corners[above] - corners[above - 1])
            return density[above - 1] + share * (density[above] - density[above - 1])
        }
    }

    /// Returns how many of the rising `values` are at or below `x`.
    private static func countAtOrBelow(_ x: Double, in values: [Double]) -> Int {
        var low = 0
        var high = values.count
        while low < high {
            let middle = (low + high) / 2
            if values[middle] <= x { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
