import Foundation
import Imaging
import Testing
import Workflows

@Suite("Projections from all sides")
struct ProjectionsTests {
    /// A hot voxel 60 mm to the patient's left and 30 mm towards the head from the middle.
    private static func volume() throws -> Volume<Float> {
        let grid = try VolumeGeometry(
            shape: [41, 41, 21], spacingMM: [4, 4, 6], originMM: [-80 + 7, -80 - 3, -60 + 11])
        var volume = Volume<Float>(repeating: 1, geometry: grid)
        volume[20 + 15, 20, 10 + 5] = 50
        return volume
    }

    @Test("A hot voxel goes round as its place says and keeps its value")
    func turning() throws {
        let all = try Projections.of(Self.volume())
        let shape = all.geometry.shape
        #expect(shape.z == Projections.angles)
        let pixel = all.geometry.spacingMM.x
        for angle in 0 ..< shape.z {
            var best: (value: Float, u: Double, v: Double) = (0, 0, 0)
            for row in 0 ..< shape.y {
                for column in 0 ..< shape.x where all[column, row, angle] > best.value {
                    best = (
                        all[column, row, angle], (Double(column) - Double(shape.x - 1) / 2) * pixel,
                        (Double(row) - Double(shape.y - 1) / 2) * pixel
                    )
                }
            }
            // In front at first: the patient's left is on the right of the screen.
            let expected = 60 * cos(2 * .pi * Double(angle) / Double(shape.z))
            #expect(abs(best.u - expected) <= pixel, "angle \(angle)")
            #expect(abs(best.v + 30) <= pixel, "angle \(angle)")
            // Rays pass within half a pixel of the voxel's centre along each of three axes.
            #expect(best.value > 10 && best.value <= 50, "angle \(angle)")
        }
    }

    @Test("The strip holds every direction, dark where much is, and no value below its window")
    func strip() throws {
        let all = try Projections.of(Self.volume())
        let png = try Projections.strip(all, low: 0, high: 50)
        #expect(png.starts(with: [0x89, 0x50, 0x4e, 0x47]))
        #expect(png[16 ..< 20].reduce(0) { $0 << 8 | Int($1) } == 36 * all.geometry.shape.x)
        #expect(png[20 ..< 24].reduce(0) { $0 << 8 | Int($1) } == all.geometry.shape.y)
    }
}
