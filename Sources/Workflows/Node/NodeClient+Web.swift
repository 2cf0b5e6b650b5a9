import DICOM
import Foundation
import Storage

extension NodeClient {
    /// Sends instances to a DICOMweb peer but for those that it lists already, and objects that were
    /// just made.
    func send(
        _ all: [InstanceRecord], of series: [SeriesRecord], _ made: [URL],
        by client: WebPeerClient,
        _ progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> SentInstances {
        var known: Set<String> = []
        if client.mayQuery {
            for one in series {
                let listed = try await client.instances(series: one.description.seriesUID)
                known.formUnion(listed.map(\.instanceUID))
            }
        }
        let missing = all.filter { !known.contains($0.sopInstanceUID) }
        var outgoing = try missing.map {
            try WebPeerClient.Outgoing($0.sopInstanceUID, folder.objects.url(of: $0.object))
        }
        for file in made {
            let header = try await source.header(path: file.path)
            outgoing.append(
                try WebPeerClient.Outgoing(header.string(.sopInstanceUID) ?? "", file))
        }
        let before = all.count - missing.count
        let total = all.count + made.count
        progress(before, total)
        let (taken, refused) = try await client.send(outgoing) { progress(before + $0, total) }
        let reasons = Dictionary(grouping: refused.values) { $0 }.mapValues(\.count)
        return SentInstances(
            sent: taken.count, known: before, failed: refused.count, reasons: reasons)
    }

    /// Fetches what is not here of a study of a DICOMweb peer and takes it in.
    ///
    /// What has come whole is kept also when the rest does not come; another retrieval fetches that.
    func fetch(
        _ study: String, by client: WebPeerClient, for organisation: Int64, intake: Intake?,
        scratch: URL, _ progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> String {
        let place = scratch.appending(path: "fetched")
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Those of a process that was killed.
        if try !whole(in: place).isEmpty {
            try await keep(whole(in: place), from: client.name, intake, study)
        }
        let listed = try await client.instances(study: study)
        guard !listed.isEmpty else { throw client.refusal("has no such study.") }
        let uids = listed.map(\.instanceUID)
        // At the machine everything counts, also what no organisation has taken over yet.
        let here =
            intake == nil
            ? try await folder.records.listed(uids)
            : Set(try await folder.records.kept(uids, for: organisation).keys)
        let before = listed.count { here.contains($0.instanceUID) }
        progress(before, listed.count)
        let come: WebPeerClient.Received
        do {
            come = try await client.fetch(study: study, listed, here: here, into: place) {
                progress(before + $0, listed.count)
            }
        } catch {
            try await keep(whole(in: place), from: client.name, intake, study)
            throw error
        }
        let sentence = try await keep(whole(in: place), from: client.name, intake, study)
        let known = before > 0 ? "; \(before) were here before" : ""
        guard come.missing == 0 else {
            let why = come.problem.map { " \($0)" } ?? ""
            throw WorkflowError.refused(
                sentence: "\(come.missing) of \(listed.count) instances did not come; what came "
                    + "is kept, and another retrieval fetches the rest.\(why)")
        }
        return sentence + known
    }

    /// Whole instances that lie in a folder.
    private func whole(in place: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(WebPeerClient.ending) }
            .sorted { $0.path < $1.path }
    }

    @discardableResult
    private func keep(
        _ files: [URL], from peer: String, _ intake: Intake?, _ study: String
    ) async throws -> String {
        let summary = try await take(files, from: peer, intake, onlyStudy: study)
        for file in files { try FileManager.default.removeItem(at: file) }
        return summary.sentence
    }
}
