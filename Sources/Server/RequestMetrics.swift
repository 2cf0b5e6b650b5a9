import HTTPTypes
import Synchronization

/// Counts of requests for Prometheus, by route template and status; nothing of their content.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Sum {
        var count = 0
        var seconds = 0.0
    }

    private let sums = Mutex<[Key: Sum]>([:])

    func note(_ route: Route, _ status: HTTPResponse.Status, seconds: Double) {
        let key = Key(method: route.method.rawValue, route: route.path, status: status.code)
        sums.withLock { sums in
            sums[key, default: Sum()].count += 1
            sums[key, default: Sum()].seconds += seconds
        }
    }

    /// The counts in Prometheus' text format 0.0.4.
    var text: String {
        let sorted = sums.withLock { $0 }.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < (
                $1.key.route, $1.key.method, $1.key.status
            )
        }
        func lines(_ name: String, _ value: (Sum) -> String) -> String {
            sorted.map { key, sum in
                "\(name){method=\"\(key.method)\",route=\"\(key.route)\",status=\"\(key.status)\"} "
                    + "\(value(sum))\n"
            }.joined()
        }
        return """
            # HELP grevy_requests_total Requests answered.
            # TYPE grevy_requests_total counter
            \(lines("grevy_requests_total") { String($0.count) })\
            # HELP grevy_request_seconds_total Time spent on them.
            # TYPE grevy_request_seconds_total counter
            \(lines("grevy_request_seconds_total") { String($0.seconds) })
            """
    }
}
