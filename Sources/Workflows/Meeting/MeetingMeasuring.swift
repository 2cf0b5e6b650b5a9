package import DICOM
import Foundation
package import Imaging
package import Storage

/// What a person draws on an image to measure it; DICOM LPS, mm.
package enum DrawnMeasurement: Hashable, Sendable {
    /// The ends of the longest diameter, and of the one across it.
    case diameters([Vector3<Double>])
    /// A circle round `centre` in the plane through it at right angles to `normal`.
    case circle(centre: Vector3<Double>, normal: Vector3<Double>, radiusMM: Double)
}

/// Measures on the image's own voxels.
package enum MeetingMeasuring {
    /// Farther from the origin than this no scanner's millimetre lies.
    private static let farthestMM = 1e5
    /// The smallest and the largest thing that is measured.
    private static let lengthsMM = 0.1 ... 1000.0

    /// Returns the shape's points and its numbers.
    ///
    /// Diameters are distances of their ends. The statistics of a circle are those of the voxels
    /// whose centres lie in it, in a layer as thick as the voxels across its plane; the standard
    /// deviation is that of all of them, not an estimate from a sample.
    ///
    /// - Parameters:
    ///   - drawn: What was drawn.
    ///   - image: What it was drawn on; needed for circles only.
    /// - Returns: Shape, points and values, lengths in mm, areas in mm².
    /// - Throws: ``WorkflowError/refused(sentence:)`` for what is no shape, or holds no voxel.
    package static func measured(
        _ drawn: DrawnMeasurement, on image: ImageSeries?
    ) throws -> (MeasurementDraft.Shape, [Vector3<Double>], [MeasurementDraft.Value]) {
        switch drawn {
        case .diameters(let points): try diameters(points)
        case .circle(let centre, let normal, let radius):
            try circle(centre, normal, radius, on: image)
        }
    }

    private static func diameters(
        _ points: [Vector3<Double>]
    ) throws -> (MeasurementDraft.Shape, [Vector3<Double>], [MeasurementDraft.Value]) {
        guard points.count == 2 || points.count == 4, points.allSatisfy(isPlace) else {
            throw noDiameter
        }
        let lengths = stride(from: 0, to: points.count, by: 2).map {
            (points[$0 + 1] - points[$0]).length
        }
        return (.diameters, points, try diameters(lengths))
    }

    static let noDiameter = WorkflowError.refused(
        sentence: "A diameter has two ends; the one across it has two more.")

    /// Lengths as values: the longest diameter, and the one across it.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for what is not from 0.1 to 1000 mm, and where
    ///   the second is longer.
    static func diameters(_ lengths: [Double]) throws -> [MeasurementDraft.Value] {
        guard lengths.allSatisfy(lengthsMM.contains) else { throw noSize }
        guard lengths.count == 1 || lengths[1] <= lengths[0] else {
            throw WorkflowError.refused(
                sentence: "The diameter across is longer than the longest one: draw it again.")
        }
        let quantities: [MeasurementDraft.Value.Quantity] = [.longDiameter, .shortDiameter]
        return zip(quantities, lengths).map { MeasurementDraft.Value($0, $1, "mm") }
    }

    private static func circle(
        _ centre: Vector3<Double>, _ normal: Vector3<Double>, _ radiusMM: Double,
        on image: ImageSeries?
    ) throws -> (MeasurementDraft.Shape, [Vector3<Double>], [MeasurementDraft.Value]) {
        guard isPlace(centre), isPlace(normal), abs(normal.length - 1) < 1e-6,
            lengthsMM.contains(2 * radiusMM), let image
        else { throw noSize }
        let values = voxels(of: image.volume, centre, normal, radiusMM)
        guard !values.isEmpty else {
            throw WorkflowError.refused(
                sentence: "The circle holds no voxel of the image: draw it larger or elsewhere.")
        }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let unit = image.quantity.unit
        let (u, v) = plane(normal)
        let points = [u, v].flatMap { [centre - radiusMM * $0, centre + radiusMM * $0] }
        return (
            .circle, points,
            [
                MeasurementDraft.Value(.mean, mean, unit),
                MeasurementDraft.Value(.standardDeviation, variance.squareRoot(), unit),
                MeasurementDraft.Value(.minimum, values.min() ?? mean, unit),
                MeasurementDraft.Value(.maximum, values.max() ?? mean, unit),
                MeasurementDraft.Value(.area, Double.pi * radiusMM * radiusMM, "mm²"),
            ]
        )
    }

    /// Values of the voxels whose centres lie in a disc as thick as a voxel is across its plane.
    private static func voxels(
        of volume: Volume<Float>, _ centre: Vector3<Double>, _ normal: Vector3<Double>,
        _ radiusMM: Double
    ) -> [Double] {
        let geometry = volume.geometry
        let columns = geometry.axes.transposed.rows
        let axes = [columns.x, columns.y, columns.z]
        let spacings = [geometry.spacingMM.x, geometry.spacingMM.y, geometry.spacingMM.z]
        let along = axes.map { abs($0.dot(normal)) }
        let across = along.indices.max { along[$0] < along[$1] } ?? 2
        let halfMM = spacings[across] / 2
        let reachMM = (radiusMM * radiusMM + halfMM * halfMM).squareRoot()
        let middle = geometry.index(positionMM: centre)
        func range(_ index: Double, _ spacing: Double, _ count: Int) -> ClosedRange<Int>? {
            let lower = max(0, (index - reachMM / spacing).rounded(.up))
            let upper = min(Double(count - 1), (index + reachMM / spacing).rounded(.down))
            guard lower <= upper, let a = Int(exactly: lower), let b = Int(exactly: upper) else {
                return nil
            }
            return a ... b
        }
        let shape = geometry.shape
        guard let columnsOf = range(middle.x, spacings[0], shape.x),
            let rowsOf = range(middle.y, spacings[1], shape.y),
            let slicesOf = range(middle.z, spacings[2], shape.z)
        else { return [] }
        var values: [Double] = []
        for k in slicesOf {
            for j in rowsOf {
                for i in columnsOf {
                    let at = geometry.positionMM(
                        index: Vector3(Double(i), Double(j), Double(k)))
                    let offset = at - centre
                    let height = offset.dot(normal)
                    // Half open: a plane halfway between two layers takes one of them.
                    guard height > -halfMM, height <= halfMM else { continue }
                    let inPlane = offset - height * normal
                    guard inPlane.length <= radiusMM else { continue }
                    values.append(Double(volume[i, j, k]))
                }
            }
        }
        return values
    }

    /// Two directions of a plane at right angles.
    private static func plane(
        _ normal: Vector3<Double>
    ) -> (Vector3<Double>, Vector3<Double>) {
        let start: Vector3<Double> =
            abs(normal.x) < 0.9 ? Vector3(1, 0, 0) : Vector3(0, 1, 0)
        let across = start - start.dot(normal) * normal
        let u = (1 / across.length) * across
        return (u, normal.cross(u))
    }

    private static func isPlace(_ p: Vector3<Double>) -> Bool {
        [p.x, p.y, p.z].allSatisfy { abs($0) <= farthestMM }
    }

    private static let noSize = WorkflowError.refused(
        sentence: "What is measured is from 0.1 to 1000 mm wide, and lies in the image.")
}
