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
