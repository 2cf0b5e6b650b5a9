import Foundation

/// Unique identifiers for objects that Grevy makes: UUIDs under the root 2.25 (PS3.5 §B.2).
package enum UID {
    /// Implementation Class UID of every file that Grevy writes.
    package static let implementationClass = "2.25.62820457762165007473049020128630478998"
    /// Implementation Version Name of every file that Grevy writes, at most 16 characters.
    package static let implementationVersionName = "GREVY_1"
    /// Explicit VR Little Endian, the transfer syntax of every file that Grevy writes.
    package static let explicitVRLittleEndian = "1.2.840.10008.1.2.1"

    /// Returns a new identifier from the system's random numbers.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return uid(generator.next(), generator.next(), version: 4)
    }

    /// Returns the identifier number `index` of a reproducible family.
    ///
    /// The same seed and index give the same identifier, so only synthetic data may use it: two
    /// sites that share a seed would share identifiers.
    package static func derived(seed: UInt64, index: Int) -> String {
        // Two counters far apart, each mixed twice, so that neighbours share no visible bits.
        let position = UInt64(bitPattern: Int64(index))
        let high = mixed(mixed(seed) &+ position &* 2)
        let low = mixed(mixed(seed ^ 0x6772_6576_795f_7569) &+ position &* 2 &+ 1)
        return uid(high, low, version: 8)
    }

    /// Returns the identifier that follows from the first 16 bytes of a keyed hash.
    package static func keyed(_ hash: [UInt8]) -> String {
        precondition(hash.count >= 16, "\(hash.count) bytes")
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.reduce(0) { $0 << 8 | UInt64($1) }
        }
        return uid(word(hash[0 ..< 8]), word(hash[8 ..< 16]), version: 8)
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection of 64 bits.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Sets version and variant as RFC 9562 asks and prints the number in decimal.
    private static func uid(_ high: UInt64, _ low: UInt64, version: UInt64) -> String {
        let marked = (high & ~0xf000) | (version << 12)
        let variant = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
        return "2.25.\(UInt128(marked) << 64 | UInt128(variant))"
    }
}

/// A row of identifiers: random ones, or the family of a seed in order.
package struct UIDGenerator: Sendable {
    private let seed: UInt64?
    private var index = 0

    /// Makes random identifiers.
    package init() { seed = nil }

    /// Makes the same identifiers on every run; for synthetic data only.
    package init(seed: UInt64) { self.seed = seed }

    /// Returns the next identifier.
    package mutating func next() -> String {
        guard let seed else { return UID.random() }
        defer { index += 1 }
        return UID.derived(seed: seed, index: index)
    }
}
