import Imaging

extension DoseError: CustomStringConvertible {
    /// One sentence for a person; regions bear the names that the plan gives them.
    public var description: String {
        switch self {
        case .geometryMismatch:
            "Dose, density and structures must share one grid, and two of them do not."
        case .nonPositiveDensity(let voxel):
            "The density at voxel \(voxel) is not above 0, so that it has no dose."
        case .emptyRegion(let name):
            "'\(name)' covers no voxel of the dose grid; check its contours and their image."
        case .nonFiniteValue(let voxel): "The value at voxel \(voxel) is no finite number."
        case .outOfRange(let parameter, let value):
            "'\(parameter)' is out of range: \(value)."
        case .overlappingTerritories(let names, let sharedML):
            "The territories \(names.joined(separator: " and ")) overlap by \(sharedML) mL; "
                + "draw them so that no place belongs to two."
        case .noCounts(let region):
            "The emission image has no counts above 0 in '\(region)'; "
                + "check its place and registration."
        }
    }
}
