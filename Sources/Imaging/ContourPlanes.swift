/// The planes of a stack of contours along one axis, and how thick a slab each stands for.
public struct ContourPlanes: Sendable {
    /// One plane and its contours.
    public struct Plane: Sendable {
        /// Place along the axis, in millimetres from the point given.
        public let positionMM: Double
        /// Indices into the stack's contours.
        public let contours: [Int]
    }

    /// The planes in ascending order.
    public let planes: [Plane]

    /// The most frequent distance of neighbouring planes, in millimetres; `nil` for one plane.
    public let spacingMM: Double?

    /// Planes closer than this are one plane: far above the rounding of coordinates written with
    /// two decimals, far below the thinnest slices.
    private static let samePlaneMM = 0.05

    /// Neighbours whose distance is within this share of the spacing (table jitter, joins of PET
    /// beds) meet halfway, without gap or overlap.
    private static let jitter = 0.1

    /// Creates the planes from the place of each contour along an axis.
    init(positionsMM: [Double]) {
        let order = positionsMM.indices.sorted { positionsMM[$0] < positionsMM[$1] }
        var groups: [[Int]] = []
        for n in order {
            if let start = groups.last?.first,
                positionsMM[n] - positionsMM[start] <= Self.samePlaneMM
            {
                groups[groups.count - 1].append(n)
            } else {
                groups.append([n])
            }
        }
        planes = groups.map { group in
            let sum = group.reduce(0.0) { $0 + positionsMM[$1] }
            return Plane(positionMM: sum / Double(group.count), contours: group.sorted())
        }
        spacingMM = Self.mostFrequentDistance(planes.map(\.positionMM))
    }

    /// The mean of the distances of neighbours in the fullest class of width ``samePlaneMM``; the smaller of
    /// two equally full ones.
    private static func mostFrequentDistance(_ positions: [Double]) -> Double? {
        mostFrequent(zip(positions.dropFirst(), positions).map { $0 - $1 })
    }

    /// The most frequent of distances in millimetres, as ``spacingMM`` is found; `nil` for none.
    public static func mostFrequent(_ distancesMM: [Double]) -> Double? {
        let distances = distancesMM.sorted()
        var best: ArraySlice<Double> = []
        var upper = 0
        for lower in distances.indices {
            while upper < distances.count, distances[upper] - distances[lower] <= samePlaneMM {
                upper += 1
            }
            if upper - lower > best.count { best = distances[lower ..< upper] }
        }
        return best.isEmpty ? nil : best.reduce(0, +) / Double(best.count)
    }

    /// Where the slab of each plane begins and ends, in millimetres along the axis.
    ///
    /// Half a spacing to either side; up to halfway to a neighbour that is nearer than that or
    /// off by less than a tenth of the spacing.
    func slabsMM(spacingMM: Double) -> [ClosedRange<Double>] {
        let positions = planes.map(\.positionMM)
        func reach(_ n: Int, _ neighbour: Int) -> Double {
            guard positions.indices.contains(neighbour) else { return spacingMM / 2 }
            let distance = abs(positions[neighbour] - positions[n])
            return distance <= spacingMM * (1 + Self.jitter) ? distance / 2 : spacingMM / 2
        }
        return positions.indices.map { n in
            positions[n] - reach(n, n - 1) ... positions[n] + reach(n, n + 1)
        }
    }
}
