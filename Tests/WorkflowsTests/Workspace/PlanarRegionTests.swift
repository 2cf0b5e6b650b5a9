import Foundation
import Testing
import Workflows

@Suite("Regions of planar views")
struct PlanarRegionTests {
    @Test("A box holds its pixels, both ends inside, and one beyond the image is refused")
    func box() throws {
        let pixels = try PlanarRegion.box([1, 2, 3, 5]).pixels(rows: 4, columns: 10)
        #expect(pixels == [13, 14, 15, 23, 24, 25])
        #expect(throws: WorkflowError.self) {
            try PlanarRegion.box([1, 4, 3, 5]).pixels(rows: 4, columns: 10)
        }
    }

    @Test("A polygon round the same pixels' centres holds the same pixels")
    func rectangle() throws {
        let polygon = PlanarRegion.polygon([[2.5, 0.5], [5.5, 0.5], [5.5, 2.5], [2.5, 2.5]])
        let box = try PlanarRegion.box([1, 2, 3, 5]).pixels(rows: 4, columns: 10)
        #expect(try polygon.pixels(rows: 4, columns: 10) == box)
    }

    @Test("Neighbours share no pixel and leave none out, also where corners lie on centres")
    func neighbours() throws {
        // A square of 8 x 8 centres cut along its diagonal and through its middle.
        let corners: [[Double]] = [[0, 0], [8, 0], [8, 8], [0, 8]]
        let middle = [3.0, 5.0]
        var found: [Int] = []
        for n in 0 ..< 4 {
            let part = PlanarRegion.polygon([corners[n], corners[(n + 1) % 4], middle])
            found += try part.pixels(rows: 20, columns: 20)
        }
        #expect(found.count == 64 && Set(found).count == 64)
    }

    @Test("A polygon beyond the image is cut at its edge; one beside it is empty")
    func cut() throws {
        let large = PlanarRegion.polygon([[-50, -50], [60, -50], [60, 60], [-50, 60]])
        #expect(try large.pixels(rows: 3, columns: 4) == Array(0 ..< 12))
        let beside = PlanarRegion.polygon([[10, 0], [20, 0], [20, 9]])
        #expect(try beside.pixels(rows: 3, columns: 4).isEmpty)
    }

    @Test("A disc of many corners holds pi r^2 pixels")
    func disc() throws {
        let corners = (0 ..< 360).map { n -> [Double] in
            let angle = Double(n) * .pi / 180
            return [50 + 40 * cos(angle), 50 + 40 * sin(angle)]
        }
        let count = try PlanarRegion.polygon(corners).pixels(rows: 101, columns: 101).count
        // Within a pixel along the rim of 251.
        #expect(abs(Double(count) - .pi * 1600) < 60)
    }
}
