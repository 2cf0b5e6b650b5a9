/// How contours become a mask.
public enum RasterMode: String, Hashable, Sendable, CaseIterable {
    /// The exact share of each voxel that lies inside.
    case areaCoverage
    /// All of a voxel whose centre lies inside, nothing of any other.
    case voxelCentre
}

extension ContourStack {
    /// Tilt against the slices that is still taken as parallel, in degrees: above the rounding of
    /// coordinates and orientation vectors, below any gantry tilt.
    public static let greatestTiltDegrees = 0.5

    /// A contour whose points lie this close together along the slice axis is in one plane,
    /// however small it is; in millimetres.
    private static let flatMM = 0.02

    /// Returns the region that the contours outline on a grid.
    ///
    /// Each contour stands for a slab one plane spacing thick, centred on its plane; planes
    /// further apart than the spacing are not bridged. Inside follows the even-odd rule. What
    /// lies outside the grid is cut off.
    ///
    /// - Parameters:
    ///   - geometry: The grid; its slices must be parallel to the contours' planes.
    ///   - mode: Exact shares, or whole voxels by their centres as DICOM toolkits do it.
    ///   - planeSpacingMM: The slab thickness. `nil` takes the most frequent distance of
    ///     neighbouring planes and, for contours in one plane only, the grid's slice spacing.
    /// - Returns: The region; empty when nothing lies on the grid.
    /// - Throws: ``ImagingError/contourNotInSlicePlane(contour:tiltDegrees:)``;
    ///   ``ImagingError/contourDegenerate(contour:points:)`` for one without area (see
    ///   ``withoutDegenerate()``).
    public func mask(
        on geometry: VolumeGeometry, mode: RasterMode = .areaCoverage,
        planeSpacingMM: Double? = nil
    ) throws -> RegionMask {
        try ContourRaster(self, on: geometry, mode: mode, planeSpacingMM: planeSpacingMM).mask()
    }

    /// The planes of the contours along the slice axis of a grid, and their spacing.
    ///
    /// - Throws: As ``mask(on:mode:planeSpacingMM:)``.
    public func planes(along geometry: VolumeGeometry) throws -> ContourPlanes {
        try ContourPlanes(
            positionsMM: contours.indices.map { try outline($0, on: geometry).positionMM })
    }

    /// Returns the contours that enclose an area, and the indices of those left out.
    public func withoutDegenerate() -> (kept: ContourStack, dropped: [Int]) {
        let dropped = contours.indices.filter { contours[$0].isDegenerate }
        let gone = Set(dropped)
        let kept = contours.indices.filter { !gone.contains($0) }.map { contours[$0] }
        return (ContourStack(contours: kept), dropped)
    }

    func outline(_ n: Int, on geometry: VolumeGeometry) throws -> MaskCanvas.Outline {
        let contour = contours[n]
        guard !contour.isDegenerate else {
            throw ImagingError.contourDegenerate(contour: n, points: contour.pointsMM.count)
        }
        let points = contour.pointsMM.map(geometry.index)
        let heights = points.map { $0.z * geometry.spacingMM.z }
        let low = heights.reduce(.infinity, min)
        let high = heights.reduce(-.infinity, max)
        if high - low > Self.flatMM {
            let tilt = contour.tiltDegrees(against: geometry, heightSpreadMM: high - low)
            guard tilt <= Self.greatestTiltDegrees else {
                throw ImagingError.contourNotInSlicePlane(contour: n, tiltDegrees: tilt)
            }
        }
        return MaskCanvas.Outline(
            points: points.map { PlanePoint(u: $0.x, v: $0.y) },
            positionMM: heights.reduce(0, +) / Double(heights.count))
    }
}

extension PlanarContour {
    /// The greater of two angles: of the area vector against the slice axis, and of the spread
    /// of heights over the greatest width, which alone sees a warped or self-crossing contour.
    fileprivate func tiltDegrees(
        against geometry: VolumeGeometry, heightSpreadMM: Double
    ) -> Double {
        let normal = geometry.axes.transposed * areaVectorMM2
        let across = (normal.x * normal.x + normal.y * normal.y).squareRoot()
        let byArea = normal.length > 1e-6 ? atan2Degrees(across, abs(normal.z)) : 0
        let along = pointsMM.map { geometry.axes.transposed * $0 }
        func width(_ values: [Double]) -> Double {
            values.reduce(-.infinity, max) - values.reduce(.infinity, min)
        }
        let widest = max(width(along.map(\.x)), width(along.map(\.y)))
        return max(byArea, atan2Degrees(heightSpreadMM, widest))
    }

    /// Half the sum of the cross products of neighbours: its length is the enclosed area in mm²,
    /// its direction the normal of the plane.
    public var areaVectorMM2: Vector3<Double> {
        guard let first = pointsMM.first else { return .zero }
        var sum = Vector3<Double>.zero
        for (a, b) in zip(pointsMM, pointsMM.dropFirst()) {
            sum = sum + (a - first).cross(b - first)
        }
        return 0.5 * sum
    }

    /// Whether it has fewer than three points, all points on a line, or a point not finite.
    public var isDegenerate: Bool {
        guard pointsMM.count >= 3, pointsMM.allSatisfy({ $0.length.isFinite }) else {
            return true
        }
        let first = pointsMM[0]
        var area = 0.0
        for (a, b) in zip(pointsMM, pointsMM.dropFirst()) {
            area += (a - first).cross(b - first).length / 2
        }
        return !(area > 1e-6)
    }
}
