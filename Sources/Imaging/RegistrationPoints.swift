/// Points spread evenly over a volume without any regular spacing.
enum RegistrationPoints {
    /// The additive recurrence with the powers of 1/g, g the real root of g⁴ = g + 1, which fills
    /// a cube more evenly than random numbers.
    ///
    /// Source: M. Roberts, The unreasonable effectiveness of quasirandom sequences, 2018.
    private static let root = 1.220_744_084_605_759_5

    /// Points within a region are sought among at most this many times their number.
    private static let trialsPerPoint = 40

    static func spread(
        over geometry: VolumeGeometry, inside region: RegionMask?, count: Int
    ) -> [Vector3<Double>] {
        let grid = region?.geometry ?? geometry
        let box = region?.box ?? geometry.box
        let steps = Vector3(1 / root, 1 / (root * root), 1 / (root * root * root))
        var points: [Vector3<Double>] = []
        points.reserveCapacity(count)
        for n in 1 ... count * (region == nil ? 1 : trialsPerPoint) where points.count < count {
            func place(_ step: Double, _ low: Int, _ high: Int) -> Double {
                let turn = 0.5 + step * Double(n)
                return Double(low) - 0.5 + (turn - turn.rounded(.down)) * Double(high - low)
            }
            let index = Vector3(
                place(steps.x, box.lower.x, box.upper.x),
                place(steps.y, box.lower.y, box.upper.y),
                place(steps.z, box.lower.z, box.upper.z))
            if let region {
                let (i, j, k) = (
                    Int((index.x + 0.5).rounded(.down)), Int((index.y + 0.5).rounded(.down)),
                    Int((index.z + 0.5).rounded(.down))
                )
                guard region[i, j, k] >= 0.5 else { continue }
            }
            let point = grid.positionMM(index: index)
            if geometry.contains(positionMM: point) { points.append(point) }
        }
        return points
    }

    static func centroid(_ points: [Vector3<Double>]) -> Vector3<Double> {
        var sum = Vector3<Double>.zero
        for point in points { sum = sum + point }
        return (1 / Double(max(1, points.count))) * sum
    }
}

extension VolumeGeometry {
    /// Whether a point lies within the outermost voxel centres.
    func contains(positionMM: Vector3<Double>) -> Bool {
        let at = index(positionMM: positionMM)
        return at.smallest >= 0 && at.x <= Double(shape.x - 1) && at.y <= Double(shape.y - 1)
            && at.z <= Double(shape.z - 1)
    }
}
