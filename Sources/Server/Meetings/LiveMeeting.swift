import Foundation
import Pathway

/// What everybody in a meeting sees, as it is now.
///
/// It is kept in memory while the server runs; whoever leaves and comes back finds it as it is.
package actor LiveMeeting {
    /// What each browser is told: ids and geometry, never words.
    package struct State: Encodable, Sendable {
        /// Counts what changed, from 0.
        package var sequence = 0
        /// The account that presents; `nil` before anybody does.
        package var presenter: Int64?
        /// The case on show and its place on the list; `nil` before one is opened.
        package var item: Int64?
        package var patient: Int64?
        package var view: MeetingView?
        package var hidesNames = false
        /// Counts changes of what belongs to the case on show: key images, comments, decisions,
        /// what is shared of it.
        package var contents = 0
        /// Accounts that listen.
        package var present: [Int64] = []
    }

    private struct Listener {
        let mailbox: Mailbox
        let account: Int64
        let session: String
    }

    /// More streams than this in one browser are not needed: its tabs share one.
    private static let mostOfSession = 3

    package private(set) var state = State()
    private var listeners: [Listener] = []

    package init() {}

    /// The state as one line.
    package func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(state), as: UTF8.self)
    }

    /// Adds a browser, which is told everything at once; the oldest of too many streams ends.
    package func join(_ mailbox: Mailbox, account: Int64, session: String) async throws {
        let own = listeners.filter { $0.session == session }
        if own.count >= Self.mostOfSession, let oldest = own.first {
            listeners.removeAll { $0.mailbox === oldest.mailbox }
            await oldest.mailbox.close()
        }
        listeners.append(Listener(mailbox: mailbox, account: account, session: session))
        try await tellPresent(before: mailbox)
    }

    package func leave(_ mailbox: Mailbox) async throws {
        listeners.removeAll { $0.mailbox === mailbox }
        try await tellPresent(before: nil)
    }

    /// Makes somebody the presenter, whoever was it before.
    package func present(_ account: Int64) async throws {
        guard state.presenter != account else { return }
        state.presenter = account
        try await tell()
    }

    /// Opens a case; its view comes when the presenter has it.
    ///
    /// - Throws: `MeetingRefusal.notPresenter`.
    package func open(item: Int64, patient: Int64, by account: Int64) async throws {
        try check(account)
        (state.item, state.patient, state.view) = (item, patient, nil)
        try await tell()
    }

    /// Shows what the presenter sees.
    ///
    /// - Throws: `MeetingRefusal.notPresenter`, `.ended` when another case is open.
    package func show(_ view: MeetingView, item: Int64, by account: Int64) async throws {
        try check(account)
        guard state.item == item else { throw MeetingRefusal.ended }
        guard state.view != view else { return }
        state.view = view
        try await tell()
    }

    /// Hides names from everybody, or shows them.
    ///
    /// - Throws: `MeetingRefusal.notPresenter`.
    package func setHidesNames(_ hides: Bool, by account: Int64) async throws {
        try check(account)
        state.hidesNames = hides
        try await tell()
    }

    /// Tells that something of a case is to be read again, where it is on show.
    package func contentsChanged(of item: Int64) async throws {
        guard state.item == item else { return }
        state.contents += 1
        try await tell()
    }

    /// Tells that a case is to be read again, where it is on show.
    package func contentsChanged(ofCase patient: Int64) async throws {
        guard state.patient == patient, let item = state.item else { return }
        try await contentsChanged(of: item)
    }

    private func check(_ account: Int64) throws {
        guard state.presenter == account else { throw MeetingRefusal.notPresenter }
    }

    /// Tells who is there, when that has changed; a new browser is told in any case.
    private func tellPresent(before newcomer: Mailbox?) async throws {
        let present = Set(listeners.map(\.account)).sorted()
        if present != state.present {
            state.present = present
            try await tell()
        } else if let newcomer {
            await newcomer.put(try line())
        }
    }

    private func tell() async throws {
        state.sequence += 1
        let line = try line()
        for listener in listeners { await listener.mailbox.put(line) }
    }
}

/// The meetings that somebody has opened since the server began.
package actor LiveMeetings {
    private var meetings: [Int64: LiveMeeting] = [:]

    package init() {}

    package func meeting(_ id: Int64) -> LiveMeeting {
        if let open = meetings[id] { return open }
        let made = LiveMeeting()
        meetings[id] = made
        return made
    }

    /// Tells every meeting that has a case on show that it is to be read again.
    package func contentsChanged(ofCase patient: Int64) async throws {
        for meeting in meetings.values { try await meeting.contentsChanged(ofCase: patient) }
    }
}

/// The latest of what is to be sent to one browser: a slow one gets less, never late.
package actor Mailbox {
    private var latest: String?
    private var waiter: CheckedContinuation<Void, Never>?
    package private(set) var isClosed = false

    package init() {}

    package func put(_ text: String) {
        latest = text
        wake()
    }

    /// Ends the wait; nothing comes any more.
    package func close() {
        isClosed = true
        wake()
    }

    /// Returns what has come, or what comes within so many seconds; else `nil`.
    package func next(within seconds: Double) async -> String? {
        if latest == nil, !isClosed {
            let timer = Task {
                guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
                self.wake()
            }
            await withCheckedContinuation { waiter = $0 }
            timer.cancel()
        }
        defer { latest = nil }
        return latest
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}

/// The stream of one browser in a meeting, as server-sent events.
package actor MeetingStream {
    /// How long nothing is said at most, so that nobody between takes the silence for an end.
    private static let silenceSeconds = 10.0
    /// When a browser comes back after the end, in milliseconds.
    private static let retryMilliseconds = 100

    package let mailbox = Mailbox()
    private let end: ContinuousClock.Instant
    private let lookSeconds: Double
    private let isAllowed: @Sendable () async throws -> Bool
    private var looked = ContinuousClock.now
    private var said = ContinuousClock.now
    private var isFirst = true

    /// - Parameters:
    ///   - seconds: How long it lasts; the browser asks again and passes the gate again.
    ///   - lookSeconds: How often it is asked whether whoever listens still may.
    ///   - isAllowed: Whether they may.
    package init(
        seconds: Double, lookSeconds: Double = 2,
        isAllowed: @escaping @Sendable () async throws -> Bool
    ) {
        end = .now + .seconds(seconds)
        self.lookSeconds = lookSeconds
        self.isAllowed = isAllowed
    }

    /// Returns what to send next; `nil` at the end.
    package func next() async throws -> String? {
        while true {
            if ContinuousClock.now - looked >= .seconds(lookSeconds) {
                looked = .now
                guard try await isAllowed() else { return nil }
            }
            if ContinuousClock.now - said > .seconds(Self.silenceSeconds) {
                said = .now
                return ": still here\n\n"
            }
            let left = (end - .now) / .seconds(1)
            let line = await mailbox.next(within: min(lookSeconds, max(0, left)))
            if let line {
                let retry = isFirst ? "retry: \(Self.retryMilliseconds)\n" : ""
                (isFirst, said) = (false, .now)
                return "\(retry)data: \(line)\n\n"
            }
            guard await !mailbox.isClosed, ContinuousClock.now < end else { return nil }
        }
    }
}
