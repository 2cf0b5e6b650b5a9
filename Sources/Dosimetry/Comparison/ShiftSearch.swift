public import Imaging

/// The shift by up to one voxel along each axis that makes one dose look most like another.
///
/// First whole voxels, then halves around the best. A shift that improves nothing is 0.
public struct ShiftSearch: Hashable, Sendable {
    /// How far the tested dose lies from the reference along columns, rows and slices, in voxels.
    public let voxels: Vector3<Double>
    /// With the shift undone.
    public let fit: DoseFit
    /// Over the same voxels without a shift.
    public let unshifted: DoseFit

    /// More voxels than this are thinned out evenly: they say nothing more about a shift.
    private static let enough = 200_000

    /// Searches; `nil` when no voxel is left or the grids differ.
    ///
    /// - Parameters:
    ///   - tested: The dose that may be shifted.
    ///   - reference: The dose that is held true, on the same grid.
    ///   - indices: The voxels that are compared; those of the grid's border are left out.
    public init?(tested: DoseMap, reference: DoseMap, indices: [Int]) {
        let grid = reference.grays.geometry
        guard tested.grays.geometry == grid else { return nil }
        let inner = indices.filter { grid.isInside($0) }
        guard !inner.isEmpty else { return nil }
        let step = (inner.count + Self.enough - 1) / Self.enough
        let chosen = stride(from: 0, to: inner.count, by: step).map { inner[$0] }
        let values = tested.grays.withVoxels { span in chosen.map { Double(span[$0]) } }
        func fit(_ shift: Vector3<Double>) -> DoseFit {
            DoseFit(values, to: reference.grays.moved(by: shift, at: chosen))
        }
        let unshifted = fit(.zero)
        var best = (shift: Vector3<Double>.zero, fit: unshifted)
        for length in [1.0, 0.5] {
            let centre = best.shift
            for shift in Self.around(centre, by: length) {
                let found = fit(shift)
                if found.residual < best.fit.residual { best = (shift, found) }
            }
        }
        (voxels, self.fit, self.unshifted) = (best.shift, best.fit, unshifted)
    }

    /// The 26 neighbours of a place that are not farther than one voxel from no shift.
    private static func around(
        _ centre: Vector3<Double>, by length: Double
    ) -> [Vector3<Double>] {
        let steps = [-length, 0, length]
        return steps.flatMap { z in
            steps.flatMap { y in steps.map { x in centre + Vector3(x, y, z) } }
        }.filter { $0 != centre && max(abs($0.x), abs($0.y), abs($0.z)) <= 1 }
    }
}

extension VolumeGeometry {
    /// Whether a voxel has neighbours on all sides.
    fileprivate func isInside(_ index: Int) -> Bool {
        let (i, j, k) = (index % shape.x, index / shape.x % shape.y, index / (shape.x * shape.y))
        return i > 0 && j > 0 && k > 0 && i < shape.x - 1 && j < shape.y - 1 && k < shape.z - 1
    }
}

extension Volume where Scalar == Float {
    /// The values that voxels would have if the volume were moved, linearly interpolated.
    fileprivate func moved(by shift: Vector3<Double>, at indices: [Int]) -> [Double] {
        let shape = geometry.shape
        // Weights of the eight voxels around the place that comes to lie on a voxel.
        let low = Vector3(-shift.x.rounded(.up), -shift.y.rounded(.up), -shift.z.rounded(.up))
        let part = Vector3(-shift.x - low.x, -shift.y - low.y, -shift.z - low.z)
        var corners: [(offset: Int, weight: Double)] = []
        for (c, z) in [(0, 1 - part.z), (1, part.z)] where z > 0 {
            for (b, y) in [(0, 1 - part.y), (1, part.y)] where y > 0 {
                for (a, x) in [(0, 1 - part.x), (1, part.x)] where x > 0 {
                    let place = (Int(low.x) + a, Int(low.y) + b, Int(low.z) + c)
                    corners.append(
                        (place.0 + shape.x * (place.1 + shape.y * place.2), x * y * z))
                }
            }
        }
        return withVoxels { voxels in
            indices.map { index in
                corners.reduce(0.0) { $0 + $1.weight * Double(voxels[index + $1.offset]) }
            }
        }
    }
}
