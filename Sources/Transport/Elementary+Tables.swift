/// Elementary functions for the loop: a table and a short polynomial, no division, no branch.
///
/// Their bits do not depend on the machine's mathematics library; ``Elementary`` fills the tables.
package struct ElementaryTables: Sendable {
    private struct Pair: BitwiseCopyable {
        let first: Double
        let second: Double
    }

    private static let turnCells = 256
    private static let logCells = 128
    private static let exponentCells = 64
    private static let logOfTwo = 0.693_147_180_559_945_3

    /// Adding and subtracting it rounds to a whole number, which its last bits then hold.
    private static let magic = 0x1.8p52

    @inline(__always)
    private static func whole(_ rounded: Double) -> Int32 {
        Int32(truncatingIfNeeded: rounded.bitPattern)
    }

    /// (cos, sin) at the middle of each part of a turn.
    private let circle: RawTable<Pair>
    /// (1/m, ln m) at the middle of each part of 1 to 2.
    private let logarithms: RawTable<Pair>
    /// Powers of two from 0 to 1.
    private let powers: RawTable<Double>

    package init() {
        circle = RawTable(
            (0 ..< Self.turnCells).map { cell in
                let (c, s) = Elementary.cosineSine(
                    turns: (Double(cell) + 0.5) / Double(Self.turnCells))
                return Pair(first: c, second: s)
            })
        logarithms = RawTable(
            (0 ..< Self.logCells).map { cell in
                let inverse = 1 / (1 + (Double(cell) + 0.5) / Double(Self.logCells))
                return Pair(first: inverse, second: -Elementary.log(inverse))
            })
        powers = RawTable(
            (0 ..< Self.exponentCells).map {
                Elementary.exp(Double($0) / Double(Self.exponentCells) * Self.logOfTwo)
            })
    }

    /// Returns (cos, sin) of 2π·`turns` for turns from 0 to below 1, within 1e-13.
    @inline(__always)
    package func cosineSine(turns: Double) -> (Double, Double) {
        let place = turns * Double(Self.turnCells) - 0.5
        let rounded = place + Self.magic
        // At most 0.0123 from the middle of the cell.
        let x = (place - (rounded - Self.magic)) * (2 * Double.pi / Double(Self.turnCells))
        let y = x * x
        let c = 1 - y * (0.5 - y * (1.0 / 24))
        let s = x * (1 - y * (1.0 / 6 - y * (1.0 / 120)))
        let middle = circle[Int(Self.whole(rounded))]
        return (middle.first * c - middle.second * s, middle.second * c + middle.first * s)
    }

    /// Returns the natural logarithm of a positive normal number, within 1e-12.
    @inline(__always)
    package func log(_ x: Double) -> Double {
        let bits = x.bitPattern
        let exponent = Int(truncatingIfNeeded: bits >> 52) &- 1023
        let m = Double(bitPattern: (bits & 0xF_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
        let middle = logarithms[Int(truncatingIfNeeded: (bits >> 45) & 127)]
        // At most 1/256.
        let r = m * middle.first - 1
        let series = r * (1 - r * (0.5 - r * (1.0 / 3 - r * (0.25 - r * 0.2))))
        return middle.second + series + Double(exponent) * Self.logOfTwo
    }

    /// Returns eˣ for |x| < 700, within 1e-12 relative.
    @inline(__always)
    package func exp(_ x: Double) -> Double {
        let cells = Double(Self.exponentCells)
        let rounded = x * (cells / Self.logOfTwo) + Self.magic
        let r = x - (rounded - Self.magic) * (Self.logOfTwo / cells)
        let whole = Int(Self.whole(rounded))
        let series = 1 + r * (1 + r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120)))))
        let power = UInt64(truncatingIfNeeded: (whole >> 6) &+ 1023) << 52
        return powers[whole & (Self.exponentCells - 1)] * series * Double(bitPattern: power)
    }
}
