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
        guard let shared = unsafe dcm_shared_map(3, ReadingLimits.sharedBytes, 1),
            dcm_limit_process(ReadingLimits.workerBytes, ReadingLimits.sharedBytes) == 0
        else { return 2 }
        while let request = nextRequest() {
            guard let kind = request.first,
                dcm_limit_processor_time(ReadingLimits.processorSeconds) == 0
            else { return 2 }
            let path = String(decoding: request.dropFirst(), as: UTF8.self)
            let answer = unsafe answer(
                WorkerProtocol.Wanted(rawValue: kind), path: path, shared: shared
            ).bytes
            guard
                unsafe answer.withUnsafeBufferPointer({ buffer in
                    unsafe dcm_send(1, buffer.baseAddress, buffer.count)
                }) == 0
            else { return 0 }
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

    private static func answer(
        _ wanted: WorkerProtocol.Wanted, path: String, shared: UnsafeMutablePointer<UInt8>
    ) -> WorkerProtocol.Answer {
        var answer = WorkerProtocol.Answer()
        do {
            let withPixels = wanted.contains(.pixels)
            let file = try DicomFile(path: path, withPixels: withPixels)
            if withPixels {
                let layout = try file.layout(limit: ReadingLimits.pixelBytes)
                try unsafe file.decode(layout, into: shared)
                answer.layout = layout.words
                answer.pixelCount = layout.bytes
            }
            if wanted.contains(.header) {
                answer.headerCount = unsafe put(try file.headerBytes(), in: shared)
            }
        } catch {
            let (status, text) = (error as? DicomError ?? .malformed(reason: "")).statusAndText
            answer = WorkerProtocol.Answer()
            answer.status = status
            answer.headerCount = unsafe put(
                Array(text.utf8.prefix(WorkerProtocol.longestMessage)), in: shared)
        }
        return answer
    }

    private static func put(_ bytes: [UInt8], in shared: UnsafeMutablePointer<UInt8>) -> Int {
        let target = unsafe UnsafeMutableBufferPointer(
            start: shared + WorkerProtocol.headerOffset, count: bytes.count)
        _ = unsafe target.initialize(from: bytes)
        return bytes.count
    }
}
