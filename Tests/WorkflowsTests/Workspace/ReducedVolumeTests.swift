import Imaging
import Testing
import Workflows

@Suite("Reduced volumes")
struct ReducedVolumeTests {
    /// A ramp in patient coordinates, which the mean of a whole block keeps at the block's middle.
    private static func ramp(at mm: Vector3<Double>) -> Double { 3 * mm.x - 2 * mm.y + 5 * mm.z }

    private static func volume(_ shape: Vector3<Int>) throws -> Volume<Float> {
        let grid = try VolumeGeometry(
            shape: shape, spacingMM: [0.8, 1.1, 2.5], originMM: [-100, 40, 7],
            axes: Matrix3(rows: [0, -1, 0], [1, 0, 0], [0, 0, 1]))
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y {
                for i in 0 ..< shape.x {
                    let index = Vector3(Double(i), Double(j), Double(k))
                    volume[i, j, k] = Float(ramp(at: grid.positionMM(index: index)))
                }
            }
        }
        return volume
    }

    @Test("A ramp keeps its values and its place in the patient")
    func ramp() throws {
        let reduced = try ReducedVolume.of(Self.volume([256, 130, 3]), isWhole: false)
        #expect(reduced.geometry.shape == Vector3(128, 65, 3))
        var worst = 0.0
        for k in 0 ..< 3 {
            for j in 0 ..< 65 {
                for i in 0 ..< 128 {
                    let index = Vector3(Double(i), Double(j), Double(k))
                    let expected = Self.ramp(at: reduced.geometry.positionMM(index: index))
                    worst = max(worst, abs(Double(reduced[i, j, k]) - expected))
                }
            }
        }
        // Float's rounding of values up to 1300.
        #expect(worst < 2e-4)
    }

    @Test("A block at the edge holds the mean of the voxels that there are")
    func edge() throws {
        let grid = try VolumeGeometry(shape: [129, 1, 1], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 2, geometry: grid)
        volume[128, 0, 0] = 9
        let reduced = try ReducedVolume.of(volume, isWhole: true)
        #expect(reduced.geometry.shape == Vector3(65, 1, 1))
        #expect(reduced[64, 0, 0] == 9 && reduced[63, 0, 0] == 2)
    }

    @Test("A small volume stays as it is")
    func small() throws {
        let volume = try Self.volume([20, 128, 5])
        let reduced = try ReducedVolume.of(volume, isWhole: false)
        #expect(reduced.geometry == volume.geometry && reduced.voxels == volume.voxels)
    }
}
