import Foundation
package import Imaging

/// Angles and rotations.
package enum Trigonometry {
    static func sine(_ radians: Double) -> Double { sin(radians) }

    static func sineAndCosine(_ radians: Double) -> (Double, Double) {
        (sin(radians), cos(radians))
    }

    /// Returns Rz · Ry · Rx: first about x, then about y, then about z, all in fixed LPS axes.
    package static func rotation(eulerDegreesXYZ angles: Vector3<Double>) -> Matrix3 {
        let (sx, cx) = sineAndCosine(angles.x * .pi / 180)
        let (sy, cy) = sineAndCosine(angles.y * .pi / 180)
        let (sz, cz) = sineAndCosine(angles.z * .pi / 180)
        let x = Matrix3(rows: [1, 0, 0], [0, cx, -sx], [0, sx, cx])
        let y = Matrix3(rows: [cy, 0, sy], [0, 1, 0], [-sy, 0, cy])
        let z = Matrix3(rows: [cz, -sz, 0], [sz, cz, 0], [0, 0, 1])
        return z * y * x
    }

    /// The angle of a rotation about its own axis, in degrees.
    package static func angleDegrees(_ rotation: Matrix3) -> Double {
        let trace = rotation.rows.x.x + rotation.rows.y.y + rotation.rows.z.z
        return acos(min(max((trace - 1) / 2, -1), 1)) * 180 / .pi
    }
}
