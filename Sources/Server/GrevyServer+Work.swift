import Logging
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

    /// Examines series that programs send in pieces, each once it is quiet, until the task is
    /// cancelled.
    func examineSeries(logger: Logger) async {
        let examination = SeriesExamination(folder: folder, source: source)
        while (try? await Task.sleep(for: .seconds(Self.secondsBetweenExaminations))) != nil {
            do { try await examination.run() } catch is CancellationError { return } catch {
                logger.error("examination", metadata: ["error": "\(type(of: error))"])
            }
        }
    }

    private static let secondsBetweenExaminations = 10.0
}
