/// One of the three axes of a grid.
public enum IndexAxis: String, Hashable, Sendable, CaseIterable {
    case i
    case j
    case k
}

extension Volume where Scalar == Float {
    /// Returns the lines of equal value in one plane of the grid.
    ///
    /// - Parameters:
    ///   - level: The value, in the volume's unit.
    ///   - slice: The plane's place along `axis`.
    ///   - axis: The axis across the plane. The points are `(i, j)` in a plane across `k`,
    ///     `(i, k)` across `j`, `(j, k)` across `i`; voxel centres at integers.
    /// - Returns: Closed and open lines; none where the slice is outside the grid.
    public func isolines(level: Float, inSlice slice: Int, axis: IndexAxis = .k) -> [Isoline] {
        let shape = geometry.shape
        let (width, height, depth) =
            switch axis {
            case .k: (shape.x, shape.y, shape.z)
            case .j: (shape.x, shape.z, shape.y)
            case .i: (shape.y, shape.z, shape.x)
            }
        guard slice >= 0, slice < depth else { return [] }
        var plane: [Float] = []
        plane.reserveCapacity(width * height)
        for v in 0 ..< height {
            for u in 0 ..< width {
                switch axis {
                case .k: plane.append(self[u, v, slice])
                case .j: plane.append(self[u, slice, v])
                case .i: plane.append(self[slice, u, v])
                }
            }
        }
        var squares = MarchingSquares(width: width, height: height, values: plane, level: level)
        return squares.lines()
    }
}

extension RegionMask {
    /// Returns the outlines of the region, slice by slice.
    ///
    /// Marching squares on the coverage: where `level` of a voxel is covered, the line passes
    /// through its centre. Holes are contours of their own (even-odd rule), run the other way
    /// round. Parts that cover less than `level` of every voxel, such as thin ends, are lost.
    ///
    /// - Parameter level: The coverage at the outline, above 0 and below 1.
    /// - Returns: Closed contours, one plane per slice of the grid.
    public func contours(level: Float = 0.5) -> ContourStack {
        precondition(level > 0 && level < 1, "outline level must be within 0 and 1, got \(level)")
        let width = box.upper.x - box.lower.x + 2
        let height = box.upper.y - box.lower.y + 2
        var contours: [PlanarContour] = []
        for k in box.lower.z ..< box.upper.z {
            var plane = [Float](repeating: 0, count: width * height)
            for j in box.lower.y ..< box.upper.y {
                for i in box.lower.x ..< box.upper.x {
                    plane[i - box.lower.x + 1 + width * (j - box.lower.y + 1)] = self[i, j, k]
                }
            }
            var squares = MarchingSquares(
                width: width, height: height, values: plane, level: level)
            for line in squares.lines() where line.points.count >= 3 {
                let contour = PlanarContour(
                    pointsMM: line.points.map {
                        geometry.positionMM(
                            index: Vector3(
                                $0.u + Double(box.lower.x - 1), $0.v + Double(box.lower.y - 1),
                                Double(k)))
                    })
                if !contour.isDegenerate { contours.append(contour) }
            }
        }
        return ContourStack(contours: contours)
    }
}
