/// What reading one file may cost.
package enum ReadingLimits {
    /// The most bytes that the decoded pixels of one object may take.
    package static let pixelBytes = 1_500_000_000
}
