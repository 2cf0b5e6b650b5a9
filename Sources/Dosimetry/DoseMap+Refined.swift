public import Imaging

extension DoseMap {
    /// How many samples a structure needs before its voxels are taken as they are.
    public static let samplesWanted = 20_000
    /// The finest division of a voxel edge.
    public static let finestDivision = 8

    /// Returns into how many parts to divide each voxel edge for a structure of that many voxels.
    public static func division(forVoxelCount count: Int) -> Int {
        var parts = 1
        while parts < finestDivision, count * parts * parts * parts < samplesWanted { parts += 1 }
        return parts
    }

    /// Returns the dose of a block of the grid on voxels with edges `parts` times shorter.
    ///
    /// The new voxels fill the old ones exactly. Doses are interpolated linearly along the three
    /// axes between voxel centres; beyond the outermost centres the nearest dose holds.
    ///
    /// - Parameters:
    ///   - parts: 1 or more.
    ///   - box: The block, not empty, inside the grid.
    /// - Returns: The dose on the fine grid.
    /// - Throws: ``DoseError/outOfRange(parameter:value:)`` for other parts or an empty block.
    public func refined(by parts: Int, in box: IndexBox) throws -> DoseMap {
        let coarse = grays.geometry
        guard parts >= 1, parts <= Self.finestDivision else {
            throw DoseError.outOfRange(parameter: "parts", value: Double(parts))
        }
        guard box.count > 0, box.lower.smallest >= 0, box.upper.x <= coarse.shape.x,
            box.upper.y <= coarse.shape.y, box.upper.z <= coarse.shape.z
        else { throw DoseError.outOfRange(parameter: "box", value: Double(box.count)) }
        let part = 1 / Double(parts)
        let corner = (part - 1) / 2
        let geometry = try VolumeGeometry(
            shape: Vector3(
                (box.upper.x - box.lower.x) * parts, (box.upper.y - box.lower.y) * parts,
                (box.upper.z - box.lower.z) * parts),
            spacingMM: part * coarse.spacingMM,
            originMM: coarse.positionMM(
                index: Vector3(
                    Double(box.lower.x) + corner, Double(box.lower.y) + corner,
                    Double(box.lower.z) + corner)),
            axes: coarse.axes)
        let x = Axis(from: box.lower.x, to: box.upper.x, parts: parts, count: coarse.shape.x)
        let y = Axis(from: box.lower.y, to: box.upper.y, parts: parts, count: coarse.shape.y)
        let z = Axis(from: box.lower.z, to: box.upper.z, parts: parts, count: coarse.shape.z)
        var fine = Volume<Float>(repeating: 0, geometry: geometry)
        fine.updateSlices { k, slice in
            grays.withVoxels { dose in
                for j in y.lower.indices {
                    let near = (
                        coarse.offset(0, y.lower[j], z.lower[k]),
                        coarse.offset(0, y.upper[j], z.lower[k])
                    )
                    let far = (
                        coarse.offset(0, y.lower[j], z.upper[k]),
                        coarse.offset(0, y.upper[j], z.upper[k])
                    )
                    for i in x.lower.indices {
                        func along(_ row: Int) -> Float {
                            between(dose[row + x.lower[i]], dose[row + x.upper[i]], x.share[i])
                        }
                        slice[j * x.lower.count + i] = between(
                            between(along(near.0), along(near.1), y.share[j]),
                            between(along(far.0), along(far.1), y.share[j]), z.share[k])
                    }
                }
            }
        }
        return DoseMap(grays: fine)
    }
}

private func between(_ a: Float, _ b: Float, _ share: Float) -> Float { a + share * (b - a) }

/// For each fine index along one axis, the two coarse indices around it and the share of the upper.
private struct Axis {
    var lower: [Int] = []
    var upper: [Int] = []
    var share: [Float] = []

    init(from: Int, to: Int, parts: Int, count: Int) {
        for fine in 0 ..< (to - from) * parts {
            let position = Double(from) + (Double(fine) + 0.5) / Double(parts) - 0.5
            let inside = min(max(position, 0), Double(count - 1))
            let below = Int(inside)
            lower.append(below)
            upper.append(min(below + 1, count - 1))
            share.append(Float(inside - Double(below)))
        }
    }
}
