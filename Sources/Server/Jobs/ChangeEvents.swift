import Foundation

/// A stream of what changes, as server-sent events (WHATWG HTML, section 9.2).
///
/// It ends after a while, so that a server that stops need not wait for it, and when whoever
/// listens may listen no more; a browser asks again by itself and passes the gate again.
actor ChangeEvents {
    private let end: ContinuousClock.Instant
    private let state: @Sendable () async throws -> String?
    private var last: String?
    private var said = ContinuousClock.now
    private var isStopped = false

    /// How often the state is looked at, in seconds.
    private static let lookSeconds = 0.5
    /// How long nothing is said at most, so that nobody between takes the silence for an end.
    private static let silenceSeconds = 10.0
    /// When a browser comes back after the end, in milliseconds.
    private static let retryMilliseconds = 1000

    /// Ends the stream at its next look.
    func stop() { isStopped = true }

    /// - Parameters:
    ///   - seconds: How long it lasts.
    ///   - state: One line that says how things are; `nil` when the listener has lost the right to
    ///     know.
    init(seconds: Double, state: @escaping @Sendable () async throws -> String?) {
        end = .now + .seconds(seconds)
        self.state = state
    }

    /// Returns what to send next; `nil` at the end.
    func next() async throws -> String? {
        while true {
            if last != nil { try await Task.sleep(for: .seconds(Self.lookSeconds)) }
            guard !isStopped, let now = try await state(),
                last == nil || ContinuousClock.now < end
            else { return nil }
            if now != last {
                let retry = last == nil ? "retry: \(Self.retryMilliseconds)\n" : ""
                (last, said) = (now, .now)
                return "\(retry)data: \(now)\n\n"
            }
            if ContinuousClock.now - said > .seconds(Self.silenceSeconds) {
                said = .now
                return ": still here\n\n"
            }
        }
    }
}

/// The streams of each session, of which the oldest ends when there are too many.
actor OpenStreams {
    private var streams: [String: [ChangeEvents]] = [:]
    private let mostOfSession: Int

    init(mostOfSession: Int) { self.mostOfSession = mostOfSession }

    func add(_ events: ChangeEvents, to session: String) async {
        streams[session, default: []].append(events)
        guard let open = streams[session], open.count > mostOfSession else { return }
        streams[session]?.removeFirst()
        await open[0].stop()
    }

    func remove(_ events: ChangeEvents, from session: String) {
        streams[session]?.removeAll { $0 === events }
        if streams[session]?.isEmpty == true { streams[session] = nil }
    }
}
