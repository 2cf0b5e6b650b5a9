import CDicomShim

/// The child process in which untrusted files are parsed.
///
/// Descriptors 0 and 1 are a socket to the parent, 3 is the shared memory. Only the parent starts
/// it; by hand it ends at once because there is no shared memory.
package enum DicomWorker {
    /// Limits this process, then serves files until the parent goes away.
    ///
    /// - Returns: the exit code.
    package static func run() -> Int32 {
        // Mapped until the process ends; nothing is written beyond what `ReadingLimits` says it has.
        guard let shared = unsafe dcm_shared_map(3, ReadingLimits.sharedBytes, 1),
            dcm_limit_process(ReadingLimits.workerBytes, ReadingLimits.sharedBytes) == 0
        else { return 2 }
        // While the parent looks for its files.
        dcm_prepare()
        while let request = nextRequest() {
            guard let kind = request.first else { return 2 }
            var answers = unsafe Answers(
                wanted: WorkerProtocol.Wanted(rawValue: kind), shared: shared)
            var paths = request.dropFirst().split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            let directory = answers.isDirectory ? paths.popLast() : nil
            for path in paths {
                guard dcm_limit_processor_time(ReadingLimits.processorSeconds) == 0 else {
                    return 2
                }
                let answer = answers.next(path: path, directory: directory).bytes
                guard
                    unsafe answer.withUnsafeBufferPointer({ buffer in
                        unsafe dcm_send(1, buffer.baseAddress, buffer.count)
                    }) == 0
                else { return 0 }
            }
        }
        return 0
    }

    private static func nextRequest() -> [UInt8]? {
        guard let length = received(4).map({ Int(WorkerProtocol.number($0, 0, 4)) }),
            length > 0, length <= WorkerProtocol.longestRequest
        else { return nil }
        return received(length)
    }

    private static func received(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe dcm_receive(0, buffer.baseAddress, buffer.count, -1)
        }
        return status == 0 ? bytes : nil
    }
}

/// The answers to one request.
@safe
private struct Answers {
    private let wanted: WorkerProtocol.Wanted
    private let shared: UnsafeMutablePointer<UInt8>
    /// Where the next header goes: the parent may still be reading those before.
    private var headerStart = 0

    init(wanted: WorkerProtocol.Wanted, shared: UnsafeMutablePointer<UInt8>) {
        self.wanted = wanted
        unsafe self.shared = shared
    }

    var isDirectory: Bool { wanted == .directory }

    /// Answers for a file, or writes the directory with an identifier where one is wanted.
    mutating func next(path: String, directory: String?) -> WorkerProtocol.Answer {
        var answer = WorkerProtocol.Answer()
        do {
            if let directory {
                put(try DicomDirectory.write(in: path, uid: directory), in: &answer)
                return answer
            }
            let withPixels = wanted.contains(.pixels)
            let file = try DicomFile(path: path, withPixels: withPixels)
            answer.identity = file.identity.words
            if withPixels {
                let layout = try file.layout(limit: ReadingLimits.pixelBytes)
                try unsafe file.decode(layout, into: shared)
                answer.layout = layout.words
                answer.pixelCount = layout.bytes
            } else if let native = file.nativePixels() {
                answer.layout = native.layout.words
                answer.nativeOffset = UInt64(native.offset)
            }
            if wanted.contains(.header) { put(try file.headerBytes(), in: &answer) }
        } catch {
            let (status, text) = (error as? DicomError ?? .malformed(reason: "")).statusAndText
            answer = WorkerProtocol.Answer()
            answer.status = status
            put(Array(text.utf8.prefix(WorkerProtocol.longestMessage)), in: &answer)
        }
        return answer
    }

    private mutating func put(_ bytes: [UInt8], in answer: inout WorkerProtocol.Answer) {
        guard bytes.count <= ReadingLimits.headerBytes - headerStart else {
            answer = WorkerProtocol.Answer()
            answer.status = WorkerProtocol.askAlone
            return
        }
        let target = unsafe UnsafeMutableBufferPointer(
            start: shared + WorkerProtocol.headerOffset + headerStart, count: bytes.count)
        _ = unsafe target.initialize(from: bytes)
        answer.headerStart = headerStart
        answer.headerCount = bytes.count
        headerStart += bytes.count
    }
}
