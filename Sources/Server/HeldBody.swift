import HTTPTypes
import Hummingbird
import NIOCore

/// Thrown in the middle of an answer whose reader may read no more; the connection ends with it.
struct AccessEnded: Error {}

extension ResponseBody {
    /// How much goes between two looks at the clock, in bytes; a shorter body goes as it is.
    ///
    /// A piece or two wait here while a reader takes nothing, beside what the kernel holds.
    static let pieceBytes = 64 << 10

    /// The body in pieces that go only while its reader may read it.
    ///
    /// - Parameters:
    ///   - seconds: How long it goes on at most without looking again.
    ///   - context: Of the request: where a reader takes nothing, their connection ends when they may
    ///     read no more.
    ///   - isHeld: Whether the reader still may.
    /// - Returns: A short body as it is, others with the looks between and beside their pieces.
    func sent(
        everySeconds seconds: Double, over context: GrevyContext,
        while isHeld: @escaping @Sendable () async throws -> Bool
    ) -> ResponseBody {
        if let contentLength, contentLength <= Self.pieceBytes { return self }
        let body = self
        return ResponseBody(contentLength: contentLength) { writer in
            // A piece that nobody takes is waited for, and nothing is looked at meanwhile.
            let watch = Task {
                // Where every piece is looked at, nothing is left to watch.
                while seconds > 0 {
                    try await Task.sleep(for: .seconds(seconds))
                    let isStillHeld = (try? await isHeld()) == true
                    if !isStillHeld && !Task.isCancelled { return context.hangUp() }
                }
            }
            defer { watch.cancel() }
            try await body.write(HeldWriter(writer, seconds: seconds, context, isHeld))
        }
    }
}

/// Looks at the reader's access between pieces.
private struct HeldWriter: ResponseBodyWriter {
    private var inner: any ResponseBodyWriter
    private let seconds: Double
    private let context: GrevyContext
    private let isHeld: @Sendable () async throws -> Bool
    private var looked = ContinuousClock.now

    init(
        _ inner: any ResponseBodyWriter, seconds: Double, _ context: GrevyContext,
        _ isHeld: @escaping @Sendable () async throws -> Bool
    ) {
        (self.inner, self.seconds, self.context, self.isHeld) = (inner, seconds, context, isHeld)
    }

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        var rest = buffer
        while rest.readableBytes > 0,
            let piece = rest.readSlice(
                length: min(rest.readableBytes, ResponseBody.pieceBytes))
        {
            if ContinuousClock.now - looked >= .seconds(seconds) {
                guard try await isHeld() else { throw AccessEnded() }
                looked = .now
            }
            try await inner.write(piece)
            try await context.written()
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await inner.finish(trailingHeaders)
    }
}
