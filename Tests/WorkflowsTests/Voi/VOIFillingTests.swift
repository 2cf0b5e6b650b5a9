import Foundation
import Imaging
import Testing
import Workflows

@Suite("Filling volumes of interest")
struct VOIFillingTests {
    @Test("A hollow ball is filled whole, and filling again changes nothing")
    func hollow() throws {
        let grid = try VOIMakingTests.grid([0.85, 0.85, 2.5])
        let ball = try VOIMakingTests.sphere(50, on: grid)
        let hollow = try ball.subtracting(VOIMakingTests.sphere(30, on: grid))
        let filled = try hollow.filled()
        #expect(abs(filled.volumeML - ball.volumeML) < 1e-6 * ball.volumeML)
        #expect(try filled.filled() == filled)
        #expect(try ball.filled() == ball)
    }

    @Test("A tube through the region is filled in its slices only")
    func tube() throws {
        let grid = try VOIMakingTests.grid([1, 1, 2], sideMM: 80)
        let block = IndexBox(lower: [10, 10, 10], upper: [50, 50, 30])
        let hole = IndexBox(lower: [20, 20, 10], upper: [30, 30, 30])
        func region(_ box: IndexBox) throws -> RegionMask {
            try RegionMask(
                geometry: grid, box: box, coverage: [Float](repeating: 1, count: box.count))
        }
        let tube = try region(block).subtracting(region(hole))
        #expect(try tube.filled() == tube)
        #expect(try tube.filled(inSlices: true) == region(block))
    }

    /// Between circles the outline's distance goes over linearly: a frustum of a cone each.
    @Test("Between drawn slices of an ellipsoid lie frustums", arguments: [2, 4, 6])
    func interpolation(everySlices: Int) throws {
        let grid = try VOIMakingTests.grid([0.85, 0.85, 2.5])
        let radius = 40.0
        let ball = try VOIMakingTests.sphere(2 * radius, on: grid, offMM: .zero)
        // Drawn as a hand would: whole slices, the areas of the ball's own cuts.
        let centre = grid.index(positionMM: grid.centreMM).z
        let first = Int((centre - radius / 2.5).rounded(.up))
        let last = Int((centre + radius / 2.5).rounded(.down))
        var drawn = RegionMask(empty: grid)
        var radii: [Double] = []
        for k in stride(from: first, through: last, by: everySlices) {
            let z = (Double(k) - centre) * 2.5
            let cut = (radius * radius - z * z).squareRoot()
            radii.append(cut)
            drawn = try drawn.union(Self.disc(cut, slice: k, on: grid))
        }
        let filled = try drawn.interpolatedBetweenSlices()
        var expected = 0.0
        for (a, b) in zip(radii, radii.dropFirst()) {
            for n in 0 ..< everySlices {
                let r = a + (b - a) * Double(n) / Double(everySlices)
                expected += Double.pi * r * r * 2.5 / 1000
            }
        }
        expected += Double.pi * (radii.last ?? 0) * (radii.last ?? 0) * 2.5 / 1000
        // A thousandth: half a hundredth of a pixel all round.
        #expect(
            abs(filled.volumeML / expected - 1) < 0.001, "\(filled.volumeML) for \(expected)")
        // The ball itself is larger by the bulge between chords.
        #expect(filled.volumeML < ball.volumeML * 1.02)
        #expect(try drawn.subtracting(filled).isEmpty)
    }

    @Test("Without a gap between slices there is nothing to fill in")
    func noGap() throws {
        let grid = try VOIMakingTests.grid([1, 1, 2])
        let ball = try VOIMakingTests.sphere(20, on: grid)
        #expect(throws: WorkflowError.self) { _ = try ball.interpolatedBetweenSlices() }
    }

    private static func disc(
        _ radiusMM: Double, slice k: Int, on grid: VolumeGeometry
    ) throws -> RegionMask {
        let centre = grid.index(positionMM: grid.centreMM)
        let box = IndexBox(
            lower: Vector3(0, 0, k), upper: Vector3(grid.shape.x, grid.shape.y, k + 1))
        var shares: [Float] = []
        for j in 0 ..< grid.shape.y {
            for i in 0 ..< grid.shape.x {
                let x = (Double(i) - centre.x) * grid.spacingMM.x
                let y = (Double(j) - centre.y) * grid.spacingMM.y
                let distance = (x * x + y * y).squareRoot() - radiusMM
                shares.append(Float(min(1, max(0, 0.5 - distance / grid.spacingMM.x))))
            }
        }
        return try RegionMask(geometry: grid, box: box, coverage: shares)
    }

    @Test("A threshold keeps the voxels of the region whose values are in range")
    func threshold() throws {
        let grid = try VOIMakingTests.grid([1, 2, 3])
        // The image has other voxels; its value is the distance from the left of the grid in mm.
        let other = try VolumeGeometry(
            shape: [70, 60, 60], spacingMM: [2, 2, 2], originMM: grid.originMM - [5, 5, 5])
        var ramp = Volume<Float>(repeating: 0, geometry: other)
        for k in 0 ..< 60 {
            for j in 0 ..< 60 {
                for i in 0 ..< 70 { ramp[i, j, k] = Float(2 * Double(i) - 5) }
            }
        }
        let box = IndexBox(lower: [10, 10, 10], upper: [60, 40, 30])
        let region = try RegionMask(
            geometry: grid, box: box, coverage: [Float](repeating: 1, count: box.count))
        let found = try region.thresholded(ramp) { _ in 20 ... 39.5 }
        #expect(found.box == IndexBox(lower: [20, 10, 10], upper: [40, 40, 30]))
        #expect(!found.coverage.contains { $0 != 1 })
        let upper = try region.thresholded(ramp) { highest in
            #expect(highest == 59)
            return 0.5 * highest ... .infinity
        }
        #expect(upper.box.lower.x == 30 && upper.box.upper.x == 60)
    }
}
