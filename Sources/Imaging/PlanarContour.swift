/// One closed polygon in a plane of the patient, as an RTSTRUCT holds it.
public struct PlanarContour: Hashable, Sendable {
    /// The corners in order, in millimetres (LPS); the last joins the first.
    public let pointsMM: [Vector3<Double>]

    public init(pointsMM: [Vector3<Double>]) { self.pointsMM = pointsMM }
}

/// The contours that together outline one volume of interest.
///
/// Each contour stands for a slab one plane spacing thick, centred on its plane. Inside follows
/// the even-odd rule, so holes may be separate contours or keyholes.
public struct ContourStack: Hashable, Sendable {
    public let contours: [PlanarContour]

    public init(contours: [PlanarContour]) { self.contours = contours }
}
