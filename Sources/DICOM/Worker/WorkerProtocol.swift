/// What parent and worker say to each other; both ends are this program.
///
/// A request is its length in four bytes, one byte for what is asked, and the path. An answer has
/// a fixed size; everything of variable length lies in the shared memory: pixels from its start,
/// the header (or an error's text) from `WorkerProtocol.headerOffset`.
enum WorkerProtocol {
    static let headerOffset = ReadingLimits.pixelBytes
    /// The longest path that the system takes, and the byte before it.
    static let longestRequest = 4097
    static let longestMessage = 512

    struct Wanted: OptionSet {
        let rawValue: UInt8
        static let header = Wanted(rawValue: 1)
        static let pixels = Wanted(rawValue: 2)
    }

    /// The answer: what happened and how many bytes of what lie in the shared memory.
    struct Answer {
        var status: UInt32 = 0
        var headerCount = 0
        var pixelCount = 0
        var layout = [UInt32](repeating: 0, count: 8)

        static let size = 4 + 8 + 8 + 8 * 4

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            WorkerProtocol.append(UInt64(status), 4, to: &bytes)
            WorkerProtocol.append(UInt64(headerCount), 8, to: &bytes)
            WorkerProtocol.append(UInt64(pixelCount), 8, to: &bytes)
            for word in layout { WorkerProtocol.append(UInt64(word), 4, to: &bytes) }
            return bytes
        }

        init() {}

        /// Reads an answer; `nil` when a count exceeds the shared memory.
        init?(_ bytes: [UInt8]) {
            guard bytes.count == Self.size,
                let header = Int(exactly: WorkerProtocol.number(bytes, 4, 8)),
                header <= ReadingLimits.headerBytes,
                let pixels = Int(exactly: WorkerProtocol.number(bytes, 12, 8)),
                pixels <= ReadingLimits.pixelBytes
            else { return nil }
            status = UInt32(truncatingIfNeeded: WorkerProtocol.number(bytes, 0, 4))
            headerCount = header
            pixelCount = pixels
            layout = (0 ..< 8).map {
                UInt32(truncatingIfNeeded: WorkerProtocol.number(bytes, 20 + 4 * $0, 4))
            }
        }
    }

    static func append(_ value: UInt64, _ width: Int, to bytes: inout [UInt8]) {
        for n in 0 ..< width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * n))) }
    }

    static func number(_ bytes: [UInt8], _ start: Int, _ width: Int) -> UInt64 {
        (0 ..< width).reversed().reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
    }
}
