import Imaging
import Testing
import _TestSupport

@Suite("Contours to masks")
struct ContourMaskTests {
    private static func grid(
        spacing: Vector3<Double> = [1, 1, 1], shape: Vector3<Int> = [20, 20, 8]
    ) throws -> VolumeGeometry {
        try VolumeGeometry(shape: shape, spacingMM: spacing)
    }

    @Test(
        "a sphere's volume is right within max(1 %, (spacing/diameter)²)",
        arguments: [8.0, 12, 20, 40, 60], [1.0, 2, 3, 5])
    func sphereVolume(diameterMM: Double, planeSpacingMM: Double) throws {
        let geometry = try VolumeGeometry(
            shape: [70, 70, 70], spacingMM: [1, 1, 1], originMM: [-34.5, -34.5, -34.5])
        let truth = .pi / 6 * diameterMM * diameterMM * diameterMM / 1000
        let ratio = planeSpacingMM / diameterMM
        for phase in [0, 0.25, 0.5] {
            let mask = try ImagingShapes.sphere(
                diameterMM: diameterMM, centreMM: [0.3, -0.2, 0.1],
                planeSpacingMM: planeSpacingMM, phase: phase
            ).mask(on: geometry, planeSpacingMM: planeSpacingMM)
            // The bound is reached when a plane touches the pole; 1e-6 is rounding of shares.
            #expect(abs(mask.volumeML / truth - 1) <= max(0.01, ratio * ratio) + 1e-6)
        }
    }

    @Test("the volume is polygon area times spacing, however the grid lies")
    func exactVolume() throws {
        let area = 150.0
        let planes = (0 ..< 5).map { n in
            ImagingShapes.polygon(
                areaMM2: area, centreMM: Vector3(9.7, 8.1, 3.3 + 2 * Double(n)), corners: 7)
        }
        for spacing in [Vector3(1.0, 1.0, 1.0), Vector3(0.7, 1.3, 2.9), Vector3(4.0, 4.0, 4.0)] {
            let geometry = try Self.grid(spacing: spacing, shape: [40, 40, 40])
            let mask = try ContourStack(contours: planes).mask(on: geometry)
            // Shares are Float: 1e-6 is some ten of its steps.
            #expect(abs(mask.volumeML / (area * 10 / 1000) - 1) < 1e-6)
        }
    }

    @Test("holes, keyholes, islands and overlaps follow the even-odd rule exactly")
    func evenOdd() throws {
        let outer = ImagingShapes.rectangle(2.2 ... 12.2, 3.1 ... 13.1, z: 3)
        let hole = ImagingShapes.rectangle(4.2 ... 8.2, 5.1 ... 9.1, z: 3)
        let island = ImagingShapes.rectangle(5.2 ... 6.2, 6.1 ... 7.1, z: 3)
        let overlap = ImagingShapes.rectangle(10.2 ... 14.2, 3.1 ... 13.1, z: 3)
        let o = outer.pointsMM
        let h = hole.pointsMM
        let keyhole = PlanarContour(pointsMM: o + [o[0], h[0], h[3], h[2], h[1], h[0], o[0]])
        let cases: [([PlanarContour], Double)] = [
            ([outer], 100), ([outer, hole], 84), ([hole, island, outer], 85), ([keyhole], 84),
            ([outer, overlap], 100 + 40 - 2 * 20), ([outer, outer], 0),
        ]
        let geometry = try Self.grid()
        for (contours, areaMM2) in cases {
            let mask = try ContourStack(contours: contours).mask(on: geometry, planeSpacingMM: 1)
            #expect(abs(mask.volumeML * 1000 - areaMM2) < 1e-4)
            // Points run the other way round: the same region.
            let reversed = contours.map { PlanarContour(pointsMM: $0.pointsMM.reversed()) }
            let other = try ContourStack(contours: reversed)
                .mask(on: geometry, planeSpacingMM: 1)
            #expect(abs(other.volumeML - mask.volumeML) < 1e-7)
        }
    }

    @Test("a contour that crosses itself encloses both of its loops")
    func figureOfEight() throws {
        let eight = PlanarContour(pointsMM: [[2, 2, 1], [12, 12, 1], [12, 2, 1], [2, 12, 1]])
        let mask = try ContourStack(contours: [eight])
            .mask(on: try Self.grid(), planeSpacingMM: 1)
        #expect(abs(mask.volumeML * 1000 - 50) < 1e-4)
    }

    @Test("a voxel cut by the edge gets its exact share, and the slab its share in depth")
    func shares() throws {
        let box = ImagingShapes.rectangle(2.25 ... 5.5, 2.5 ... 4.5, z: 3.25)
        let mask = try ContourStack(contours: [box]).mask(on: try Self.grid(), planeSpacingMM: 1)
        // The slab covers z = 2.75 ... 3.75: 0.75 of slice 3 and 0.25 of slice 4.
        #expect(mask.box == IndexBox(lower: [2, 3, 3], upper: [6, 5, 5]))
        #expect(mask[2, 3, 3] == 0.25 * 0.75)
        #expect(mask[4, 3, 3] == 0.75)
        #expect(mask[4, 4, 4] == 0.25)
    }

    @Test("gaps between planes are not bridged, small jitter of planes leaves no gap")
    func gapsAndJitter() throws {
        let heights = [0.0, 2, 4, 10, 12]
        let stack = ContourStack(
            contours: heights.map { ImagingShapes.rectangle(2 ... 6, 2 ... 6, z: $0) })
        let geometry = try Self.grid(shape: [20, 20, 30])
        // The slab of the plane at 0 begins at -1, half a millimetre before the grid.
        #expect(abs(try stack.mask(on: geometry).volumeML * 1000 - 16 * 9.5) < 1e-3)
        #expect(try stack.planes(along: geometry).spacingMM == 2)

        let jitter = ContourStack(
            contours: [3.0, 6.27, 9.46, 12.73, 16].map {
                ImagingShapes.rectangle(2 ... 6, 2 ... 6, z: $0)
            })
        let covered = try jitter.mask(on: geometry)
        #expect(abs(covered.volumeML * 1000 - 16 * (13 + 3.27)) < 1e-3)
        #expect(covered[4, 4, 8] == 1)
    }

    @Test("one plane takes the grid's slice spacing unless told otherwise")
    func singlePlane() throws {
        let stack = ContourStack(contours: [ImagingShapes.rectangle(2 ... 6, 2 ... 6, z: 9)])
        let geometry = try Self.grid(spacing: [1, 1, 3])
        #expect(abs(try stack.mask(on: geometry).volumeML * 1000 - 48) < 1e-4)
        let thin = try stack.mask(on: geometry, planeSpacingMM: 1.5)
        #expect(abs(thin.volumeML * 1000 - 24) < 1e-4)
    }

    @Test("what lies outside the grid is cut off")
    func clipped() throws {
        let geometry = try Self.grid()
        let wide = ContourStack(
            contours: (-4 ..< 20).map {
                ImagingShapes.rectangle(-50 ... 50, -1e9 ... 3.5, z: Double($0))
            })
        let mask = try wide.mask(on: geometry)
        #expect(abs(mask.volumeML * 1000 - 20 * 4 * 8) < 1e-3)
        let away = ContourStack(
            contours: [ImagingShapes.rectangle(100 ... 110, 100 ... 110, z: 2)])
        #expect(try away.mask(on: geometry).isEmpty)
        #expect(try away.mask(on: geometry, mode: .voxelCentre).isEmpty)
    }

    @Test("whole voxels are taken by their centres")
    func voxelCentres() throws {
        let box = ImagingShapes.rectangle(2.25 ... 5.5, 2.5 ... 4.5, z: 3.2)
        let mask = try ContourStack(contours: [box])
            .mask(on: try Self.grid(), mode: .voxelCentre, planeSpacingMM: 1)
        #expect(mask.box == IndexBox(lower: [3, 3, 3], upper: [6, 5, 4]))
        #expect(mask.coverage.allSatisfy { $0 == 1 })
    }

    @Test("tilted planes are refused with the angle")
    func tilted() throws {
        let flat = ImagingShapes.sphere(diameterMM: 10, planeSpacingMM: 2)
        for (degrees, isRefused) in [(0.3, false), (1.0, true), (90.0, true)] {
            let turn = ImagingShapes.rotation(degrees: Vector3(degrees, 0, 0))
            let stack = ContourStack(
                contours: flat.contours.map { contour in
                    PlanarContour(pointsMM: contour.pointsMM.map { turn * $0 })
                })
            guard isRefused else {
                _ = try stack.mask(on: try Self.grid())
                continue
            }
            let error = #expect(throws: ImagingError.self) {
                try stack.mask(on: try Self.grid())
            }
            guard case .contourNotInSlicePlane(_, let tilt) = error else {
                Issue.record("refused for another reason")
                continue
            }
            #expect(abs(tilt - degrees) < 0.1)
        }
    }

    @Test("a tilted grid takes contours that lie in its own slices")
    func obliqueGrid() throws {
        let turn = ImagingShapes.rotation(degrees: [12, -7, 30])
        let geometry = try VolumeGeometry(
            shape: [40, 40, 40], spacingMM: [1, 1, 1],
            originMM: turn * Vector3(-19.5, -19.5, -19.5), axes: turn)
        let stack = ContourStack(
            contours: ImagingShapes.sphere(diameterMM: 30, planeSpacingMM: 1, phase: 0.5)
                .contours.map { PlanarContour(pointsMM: $0.pointsMM.map { turn * $0 }) })
        let truth = Double.pi / 6 * 27
        #expect(abs(try stack.mask(on: geometry).volumeML / truth - 1) < 0.01)
    }

    @Test("contours without area are refused, and can be set aside by name")
    func degenerate() throws {
        let stack = ContourStack(contours: [
            ImagingShapes.rectangle(2 ... 6, 2 ... 6, z: 1),
            PlanarContour(pointsMM: [[1, 1, 1], [2, 2, 1]]),
            PlanarContour(pointsMM: [[1, 1, 1], [2, 2, 1], [3, 3, 1]]),
            PlanarContour(pointsMM: [[1, 1, 1], [2, .nan, 1], [3, 4, 1]]),
        ])
        #expect(throws: ImagingError.contourDegenerate(contour: 1, points: 2)) {
            try stack.mask(on: try Self.grid())
        }
        let (kept, dropped) = stack.withoutDegenerate()
        #expect(dropped == [1, 2, 3])
        #expect(try !kept.mask(on: try Self.grid()).isEmpty)
    }

    @Test("union, intersection and difference keep volumes in balance")
    func algebra() throws {
        let geometry = try Self.grid()
        func region(_ x: ClosedRange<Double>) throws -> RegionMask {
            try ContourStack(contours: [ImagingShapes.rectangle(x, 2 ... 6, z: 3)])
                .mask(on: geometry)
        }
        let a = try region(2.2 ... 8.4)
        let b = try region(6.1 ... 11.3)
        let both = try a.intersection(b).volumeML
        // Shares are sums of some ten Floats.
        #expect(abs(try a.union(b).volumeML - (a.volumeML + b.volumeML - both)) < 1e-7)
        #expect(abs(try a.subtracting(b).volumeML - (a.volumeML - both)) < 1e-7)
        #expect(try a.union(a) == a)
        #expect(try a.subtracting(a).isEmpty)
        let left = try region(2 ... 5.3)
        let right = try region(5.3 ... 8)
        #expect(abs(try left.adding(right).volumeML - 0.024) < 1e-7)
        let other = RegionMask(empty: try Self.grid(spacing: [2, 2, 2]))
        #expect(throws: ImagingError.geometryMismatch(geometry, other.geometry)) {
            try a.union(other)
        }
    }
}
