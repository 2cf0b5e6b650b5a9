/// What parent and worker say to each other; both ends are this program.
///
/// A request is its length in four bytes, one byte for what is asked, and paths with a zero byte
/// between them; several only for headers. Each path gets one answer, in their order. An answer has
/// a fixed size; everything of variable length lies in the shared memory: pixels from its start,
/// headers (or errors' texts) one after the other from `WorkerProtocol.headerOffset`.
enum WorkerProtocol {
    static let headerOffset = ReadingLimits.pixelBytes
    /// The longest path that the system takes.
    static let longestPath = 4096
    /// The most paths of one request: enough that worker and parent rarely wait for each other.
    static let mostPaths = 32
    /// What is asked, and paths with a byte between them.
    static let longestRequest = 1 + mostPaths * (longestPath + 1)
    /// The status of a file whose header did not fit behind the others: to be asked for alone.
    static let askAlone: UInt32 = 1000
    static let longestMessage = 512

    struct Wanted: OptionSet {
        let rawValue: UInt8
        static let header = Wanted(rawValue: 1)
        static let pixels = Wanted(rawValue: 2)
        /// A DICOMDIR: the paths are a folder and an identifier, and there is one answer, which has
        /// the names of files that are not listed where headers lie.
        static let directory = Wanted(rawValue: 4)
    }

    /// The answer: what happened and how many bytes of what lie in the shared memory.
    struct Answer {
        var status: UInt32 = 0
        /// Where the header lies, from ``WorkerProtocol/headerOffset``.
        var headerStart = 0
        var headerCount = 0
        var pixelCount = 0
        /// Where plain values lie in the file; 0 when they must be decoded.
        var nativeOffset: UInt64 = 0
        /// Which file was read, as ``FileIdentity/words`` has it.
        var identity = [UInt64](repeating: 0, count: 4)
        var layout = [UInt32](repeating: 0, count: 8)

        static let size = 4 + 8 * 8 + 8 * 4

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Self.size)
            WorkerProtocol.append(UInt64(status), 4, to: &bytes)
            WorkerProtocol.append(UInt64(headerStart), 8, to: &bytes)
            WorkerProtocol.append(UInt64(headerCount), 8, to: &bytes)
            WorkerProtocol.append(UInt64(pixelCount), 8, to: &bytes)
            WorkerProtocol.append(nativeOffset, 8, to: &bytes)
            for word in identity { WorkerProtocol.append(word, 8, to: &bytes) }
            for word in layout { WorkerProtocol.append(UInt64(word), 4, to: &bytes) }
            return bytes
        }

        init() {}

        /// Reads an answer; `nil` when a count exceeds the shared memory.
        init?(_ bytes: [UInt8]) {
            guard bytes.count == Self.size,
                let start = Int(exactly: WorkerProtocol.number(bytes, 4, 8)),
                start <= ReadingLimits.headerBytes,
                let header = Int(exactly: WorkerProtocol.number(bytes, 12, 8)),
                header <= ReadingLimits.headerBytes - start,
                let pixels = Int(exactly: WorkerProtocol.number(bytes, 20, 8)),
                pixels <= ReadingLimits.pixelBytes
            else { return nil }
            status = UInt32(truncatingIfNeeded: WorkerProtocol.number(bytes, 0, 4))
            headerStart = start
            headerCount = header
            pixelCount = pixels
            nativeOffset = WorkerProtocol.number(bytes, 28, 8)
            identity = (0 ..< 4).map { WorkerProtocol.number(bytes, 36 + 8 * $0, 8) }
            layout = (0 ..< 8).map {
                UInt32(truncatingIfNeeded: WorkerProtocol.number(bytes, 68 + 4 * $0, 4))
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
