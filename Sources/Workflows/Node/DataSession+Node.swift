import DICOM
import Foundation
import Storage

extension DataSession {
    private func client(_ caller: NodeCaller) -> NodeClient {
        NodeClient(
            folder: folder, source: source, caller: caller, organisation: nil, actor: actor)
    }

    /// Whether a DICOM peer answers; see ``NodeClient``.
    package func echo(_ peer: String, as caller: NodeCaller) async throws {
        try await client(caller).echo(peer)
    }

    /// What studies a DICOM peer has; see ``NodeClient``.
    package func query(
        _ peer: String, _ wishes: NodeClient.Wishes, as caller: NodeCaller
    ) async throws -> (studies: [NodeClient.RemoteStudy], isComplete: Bool) {
        try await client(caller).query(peer, wishes)
    }

    /// Sends series and plans to a DICOM peer; see ``NodeClient``.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` for what is neither.
    package func send(
        _ names: [String], to peer: String, as caller: NodeCaller,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> SentInstances {
        var (series, plans) = ([SeriesRecord](), [DerivedRecord]())
        for name in names {
            switch try await RecordName(name, in: folder.records) {
            case .series(let record): series.append(record)
            case .computed(let record): plans.append(record)
            }
        }
        return try await client(caller).send(series, plans: plans, to: peer, progress: progress)
    }

    /// Retrieves a study from a DICOM peer; see ``NodeClient``.
    package func retrieve(
        _ study: String, from peer: String, by way: NodeClient.Way, as caller: NodeCaller,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> String {
        let scratch = FileManager.default.temporaryDirectory.appending(
            path: "grevy-retrieve-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try await client(caller).retrieve(
            study, from: peer, by: way, intake: nil, scratch: scratch, progress: progress)
    }
}
