import Imaging
import Testing
import Workflows

@Suite("Parts without necks")
struct NeckedPartsTests {
    /// Balls of radius 10 and 6 whose surfaces a bar of a half width joins, on voxels of 1 mm.
    private func parts(barHalfWidth: Int) throws -> (parts: [Int], grid: VolumeGeometry) {
        let grid = try VolumeGeometry(shape: [50, 25, 25], spacingMM: [1, 1, 1])
        var shares = [Float](repeating: 0, count: grid.count)
        for k in 0 ..< 25 {
            for j in 0 ..< 25 {
                for i in 0 ..< 50 {
                    func isInBall(_ x: Int, _ radius: Int) -> Bool {
                        let (a, b, c) = (i - x, j - 12, k - 12)
                        return a * a + b * b + c * c <= radius * radius
                    }
                    let isInBar =
                        (12 ... 38).contains(i) && abs(j - 12) <= barHalfWidth
                        && abs(k - 12) <= barHalfWidth
                    if isInBall(12, 10) || isInBall(38, 6) || isInBar {
                        shares[grid.offset(i, j, k)] = 1
                    }
                }
            }
        }
        let distance = SurfaceDistance(shares, on: grid, grid.box, inSlices: false)
        let parts = NeckedParts(sides: grid.shape, leastNeck: 0.6)
            .parts(ofDepthsMM: distance.signedMM.map { -$0 })
        return (parts, grid)
    }

    @Test("A bar thinner than 0.6 of the smaller ball parts them, a wider one does not")
    func bars() throws {
        for (halfWidth, isOne) in [(1, false), (5, true)] {
            let (parts, grid) = try parts(barHalfWidth: halfWidth)
            let (large, small) = (parts[grid.offset(12, 12, 12)], parts[grid.offset(38, 12, 12)])
            #expect(large >= 0 && small >= 0)
            #expect((large == small) == isOne, "half width \(halfWidth)")
        }
    }

    @Test("Every voxel inside has a part, none outside")
    func coverage() throws {
        let (parts, grid) = try parts(barHalfWidth: 1)
        #expect(parts[0] == -1)
        #expect(parts[grid.offset(12, 12, 2)] >= 0)
        #expect(Set(parts).count == 3)
    }

    @Test("A median keeps an edge where it is, and takes a single voxel away")
    func medians() throws {
        let grid = try VolumeGeometry(shape: [9, 5, 5], spacingMM: [1, 1, 1])
        var volume = Volume<Float>(repeating: 0, geometry: grid)
        volume.updateSlices { k, slice in
            for n in 0 ..< 45 where n % 9 >= 5 { slice[n] = 100 }
            if k == 2 { slice[2 + 9 * 2] = 1000 }
        }
        let medians = volume.medians()
        for i in 0 ..< 9 { #expect(medians[i, 2, 2] == (i >= 5 ? 100 : 0)) }
    }
}
