import NIOCore
import NIOHTTPTypes

/// Closes a connection, or a stream of one, whose next request head or whose body does not come in
/// time, or whose peer hangs up.
///
/// The time-out for silence alone would let a peer send one byte now and then for ever. No browser
/// ends its side of a connection and still waits for an answer.
final class ConnectionDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Wait {
        case head
        case body
        case answer
    }

    private let headLimit: TimeAmount
    private let bodyLimit: TimeAmount
    private var wait = Wait.head
    /// What has come of the body, and since when.
    private var bodyBytes: Int64 = 0
    private var bodyStart = NIODeadline.now()
    private var closing: Scheduled<Void>?
    private var watch: ConnectionWatch?
    /// Requests without the end of an answer; more than one where a peer does not wait for it.
    private var requests = 0

    /// What a body must bring each second beyond its limit, over the whole of it.
    private static let bytesPerSecond: Int64 = 16 << 10

    /// - Parameters:
    ///   - headSeconds: For a request's head, from the end of the answer before.
    ///   - bodySeconds: For its body, beside a second for each 16 kB of it.
    init(headSeconds: Double, bodySeconds: Double) {
        headLimit = .milliseconds(Int64(headSeconds * 1000))
        bodyLimit = .milliseconds(Int64(bodySeconds * 1000))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        watch = ConnectionWatch.of(context.channel)
        LastRequest.watch(context.pipeline)
        if context.channel.isActive { waitForHead(context.channel) }
    }

    func channelActive(context: ChannelHandlerContext) {
        waitForHead(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            requests += 1
            watch?.requestBegan()
            (wait, bodyBytes, bodyStart) = (.body, 0, .now())
            close(context.channel, in: bodyLimit)
        case .body(let part): bodyBytes += Int64(part.readableBytes)
        case .end:
            // After an early answer the next head is waited for already.
            if wait == .body {
                wait = .answer
                closing?.cancel()
            }
        }
        context.fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            context.channel.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            requestEnded()
            if requests == 0 { waitForHead(context.channel) }
        }
        context.write(data, promise: promise)
    }

    private func requestEnded() {
        guard requests > 0 else { return }
        requests -= 1
        watch?.requestEnded()
    }

    private func end() {
        closing?.cancel()
        while requests > 0 { requestEnded() }
        watch = nil
    }

    private func waitForHead(_ channel: any Channel) {
        wait = .head
        close(channel, in: headLimit)
    }

    private func close(_ channel: any Channel, in time: TimeAmount) {
        closing?.cancel()
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        closing = channel.eventLoop.scheduleTask(in: time) {
            handler.value.timeIsUp(channel)
        }
    }

    /// A body that comes fast enough gets the time for what has come.
    private func timeIsUp(_ channel: any Channel) {
        let earned = TimeAmount.milliseconds(1000 * bodyBytes / Self.bytesPerSecond)
        let left = bodyStart + bodyLimit + earned - .now()
        guard wait == .body, left > .nanoseconds(0) else {
            channel.close(promise: nil)
            return
        }
        close(channel, in: left)
    }
}
