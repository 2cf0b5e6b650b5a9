public import Imaging
public import Physics

/// The matter in a voxel grid: one medium and one density per voxel, vacuum outside.
public struct VoxelPhantom: Sendable {
    /// Index of each voxel's medium in ``media``.
    public let medium: Volume<UInt8>
    /// Mass density, in g/mL.
    public let density: DensityMap
    /// The media by index.
    public let media: [Medium]

    public var geometry: VolumeGeometry { density.gramsPerML.geometry }

    /// Creates a phantom.
    ///
    /// - Throws: ``TransportError/gridMismatch(what:)``; ``TransportError/unknownMedium(index:)``;
    ///   ``TransportError/badVoxel(what:index:value:)`` for a density below 0 or not finite.
    public init(medium: Volume<UInt8>, density: DensityMap, media: [Medium]) throws {
        guard medium.geometry == density.gramsPerML.geometry else {
            throw TransportError.gridMismatch(what: "Medium")
        }
        if let index = medium.firstIndex(where: { Int($0) >= media.count }) {
            throw TransportError.unknownMedium(index: Int(medium.withVoxels { $0[index] }))
        }
        let densities = density.gramsPerML
        if let index = densities.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw TransportError.badVoxel(
                what: "Density", index: index, value: Double(densities.withVoxels { $0[index] }))
        }
        self.medium = medium
        self.density = density
        self.media = media
    }

    /// Creates a phantom of one medium and density.
    public init(uniform medium: Medium, gramsPerML: Double, geometry: VolumeGeometry) throws {
        try self.init(
            medium: Volume(repeating: 0, geometry: geometry),
            density: DensityMap(
                gramsPerML: Volume(repeating: Float(gramsPerML), geometry: geometry)),
            media: [medium])
    }
}
