import DICOM
import Foundation
import Storage
import Transfer

extension WebPeerClient {
    /// What came of a study.
    struct Received: Sendable {
        /// One file each, whole.
        var files: [URL] = []
        /// How many the peer lists that came neither now nor before.
        var missing = 0
        /// Why, of the last that did not come.
        var problem: String?
    }

    /// Fetches what is missing of a study.
    ///
    /// A series of which nothing is here comes in one answer. When that breaks, or when some of it is
    /// here, its instances come one by one, so that what has come stays.
    ///
    /// - Parameters:
    ///   - study: Its Study Instance UID.
    ///   - listed: What the peer has of it.
    ///   - here: SOP Instance UIDs that are here already.
    ///   - scratch: For files; the caller removes it.
    ///   - progress: Told how many instances have come now.
    /// - Returns: What came, and how much did not.
    /// - Throws: `CancellationError`, `StorageError`; ``WorkflowError`` when the peer refuses.
    func fetch(
        study: String, _ listed: [Instance], here: Set<String>, into scratch: URL,
        progress: (_ come: Int) -> Void
    ) async throws -> Received {
        var received = Received()
        var order: [String] = []
        var bySeries: [String: [Instance]] = [:]
        for one in listed {
            if bySeries[one.seriesUID] == nil { order.append(one.seriesUID) }
            bySeries[one.seriesUID, default: []].append(one)
        }
        for series in order {
            let all = bySeries[series] ?? []
            let missing = all.filter { !here.contains($0.instanceUID) }
            guard !missing.isEmpty else { continue }
            if missing.count == all.count, all.count > 1 {
                let path = "/studies/\(study)/series/\(series)"
                if let files = try await parts(path, most: all.count, in: scratch, repeats: false) {
                    received.files += files
                    received.missing += all.count - files.count
                    progress(received.files.count)
                    continue
                }
            }
            for one in missing {
                try Task.checkCancellation()
                let path = "/studies/\(study)/series/\(series)/instances/\(one.instanceUID)"
                do {
                    received.files += try await parts(path, most: 1, in: scratch) ?? []
                } catch let error as TransferError {
                    received.missing += 1
                    received.problem = error.description
                    // What three more attempts did not bring will not come now.
                    if error.mayPass { return left(received, bySeries, here) }
                } catch let error as WorkflowError {
                    // The others may come all the same.
                    received.missing += 1
                    received.problem = error.description
                }
                progress(received.files.count)
            }
        }
        return received
    }

    /// Counts everything that has not come.
    private func left(
        _ received: Received, _ bySeries: [String: [Instance]], _ here: Set<String>
    ) -> Received {
        var received = received
        let wanted = bySeries.values.joined().count { !here.contains($0.instanceUID) }
        received.missing = wanted - received.files.count
        return received
    }

    /// Fetches instances and takes the answer apart.
    ///
    /// - Parameters:
    ///   - path: Where they are.
    ///   - most: How many there can be; an answer with more is refused.
    ///   - scratch: For files.
    ///   - repeats: Whether to ask again where that can help.
    /// - Returns: A file each; `nil` when the answer broke and was not asked for again.
    /// - Throws: ``WorkflowError``, `TransferError`, `CancellationError`.
    private func parts(
        _ path: String, most: Int, in scratch: URL, repeats: Bool = true
    ) async throws -> [URL]? {
        let answer = scratch.appending(path: "answer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: answer) }
        let type: String
        do { type = try await fetch(path, into: answer, repeats: repeats) } catch let error
            as TransferError where !repeats && error.mayPass
        { return nil }
        // One instance may come as itself.
        if type.lowercased().hasPrefix("application/dicom"), most == 1 {
            let file = scratch.appending(path: Self.fileName())
            try FileManager.default.moveItem(at: answer, to: file)
            return [file]
        }
        guard let found = type.firstMatch(of: /boundary="?([^";,]+)"?/.ignoresCase()),
            let reader = MultipartReader(boundary: String(found.1))
        else { throw refusal("sends instances in no form that is known.") }
        do {
            return try await taken(apart: answer, reader, most: most, in: scratch)
        } catch is MultipartReader.Fault {
            throw refusal("sends an answer that is not written as it says.")
        }
    }

    private static func fileName() -> String { "\(UUID().uuidString)\(Self.ending)" }
    /// Of files that hold a whole instance.
    static var ending: String { ".dcm" }
    private static var stride: Int { 1 << 20 }

    @concurrent
    private func taken(
        apart answer: URL, _ reader: MultipartReader, most: Int, in scratch: URL
    ) async throws -> [URL] {
        var reader = reader
        var files: [URL] = []
        var open: (handle: FileHandle, url: URL, count: Int)?
        let source = try FileHandle(forReadingFrom: answer)
        defer {
            try? source.close()
            try? open?.handle.close()
        }
        while let piece = try source.read(upToCount: Self.stride), !piece.isEmpty {
            try Task.checkCancellation()
            for event in try reader.take(piece) {
                switch event {
                case .part:
                    guard files.count < most else {
                        throw refusal("sends more instances than it lists.")
                    }
                    let url = scratch.appending(path: "part-\(UUID().uuidString)")
                    _ = FileManager.default.createFile(
                        atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
                    open = (try FileHandle(forWritingTo: url), url, 0)
                case .bytes(let bytes):
                    guard let now = open else { continue }
                    let count = now.count + bytes.count
                    guard count <= ImageStoring.longestPart else {
                        throw refusal("sends an instance that is too long.")
                    }
                    try now.handle.write(contentsOf: Data(bytes))
                    open?.count = count
                case .endOfPart:
                    guard let now = open else { continue }
                    try now.handle.close()
                    open = nil
                    // Only what is whole has this ending, whatever happens.
                    let file = scratch.appending(path: Self.fileName())
                    try FileManager.default.moveItem(at: now.url, to: file)
                    files.append(file)
                }
            }
        }
        guard reader.isComplete else { throw refusal("sends an answer without its end.") }
        return files
    }
}
