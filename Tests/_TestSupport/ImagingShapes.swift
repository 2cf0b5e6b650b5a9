package import Imaging

#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// Analytic shapes on grids, for tests.
package enum ImagingShapes {
    /// The contours of a sphere in planes at `z = firstPlaneMM + n · spacingMM`.
    ///
    /// Each circle is a polygon of `corners` corners with the circle's area, so that nothing is
    /// lost to the polygon.
    package static func sphere(
        diameterMM: Double, centreMM: Vector3<Double> = .zero, planeSpacingMM: Double,
        phase: Double = 0, corners: Int = 180
    ) -> ContourStack {
        let radius = diameterMM / 2
        let count = Int(radius / planeSpacingMM) + 2
        let contours = (-count ... count).compactMap { n -> PlanarContour? in
            let z = (Double(n) + phase) * planeSpacingMM
            guard abs(z) < radius else { return nil }
            let area = Double.pi * (radius * radius - z * z)
            return polygon(areaMM2: area, centreMM: centreMM + Vector3(0, 0, z), corners: corners)
        }
        return ContourStack(contours: contours)
    }

    /// A regular polygon in an axial plane with a given area.
    package static func polygon(
        areaMM2: Double, centreMM: Vector3<Double>, corners: Int
    ) -> PlanarContour {
        let unit = Double(corners) / 2 * sin(2 * .pi / Double(corners))
        let radius = (areaMM2 / unit).squareRoot()
        return PlanarContour(
            pointsMM: (0 ..< corners).map { n in
                let angle = 2 * .pi * (Double(n) + 0.3) / Double(corners)
                return centreMM + Vector3(radius * cos(angle), radius * sin(angle), 0)
            })
    }

    /// A rectangle in an axial plane.
    package static func rectangle(
        _ x: ClosedRange<Double>, _ y: ClosedRange<Double>, z: Double
    ) -> PlanarContour {
        PlanarContour(pointsMM: [
            Vector3(x.lowerBound, y.lowerBound, z), Vector3(x.upperBound, y.lowerBound, z),
            Vector3(x.upperBound, y.upperBound, z), Vector3(x.lowerBound, y.upperBound, z),
        ])
    }

    /// A volume whose voxels hold the value of a function of position (mm).
    package static func volume(
        on geometry: VolumeGeometry, _ value: (Vector3<Double>) -> Double
    ) throws -> Volume<Float> {
        var voxels: [Float] = []
        voxels.reserveCapacity(geometry.count)
        for k in 0 ..< geometry.shape.z {
            for j in 0 ..< geometry.shape.y {
                for i in 0 ..< geometry.shape.x {
                    let index = Vector3(Double(i), Double(j), Double(k))
                    voxels.append(Float(value(geometry.positionMM(index: index))))
                }
            }
        }
        return try Volume(voxels: voxels, geometry: geometry)
    }

    /// A rotation by Euler angles in degrees about x, then y, then z.
    package static func rotation(degrees: Vector3<Double>) -> Matrix3 {
        let (a, b, c) = (
            degrees.x * .pi / 180, degrees.y * .pi / 180, degrees.z * .pi / 180
        )
        let x = Matrix3(rows: [1, 0, 0], [0, cos(a), -sin(a)], [0, sin(a), cos(a)])
        let y = Matrix3(rows: [cos(b), 0, sin(b)], [0, 1, 0], [-sin(b), 0, cos(b)])
        let z = Matrix3(rows: [cos(c), -sin(c), 0], [sin(c), cos(c), 0], [0, 0, 1])
        return z * y * x
    }
}
