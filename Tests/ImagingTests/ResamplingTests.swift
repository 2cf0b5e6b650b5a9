import Imaging
import Testing
import _TestSupport

@Suite("Resampling")
struct ResamplingTests {
    private static func grid(
        _ shape: Vector3<Int>, _ spacing: Vector3<Double>, _ origin: Vector3<Double> = .zero,
        axes: Matrix3 = .identity
    ) throws -> VolumeGeometry {
        try VolumeGeometry(shape: shape, spacingMM: spacing, originMM: origin, axes: axes)
    }

    @Test("the laws hold between aligned grids, finer, coarser and shifted")
    func alignedGrids() throws {
        let source = try Self.grid([20, 18, 12], [2, 2, 3], [-20, -18, -16])
        for target in [
            try Self.grid([9, 8, 8], [4.4, 4.4, 4.8], [-19, -17, -17]),
            try Self.grid([50, 40, 30], [0.9, 0.8, 1.1], [-22, -17, -14]),
            try Self.grid([20, 18, 12], [2, 2, 3], [-18.7, -18.2, -15.1]),
        ] {
            try checkResamplingLaws(from: source, onto: target)
        }
    }

    @Test("the laws hold between grids whose axes run against each other")
    func reversedAxes() throws {
        let source = try Self.grid([20, 18, 12], [2, 2, 3], [-20, -18, -16])
        let turned = Matrix3(rows: [1, 0, 0], [0, -1, 0], [0, 0, -1])
        let target = try Self.grid([15, 14, 11], [2.5, 2.6, 3.5], [-18, 17, 16], axes: turned)
        try checkResamplingLaws(from: source, onto: target)
    }

    @Test("the laws hold through a rotation and a shift")
    func rotatedGrids() throws {
        let source = try Self.grid([20, 18, 12], [2, 2, 3], [-20, -18, -16])
        let target = try Self.grid([16, 16, 12], [3, 3, 3], [-24, -24, -18])
        let transform = RigidTransform(
            rotation: ImagingShapes.rotation(degrees: [5, -8, 12]), translationMM: [2, -1, 3])
        try checkResamplingLaws(from: source, onto: target, through: transform)
    }

    @Test("an even amount stays even on a slightly turned grid of smaller voxels")
    func evenAmount() throws {
        // A SPECT onto a dose grid.
        let source = try Self.grid([30, 30, 30], [4.42, 4.42, 4.42], [-64, -64, -64])
        let target = try Self.grid([24, 24, 24], [3, 3, 3], [-34.5, -34.5, -34.5])
        let degrees = 1.5
        let transform = RigidTransform(
            rotation: ImagingShapes.rotation(degrees: [0, 0, degrees]), translationMM: [1, 2, 3])
        let counts = Volume<Float>(repeating: 100, geometry: source)
        let shared = counts.redistributed(onto: target, through: transform).volume
        let expected = 100 * target.voxelVolumeML / source.voxelVolumeML
        var worst = 0.0
        shared.withVoxels { voxels in
            for n in voxels.indices { worst = max(worst, abs(Double(voxels[n]) / expected - 1)) }
        }
        // A part is 4.42 / 5 mm wide and taken as not turned: at each of the four faces that the
        // turn tilts, it may reach its own width times the sine too far.
        #expect(worst < 4 * (4.42 / 5) / 3 * 0.0262, "\(worst)")
        #expect(worst > 0)
    }

    @Test("a part of a turned grid gets the same amounts as the whole")
    func partOfGrid() throws {
        // Slices are worked on in slabs; those of the part lie across the borders of the whole's.
        let source = try Self.grid([14, 12, 16], [4.4, 4.4, 4.4], [-28, -26, -35])
        let whole = try Self.grid([16, 15, 21], [3, 3, 3], [-24, -22, -31])
        let part = try Self.grid([16, 15, 13], [3, 3, 3], [-24, -22, -16])
        let transform = RigidTransform(
            rotation: ImagingShapes.rotation(degrees: [5, -8, 12]), translationMM: [2, -1, 3])
        let counts = try ImagingShapes.volume(on: source) { abs($0.x + 2 * $0.y + 3 * $0.z) + 1 }
        let all = counts.redistributed(onto: whole, through: transform).volume
        let some = counts.redistributed(onto: part, through: transform).volume
        var worst: Float = 0
        for k in 0 ..< 13 {
            for j in 0 ..< 15 {
                for i in 0 ..< 16 {
                    let expected = all[i, j, k + 5]
                    worst = max(worst, abs(some[i, j, k] - expected) / max(1, expected))
                }
            }
        }
        // Positions round differently by 1e-15 of a voxel; amounts are rounded to Float once.
        #expect(worst <= Float.ulpOfOne, "\(worst)")
        #expect(some.sum() > 0)
    }

    @Test("the mean of a function is that of the volume it makes, along the axes and turned")
    func meanOfFunction() throws {
        let source = try Self.grid([20, 18, 12], [2, 2, 3], [-20, -18, -16])
        let target = try Self.grid([9, 8, 8], [4.4, 4.4, 4.8], [-19, -17, -17])
        let turned = try Self.grid(
            [9, 8, 8], [4.4, 4.4, 4.8], [-19, -17, -17],
            axes: ImagingShapes.rotation(degrees: [5, -8, 12]))
        let field = try ImagingShapes.volume(on: source) { $0.x - 2 * $0.y + 3 * $0.z }
        var squares = field
        squares.updateSlices { _, slice in
            for n in slice.indices { slice[n] *= slice[n] }
        }
        for grid in [target, turned] {
            let direct = field.averaged(onto: grid, outside: -7) { values, result in
                for n in values.indices { result[n] = values[n] * values[n] }
            }
            #expect(direct.voxels == squares.averaged(onto: grid, outside: -7).voxels)
        }
    }

    @Test("an amount moved to a coarser grid lands in the voxels that hold it")
    func amountLandsInPlace() throws {
        var source = Volume<Float>(repeating: 0, geometry: try Self.grid([4, 1, 1], [1, 1, 1]))
        source[0, 0, 0] = 8
        source[1, 0, 0] = 4
        // Target voxels cover x = -0.5...1 and 1...2.5: voxel 1 is shared half and half.
        let target = try Self.grid([2, 1, 1], [1.5, 1, 1], [0.25, 0, 0])
        let shared = source.redistributed(onto: target)
        #expect(shared.volume[0, 0, 0] == 10)
        #expect(shared.volume[1, 0, 0] == 2)
        #expect(shared.outside == 0)
    }

    @Test("what lies outside the new grid is reported, not lost in silence")
    func outsideIsReported() throws {
        let source = Volume<Float>(repeating: 2, geometry: try Self.grid([4, 4, 4], [1, 1, 1]))
        let target = try Self.grid([2, 4, 4], [1, 1, 1])
        #expect(source.redistributed(onto: target).outside == 64)
    }

    @Test("the mean over a coarse voxel is the mean of the voxels in it")
    func meanOverCoarseVoxel() throws {
        let geometry = try Self.grid([4, 2, 2], [1, 1, 1], [-1.5, -0.5, -0.5])
        let source = try ImagingShapes.volume(on: geometry) { $0.x < 0 ? 10 : 20 }
        let target = try Self.grid([1, 1, 1], [4, 2, 2])
        #expect(source.averaged(onto: target, outside: 0)[0, 0, 0] == 15)
    }

    @Test("a point moves the way the transform says")
    func directionOfTransform() throws {
        var source = Volume<Float>(repeating: 0, geometry: try Self.grid([9, 9, 9], [1, 1, 1]))
        source[6, 3, 4] = 1
        let transform = RigidTransform(translationMM: [2, -1, 3])
        let result = source.interpolated(
            onto: source.geometry, through: transform, outside: 0)
        // Target point (4, 4, 1) goes to (6, 3, 4) of the source's frame.
        #expect(result[4, 4, 1] == 1)
        #expect(result.sum() == 1)
    }

    @Test("a region keeps its volume and place on a coarser, turned grid")
    func regionOnOtherGrid() throws {
        let fine = try Self.grid([60, 60, 60], [1, 1, 1], [-29.5, -29.5, -29.5])
        let sphere = try ImagingShapes.sphere(diameterMM: 40, planeSpacingMM: 1, phase: 0.5)
            .mask(on: fine)
        let coarse = try Self.grid([24, 24, 24], [4, 4, 4], [-46, -46, -46])
        let transform = RigidTransform(
            rotation: ImagingShapes.rotation(degrees: [10, 20, 30]), translationMM: [3, 0, -2])
        for through in [RigidTransform.identity, transform] {
            let moved = sphere.interpolated(onto: coarse, through: through)
            // Box averaging of trilinear samples keeps volume to second order of the voxel size.
            #expect(abs(moved.volumeML / sphere.volumeML - 1) < 0.005)
            let centre = try #require(moved.centroidMM)
            #expect((centre - through.inverse(.zero)).length < 0.05)
        }
    }
}
