import Foundation

extension SliceOrder {
    /// The angle of a step to the normal, in degrees.
    static func degrees(across: Double, along: Double) -> Double {
        atan2(across, along) * 180 / .pi
    }

    /// Three decimals, always.
    static func fixed(_ value: Double) -> String { String(format: "%.3f", value) }
}
