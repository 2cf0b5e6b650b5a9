import CDicomShim
import Foundation

/// One running worker, seen from the parent.
///
/// `@unchecked Sendable`: ``DicomReader``, an actor, lends a worker to one caller at a time, and a
/// caller with several gives each to one thread; so no two threads touch its mutable state at once,
/// and each sees what the one before wrote. Who is not lent it reads `identifier` alone, which never
/// changes. `@safe`: the shared memory is mapped in `init`, unmapped in `deinit` alone, and every
/// place and length of an answer is checked against its size before it is read.
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

    /// What a worker answered; pixels stay valid until the next request.
    struct Answer {
        /// The header in normal form; empty when not asked for.
        var header: [UInt8] = []
        /// The layout of the pixels in the shared memory; `nil` when not asked for.
        var layout: PixelLayout?
        /// Where plain values lie in the file; `nil` when they must be decoded or were.
        var native: NativePixels?
        /// Which file was read.
        var identity: FileIdentity
    }

    /// Asks for a file and waits for the answer.
    ///
    /// - Throws: ``DicomError``; ``DicomError/workerDied(reason:)`` when the worker crashed or
    ///   took longer than `seconds`, after which it is not alive any more.
    func request(
        _ wanted: WorkerProtocol.Wanted, path: String, seconds: Double
    ) throws -> Answer {
        try send(wanted, paths: [path])
        guard let answer = try receive(seconds: seconds) else {
            throw DicomError.limitExceeded(what: "the header")
        }
        return answer
    }

    /// Asks for the headers of several files and gives each answer to `body` when it comes, while
    /// the worker reads the next file.
    ///
    /// - Parameters:
    ///   - paths: At most ``WorkerProtocol/mostPaths``.
    ///   - seconds: How long a file may take.
    ///   - body: Gets the index of the path and what came of it; `nil` when the file must be asked
    ///     for alone, because its header did not fit behind the others.
    /// - Returns: how many paths were answered; less than all when the worker died.
    func requestHeaders(
        paths: ArraySlice<String>, seconds: (String) -> Double,
        body: (Int, Result<Answer?, any Error>) -> Void
    ) -> Int {
        guard let first = paths.first else { return 0 }
        // A path that cannot be sent costs itself only.
        let sent = Self.canSend(first) ? paths.prefix(while: Self.canSend) : paths.prefix(1)
        do { try send(.header, paths: Array(sent)) } catch {
            body(sent.startIndex, .failure(error))
            return 1
        }
        for index in sent.indices {
            body(index, Result { try receive(seconds: seconds(paths[index])) })
            guard isAlive else { return index + 1 - sent.startIndex }
        }
        return sent.count
    }

    /// Writes `folder`/DICOMDIR over the files below `folder`/DICOM.
    ///
    /// - Returns: The names of files that it does not list, from `folder`.
    /// - Throws: As ``request(_:path:seconds:)``.
    func writeDirectory(in folder: String, uid: String, seconds: Double) throws -> [String] {
        try send(.directory, paths: [folder, uid])
        guard let answer = try receive(seconds: seconds) else {
            throw DicomError.limitExceeded(what: "the names of files outside the DICOMDIR")
        }
        return DicomDirectory.names(answer.header)
    }

    private static func canSend(_ path: String) -> Bool {
        path.utf8.count <= WorkerProtocol.longestPath && !path.utf8.contains(0)
    }

    private func send(_ wanted: WorkerProtocol.Wanted, paths: [String]) throws {
        precondition(
            paths.count <= WorkerProtocol.mostPaths, "\(paths.count) paths in one request")
        giveBack()
        guard paths.allSatisfy(Self.canSend) else {
            throw DicomError.unreadable(reason: "the path is too long")
        }
        let name = Array(paths.joined(separator: "\0").utf8)
        var request: [UInt8] = []
        request.reserveCapacity(name.count + 5)
        WorkerProtocol.append(UInt64(name.count + 1), 4, to: &request)
        request.append(wanted.rawValue)
        request += name
        let sent = unsafe request.withUnsafeBufferPointer { buffer in
            unsafe dcm_send(socket, buffer.baseAddress, buffer.count)
        }
        guard sent == 0 else { throw died() }
    }

    /// Waits for one answer; `nil` when the file must be asked for alone.
    private func receive(seconds: Double) throws -> Answer? {
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

    private func understood(_ bytes: [UInt8]) throws -> Answer? {
        guard let raw = WorkerProtocol.Answer(bytes) else {
            end()
            throw DicomError.workerDied(reason: "the worker's answer makes no sense")
        }
        touchedBytes = max(touchedBytes, raw.pixelCount, raw.headerStart + raw.headerCount)
        let text = unsafe Array(
            UnsafeBufferPointer(
                start: shared + WorkerProtocol.headerOffset + raw.headerStart,
                count: raw.headerCount))
        guard raw.status != WorkerProtocol.askAlone else { return nil }
        guard raw.status == 0 else {
            // The text crosses a border: printable ASCII of bounded length only.
            let plain = text.prefix(WorkerProtocol.longestMessage)
                .filter { (0x20 ..< 0x7f).contains($0) }
            throw DicomError(status: raw.status, text: String(decoding: plain, as: UTF8.self))
        }
        var answer = Answer(header: text, identity: FileIdentity(words: raw.identity[...]))
        if raw.pixelCount > 0 {
            answer.layout = try PixelLayout(words: raw.layout, bytes: raw.pixelCount)
        } else if raw.nativeOffset > 0 {
            answer.native = NativePixels(
                layout: try PixelLayout(words: raw.layout), offset: raw.nativeOffset,
                fileSize: answer.identity.size)
        }
        return answer
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
