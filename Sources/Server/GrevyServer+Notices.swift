import Logging
import Synchronization
import Workflows

/// Counts of notices by mail for Prometheus; whose they are is nowhere.
final class NoticeCounts: Sendable {
    private let sum = Mutex(NoticeSender.Outcome())

    func add(_ outcome: NoticeSender.Outcome) {
        sum.withLock { sum in
            sum.sent += outcome.sent
            sum.failed += outcome.failed
            sum.dropped += outcome.dropped
        }
    }

    /// The counts in Prometheus' text format 0.0.4.
    var text: String {
        let sum = sum.withLock { $0 }
        return """
            # HELP grevy_notices_total Notices by mail: sent, failed and tried again later, given up.
            # TYPE grevy_notices_total counter
            grevy_notices_total{outcome="sent"} \(sum.sent)
            grevy_notices_total{outcome="failed"} \(sum.failed)
            grevy_notices_total{outcome="dropped"} \(sum.dropped)

            """
    }
}

extension GrevyServer {
    /// Tells people by mail what waits for them, where a mail server is set, until the task is
    /// cancelled; no request waits for it.
    ///
    /// - Parameters:
    ///   - link: The server's address as browsers call it.
    ///   - logger: Told how many were sent, and why some were not.
    func sendNotices(link: String, logger: Logger) async {
        guard let notices = settings.notices else { return }
        let sender = NoticeSender(folder: folder, settings: notices, link: link)
        repeat {
            do {
                let outcome = try await sender.look()
                noticeCounts.add(outcome)
                if outcome != NoticeSender.Outcome() {
                    logger.log(
                        level: outcome.reason == nil ? .info : .warning, "notices",
                        metadata: [
                            "sent": "\(outcome.sent)", "failed": "\(outcome.failed)",
                            "dropped": "\(outcome.dropped)", "reason": "\(outcome.reason ?? "")",
                        ])
                }
            } catch is CancellationError { return } catch {
                logger.error("notices", metadata: ["error": "\(type(of: error))"])
            }
        } while (try? await Task.sleep(for: .seconds(Self.secondsBetweenNotices))) != nil
    }

    private static let secondsBetweenNotices = 10.0
}
