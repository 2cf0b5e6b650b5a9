#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

extension RigidTransform {
    /// Creates a turn about a point followed by a shift.
    ///
    /// - Parameters:
    ///   - degrees: Angles about the patient's x, y and z axes, applied in this order.
    ///   - pivotMM: The point that the turn leaves where it is.
    ///   - shiftMM: The shift after the turn.
    public init(
        turnDegrees degrees: Vector3<Double>, aboutMM pivotMM: Vector3<Double>,
        shiftMM: Vector3<Double>
    ) {
        let (a, b, c) = (degrees.x * .pi / 180, degrees.y * .pi / 180, degrees.z * .pi / 180)
        let x = Matrix3(rows: [1, 0, 0], [0, cos(a), -sin(a)], [0, sin(a), cos(a)])
        let y = Matrix3(rows: [cos(b), 0, sin(b)], [0, 1, 0], [-sin(b), 0, cos(b)])
        let z = Matrix3(rows: [cos(c), -sin(c), 0], [sin(c), cos(c), 0], [0, 0, 1])
        let turn = z * y * x
        self.init(rotation: turn, translationMM: pivotMM - turn * pivotMM + shiftMM)
    }

    /// The angle of the rotation, 0 to 180 degrees.
    public var angleDegrees: Double {
        let r = rotation.rows
        // The antisymmetric part is sin θ times the axis: exact where acos of the trace is not.
        let axis = Vector3(r.z.y - r.y.z, r.x.z - r.z.x, r.y.x - r.x.y)
        return atan2Degrees(axis.length / 2, (r.x.x + r.y.y + r.z.z - 1) / 2)
    }

    /// The greatest distance that two transforms put any of some points apart, in millimetres.
    public func greatestDistanceMM(
        to other: RigidTransform, at points: [Vector3<Double>]
    ) -> Double {
        points.map { (self($0) - other($0)).length }.reduce(0, max)
    }
}
