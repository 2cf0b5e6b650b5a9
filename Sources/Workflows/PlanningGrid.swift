import Foundation
package import Imaging

/// The grid a plan's dose lives on: the planning CT's axes, cut to what matters.
package enum PlanningGrid {
    /// Room left around the structures, so that isodose lines close and edges are not cut.
    static let marginMM = 12.0

    /// Returns a grid of cubic voxels along the CT's axes that covers `regions`.
    ///
    /// The grid starts on a corner of the CT's first voxel, so that equal images give equal grids.
    ///
    /// - Parameters:
    ///   - corners: Positions (mm) to cover; the whole CT when empty.
    ///   - ct: Geometry of the planning CT.
    ///   - spacingMM: Wanted voxel edge, in millimetres.
    /// - Returns: The grid, clipped to the CT.
    /// - Throws: ``ImagingError``.
    package static func covering(
        _ corners: [Vector3<Double>], of ct: VolumeGeometry, spacingMM: Double
    ) throws -> VolumeGeometry {
        let along = [0, 1, 2].map { axis -> (first: Int, count: Int) in
            let spacing = component(ct.spacingMM, axis)
            let extent = Double(component(ct.shape, axis)) * spacing
            // Distances from the outer corner of the CT's first voxel, along this axis.
            let distances = corners.map {
                component(ct.index(positionMM: $0), axis) * spacing + spacing / 2
            }
            let low = max(0, (distances.min() ?? -.infinity) - marginMM)
            let high = min(extent, (distances.max() ?? .infinity) + marginMM)
            let first = Int((low / spacingMM).rounded(.down))
            let last = Int((high / spacingMM).rounded(.up))
            return (first, max(1, last - first))
        }
        func centre(_ axis: Int) -> Double {
            let spacing = component(ct.spacingMM, axis)
            return ((Double(along[axis].first) + 0.5) * spacingMM - spacing / 2) / spacing
        }
        return try VolumeGeometry(
            shape: Vector3(along[0].count, along[1].count, along[2].count),
            spacingMM: Vector3(spacingMM, spacingMM, spacingMM),
            originMM: ct.positionMM(index: Vector3(centre(0), centre(1), centre(2))), axes: ct.axes)
    }

    private static func component<Scalar>(_ vector: Vector3<Scalar>, _ axis: Int) -> Scalar {
        axis == 0 ? vector.x : axis == 1 ? vector.y : vector.z
    }
}
