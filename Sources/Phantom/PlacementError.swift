package import Imaging

/// How far a registration lies off the truth, told at the liver.
package struct PlacementError: Sendable {
    /// Where the liver's centre came to lie, less where it lies, in millimetres.
    package let liverCentreMM: Vector3<Double>
    /// The greatest distance at the eight corners of the box around the liver.
    package let worstLiverCornerMM: Double
    /// The angle of the turn that is left.
    package let angleDegrees: Double

    /// Compares a transform with the true one.
    ///
    /// - Parameters:
    ///   - found: From the frame of the diagnostic CT to another one.
    ///   - truth: The same as it is, such as ``Scenario/toSpect``.
    package init(of found: RigidTransform, truth: RigidTransform) {
        liverCentreMM = found(Anatomy.liverCentreMM) - truth(Anatomy.liverCentreMM)
        worstLiverCornerMM = found.greatestDistanceMM(to: truth, at: Anatomy.liverCornersMM)
        angleDegrees = truth.inverse.followed(by: found).angleDegrees
    }
}

/// Where a registration begins that is off by a stated distance and angle.
package enum StartOff {
    /// A start off the truth, about the liver's centre, towards a corner of a cube.
    ///
    /// - Parameters:
    ///   - truth: What the registration should find.
    ///   - shiftMM: The distance.
    ///   - turnDegrees: The angle, to first order.
    ///   - direction: Which of the eight corners; counted on modulo 8.
    /// - Returns: The start, to be improved by a registration.
    package static func start(
        off truth: RigidTransform, shiftMM: Double, turnDegrees: Double, direction: Int
    ) -> RigidTransform {
        func sign(_ bit: Int) -> Double { direction & bit == 0 ? 1 : -1 }
        let unit = 1 / 3.0.squareRoot()
        let (x, y, z) = (unit * sign(1), unit * sign(2), unit * sign(4))
        return RigidTransform(
            turnDegrees: turnDegrees * Vector3(y, z, x), aboutMM: Anatomy.liverCentreMM,
            shiftMM: shiftMM * Vector3(x, y, z)
        ).followed(by: truth)
    }
}

extension Anatomy {
    /// The corners of the box around the liver.
    package static let liverCornersMM: [Vector3<Double>] = (0 ..< 8).map { n in
        func sign(_ bit: Int) -> Double { n & bit == 0 ? 1 : -1 }
        return liverCentreMM
            + Vector3(
                sign(1) * liverSemiAxesMM.x, sign(2) * liverSemiAxesMM.y,
                sign(4) * liverSemiAxesMM.z)
    }
}
