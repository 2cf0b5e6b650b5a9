public import Quantities

/// What a registration found, and how far it can be trusted.
public struct RegistrationResult: Sendable {
    /// Takes points of the fixed image's frame to the moving image's frame.
    public let transform: RigidTransform

    /// The transform the search began with.
    public let start: RigidTransform

    /// Mattes mutual information at start and end, both on the finest level's images; its
    /// negative is what was minimised, so lower is better.
    public let metricStart: Double
    public let metricEnd: Double

    /// Iterations on each level, coarse to fine.
    public let iterations: [Int]

    /// Why the search ended, in words.
    public let stopReason: String

    /// Share of the compared points that lie inside the moving image at the end, 0 to 1.
    public let overlap: Double

    /// How far the results from other starts lie from this one.
    public let spread: RegistrationSpread

    /// What a person should look at before accepting the transform.
    public let findings: [Finding]
}

/// Results of the same registration begun from other starts.
public struct RegistrationSpread: Hashable, Sendable {
    /// The transforms found from the other starts.
    public let others: [RigidTransform]

    /// Greatest distance from the accepted result at the middle of the fixed image, in mm.
    public let centreMM: Double

    /// Greatest distance from the accepted result at the corners of the fixed image, in mm.
    public let cornerMM: Double
}

/// How far a running registration has come.
public struct RegistrationProgress: Hashable, Sendable {
    /// Levels done, over the main search and all searches from other starts.
    public let done: Int
    public let total: Int
}
