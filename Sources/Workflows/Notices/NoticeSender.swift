package import Foundation
import Pathway
package import Storage
import Transfer

/// Tells people by mail that something new waits for them: how much of what kind, and nothing of
/// any patient.
///
/// What is to be told is looked up when it is sent, so nothing is queued: a mail that could not be
/// sent is made anew from what waits by then.
package actor NoticeSender {
    private let folder: DataFolder
    private let settings: NoticeSettings
    private let link: String
    private let now: @Sendable () -> Date
    /// The state of the records that was looked at last.
    private var seen = ""
    /// Accounts for which something is new.
    private var gathering: [Int64: Gathering] = [:]

    private struct Gathering {
        var dueAt: Date
        var failures = 0
    }

    /// What came of looking once.
    package struct Outcome: Hashable, Sendable {
        package var sent = 0
        package var failed = 0
        /// Given up: what they told of is told with the next mail only.
        package var dropped = 0
        /// Why the first of them was not sent; names the mail server, nobody's address.
        package var reason: String?

        package init() {}
    }

    /// How often one mail is tried: at once, then after 1, 2, 4 … 60 minutes, two hours in all.
    package static let mostAttempts = 8
    private static let firstPauseSeconds = 60.0
    private static let longestPauseSeconds = 3600.0

    /// - Parameters:
    ///   - folder: Whose people are told.
    ///   - settings: By which mail server.
    ///   - link: The server's address as browsers call it, without a slash at its end.
    ///   - now: The clock.
    package init(
        folder: DataFolder, settings: NoticeSettings, link: String,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        (self.folder, self.settings, self.link, self.now) = (folder, settings, link, now)
    }

    /// Looks once what waits for whom, and sends what is due.
    ///
    /// - Returns: What was sent and what was not.
    /// - Throws: `StorageError`, `CancellationError`; what the mail server does is in the outcome.
    package func look() async throws -> Outcome {
        var outcome = Outcome()
        // Entitlements begin and end with days.
        let state = "\(try await folder.audit.lastChange()) \(now().ISO8601Format().prefix(10))"
        let time = now()
        guard state != seen || gathering.values.contains(where: { $0.dueAt <= time }) else {
            return outcome
        }
        let recipients = try await folder.accounts.noticeRecipients()
        let ids = Set(recipients.map(\.account.id))
        gathering = gathering.filter { ids.contains($0.key) }
        var cases: [Int64: [CaseSummary]] = [:]
        var isReachable = true
        for recipient in recipients {
            let account = recipient.account
            if cases[account.organisation.id] == nil {
                cases[account.organisation.id] = try await folder.accounts.cases(for: account)
            }
            let news = try await WaitingNews(
                for: recipient, among: cases[account.organisation.id] ?? [], folder: folder)
            if news.told != recipient.told {
                try await folder.accounts.keep(told: news.told, of: account.id)
            }
            guard isDue(news, account.id, at: time), isReachable else { continue }
            isReachable = try await send(news, to: recipient, &outcome)
        }
        seen = state
        return outcome
    }

    /// Whether what is new has been gathered for long enough; begins to gather it if it is seen first.
    private func isDue(_ news: WaitingNews, _ account: Int64, at time: Date) -> Bool {
        guard news.newCount > 0 else {
            gathering[account] = nil
            return false
        }
        if gathering[account] == nil {
            gathering[account] = Gathering(
                dueAt: time.addingTimeInterval(settings.gatherSeconds))
        }
        return gathering[account].map { $0.dueAt <= time } ?? false
    }

    /// - Returns: Whether the mail server can be asked for the next one.
    private func send(
        _ news: WaitingNews, to recipient: NoticeRecipient, _ outcome: inout Outcome
    ) async throws -> Bool {
        let account = recipient.account.id
        // Sending to others may have taken minutes: they may be disabled by now.
        let still = try await folder.accounts.noticeRecipients(account: account).first
        guard still?.address == recipient.address else { return true }
        // On a full disk this throws: what cannot be kept would be told again and again.
        try await folder.accounts.keep(told: news.told, of: account)
        do {
            try await settings.server.send(news.mail(to: recipient.address, link: link))
            outcome.sent += 1
        } catch let error as TransferError {
            outcome.reason = outcome.reason ?? error.description
            var failures = gathering[account]?.failures ?? 0
            failures += 1
            guard failures >= Self.mostAttempts || error.isFinal else {
                let pause = Self.firstPauseSeconds * Double(1 << (failures - 1))
                gathering[account] = Gathering(
                    dueAt: now().addingTimeInterval(min(pause, Self.longestPauseSeconds)),
                    failures: failures)
                outcome.failed += 1
                return error.isOfRecipient
            }
            outcome.dropped += 1
            try await settle(news, account)
            return error.isOfRecipient
        }
        try await settle(news, account)
        return true
    }

    private func settle(_ news: WaitingNews, _ account: Int64) async throws {
        gathering[account] = nil
        try await folder.accounts.keep(told: news.waiting, of: account)
    }
}

extension TransferError {
    /// Whether trying again later would end the same way.
    fileprivate var isFinal: Bool {
        switch self {
        case .mailRefused(_, let code): code >= 500
        case .invalid: true
        default: false
        }
    }

    /// Whether the mail server may still take mail for others.
    fileprivate var isOfRecipient: Bool {
        switch self {
        case .mailRefused, .invalid: true
        default: false
        }
    }
}
