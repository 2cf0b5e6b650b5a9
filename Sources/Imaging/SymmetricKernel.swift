/// Weights of a convolution that are the same for an offset and its mirror images.
///
/// One octant is kept: `weights[i + (reach.x + 1) · (j + (reach.y + 1) · k)]` belongs to the
/// offsets `(±i, ±j, ±k)`.
public struct SymmetricKernel: Hashable, Sendable {
    public let reach: Vector3<Int>
    public let weights: [Float]

    /// Creates a kernel.
    ///
    /// - Throws: ``ImagingError/voxelCountMismatch(expected:found:)`` when there is not one
    ///   weight per offset of the octant; ``ImagingError/degenerateGrid(shape:spacingMM:)`` for a
    ///   negative reach.
    public init(reach: Vector3<Int>, weights: [Float]) throws {
        guard reach.smallest >= 0, reach.x < 4096, reach.y < 4096, reach.z < 4096 else {
            throw ImagingError.degenerateGrid(shape: reach, spacingMM: [1, 1, 1])
        }
        let expected = (reach.x + 1) * (reach.y + 1) * (reach.z + 1)
        guard weights.count == expected else {
            throw ImagingError.voxelCountMismatch(expected: expected, found: weights.count)
        }
        self.reach = reach
        self.weights = weights
    }

    /// The weights of one row of offsets, `(0...reach.x, j, k)`, up to the last that is not 0.
    func row(_ j: Int, _ k: Int) -> ArraySlice<Float> {
        let start = (reach.x + 1) * (j + (reach.y + 1) * k)
        let row = weights[start ... start + reach.x]
        guard let last = row.lastIndex(where: { $0 != 0 }) else { return [] }
        return row[start ... last]
    }
}
