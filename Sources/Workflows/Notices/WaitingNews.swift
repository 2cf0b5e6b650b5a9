import Pathway
import Storage
import Transfer

/// What waits for somebody, and what of it they were not told: what the menu of their pages counts.
struct WaitingNews {
    /// A case and what is to be done with it, or something else by its number, for the database
    /// alone.
    let waiting: Set<String>
    /// What they were told of and still waits.
    let told: Set<String>
    /// How many cases wait, by what is to be done.
    private let tasks: [String: Int]
    private let awaited: Awaited

    var newCount: Int { waiting.count - told.count }

    init(
        for recipient: NoticeRecipient, among cases: [CaseSummary], folder: DataFolder
    ) async throws {
        let account = recipient.account
        let desk = try await Desk(of: account, folder: folder)
        let mayRead = account.role.rights.contains(.readCase)
        let tasks = cases.compactMap { summary in
            mayRead ? desk.task(of: summary).map { (summary.patient.id, $0) } : nil
        }
        let awaited = try await Awaited(for: account, folder: folder)
        waiting = Set(
            tasks.map { "\($0.0) \($0.1)" } + awaited.referrals.map { "referral \($0)" }
                + awaited.emergencies.map { "emergency \($0)" })
        told = recipient.told.intersection(waiting)
        self.tasks = Dictionary(tasks.map { ($0.1, 1) }, uniquingKeysWith: +)
        self.awaited = awaited
    }

    private struct Kind {
        let count: Int
        let one: String
        let many: String
        /// Where it is looked at.
        let path: String
    }

    private var kinds: [Kind] {
        [
            Kind(
                count: tasks.values.reduce(0, +), one: "case", many: "cases",
                path: "/?waiting=yes"),
            Kind(
                count: awaited.referrals.count, one: "referral", many: "referrals",
                path: "/referrals"),
            Kind(
                count: awaited.emergencies.count, one: "emergency", many: "emergencies",
                path: "/emergency"),
        ].filter { $0.count > 0 }
    }

    /// Counts and links, and not a word of whom they are about.
    func mail(to address: String, link: String) -> Mail {
        let parts = kinds.map { "\($0.count) \($0.count == 1 ? $0.one : $0.many)" }
        var lines = tasks.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }
        for (what, count) in [
            ("answer a referral", awaited.referrals.count),
            ("look at an access in an emergency", awaited.emergencies.count),
        ] where count > 0 { lines.append("  \(what): \(count)\n") }
        let verb = waiting.count == 1 ? "waits" : "wait"
        return Mail(
            to: address, subject: "Grevy: \(parts.joined(separator: ", ")) \(verb) for you",
            text: """
                New since the last notice: \(newCount)
                Waiting for you now:
                \(lines.joined())
                \(kinds.map { link + $0.path }.joined(separator: "\n"))

                You get this because notices are on for your account; turn them off at
                \(link)/account

                """)
    }
}
