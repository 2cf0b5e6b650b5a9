import CDicomShim
import Foundation

/// One running worker, seen from the parent.
///
/// `@unchecked Sendable`: ``DicomReader`` lends a worker to one caller at a time, so its mutable
/// state is never touched by two threads at once.
@safe
final class WorkerProcess: @unchecked Sendable {
    private let process: Int32
    private let socket: Int32
    private let sharedDescriptor: Int32
    private let shared: UnsafeMutablePointer<UInt8>
    /// False after the worker died or was killed; it serves no more.
    private(set) var isAlive = true
    /// How much of the shared memory has been written since its pages were given back.
    private var touchedBytes = 0

    /// Shared memory above this is given back between files.
    private static let keptBytes = 32 << 20

    /// Starts a worker.
    ///
    /// - Throws: ``DicomError/workerDied(reason:)`` when it cannot be started.
    init(program: String) throws {
        let descriptor = dcm_shared_create(ReadingLimits.sharedBytes)
        guard descriptor >= 0 else {
            throw DicomError.workerDied(reason: "no shared memory for the DICOM worker")
        }
        guard let start = unsafe dcm_shared_map(descriptor, ReadingLimits.sharedBytes, 0) else {
            close(descriptor)
            throw DicomError.workerDied(reason: "no address space for the DICOM worker")
        }
        var process: Int32 = 0
        var socket: Int32 = 0
        guard unsafe dcm_worker_start(program, descriptor, &process, &socket) == 0 else {
            unsafe dcm_shared_unmap(start, ReadingLimits.sharedBytes)
            close(descriptor)
            throw DicomError.workerDied(reason: "the DICOM worker does not start")
        }
        self.process = process
        self.socket = socket
        sharedDescriptor = descriptor
        unsafe shared = start
    }

    deinit {
        end()
        unsafe dcm_shared_unmap(shared, ReadingLimits.sharedBytes)
        close(sharedDescriptor)
    }

    /// The process id, for measurements.
    var identifier: Int32 { process }

    /// What a worker answered; the bytes stay valid until the next request.
    struct Answer {
        /// The header in normal form; empty when not asked for.
        var header: [UInt8] = []
        /// The layout of the pixels in the shared memory; `nil` when not asked for.
        var layout: PixelLayout?
    }

    /// Asks for a file and waits for the answer.
    ///
    /// - Throws: ``DicomError``; ``DicomError/workerDied(reason:)`` when the worker crashed or
    ///   took longer than `seconds`, after which it is not alive any more.
    func request(
        _ wanted: WorkerProtocol.Wanted, path: String, seconds: Double
    ) throws -> Answer {
        giveBack()
        var request: [UInt8] = []
        let name = Array(path.utf8)
        guard name.count < WorkerProtocol.longestRequest, !name.contains(0) else {
            throw DicomError.unreadable(reason: "the path is too long")
        }
        WorkerProtocol.append(UInt64(name.count + 1), 4, to: &request)
        request.append(wanted.rawValue)
        request += name
        let sent = unsafe request.withUnsafeBufferPointer { buffer in
            unsafe dcm_send(socket, buffer.baseAddress, buffer.count)
        }
        guard sent == 0 else { throw died() }
        var bytes = [UInt8](repeating: 0, count: WorkerProtocol.Answer.size)
        let milliseconds = Int32(clamping: Int(min(seconds * 1000, 1e9).rounded(.up)))
        let received = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe dcm_receive(socket, buffer.baseAddress, buffer.count, milliseconds)
        }
        if received == -2 {
            end()
            throw DicomError.workerDied(
                reason: "no answer within \(Int(seconds.rounded(.up))) s")
        }
        guard received == 0 else { throw died() }
        return try understood(bytes)
    }

    /// Gives `body` the pixels of the last answer.
    func withPixels<Result>(
        _ layout: PixelLayout, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: shared, count: layout.bytes))
    }

    private func understood(_ bytes: [UInt8]) throws -> Answer {
        guard let raw = WorkerProtocol.Answer(bytes) else {
            end()
            throw DicomError.workerDied(reason: "the worker's answer makes no sense")
        }
        touchedBytes = max(touchedBytes, raw.pixelCount, raw.headerCount)
        let text = unsafe Array(
            UnsafeBufferPointer(
                start: shared + WorkerProtocol.headerOffset, count: raw.headerCount))
        guard raw.status == 0 else {
            // The text crosses a border: printable ASCII of bounded length only.
            let plain = text.prefix(WorkerProtocol.longestMessage)
                .filter { (0x20 ..< 0x7f).contains($0) }
            throw DicomError(status: raw.status, text: String(decoding: plain, as: UTF8.self))
        }
        let layout =
            raw.pixelCount > 0
            ? try PixelLayout(words: raw.layout, bytes: raw.pixelCount) : nil
        return Answer(header: text, layout: layout)
    }

    private func giveBack() {
        guard touchedBytes > Self.keptBytes else { return }
        dcm_shared_release(sharedDescriptor, ReadingLimits.sharedBytes)
        touchedBytes = 0
    }

    private func died() -> DicomError {
        let signal = end()
        return .workerDied(
            reason: signal == 0
                ? "the DICOM worker ended" : "the DICOM worker was ended by signal \(signal)")
    }

    /// Ends the process if it still runs and returns the signal that ended it.
    @discardableResult
    private func end() -> Int32 {
        guard isAlive else { return 0 }
        isAlive = false
        close(socket)
        // A crashed worker has already ended; then this changes nothing.
        kill(process, SIGKILL)
        return dcm_worker_reap(process)
    }
}
