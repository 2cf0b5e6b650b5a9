import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Tells whatever answers that a request is the last one of its connection, as the peer's HTTP says.
///
/// A connection of HTTP/1.0 has one request, whatever it asks for, and an answer without chunks, which
/// its peers do not know. `Connection: close` counts however it is spelt and among other words.
///
/// Source: RFC 9112, sections 6.1 and 9.3.
final class LastRequest: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isEarlyVersion = false

    /// Puts one where the version is known still; streams of HTTP/2 have no such place.
    static func watch(_ pipeline: ChannelPipeline) {
        guard
            let codec = try? pipeline.syncOperations.handler(type: HTTP1ToHTTPServerCodec.self)
        else { return }
        try? pipeline.syncOperations.addHandler(LastRequest(), position: .before(codec))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data),
            head.version != .http1_1 || !head.isKeepAlive
        else {
            context.fireChannelRead(data)
            return
        }
        isEarlyVersion = head.version != .http1_1
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard isEarlyVersion, case .head(var head) = unwrapOutboundIn(data) else {
            context.write(data, promise: promise)
            return
        }
        head.version = .http1_0
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
