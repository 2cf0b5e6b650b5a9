import DICOM
import Foundation
import Storage
import Transfer

extension WebPeerClient {
    /// An instance that is sent.
    struct Outgoing: Sendable {
        let instanceUID: String
        let file: URL
        let bytes: Int

        init(_ instanceUID: String, _ file: URL) throws {
            (self.instanceUID, self.file) = (instanceUID, file)
            let facts = try FileManager.default.attributesOfItem(atPath: file.path)
            bytes = (facts[.size] as? NSNumber)?.intValue ?? 0
        }
    }

    /// Sends instances as they are stored, some in each request, each read from disk while it goes.
    ///
    /// A request that breaks is made again, which stores nothing twice: a UID has one place.
    ///
    /// - Parameters:
    ///   - instances: What to send.
    ///   - progress: Told how many were answered.
    /// - Returns: Which were taken, and why others were not, by SOP Instance UID.
    /// - Throws: ``WorkflowError``, `TransferError`, `CancellationError`.
    func send(
        _ instances: [Outgoing], progress: (_ answered: Int) -> Void
    ) async throws -> (taken: Set<String>, refused: [String: String]) {
        var (taken, refused) = (Set<String>(), [String: String]())
        var rest = instances[...]
        while !rest.isEmpty {
            let batch = rest.prefix(together(rest))
            rest = rest.dropFirst(batch.count)
            let boundary = "grevy-\(UUID().uuidString)"
            let answer = try await store(Self.body(batch, boundary), boundary: boundary)
            let good = WebMatch.items(.referencedSOPSequence, in: answer.body)
                .compactMap { $0.uid(.referencedSOPInstanceUID) }
            let reasons = WebMatch.items(.failedSOPSequence, in: answer.body).map {
                ($0.uid(.referencedSOPInstanceUID) ?? "", $0.count(.failureReason))
            }
            let why = Dictionary(reasons) { first, _ in first }
            for one in batch {
                if good.contains(one.instanceUID) {
                    taken.insert(one.instanceUID)
                } else if let reason = why[one.instanceUID] {
                    let code = reason.map { "status 0x" + String($0, radix: 16) } ?? "no reason"
                    refused[one.instanceUID] = "the peer refused it, \(code)"
                } else {
                    refused[one.instanceUID] = "the peer did not say that it took it"
                }
            }
            progress(taken.count + refused.count)
        }
        return (taken, refused)
    }

    /// How many go together.
    private func together(_ rest: ArraySlice<Outgoing>) -> Int {
        var (count, bytes) = (0, 0)
        for one in rest.prefix(limits.togetherInstances) {
            bytes += one.bytes
            if count > 0, bytes > limits.togetherBytes { break }
            count += 1
        }
        return count
    }

    private static func body(
        _ batch: ArraySlice<Outgoing>, _ boundary: String
    ) -> [WebRequest.Piece] {
        let head = Data("--\(boundary)\r\nContent-Type: application/dicom\r\n\r\n".utf8)
        return batch.flatMap { one in
            [.bytes(head), .file(one.file), .bytes(Data("\r\n".utf8))]
        } + [.bytes(Data("--\(boundary)--\r\n".utf8))]
    }
}
