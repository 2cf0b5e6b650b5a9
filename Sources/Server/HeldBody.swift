import HTTPTypes
import Hummingbird
import NIOCore

/// Thrown in the middle of an answer whose reader may read no more; the connection ends with it.
struct AccessEnded: Error {}

extension ResponseBody {
    /// Bodies that are shorter go as one piece: they are gone before anybody could look again.
    static let shortBytes = 1 << 20
    /// How much goes between two looks at the clock, in bytes.
    static let pieceBytes = 256 << 10

    /// The body in pieces that go only while its reader may read it.
    ///
    /// - Parameters:
    ///   - seconds: How long it goes on at most without looking again.
    ///   - isHeld: Whether the reader still may.
    /// - Returns: A short body as it is, others with the looks between their pieces.
    func sent(
        everySeconds seconds: Double, while isHeld: @escaping @Sendable () async throws -> Bool
    ) -> ResponseBody {
        if let contentLength, contentLength <= Self.shortBytes { return self }
        let body = self
        return ResponseBody(contentLength: contentLength) { writer in
            try await body.write(HeldWriter(writer, seconds: seconds, isHeld))
        }
    }
}

/// Looks at the reader's access between pieces.
private struct HeldWriter: ResponseBodyWriter {
    private var inner: any ResponseBodyWriter
    private let seconds: Double
    private let isHeld: @Sendable () async throws -> Bool
    private var looked = ContinuousClock.now

    init(
        _ inner: any ResponseBodyWriter, seconds: Double,
        _ isHeld: @escaping @Sendable () async throws -> Bool
    ) {
        (self.inner, self.seconds, self.isHeld) = (inner, seconds, isHeld)
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
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await inner.finish(trailingHeaders)
    }
}
