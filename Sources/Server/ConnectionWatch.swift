import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// How many connections there are, in all and from each address.
final class OpenConnections: Sendable {
    private struct Counts {
        var all = 0
        var ofPeer: [String: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let most: Int
    private let mostOfPeer: Int

    init(most: Int, mostOfPeer: Int) { (self.most, self.mostOfPeer) = (most, mostOfPeer) }

    /// Whether one more is let in; then it counts until ``close(_:)``.
    ///
    /// A proxy stands for many: only the number of all counts for it.
    func open(_ peer: String, isProxy: Bool = false) -> Bool {
        counts.withLock {
            guard $0.all < most, isProxy || $0.ofPeer[peer, default: 0] < mostOfPeer
            else { return false }
            $0.all += 1
            $0.ofPeer[peer, default: 0] += 1
            return true
        }
    }

    func close(_ peer: String) {
        counts.withLock {
            $0.all -= 1
            $0.ofPeer[peer] = $0.ofPeer[peer].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }
}

/// Counts connections before anything is read from them, and watches those that are let in.
struct WatchedChannel<Base: ServerChildChannel>: ServerChildChannel {
    private struct TooMany: Error {}

    private let base: Base
    private let connections: OpenConnections
    private let settings: ServerSettings

    init(_ base: Base, _ connections: OpenConnections, _ settings: ServerSettings) {
        (self.base, self.connections, self.settings) = (base, connections, settings)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        let peer = channel.remoteAddress?.ipAddress ?? ""
        guard connections.open(peer, isProxy: settings.isProxy(peer)) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(TooMany())
        }
        channel.closeFuture.whenComplete { [connections] _ in connections.close(peer) }
        do {
            try channel.pipeline.syncOperations.addHandler(
                ConnectionWatch(
                    headSeconds: settings.headSeconds, idleSeconds: settings.idleSeconds))
        } catch {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// Closes a connection that brings no request in time: neither the first one, whatever it does
/// instead (a handshake that stands still, a preface alone), nor another one after the last.
final class ConnectionWatch: ChannelInboundHandler {
    typealias InboundIn = Any
    typealias InboundOut = Any

    private let head: TimeAmount
    private let idle: TimeAmount
    private var requests = 0
    private var closing: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(headSeconds: Double, idleSeconds: Double) {
        head = .milliseconds(Int64(headSeconds * 1000))
        // A tenth later than what says goodbye first (HTTP/2, GOAWAY).
        idle = .milliseconds(Int64(idleSeconds * 1100))
    }

    /// The watch of the connection that a channel is, or whose stream it is.
    ///
    /// Streams run on the event loop of their connection.
    static func of(_ channel: any Channel) -> ConnectionWatch? {
        if let own = try? channel.pipeline.syncOperations.handler(type: ConnectionWatch.self) {
            return own
        }
        guard let parent = channel.parent, parent.eventLoop.inEventLoop else { return nil }
        return try? parent.pipeline.syncOperations.handler(type: ConnectionWatch.self)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        close(in: head)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        closing?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        closing?.cancel()
        context.fireChannelInactive()
    }

    func requestBegan() {
        requests += 1
        closing?.cancel()
    }

    func requestEnded() {
        requests -= 1
        if requests == 0 { close(in: idle) }
    }

    private func close(in time: TimeAmount) {
        closing?.cancel()
        guard let context else { return }
        // From here and not from the channel: what wraps it (TLS) would wait for the peer's word.
        let here = NIOLoopBound(context, eventLoop: context.eventLoop)
        closing = context.eventLoop.scheduleTask(in: time) { here.value.close(promise: nil) }
    }
}
