import CCryptoShim

/// Comparing secrets.
package enum ConstantTime {
    /// Whether two byte strings are equal, in a time that does not tell where they differ.
    package static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe cry_equal(a, b, a.count) == 1
    }
}
