import Foundation

extension Double {
    /// The number with a fixed count of decimals, for sentences.
    func decimals(_ count: Int) -> String { String(format: "%.\(count)f", self) }
}
