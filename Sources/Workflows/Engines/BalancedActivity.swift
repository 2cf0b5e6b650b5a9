import Foundation
package import Imaging
package import Quantities

/// An activity map without negative amounts, for engines that start particles.
///
/// Noise below zero is set off against what lies beside it: in blocks of 2, 4, 8, … voxels along
/// each axis the amounts of either sign are scaled down until those of one sign are gone. So the
/// sum of the map stays, and that of every block in which the amounts are positive together; a hot
/// place gives nothing for noise far away, as it would if all amounts were scaled alike.
package struct BalancedActivity {
    /// Amounts of 0 or more.
    package let amounts: Volume<Float>
    /// How much was set off, and how near.
    package let findings: [Finding]

    /// From this share of all activity on a person should look.
    private static let warnedShare = 0.02
    /// The finding tells within which distance this share was set off.
    private static let nearShare = 0.9

    /// Balances amounts; a map without negative ones stays as it is, to the bit.
    package init(_ signed: Volume<Float>) {
        let negative = signed.withVoxels { s in
            s.indices.reduce(0.0) { $0 + Double(max(0, -s[$1])) }
        }
        guard negative > 0 else {
            (amounts, findings) = (signed, [])
            return
        }
        let grid = signed.geometry
        var values = signed.voxels.map(Double.init)
        var (left, edge) = (negative, 1)
        var nearMM: Double?
        let longest = max(grid.shape.x, grid.shape.y, grid.shape.z)
        let longestMM = max(grid.spacingMM.x, grid.spacingMM.y, grid.spacingMM.z)
        while left > 0, edge < longest {
            edge *= 2
            left -= Self.balance(&values, in: grid, blocks: edge)
            if nearMM == nil, left <= (1 - Self.nearShare) * negative {
                nearMM = Double(edge) * longestMM
            }
        }
        let rest = values
        var balanced = signed
        let size = grid.shape.x * grid.shape.y
        balanced.updateSlices { k, slice in
            // Below zero is left where the whole map is.
            for n in slice.indices { slice[n] = Float(max(0, rest[k * size + n])) }
        }
        amounts = balanced
        let share = negative / balanced.sum()
        findings = [
            Finding(
                "activity.negative-values", share > Self.warnedShare ? .warning : .note,
                "Noise below zero, \(String(format: "%.3g", 100 * share)) % of the activity, was "
                    + "set off against activity beside it"
                    + (nearMM.map { String(format: ", nine tenths of it within %.0f mm", $0) } ?? "")
                    + ", because no negative number of particles can be started; the sum stays.")
        ]
    }

    /// Sets amounts of either sign off against each other in every block.
    ///
    /// - Returns: How much was set off.
    private static func balance(
        _ values: inout [Double], in grid: VolumeGeometry, blocks edge: Int
    ) -> Double {
        let (x, y) = (grid.shape.x, grid.shape.y)
        let across = (x: (x + edge - 1) / edge, y: (y + edge - 1) / edge)
        func block(_ n: Int) -> Int {
            n % x / edge + across.x * (n / x % y / edge + across.y * (n / (x * y) / edge))
        }
        let count = across.x * across.y * ((grid.shape.z + edge - 1) / edge)
        var sums = [(positive: Double, negative: Double)](repeating: (0, 0), count: count)
        for (n, value) in values.enumerated() where value != 0 {
            if value > 0 {
                sums[block(n)].positive += value
            } else {
                sums[block(n)].negative -= value
            }
        }
        for (n, value) in values.enumerated() where value != 0 {
            let (positive, negative) = sums[block(n)]
            let (own, other) = value > 0 ? (positive, negative) : (negative, positive)
            values[n] = other >= own ? 0 : value * (1 - other / own)
        }
        return sums.reduce(0) { $0 + min($1.positive, $1.negative) }
    }
}
