import Imaging
import Testing

@Suite("Pyramid")
struct PyramidTests {
    @Test("shares among blocks keep the total, on odd grids too, and the centroid")
    func total() throws {
        let grid = try VolumeGeometry(
            shape: [9, 8, 7], spacingMM: [2, 3, 4], originMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 1, geometry: grid)
        volume[8, 7, 6] = 7
        let shared = try volume.sharedAmongBlocks()
        #expect(shared.geometry.shape == [5, 4, 4])
        #expect(shared.geometry.spacingMM == [4, 6, 8])
        #expect(shared.geometry.originMM == [2, 2.5, 3])
        #expect(shared.sum() == volume.sum())

        var point = Volume<Float>(repeating: 0, geometry: grid)
        point[3, 4, 3] = 64
        let around = try point.sharedAmongBlocks()
        var centroid = Vector3<Double>.zero
        for k in 0 ..< 4 {
            for j in 0 ..< 4 {
                for i in 0 ..< 5 {
                    let at = around.geometry.positionMM(index: [Double(i), Double(j), Double(k)])
                    centroid = centroid + (Double(around[i, j, k]) / 64) * at
                }
            }
        }
        #expect((centroid - grid.positionMM(index: [3, 4, 3])).length < 1e-12)
    }

    @Test("interpolation from blocks keeps a linear field away from the border")
    func linear() throws {
        let grid = try VolumeGeometry(shape: [8, 8, 8], spacingMM: [1, 1, 1])
        let field: (Vector3<Double>) -> Float = { Float(2 * $0.x - $0.y + 4 * $0.z) }
        func filled(_ geometry: VolumeGeometry) -> Volume<Float> {
            var volume = Volume<Float>(repeating: 0, geometry: geometry)
            for k in 0 ..< geometry.shape.z {
                for j in 0 ..< geometry.shape.y {
                    for i in 0 ..< geometry.shape.x {
                        volume[i, j, k] = field(
                            geometry.positionMM(index: [Double(i), Double(j), Double(k)]))
                    }
                }
            }
            return volume
        }
        var result = Volume<Float>(repeating: 0, geometry: grid)
        result.addInterpolated(halved: filled(try grid.halved()))
        let expected = filled(grid)
        for k in 1 ..< 7 {
            for j in 1 ..< 7 { for i in 1 ..< 7 { #expect(result[i, j, k] == expected[i, j, k]) } }
        }
    }
}
