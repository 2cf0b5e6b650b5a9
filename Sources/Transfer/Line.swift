import CTransferShim
import Foundation
import Synchronization

/// One of the shim's lines: a transfer at a time, with the connections that earlier ones left.
///
/// Safe to share: between `prepare` and the end of `run` it belongs to one thread (``LinePool`` hands
/// it to one transfer at a time), and `wake` may be called by any.
@safe
final class Line: @unchecked Sendable {
    /// What errors name.
    struct Purpose {
        let host: String
        let port: Int
        let mostBytes: Int
    }

    private let handle: OpaquePointer
    private let isStopped = Atomic<Bool>(false)

    /// `nil` when memory is short.
    init?() {
        guard let opened = unsafe tra_line_open() else { return nil }
        unsafe handle = opened
    }

    deinit { unsafe tra_line_close(handle) }

    /// Forgets the last transfer; on its thread.
    func clear() { unsafe tra_clear(handle) }

    /// Makes the line ready for another transfer, once nobody can stop the last one any more.
    func rearm() { isStopped.store(false, ordering: .releasing) }

    /// Ends the transfer under way, or the next one before it begins.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        unsafe tra_wake(handle)
    }

    func set(_ trust: Trust, _ limits: TransferLimits) throws {
        switch trust {
        case .system: break
        case .authorities(let file): try set(TRA_AUTHORITIES, file.path)
        case .certificate(let sha256): try set(TRA_FINGERPRINT, sha256)
        }
        unsafe tra_number(handle, TRA_CONNECT_SECONDS, UInt64(clamping: limits.connectSeconds))
        unsafe tra_number(handle, TRA_STALL_SECONDS, UInt64(clamping: limits.stallSeconds))
        unsafe tra_number(handle, TRA_TOTAL_SECONDS, UInt64(clamping: limits.totalSeconds ?? 0))
    }

    func set(_ field: tra_text_field, _ value: String) throws {
        guard unsafe tra_text(handle, field, value) == TRA_OK else {
            throw TransferError.file(reason: "out of memory")
        }
    }

    func setNumber(_ field: tra_number_field, _ value: Int) {
        unsafe tra_number(handle, field, UInt64(clamping: value))
    }

    func add(_ piece: WebRequest.Piece) throws {
        switch piece {
        case .bytes(let data):
            let bytes = [UInt8](data)
            guard unsafe tra_add_bytes(handle, bytes, bytes.count) == TRA_OK else {
                throw TransferError.file(reason: "out of memory")
            }
        case .file(let file):
            var message = [CChar](repeating: 0, count: 256)
            let count = message.count
            guard unsafe tra_add_file(handle, file.path, &message, count) == TRA_OK else {
                throw TransferError.file(reason: AddressParts.text(message))
            }
        }
    }

    func prepare(_ request: WebRequest, headers: [String], isPlain: Bool) throws {
        try set(TRA_URL, request.address.text)
        try set(TRA_METHOD, request.method)
        for header in headers { try set(TRA_HEADER, header) }
        // Otherwise libcurl waits up to a second for permission to send a longer body.
        if request.headers["Expect"] == nil { try set(TRA_HEADER, "Expect:") }
        if let destination = request.destination { try set(TRA_DESTINATION, destination.path) }
        setNumber(TRA_MOST_BYTES, request.mostBytes)
        setNumber(TRA_MOST_REDIRECTS, request.mostRedirects)
        setNumber(TRA_PLAIN, isPlain ? 1 : 0)
        for piece in request.body { try add(piece) }
        if request.body.isEmpty, ["POST", "PUT", "PATCH"].contains(request.method) {
            try add(.bytes(Data()))
        }
    }

    /// Runs what was prepared, on the thread that calls, to its end.
    ///
    /// - Returns: The status of the answer, or the mail server's last reply.
    func run(
        _ purpose: Purpose, progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) throws -> Int {
        var message = [CChar](repeating: 0, count: 256)
        let count = message.count
        guard unsafe tra_begin(handle, &message, count) == TRA_OK else {
            throw TransferError.broken(host: purpose.host, reason: AddressParts.text(message))
        }
        var now = tra_progress()
        var told = ContinuousClock.now
        while !isStopped.load(ordering: .acquiring), unsafe tra_step(handle, &now) == 1 {
            if let progress, ContinuousClock.now - told > .milliseconds(200) {
                told = .now
                progress(TransferProgress(now))
            }
        }
        var code: UInt32 = 0
        let status = unsafe tra_end(handle, &code, &message, count)
        guard status == TRA_OK else {
            throw Self.error(status, purpose, code: Int(code), AddressParts.text(message))
        }
        progress?(TransferProgress(now))
        return Int(code)
    }

    var headers: String { unsafe String(cString: tra_headers(handle)) }

    var body: Data {
        var count = 0
        // The shim's bytes stay until the line is cleared; they are copied before.
        guard let bytes = unsafe tra_body(handle, &count) else { return Data() }
        return unsafe Data(bytes: bytes, count: count)
    }

    private static func error(
        _ status: tra_status, _ purpose: Purpose, code: Int, _ reason: String
    ) -> any Error {
        let host = purpose.host
        return switch status {
        case TRA_STOPPED: CancellationError()
        case TRA_INVALID: TransferError.invalid(reason: "This is not an address.")
        case TRA_NO_HOST: TransferError.unknownHost(host: host)
        case TRA_NO_CONNECTION: TransferError.noConnection(host: host, port: purpose.port)
        case TRA_UNTRUSTED: TransferError.untrusted(host: host, reason: reason)
        case TRA_SLOW: TransferError.tooSlow(host: host)
        case TRA_LARGE: TransferError.tooLarge(host: host, mostBytes: purpose.mostBytes)
        case TRA_FILE: TransferError.file(reason: reason)
        case TRA_REDIRECTED: TransferError.redirected(host: host)
        case TRA_LOGIN: TransferError.loginRefused(host: host)
        case TRA_MAIL_REFUSED: TransferError.mailRefused(host: host, code: code)
        default: TransferError.broken(host: host, reason: reason)
        }
    }
}

extension TransferProgress {
    init(_ shim: tra_progress) {
        self.init(
            sentBytes: Int(clamping: shim.sent), receivedBytes: Int(clamping: shim.received))
    }
}

/// The lines of one client, which trust the same: a connection is never used for other trust.
final class LinePool: Sendable {
    private let trust: Trust
    private let limits: TransferLimits
    private let idle = Mutex<[Line]>([])

    /// Lines kept for later, each with its connections.
    private static let mostIdle = 4
    private static let stackBytes = 1 << 20

    init(trust: Trust, limits: TransferLimits) {
        (self.trust, self.limits) = (trust, limits)
    }

    /// Runs a transfer on a thread of its own; cancelling the task ends it.
    func transfer<Result: Sendable>(
        to host: String, port: Int, _ work: @escaping @Sendable (Line) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        guard let line = idle.withLock({ $0.popLast() }) ?? Line() else {
            throw TransferError.file(reason: "out of memory")
        }
        let (trust, limits) = (trust, limits)
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread {
                    continuation.resume(
                        with: Swift.Result {
                            defer { line.clear() }
                            try line.set(trust, limits)
                            return try work(line)
                        })
                }
                thread.name = "transfer"
                thread.stackSize = Self.stackBytes
                thread.start()
            }
        } onCancel: {
            line.stop()
        }
        // Only after a whole answer, and after the handler above can no longer be called.
        line.rearm()
        idle.withLock { lines in
            if lines.count < Self.mostIdle { lines.append(line) }
        }
        return answer
    }
}
