import Imaging
import Testing

@Suite("Pyramid")
struct PyramidTests {
    private let strides: [Vector3<Int>] = [[2, 2, 2], [2, 2, 1], [1, 2, 1]]

    private func filled(
        _ geometry: VolumeGeometry, _ field: (Vector3<Double>) -> Double
    ) -> Volume<Float> {
        var volume = Volume<Float>(repeating: 0, geometry: geometry)
        for k in 0 ..< geometry.shape.z {
            for j in 0 ..< geometry.shape.y {
                for i in 0 ..< geometry.shape.x {
                    volume[i, j, k] = Float(
                        field(geometry.positionMM(index: [Double(i), Double(j), Double(k)])))
                }
            }
        }
        return volume
    }

    @Test("coarse points lie on every second fine one, with room for stencils on both sides")
    func grid() throws {
        let grid = try VolumeGeometry(
            shape: [9, 8, 7], spacingMM: [2, 3, 4], originMM: [1, 1, 1])
        let coarse = try grid.coarsened(by: [2, 2, 1])
        #expect(coarse.shape == [10, 9, 7])
        #expect(coarse.spacingMM == [4, 6, 4])
        #expect(coarse.originMM == Vector3(-7.0, -11.0, 1.0))
        #expect(throws: ImagingError.self) { try grid.coarsened(by: [3, 1, 1]) }
    }

    @Test("a spread amount keeps its moments up to the fifth, at borders too")
    func moments() throws {
        let grid = try VolumeGeometry(shape: [9, 8, 11], spacingMM: [1, 1, 1])
        for at in [Vector3(0, 0, 0), Vector3(1, 7, 9), Vector3(5, 3, 10), Vector3(8, 6, 4)] {
            var volume = Volume<Float>(repeating: 0, geometry: grid)
            volume[at.x, at.y, at.z] = 1
            for strides in strides {
                let spread = try volume.spread(by: strides)
                for power in 0 ... 5 {
                    var sum = 0.0
                    for k in 0 ..< spread.geometry.shape.z {
                        for j in 0 ..< spread.geometry.shape.y {
                            for i in 0 ..< spread.geometry.shape.x {
                                let place = spread.geometry.positionMM(
                                    index: [Double(i), Double(j), Double(k)])
                                let x =
                                    place.x - Double(at.x) + 2 * (place.y - Double(at.y))
                                    - (place.z - Double(at.z))
                                let factor = (0 ..< power).reduce(1.0) { value, _ in value * x / 8 }
                                sum += Double(spread[i, j, k]) * factor
                            }
                        }
                    }
                    // Weights are exact in Float; sums of at most 216 of them.
                    #expect(abs(sum - (power == 0 ? 1 : 0)) < 1e-5, "\(at) \(strides) \(power)")
                }
            }
        }
    }

    @Test("interpolation reproduces a polynomial of degree 5, at borders too")
    func polynomial() throws {
        let grid = try VolumeGeometry(shape: [9, 8, 7], spacingMM: [1, 1, 1])
        let field: (Vector3<Double>) -> Double = {
            let x = ($0.x - 4) / 4
            return 2 * x * x * x * x * x - ($0.y - 4) * x / 4 + $0.z
        }
        for strides in strides {
            var result = Volume<Float>(repeating: 1, geometry: grid)
            result.addInterpolated(filled(try grid.coarsened(by: strides), field), by: strides)
            let expected = filled(grid, field)
            result.withVoxels { got in
                expected.withVoxels { wanted in
                    // Values up to 500 at the points outside the grid, in Float.
                    for n in got.indices { #expect(abs(got[n] - 1 - wanted[n]) < 1e-4) }
                }
            }
        }
    }

    @Test("interpolation is the transpose of spreading")
    func transpose() throws {
        let grid = try VolumeGeometry(shape: [7, 6, 5], spacingMM: [1, 1, 1])
        let amount = filled(grid) { $0.x * 3 - $0.y + $0.z * $0.x }
        for strides in strides {
            let coarse = filled(try grid.coarsened(by: strides)) { $0.x * $0.y - $0.z + 1 }
            var interpolated = Volume<Float>(repeating: 0, geometry: grid)
            interpolated.addInterpolated(coarse, by: strides)
            func product(_ a: Volume<Float>, _ b: Volume<Float>) -> Double {
                a.withVoxels { a in
                    b.withVoxels { b in
                        a.indices.reduce(0) { $0 + Double(a[$1]) * Double(b[$1]) }
                    }
                }
            }
            let one = product(try amount.spread(by: strides), coarse)
            let other = product(amount, interpolated)
            #expect(abs(one / other - 1) < 1e-5)
        }
    }
}
