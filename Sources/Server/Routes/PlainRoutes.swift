import Hummingbird
import Storage

extension GrevyServer {
    /// Files of the pages, and what machines ask about the server itself.
    var plainRoutes: [Route] {
        ["styles", "modules", "vendor"].map { part in
            Route(.get, "/\(part)/{file}", .anyone) { call in
                try files.answer("\(part)/\(call.parameter("file"))", request: call.request)
            }
        } + [
            Route(.get, Route.healthPath, .anyone) { _ in
                // The database answers, or this is a 500.
                _ = try await folder.audit.head()
                return Answer.text("ok\n")
            },
            Route(.get, "/metrics", .anyone) { call in
                guard call.origin.isLocal else {
                    throw Refusal.notFound
                }
                return Answer.text(
                    metrics.text + (settings.notices == nil ? "" : noticeCounts.text))
            },
        ]
    }
}
