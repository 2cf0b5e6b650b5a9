import Foundation
package import Imaging

/// A VOI's mask as bytes: `.nii.gz` of coverage 0 to 255, cut to its box, as kept and sent; runs of
/// equal coverage as pages send it.
package enum VOIMask {
    /// Encodes a mask; an empty one is a single empty voxel.
    ///
    /// - Throws: ``ImagingError``.
    package static func encoded(_ mask: RegionMask) throws -> [UInt8] {
        let tight = mask.scaled(1)
        let box = tight.isEmpty ? IndexBox(lower: [0, 0, 0], upper: [1, 1, 1]) : tight.box
        let volume = try Volume(
            voxels: tight.shares(over: box), geometry: try mask.geometry.cropped(to: box))
        return try NIfTI.compressed(NIfTI.encodedShares(volume, description: "share of voxel"))
    }

    /// Decodes a mask onto its grid.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the file lies on another grid;
    ///   ``ImagingError``.
    package static func decoded(_ bytes: [UInt8], on grid: VolumeGeometry) throws -> RegionMask {
        let volume = try ImageFile(bytes: bytes) { _ in [] }.volume
        let corner = grid.index(positionMM: volume.geometry.originMM)
        let (i, j, k) = (corner.x.rounded(), corner.y.rounded(), corner.z.rounded())
        let (sides, spacing) = (volume.geometry.shape, volume.geometry.spacingMM - grid.spacingMM)
        guard (Vector3(i, j, k) - corner).length < 0.05, spacing.length < 1e-3,
            i >= 0, j >= 0, k >= 0, i <= Double(grid.shape.x - sides.x),
            j <= Double(grid.shape.y - sides.y), k <= Double(grid.shape.z - sides.z)
        else { throw WorkflowError.refused(sentence: "The mask lies on another grid.") }
        let lower = Vector3(Int(i), Int(j), Int(k))
        let box = IndexBox(
            lower: lower,
            upper: Vector3(lower.x + sides.x, lower.y + sides.y, lower.z + sides.z))
        return try RegionMask(
            geometry: grid, box: box, coverage: volume.voxels.map { min(1, max(0, $0 / 255)) }
        ).scaled(1)
    }

    private static let runsMark = Array("GREVYVM1".utf8)

    /// Decodes runs: `GREVYVM1`, the box's lower and upper bound as six little-endian Int32, then
    /// for each run its coverage as one byte and its length as little-endian UInt32.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the bytes are anything else.
    package static func decodedRuns(_ bytes: [UInt8], on grid: VolumeGeometry) throws -> RegionMask
    {
        let damaged = WorkflowError.refused(sentence: "The mask is not written as masks are.")
        func word(at n: Int) -> UInt32 {
            (0 ..< 4).reduce(0) { $0 | UInt32(bytes[n + $1]) << (8 * UInt32($1)) }
        }
        let start = runsMark.count + 24
        guard bytes.count >= start, bytes.starts(with: runsMark), (bytes.count - start) % 5 == 0
        else { throw damaged }
        let bounds = (0 ..< 6).map { Int(Int32(bitPattern: word(at: runsMark.count + 4 * $0))) }
        let sides = [grid.shape.x, grid.shape.y, grid.shape.z]
        guard (0 ..< 3).allSatisfy({ 0 <= bounds[$0] && bounds[$0] <= bounds[$0 + 3] }),
            (0 ..< 3).allSatisfy({ bounds[$0 + 3] <= sides[$0] })
        else { throw damaged }
        let box = IndexBox(
            lower: Vector3(bounds[0], bounds[1], bounds[2]),
            upper: Vector3(bounds[3], bounds[4], bounds[5]))
        var shares: [Float] = []
        shares.reserveCapacity(box.count)
        for n in stride(from: start, to: bytes.count, by: 5) {
            let length = Int(word(at: n + 1))
            guard length <= box.count - shares.count else { throw damaged }
            shares.append(contentsOf: repeatElement(Float(bytes[n]) / 255, count: length))
        }
        guard shares.count == box.count else { throw damaged }
        return try RegionMask(geometry: grid, box: box, coverage: shares).scaled(1)
    }
}

/// A voxel grid as a record keeps it.
package struct VOIGrid: Codable, Hashable, Sendable {
    package var shape: [Int]
    package var spacingMM: [Double]
    package var originMM: [Double]
    package var axesRows: [[Double]]

    package init(_ grid: VolumeGeometry) {
        shape = [grid.shape.x, grid.shape.y, grid.shape.z]
        spacingMM = [grid.spacingMM.x, grid.spacingMM.y, grid.spacingMM.z]
        originMM = [grid.originMM.x, grid.originMM.y, grid.originMM.z]
        axesRows = grid.axes.rowArrays
    }

    package init(json: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    }

    package var json: String {
        get throws { String(decoding: try CanonicalJSON.encoded(self), as: UTF8.self) }
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` when the record is damaged.
    package var geometry: VolumeGeometry {
        get throws {
            guard shape.count == 3,
                ([spacingMM, originMM] + axesRows).allSatisfy({ $0.count == 3 }),
                axesRows.count == 3
            else { throw WorkflowError.refused(sentence: "The VOI's grid is damaged.") }
            func vector(_ v: [Double]) -> Vector3<Double> { Vector3(v[0], v[1], v[2]) }
            return try VolumeGeometry(
                shape: Vector3(shape[0], shape[1], shape[2]), spacingMM: vector(spacingMM),
                originMM: vector(originMM),
                axes: Matrix3(
                    rows: vector(axesRows[0]), vector(axesRows[1]), vector(axesRows[2])))
        }
    }
}
