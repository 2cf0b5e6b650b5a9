/// A rotation followed by a shift, between two frames of reference, in millimetres (LPS).
///
/// A registration result maps points of the *fixed* image's frame to the *moving* image's frame,
/// which is what resampling the moving image onto the fixed grid needs.
public struct RigidTransform: Hashable, Sendable {
    public let rotation: Matrix3
    public let translationMM: Vector3<Double>

    public init(rotation: Matrix3 = .identity, translationMM: Vector3<Double> = .zero) {
        self.rotation = rotation
        self.translationMM = translationMM
    }

    public static let identity = RigidTransform()

    /// Returns where `point` (mm) goes.
    public func callAsFunction(_ point: Vector3<Double>) -> Vector3<Double> {
        rotation * point + translationMM
    }

    /// The transform that undoes this one.
    public var inverse: RigidTransform {
        let back = rotation.transposed
        return RigidTransform(rotation: back, translationMM: -(back * translationMM))
    }

    /// Returns the transform that applies `self` first and `next` after it.
    public func followed(by next: RigidTransform) -> RigidTransform {
        RigidTransform(
            rotation: next.rotation * rotation,
            translationMM: next.rotation * translationMM + next.translationMM)
    }
}
