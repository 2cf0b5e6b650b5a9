import Imaging
import Quantities
import Testing
import Workflows
import _TestSupport

/// Noise below zero, set off before particles are started.
@Suite("Balanced activity")
struct BalancedActivityTests {
    private static func map(
        _ shape: Vector3<Int>, _ value: (_ i: Int, _ j: Int, _ k: Int) -> Float
    ) throws -> Volume<Float> {
        var volume = Volume<Float>(
            repeating: 0, geometry: try VolumeGeometry(shape: shape, spacingMM: [4, 4, 3]))
        for k in 0 ..< shape.z {
            for j in 0 ..< shape.y { for i in 0 ..< shape.x { volume[i, j, k] = value(i, j, k) } }
        }
        return volume
    }

    @Test("a map without noise stays as it is, without a word")
    func exact() throws {
        let map = try Self.map([5, 4, 3]) { i, j, k in Float(i * j + k) / 3 }
        let balanced = BalancedActivity(map)
        #expect(balanced.amounts.voxels == map.voxels && balanced.findings.isEmpty)
    }

    /// Closed form: 8 and 2 against -4 in one block leave 60 % of each.
    @Test("amounts of one block are scaled by what is left of them")
    func block() throws {
        let map = try Self.map([4, 2, 2]) { i, j, k in
            (j, k) != (0, 0) ? 0 : [8, -4, 2, 1][i]
        }
        // The block of columns 0 and 1 keeps 4; that of 2 and 3 all.
        #expect(BalancedActivity(map).amounts.voxels.prefix(4) == [4, 0, 2, 1])
        let wider = try Self.map([4, 2, 2]) { i, j, k in
            (j, k) != (0, 0) ? 0 : [1, -4, 8, 2][i]
        }
        // -3 are left of the first block, and 7 of 10 of the second.
        let found = BalancedActivity(wider).amounts.voxels.prefix(4)
        for (a, b) in zip(found, [0, 0, 5.6, 1.4] as [Float]) { #expect(abs(a - b) < 1e-6) }
    }

    /// Law: no amount is below zero, the sum stays, and noise far away takes nothing.
    @Test("noise far from a hot place takes nothing from it, and the sum stays")
    func hot() throws {
        func isHot(_ i: Int, _ j: Int, _ k: Int) -> Bool {
            [i, j, k].allSatisfy { (8 ..< 16).contains($0) }
        }
        // Noise of mean 0.1 and width 2.
        let map = try Self.map([32, 24, 20]) { i, j, k in
            if isHot(i, j, k) { return 1000 }
            var draws = SplitMix(seed: UInt64(i + 32 * (j + 24 * k)))
            return Float(draws.next(from: -1.9, to: 2.1))
        }
        let balanced = BalancedActivity(map)
        #expect(balanced.amounts.firstIndex { $0 < 0 } == nil)
        #expect(abs(balanced.amounts.sum() / map.sum() - 1) < 1e-6)
        // At most the noise of the block of 16 voxels that holds the hot place is left for it:
        // 3584 values with a standard deviation of 4/√12 add up to 70, of 512,000, 1 sigma. Scaled
        // alike, it would lose more than 1 %.
        var farthest: Float = 0
        for k in 8 ..< 16 {
            for j in 8 ..< 16 {
                for i in 8 ..< 16 {
                    farthest = max(farthest, abs(balanced.amounts[i, j, k] - 1000))
                }
            }
        }
        #expect(farthest / 1000 < 4 * 70 / 512_000)
        let finding = try #require(balanced.findings.first)
        #expect(finding.code == "activity.negative-values")
    }

    @Test("noise above 2 % of the activity is a warning, less a note")
    func severity() throws {
        func severity(_ noise: Float) throws -> String? {
            let map = try Self.map([4, 4, 4]) { i, j, k in (i, j, k) == (0, 0, 0) ? -noise : 1 }
            return BalancedActivity(map).findings.first?.severity.rawValue
        }
        #expect(try severity(1) == "note")  // 1 of 62
        #expect(try severity(2) == "warning")  // 2 of 61
    }
}
