import Foundation
import Imaging
import Phantom
import Testing
import Workflows

/// Shapes against their closed forms, on voxels that are no cubes.
@Suite("Making volumes of interest")
struct VOIMakingTests {
    static let grids: [Vector3<Double>] = [[1, 1, 1], [0.85, 0.85, 2.5], [1, 2, 3]]

    /// About 120 mm wide whatever the voxels.
    static func grid(_ spacing: Vector3<Double>, sideMM: Double = 120) throws -> VolumeGeometry {
        try VolumeGeometry(
            shape: Vector3(
                Int(sideMM / spacing.x), Int(sideMM / spacing.y), Int(sideMM / spacing.z)),
            spacingMM: spacing, originMM: [-31.3, 12.7, -400.1])
    }

    static func ballML(_ radiusMM: Double) -> Double {
        4 / 3 * Double.pi * radiusMM * radiusMM * radiusMM / 1000
    }

    /// The radius of the ball of that volume.
    static func radiusMM(_ volumeML: Double) -> Double {
        cbrt(volumeML * 1000 * 3 / (4 * .pi))
    }

    static func sphere(
        _ diameterMM: Double, on grid: VolumeGeometry, offMM: Vector3<Double> = [0.31, -0.17, 0.4]
    ) throws -> RegionMask {
        try .sphere(centreMM: grid.centreMM + offMM, diameterMM: diameterMM, on: grid)
    }

    /// Sub-samples of a sixth of a voxel leave the surface within a twentieth of a voxel on
    /// average, far less over many voxels.
    @Test("A sphere has its volume and its centre", arguments: grids, [6.0, 8, 20, 60])
    func sphere(spacing: Vector3<Double>, diameterMM: Double) throws {
        let grid = try Self.grid(spacing)
        let mask = try Self.sphere(diameterMM, on: grid)
        #expect(abs(mask.volumeML / Self.ballML(diameterMM / 2) - 1) < 0.02)
        let centre = try #require(mask.centroidMM)
        let middle: Vector3<Double> = grid.centreMM + [0.31, -0.17, 0.4]
        // A sum over voxels' middles is no integral where the sphere is two voxels wide: with exact
        // shares (24 samples a side, computed apart) 6 mm on voxels of 1, 2, 3 mm is 0.064 mm off.
        #expect((centre - middle).length < 0.1 * max(spacing.x, spacing.y, spacing.z))
    }

    @Test("A sphere is cut off at the grid's edge and refused outside")
    func sphereAtEdge() throws {
        let grid = try Self.grid([1, 1, 2])
        let half = try RegionMask.sphere(
            centreMM: grid.positionMM(index: Vector3(-0.5, 60, 30)), diameterMM: 30, on: grid)
        #expect(abs(half.volumeML / (Self.ballML(15) / 2) - 1) < 0.02)
        #expect(throws: WorkflowError.self) {
            _ = try RegionMask.sphere(centreMM: [1e12, 0, 0], diameterMM: 30, on: grid)
        }
    }

    /// The surface is known to a fraction of a voxel, so the radius is held to a tenth of the
    /// largest spacing.
    @Test("A sphere grown by m has the radius r + m", arguments: grids, [1.5, 3, 5, 10, -3, -6])
    func margin(spacing: Vector3<Double>, marginMM: Double) throws {
        let grid = try Self.grid(spacing)
        let grown = try Self.sphere(40, on: grid).withMargin(marginMM)
        let radius = Self.radiusMM(grown.volumeML)
        let tolerance = 0.1 * max(spacing.x, spacing.y, spacing.z)
        #expect(abs(radius - (20 + marginMM)) < tolerance, "\(radius) mm for \(20 + marginMM)")
    }

    /// The volume of a box grown by a ball (Steiner): the box, plates on its faces, quarter
    /// cylinders on its edges, a ball at its corners.
    static func steinerML(_ a: Double, _ b: Double, _ c: Double, _ m: Double) -> Double {
        let plates = 2 * (a * b + b * c + c * a) * m
        let edges = Double.pi * m * m * (a + b + c)
        return (a * b * c + plates + edges) / 1000 + ballML(m)
    }

    /// Faces move by exactly the margin; edges that run between voxels' middles are known to half a
    /// voxel, so the volume lies between those of the box and of one smaller by that.
    @Test(
        "A box of whole voxels grown by m is wider by 2 m and has Steiner's volume",
        arguments: grids)
    func marginOfBox(spacing: Vector3<Double>) throws {
        let grid = try Self.grid(spacing)
        let box = IndexBox(lower: [18, 18, 12], upper: [38, 30, 22])
        let mask = try RegionMask(
            geometry: grid, box: box, coverage: [Float](repeating: 1, count: box.count))
        let (a, b, c) = (20 * spacing.x, 12 * spacing.y, 10 * spacing.z)
        for m in [2.0, 4.5, 7, -3] {
            let moved = try mask.withMargin(m)
            let across = (0 ..< grid.shape.x).reduce(0.0) { $0 + Double(moved[$1, 24, 17]) }
            let up = (0 ..< grid.shape.z).reduce(0.0) { $0 + Double(moved[28, 24, $1]) }
            // Coverage comes in quarters of a voxel's thickness.
            #expect(abs(across * spacing.x - (a + 2 * m)) <= 0.25 * spacing.x, "\(m)")
            #expect(abs(up * spacing.z - (c + 2 * m)) <= 0.25 * spacing.z, "\(m)")
            guard m > 0 else { continue }
            #expect(moved.volumeML <= Self.steinerML(a, b, c, m) * 1.001)
            #expect(
                moved.volumeML
                    >= Self.steinerML(a - spacing.x, b - spacing.y, c - spacing.z, m))
        }
    }

    /// A ball of 5 mm fits everywhere, so nothing moves.
    ///
    /// A mean of the shares would shrink the sphere by about sigma² / r.
    @Test("Smoothing leaves a sphere where it is", arguments: grids)
    func smoothingOfSphere(spacing: Vector3<Double>) throws {
        let grid = try Self.grid(spacing)
        let smoothed = try Self.sphere(40, on: grid).smoothed(5)
        let tolerance = 0.1 * max(spacing.x, spacing.y, spacing.z)
        let radius = Self.radiusMM(smoothed.volumeML)
        // The surface is moved three times.
        #expect(abs(radius - 20) < 3 * tolerance, "\(radius) mm for 20")
        let middle: Vector3<Double> = grid.centreMM + [0.31, -0.17, 0.4]
        let centre = try #require(smoothed.centroidMM)
        #expect((centre - middle).length < tolerance)
    }

    /// Opened, a box is one smaller by 2 m on each side grown by m: Steiner's volume of that one.
    @Test("Smoothing rounds the edges of a box, and its faces stay")
    func smoothingOfBox() throws {
        let grid = try Self.grid([1, 1, 1])
        let box = IndexBox(lower: [30, 30, 30], upper: [70, 62, 54])
        let mask = try RegionMask(
            geometry: grid, box: box, coverage: [Float](repeating: 1, count: box.count))
        let smoothed = try mask.smoothed(6)
        let rounded = Self.steinerML(28, 20, 12, 6)
        #expect(rounded < 0.98 * mask.volumeML)
        // Edges between voxels' middles are known to half a voxel (``marginOfBox(spacing:)``).
        #expect(smoothed.volumeML < Self.steinerML(29, 21, 13, 6))
        #expect(smoothed.volumeML > Self.steinerML(27, 19, 11, 6))
        let across = (0 ..< grid.shape.x).reduce(0.0) { $0 + Double(smoothed[$1, 46, 42]) }
        #expect(abs(across - 40) <= 0.5)
        #expect(smoothed[30, 30, 30] == 0 && smoothed[50, 46, 42] == 1)
    }

    @Test("Smoothing takes a spike off and fills a crack; what is thin everywhere is refused")
    func smoothingLaws() throws {
        let grid = try Self.grid([1, 1, 1])
        func bar(_ lower: Vector3<Int>, _ upper: Vector3<Int>) throws -> RegionMask {
            let box = IndexBox(lower: lower, upper: upper)
            return try RegionMask(
                geometry: grid, box: box, coverage: [Float](repeating: 1, count: box.count))
        }
        let ball = try Self.sphere(50, on: grid)
        let spiked = try ball.union(bar([60, 58, 58], [100, 62, 62]))
        let cracked = try ball.subtracting(bar([30, 58, 30], [90, 61, 90]))
        #expect(try spiked.smoothed(4)[95, 60, 60] == 0)
        // From the middle of the ball the spike stays inside it.
        #expect(try spiked.smoothed(4)[60, 60, 60] == 1)
        #expect(cracked[50, 59, 50] == 0)
        #expect(try cracked.smoothed(4)[55, 59, 55] == 1)
        #expect(throws: WorkflowError.self) {
            _ = try bar([30, 58, 58], [90, 62, 62]).smoothed(4)
        }
    }

    @Test("Growing holds the region, shrinking lies in it, and both follow the distance")
    func marginLaws() throws {
        let grid = try Self.grid([1, 1, 3])
        let region = try Self.sphere(24, on: grid).union(
            Self.sphere(20, on: grid, offMM: [14, 3, -6]))
        var last = try region.withMargin(-6)
        for m in [-4.0, -2, 0, 2, 4, 6] {
            let next = try region.withMargin(m)
            // Coverage of border voxels is known to a few sub-samples.
            #expect(try last.subtracting(next).volumeML < 1e-3 * region.volumeML, "\(m)")
            #expect(next.volumeML > last.volumeML)
            last = next
        }
        #expect(try region.withMargin(0) == region)
    }

    /// A closing takes nothing away, and of a ball it is the ball itself; held to a tenth of the
    /// largest spacing over the surface.
    @Test("Growing and shrinking again keeps a ball and what stands beside it", arguments: grids)
    func closing(spacing: Vector3<Double>) throws {
        let grid = try Self.grid(spacing)
        let ball = try Self.sphere(36, on: grid)
        let closed = try ball.withMargin(6).withMargin(-6)
        let tolerance = 0.1 * max(spacing.x, spacing.y, spacing.z)
        #expect(abs(Self.radiusMM(closed.volumeML) - 18) < tolerance)
        let pair = try ball.union(Self.sphere(20, on: grid, offMM: [30, 0, 0]))
        let joined = try pair.withMargin(6).withMargin(-6)
        let surfaceMM2 = 4 * Double.pi * (18 * 18 + 10 * 10)
        #expect(try pair.subtracting(joined).volumeML < tolerance * surfaceMM2 / 1000)
    }

    @Test("What reaches the grid's edge is not shrunk there")
    func edge() throws {
        let grid = try Self.grid([1, 1, 2])
        let slab = IndexBox(lower: [0, 0, 0], upper: Vector3(grid.shape.x, grid.shape.y, 20))
        let mask = try RegionMask(
            geometry: grid, box: slab, coverage: [Float](repeating: 1, count: slab.count))
        let shrunk = try mask.withMargin(-6)
        #expect(abs(shrunk.volumeML / mask.volumeML - 17.0 / 20) < 1e-6)
    }
}
