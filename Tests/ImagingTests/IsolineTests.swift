import Imaging
import Testing
import _TestSupport

@Suite("Isolines and outlines")
struct IsolineTests {
    private static func area(_ line: Isoline) -> Double {
        var sum = 0.0
        guard var a = line.points.last else { return 0 }
        for b in line.points {
            sum += (a.u * b.v - b.u * a.v) / 2
            a = b
        }
        return sum
    }

    @Test("the lines of a cone are circles of the right size, inside to the left")
    func cone() throws {
        let geometry = try VolumeGeometry(shape: [81, 81, 3], spacingMM: [1, 1, 1])
        let cone = try ImagingShapes.volume(on: geometry) { p in
            50 - ((p.x - 40) * (p.x - 40) + (p.y - 40) * (p.y - 40)).squareRoot()
        }
        let lines = cone.isolines(level: 30, inSlice: 1)
        try #require(lines.count == 1)
        #expect(lines[0].isClosed)
        // The chord error of linear interpolation is 1/(8 r) of a pixel at most.
        for point in lines[0].points {
            let (u, v) = (point.u - 40, point.v - 40)
            #expect(abs((u * u + v * v).squareRoot() - 20) < 1.0 / (8 * 19))
        }
        #expect(abs(Self.area(lines[0]) / (.pi * 400) - 1) < 0.005)
        #expect(cone.isolines(level: 30, inSlice: 3).isEmpty)
    }

    @Test("lines are the same in every plane, and end at the border")
    func planes() throws {
        let geometry = try VolumeGeometry(shape: [9, 8, 7], spacingMM: [1, 1, 1])
        let field = try ImagingShapes.volume(on: geometry) { $0.x + 10 * $0.y + 100 * $0.z }
        let across = field.isolines(level: 423.5, inSlice: 2, axis: .j)
        // 20 + x + 100 z = 423.5 within x = 0...8 and z = 0...6.
        try #require(across.count == 1)
        #expect(!across[0].isClosed)
        for point in across[0].points { #expect(abs(20 + point.u + 100 * point.v - 423.5) < 1e-3) }
        let other = field.isolines(level: 423.5, inSlice: 3, axis: .i)
        for point in other.flatMap(\.points) {
            #expect(abs(3 + 10 * point.u + 100 * point.v - 423.5) < 1e-3)
        }
        #expect(!other.isEmpty)
    }

    @Test("a round trip through a mask keeps volume, place and holes")
    func roundTrip() throws {
        let turn = ImagingShapes.rotation(degrees: [8, -5, 20])
        let geometry = try VolumeGeometry(
            shape: [60, 60, 50], spacingMM: [1, 1, 1.5],
            originMM: turn * Vector3(-29.5, -29.5, -36.75), axes: turn)
        let planes = ImagingShapes.sphere(diameterMM: 40, planeSpacingMM: 1.5, phase: 0.5)
        let holes = ImagingShapes.sphere(diameterMM: 20, planeSpacingMM: 1.5, phase: 0.5)
        let stack = ContourStack(
            contours: (planes.contours + holes.contours).map { contour in
                PlanarContour(pointsMM: contour.pointsMM.map { turn * $0 })
            })
        let mask = try stack.mask(on: geometry)
        let outlines = mask.contours()
        let again = try outlines.mask(on: geometry)
        // The half-coverage line cuts the pixel corners of a curve: second order, under 1 % here.
        #expect(abs(again.volumeML / mask.volumeML - 1) < 0.01)
        let moved = try #require(again.centroidMM) - #require(mask.centroidMM)
        #expect(moved.length < 0.02)
        #expect(again[30, 30, 24] == 0)
    }
}
