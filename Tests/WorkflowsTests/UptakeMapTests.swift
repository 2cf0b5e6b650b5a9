import Foundation
import Imaging
import Testing
import Workflows

@Suite("Uptake on the dose grid")
struct UptakeMapTests {
    /// Law: rows that are taken as a whole hold what each voxel by itself says.
    @Test("a voxel is inside the field of view when its centre lies in a voxel of the image")
    func field() throws {
        let image = try VolumeGeometry(
            shape: [20, 18, 16], spacingMM: [4.4, 4.4, 4.4], originMM: [-40, -36, -32])
        let grid = try VolumeGeometry(
            shape: [40, 34, 30], spacingMM: [3, 3, 3], originMM: [-62, -50, -44])
        let angle = 0.2
        let transform = RigidTransform(
            rotation: Matrix3(
                rows: [cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]),
            translationMM: [2, -3, 1])
        let map = UptakeMap(
            image: Volume(repeating: 1, geometry: image), isConcentration: false, grid: grid,
            through: transform)
        var (inside, wholeRows) = (0, 0)
        for k in 0 ..< grid.shape.z {
            for j in 0 ..< grid.shape.y {
                var inRow = 0
                for i in 0 ..< grid.shape.x {
                    let centre = image.index(
                        positionMM: transform(
                            grid.positionMM(index: Vector3(Double(i), Double(j), Double(k)))))
                    let isInside =
                        (-0.5 ... 19.5).contains(centre.x) && (-0.5 ... 17.5).contains(centre.y)
                        && (-0.5 ... 15.5).contains(centre.z)
                    #expect(map.insideField[i, j, k] == (isInside ? 1 : 0))
                    inRow += isInside ? 1 : 0
                }
                inside += inRow
                wholeRows += inRow == grid.shape.x ? 1 : 0
            }
        }
        // The image is narrower than the grid along i: a second grid inside it has whole rows.
        #expect(inside > 1000 && wholeRows == 0)
        let small = try VolumeGeometry(
            shape: [5, 5, 5], spacingMM: [3, 3, 3], originMM: [-6, -6, -6])
        let all = UptakeMap(
            image: Volume(repeating: 1, geometry: image), isConcentration: false, grid: small,
            through: transform)
        #expect(all.insideField.sum() == 125)
    }
}
