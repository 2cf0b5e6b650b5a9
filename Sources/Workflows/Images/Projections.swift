import Foundation
package import Imaging

/// Greatest values along parallel rays, from all sides round the patient's long axis.
package enum Projections {
    /// How many directions, in equal steps over a full turn; the first looks from the front.
    package static let angles = 36

    /// Returns one slice per direction: columns to the right of the screen, rows from the head down.
    ///
    /// The grid's middle stays in the middle. Between voxels values are linear; steps along a ray
    /// are as long as the finest spacing across.
    ///
    /// - Parameter volume: The image; its slices need not be transverse.
    /// - Returns: The directions as slices of squares.
    /// - Throws: ``ImagingError/degenerateGrid(shape:spacingMM:)``.
    package static func of(_ volume: Volume<Float>) throws -> Volume<Float> {
        let corners = volume.geometry.cornersMM
        let centre = volume.geometry.centreMM
        let spacing = volume.geometry.spacingMM
        let pixel = max(min(spacing.x, spacing.y, spacing.z), leastPixelMM)
        let reach =
            corners.map { ($0.x - centre.x, $0.y - centre.y) }
            .map { ($0.0 * $0.0 + $0.1 * $0.1).squareRoot() }.max() ?? pixel
        let height = corners.map { abs($0.z - centre.z) }.max() ?? pixel
        // Compared as numbers first: a damaged grid may reach too far for an `Int`.
        func pixels(_ distance: Double) -> Int {
            Int(min(max(2 * (distance / pixel).rounded(.up), 1), Double(mostPixels)))
        }
        let (columns, rows) = (pixels(reach), pixels(height))
        var result = Volume<Float>(
            repeating: 0,
            geometry: try VolumeGeometry(
                shape: Vector3(columns, rows, angles), spacingMM: [pixel, pixel, 1]))
        result.updateSlices { angle, slice in
            project(
                volume, angle: 2 * .pi * Double(angle) / Double(angles), centre: centre,
                pixel: pixel, columns: columns, rows: rows, into: &slice)
        }
        return result
    }

    private static let leastPixelMM = 1.5
    private static let mostPixels = 400

    private static func project(
        _ volume: Volume<Float>, angle: Double, centre: Vector3<Double>, pixel: Double,
        columns: Int, rows: Int, into slice: inout MutableSpan<Float>
    ) {
        // The viewer walks round the patient: screen right starts as the patient's left.
        let right = Vector3(cos(angle), sin(angle), 0)
        let away = Vector3(-sin(angle), cos(angle), 0)
        let grid = volume.geometry
        let start = grid.index(positionMM: centre)
        let alongRight = grid.index(positionMM: centre + right) - start
        let alongAway = grid.index(positionMM: centre + away) - start
        let alongDown = grid.index(positionMM: centre - Vector3(0, 0, 1)) - start
        volume.withVoxels { voxels in
            for row in 0 ..< rows {
                let v = (Double(row) - Double(rows - 1) / 2) * pixel
                for column in 0 ..< columns {
                    let u = (Double(column) - Double(columns - 1) / 2) * pixel
                    let foot = start + u * alongRight + v * alongDown
                    var greatest: Float = 0
                    for n in 0 ..< columns {
                        let w = (Double(n) - Double(columns - 1) / 2) * pixel
                        let value = sample(voxels, grid.shape, foot + w * alongAway)
                        if value > greatest { greatest = value }
                    }
                    slice[column + columns * row] = greatest
                }
            }
        }
    }

    /// The linear value at a fractional index; 0 beyond the outermost centres.
    private static func sample(
        _ voxels: Span<Float>, _ shape: Vector3<Int>, _ index: Vector3<Double>
    ) -> Float {
        guard index.x >= 0, index.y >= 0, index.z >= 0, index.x <= Double(shape.x - 1),
            index.y <= Double(shape.y - 1), index.z <= Double(shape.z - 1)
        else { return 0 }
        let (i, j, k) = (
            min(Int(index.x), max(shape.x - 2, 0)), min(Int(index.y), max(shape.y - 2, 0)),
            min(Int(index.z), max(shape.z - 2, 0))
        )
        let (fx, fy, fz) = (
            Float(index.x - Double(i)), Float(index.y - Double(j)), Float(index.z - Double(k))
        )
        let (di, dj, dk) = (
            shape.x > 1 ? 1 : 0, shape.y > 1 ? shape.x : 0,
            shape.z > 1 ? shape.x * shape.y : 0
        )
        let at = i + shape.x * (j + shape.y * k)
        func along(_ start: Int) -> Float {
            (1 - fx) * voxels[start] + fx * voxels[start + di]
        }
        let near = (1 - fy) * along(at) + fy * along(at + dj)
        let far = (1 - fy) * along(at + dk) + fy * along(at + dj + dk)
        return (1 - fz) * near + fz * far
    }

    /// All directions side by side as one picture, black at `low`, white at `high`.
    ///
    /// - Throws: ``ImagingError/fileNotWritten(reason:)``.
    package static func strip(
        _ projections: Volume<Float>, low: Double, high: Double
    ) throws -> [UInt8] {
        let shape = projections.geometry.shape
        let width = shape.x * shape.z
        var rgb = [UInt8](repeating: 0, count: 3 * width * shape.y)
        let scale = 255 / max(high - low, 1e-9)
        for angle in 0 ..< shape.z {
            for row in 0 ..< shape.y {
                for column in 0 ..< shape.x {
                    let level = (Double(projections[column, row, angle]) - low) * scale
                    // Much is bright in what people look for in such images: dark on white.
                    let grey = 255 - UInt8(level > 0 ? min(level, 255) : 0)
                    let at = 3 * (row * width + angle * shape.x + column)
                    (rgb[at], rgb[at + 1], rgb[at + 2]) = (grey, grey, grey)
                }
            }
        }
        return try PNGImage.encoded(width: width, height: shape.y, rgb: rgb)
    }
}
