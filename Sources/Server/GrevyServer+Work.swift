import Storage
import Workflows

extension GrevyServer {
    /// Does heavy work for a request when its turn comes; whoever goes away gives the turn up.
    ///
    /// Never one piece within another: the outer one would wait for its own turn.
    func heavy<Value: Sendable>(
        _ call: Call, _ piece: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let account = try call.account.id
        return try await call.context.whileConnected {
            try await work.run(for: account, piece)
        }
    }
}
