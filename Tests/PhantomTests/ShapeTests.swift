import Foundation
import Imaging
import Phantom
import Testing

@Suite("Analytic shapes")
struct ShapeTests {
    private static let shapes: [(String, ConvexShape)] =
        [
            ("liver", Anatomy.liver), ("right", Anatomy.territory(.right)),
            ("left", Anatomy.territory(.left)), ("right lung", Anatomy.lungs[0]),
            ("gallbladder", Anatomy.gallbladder), ("stomach", Anatomy.stomach),
        ] + Anatomy.tumours.map { ($0.name, $0.shape) }

    private func shape(_ name: String) throws -> ConvexShape {
        try #require(Self.shapes.first { $0.0 == name }).1
    }

    @Test("closed-form and rasterised volumes agree", arguments: shapes.map(\.0))
    func volumes(_ name: String) throws {
        let shape = try shape(name)
        let closed = try #require(shape.volumeML)
        let grid = try VolumeGeometry(
            shape: [160, 120, 200], spacingMM: [2.5, 2.5, 2.5], originMM: [-198.75, -148.75, -190])
        let mask = try Rasteriser(geometry: grid, linesPerVoxel: 6).mask([shape])
        // Lines are exact along themselves and h apart across. A chord vanishes like a square root
        // at the rim, so the error is of order (h/diameter)^1.5: 1.2 % for 8 mm, 0.06 % for 60 mm.
        let lineSpacingMM = 2.5 / 6
        let diameterMM = cbrt(6 * closed * 1000 / Double.pi)
        #expect(abs(mask.volumeML - closed) < pow(lineSpacingMM / diameterMM, 1.5) * closed)
    }

    @Test("the territories fill the liver")
    func territoriesFillTheLiver() {
        let sum = Volumes.territoryML(.right) + Volumes.territoryML(.left)
        #expect(abs(sum - Volumes.liverML) < 1e-9 * Volumes.liverML)
    }

    @Test("a plane through the centre halves an ellipsoid whatever its tilt")
    func halves() throws {
        let cut = ConvexShape.HalfSpace(normal: [0.6, 0, 0.8], offsetMM: 0.6 * 5 + 0.8 * 7)
        let base = ConvexShape.Base.ellipsoid(centreMM: [5, 6, 7], semiAxesMM: [10, 20, 30])
        let half = try #require(ConvexShape(base, cuts: [cut]).volumeML)
        let whole = try #require(ConvexShape(base).volumeML)
        #expect(abs(half - whole / 2) < 1e-12 * whole)
    }

    @Test("contour polygons have the area of the ellipse")
    func sectionArea() throws {
        let ellipsoid = ConvexShape(
            .ellipsoid(centreMM: [1, 2, 3], semiAxesMM: [30, 20, 40]))
        let height = 10.0
        let corners = ellipsoid.section(z: 3 + height)
        var area = 0.0
        for (n, p) in corners.enumerated() {
            let q = corners[(n + 1) % corners.count]
            area += (p.x * q.y - q.x * p.y) / 2
        }
        let expected = Double.pi * 30 * 20 * (1 - height * height / 1600)
        // The polygon is scaled to the ellipse's area: rounding only.
        #expect(abs(area - expected) < 1e-9 * expected)
        #expect(ellipsoid.section(z: 43.1).isEmpty)
    }

    @Test("every tumour lies whole inside its territory and touches no other")
    func tumoursFit() {
        for tumour in Anatomy.tumours {
            let territory = Anatomy.territory(tumour.territory)
            for n in 0 ..< 2000 {
                var generator = RandomStream(seed: 7, purpose: 1).generator(at: n)
                let v = Vector3(generator.normal(), generator.normal(), generator.normal())
                let p = tumour.centreMM + (tumour.diameterMM / 2 / v.length) * v
                #expect(territory.contains(p))
                for other in Anatomy.tumours where other.name != tumour.name {
                    #expect(!other.shape.contains(p))
                }
            }
        }
    }

    @Test("a moved grid sees the moved shape")
    func placement() throws {
        let centre = Vector3(3.0, -4, 5)
        let sphere = ConvexShape.sphere(centreMM: centre, diameterMM: 30)
        let placement = RigidTransform(
            rotation: Trigonometry.rotation(eulerDegreesXYZ: [10, -20, 30]),
            translationMM: [7, 8, -9])
        let grid = try VolumeGeometry(
            shape: [60, 60, 60], spacingMM: [1, 1, 1], originMM: [-30, -30, -30])
        let volume = Rasteriser(geometry: grid, placement: placement, linesPerVoxel: 2)
            .added([(sphere, 1)])
        var moment = Vector3<Double>.zero
        for k in 0 ..< 60 {
            for j in 0 ..< 60 {
                for i in 0 ..< 60 {
                    let p = grid.positionMM(index: Vector3(Double(i), Double(j), Double(k)))
                    moment = moment + Double(volume[i, j, k]) * p
                }
            }
        }
        let found = (1 / volume.sum()) * moment
        // Symmetric sampling errors average out over some 2800 voxels of the surface.
        #expect((found - placement(centre)).length < 0.02)
    }
}
