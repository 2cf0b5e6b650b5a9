import Foundation
package import Imaging
import Quantities

/// Anterior and posterior gamma-camera views of an activity model.
///
/// The patient is a slab of uniform attenuation: a source at depth d below the front is weakened
/// by exp(−μd) to the front and exp(−μ(T−d)) to the back, so the geometric mean of a thin source
/// does not depend on its depth.
package struct PlanarViews: Sendable {
    /// A rectangle of pixels of the anterior view, upper bounds outside.
    package struct Region: Codable, Hashable, Sendable {
        package let columnLower: Int
        package let columnUpper: Int
        package let rowLower: Int
        package let rowUpper: Int
    }

    /// Expected counts without noise: slice 0 anterior, slice 1 posterior, both as seen.
    package let expected: Volume<Float>

    package init(_ model: ActivityModel, options: PhantomOptions) throws {
        let geometry = try Grids.planar(options)
        let increments = model.increments.map { Increment(shape: $0.shape, weight: $0.weight) }
        var views = Volume<Float>(repeating: 0, geometry: geometry)
        views.updateSlices { view, slice in
            for n in slice.indices {
                slice[n] = Float(
                    Self.counts(
                        increments, geometry, column: n % geometry.shape.x,
                        row: n / geometry.shape.x, isPosterior: view == 1))
            }
        }
        expected = GaussianBlur.blurred(views, widthMM: Scenario.planarBlurMM, axes: 2)
    }

    private struct Increment: Sendable {
        let shape: ConvexShape
        let weight: Double
    }

    /// Lines per pixel along each axis.
    private static let lines = 3

    private static func counts(
        _ increments: [Increment], _ geometry: VolumeGeometry, column: Int, row: Int,
        isPosterior: Bool
    ) -> Double {
        let mu = Scenario.planarAttenuationPerMM
        let half = Scenario.planarSlabMM / 2
        let pixel = geometry.spacingMM.x
        var sum = 0.0
        for a in 0 ..< lines {
            for b in 0 ..< lines {
                let across = (Double(column) + (Double(a) + 0.5) / Double(lines)) * pixel
                let down = (Double(row) + (Double(b) + 0.5) / Double(lines)) * pixel
                let x = across - Double(geometry.shape.x) / 2 * pixel
                let z = Double(geometry.shape.y) / 2 * pixel - down
                for item in increments {
                    let origin = Vector3(isPosterior ? -x : x, 0, z)
                    guard let run = item.shape.chord(origin: origin, direction: [0, 1, 0]) else {
                        continue
                    }
                    // Depth below the camera's side of the slab; y points to the back.
                    let near = half + (isPosterior ? -run.upper : run.lower)
                    let far = half + (isPosterior ? -run.lower : run.upper)
                    sum += item.weight * (exp(-mu * near) - exp(-mu * far)) / mu
                }
            }
        }
        // Bq/mL over mm of depth and mm² of pixel: 1 mm³ is 1e-3 mL.
        let becquerels = sum / Double(lines * lines) * pixel * pixel * 1e-3
        return becquerels * 1e-6 * Scenario.planarSensitivityPerMBqSecond
            * Scenario.planarDuration.seconds
    }

    /// All pixels above a line between liver and lungs (z ≥ 9 mm).
    package static func lungRegion(_ geometry: VolumeGeometry) -> Region {
        Region(
            columnLower: 0, columnUpper: geometry.shape.x, rowLower: 0,
            rowUpper: boundaryRow(geometry))
    }

    /// All pixels from there down to 30 mm below the liver.
    package static func liverRegion(_ geometry: VolumeGeometry) -> Region {
        let bottom = Double(geometry.shape.y) / 2 + 160 / geometry.spacingMM.y
        return Region(
            columnLower: 0, columnUpper: geometry.shape.x, rowLower: boundaryRow(geometry),
            rowUpper: min(geometry.shape.y, Int(bottom.rounded())))
    }

    /// The row whose upper edge is nearest to z = 9 mm, between liver dome and lung base.
    private static func boundaryRow(_ geometry: VolumeGeometry) -> Int {
        Int((Double(geometry.shape.y) / 2 - 9 / geometry.spacingMM.y).rounded())
    }

    /// Returns the geometric mean of both views over a region given in the anterior view.
    ///
    /// The regions span whole rows, so the mirrored posterior view needs no mirrored region.
    package static func geometricMean(_ views: Volume<Float>, _ region: Region) -> Double {
        let sums = (0 ..< 2).map { view in
            var sum = 0.0
            for row in region.rowLower ..< region.rowUpper {
                for column in region.columnLower ..< region.columnUpper {
                    sum += Double(views[column, row, view])
                }
            }
            return sum
        }
        return (sums[0] * sums[1]).squareRoot()
    }

    /// Returns G_lung / (G_lung + G_liver) over the two regions.
    package static func lungShuntFraction(_ views: Volume<Float>) -> Double {
        let lung = geometricMean(views, lungRegion(views.geometry))
        let liver = geometricMean(views, liverRegion(views.geometry))
        return lung / (lung + liver)
    }
}
