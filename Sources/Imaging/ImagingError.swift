/// What can go wrong while an image volume is built or combined.
public enum ImagingError: Error, Hashable {
    case degenerateGrid(shape: Vector3<Int>, spacingMM: Vector3<Double>)
    case axesNotOrthonormal(determinant: Double)
    case voxelCountMismatch(expected: Int, found: Int)
    case geometryMismatch(VolumeGeometry, VolumeGeometry)
    case contourNotInSlicePlane(contour: Int, tiltDegrees: Double)
    case contourDegenerate(contour: Int, points: Int)
    case registrationFailed(reason: String)
    case fileNotRead(reason: String)
    case fileNotWritten(reason: String)
}

extension ImagingError: CustomStringConvertible {
    /// One sentence for a person, with sizes, distances and angles but no patient data.
    public var description: String {
        switch self {
        case .degenerateGrid(let shape, let spacingMM):
            "A grid of \(shape.x) x \(shape.y) x \(shape.z) voxels with a spacing of "
                + "\(spacingMM.x) x \(spacingMM.y) x \(spacingMM.z) mm is no image grid."
        case .axesNotOrthonormal(let determinant):
            "The axes of the image do not stand at right angles with length 1 "
                + "(determinant \(determinant), 1 is needed): its orientation is damaged."
        case .voxelCountMismatch(let expected, let found):
            "The image needs \(expected) values but \(found) are there."
        case .geometryMismatch(let one, let other):
            "Two images do not share one grid (\(Self.text(one)) and \(Self.text(other))); "
                + "bring one onto the grid of the other first."
        case .contourNotInSlicePlane(let contour, let tiltDegrees):
            "Contour \(contour + 1) is tilted by \((10 * tiltDegrees).rounded() / 10) degrees "
                + "against the slices; draw in the slices of the image that it is meant for."
        case .contourDegenerate(let contour, let points):
            "Contour \(contour + 1) with \(points) points encloses no area."
        case .registrationFailed(let reason): "The registration failed: \(reason)."
        case .fileNotRead(let reason): "The image file cannot be read: \(reason)."
        case .fileNotWritten(let reason): "The image file cannot be written: \(reason)."
        }
    }

    private static func text(_ geometry: VolumeGeometry) -> String {
        let shape = geometry.shape
        let spacing = geometry.spacingMM
        return "\(shape.x) x \(shape.y) x \(shape.z) voxels of "
            + "\(spacing.x) x \(spacing.y) x \(spacing.z) mm"
    }
}
