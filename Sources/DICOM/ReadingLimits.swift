/// What reading one file may cost.
package enum ReadingLimits {
    /// The most bytes that the decoded pixels of one object may take: 1536 slices of 512 x 512
    /// with 16 bits.
    package static let pixelBytes = 1536 * 512 * 512 * 2
    /// The most bytes of a header in the normal form, an encapsulated document included.
    package static let headerBytes = 256 << 20
    /// The most bytes of a volume of rescaled values in memory.
    package static let volumeBytes = 8 << 30
    /// What the worker may allocate beyond what it has when it starts: a compressed object, one
    /// decoded frame, a header twice.
    ///
    /// Decoded pixels go to shared memory, which is mapped before and not counted here.
    package static let workerBytes = 1 << 30
    /// Processor time for one file; the wall-clock limit of ``DicomReader`` comes first as a rule.
    package static let processorSeconds: UInt32 = 120
    /// Wall-clock time for a file of no size: far more than reading takes, as a machine may be busy.
    package static let fileSeconds = 30.0
    /// The slowest reading that is waited for beyond that, in bytes of file per second.
    package static let slowestBytesPerSecond = 10_000_000.0

    /// Pixels first, the header behind them.
    static let sharedBytes = pixelBytes + headerBytes
}
