package import DICOM
package import Foundation
import Pathway
package import Storage

/// Takes cases out in people's names.
package struct CaseExportWorkflow: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource

    package init(folder: DataFolder, source: any DicomSource) {
        (self.folder, self.source) = (folder, source)
    }

    /// Makes an export for somebody who has asked for it; what they may see is asked now.
    ///
    /// - Parameters:
    ///   - patient: The case.
    ///   - account: Who asked.
    ///   - options: How.
    ///   - key: The server's key.
    ///   - scratch: A folder of the job's own.
    ///   - say: Told how far it is.
    /// - Returns: The export, which is kept for a day.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the case is not open to them; as
    ///   ``CaseExport/write(to:scratch:)``.
    func run(
        _ patient: Int64, for account: AccountRecord, options: CaseExportOptions, key: SigningKey,
        scratch: URL, say: @escaping @Sendable (Double?, String) -> Void
    ) async throws -> ExportStore.Kept {
        // No emergency opens a case to take it out: it is asked for as a download.
        guard !account.isDisabled, account.role.rights.contains(.export),
            let opened = try await folder.shares.access(to: patient, for: account, as: .download)
        else {
            throw WorkflowError.refused(sentence: "The case may not be taken out by you any more.")
        }
        let reader = CaseReader(folder: folder, patient: patient, sight: opened.sight)
        try await checkRoom(reader, options)
        let file = scratch.appending(path: "case.zip")
        let answer = try await CaseExport(
            reader, of: opened.patient, source: source, key: key, actor: account.actor,
            options: options, say: say
        ).write(to: file, scratch: scratch.appending(path: "tree"))
        let kept = ExportStore.Kept(
            patient: patient, organisation: account.organisation.id,
            createdAt: folder.shares.moment, byteCount: answer.byteCount, sha256: answer.sha256,
            sentence: answer.sentence, isDeidentified: options.isDeidentified, sight: opened.sight)
        try folder.exports.keep(file, as: kept)
        return kept
    }

    /// What is made lies there twice: in the archive, and before it is packed.
    private func checkRoom(_ reader: CaseReader, _ options: CaseExportOptions) async throws {
        var bytes = 0
        for series in try await reader.series() {
            for instance in try await folder.records.instances(
                seriesUID: series.description.seriesUID)
            {
                bytes += folder.objects.byteCount(of: instance.object) ?? 0
            }
        }
        guard folder.hasRoom(for: options.isDeidentified ? 2 * bytes : bytes) else {
            throw WorkflowError.refused(
                sentence: "The server's disk has no room for this export; tell whoever runs it.")
        }
    }

    /// What a person chooses before a case is taken out.
    package struct Choices: Sendable {
        package struct Series: Sendable {
            package let id: String
            package let label: String
        }

        /// Series that may show names in their pixels.
        package let written: [Series]
        package let exports: [ExportStore.Kept]
    }

    /// Reads what there is to choose and to fetch.
    ///
    /// - Throws: `StorageError`.
    package func choices(
        _ reader: CaseReader, for account: AccountRecord
    ) async throws -> Choices {
        let series = try await reader.series()
        let burnedIn = BurnedInText(reader, source: source)
        let withheld = try await burnedIn.withheld(among: series.map(\.shortID))
        return Choices(
            written: series.filter { withheld.contains($0.shortID) }.map { series in
                let text = series.description
                return Choices.Series(
                    id: series.shortID,
                    label: "\(text.modality) \(text.description), \(series.instanceCount) files")
            },
            exports: try folder.exports.exports(
                of: reader.patient, organisation: account.organisation.id
            ).filter { $0.isCovered(by: reader.sight) })
    }
}

extension DataSession {
    /// Takes a case out at the machine; see ``CaseExport``.
    ///
    /// - Parameters:
    ///   - id: `patient-3`.
    ///   - out: A folder, made when absent; the archive in it is called as the case is.
    ///   - options: How.
    ///   - key: The key's file; `nil` for the one of the user's configuration folder.
    ///   - say: Told what is done.
    /// - Returns: What was written.
    /// - Throws: ``WorkflowError``; as ``CaseExport/write(to:scratch:)``.
    package func exportCase(
        _ id: String, to out: URL, options: CaseExportOptions, key: URL?,
        say: @escaping @Sendable (Double?, String) -> Void
    ) async throws -> CaseExport.Answer {
        guard id.hasPrefix("patient-"), let number = Int64(id.dropFirst("patient-".count)),
            let patient = try await folder.records.patients().first(where: { $0.id == number })
        else { throw WorkflowError.notFound(kind: "case", name: id) }
        let key = try SigningKey.open(at: key ?? SigningKey.defaultFile(), outside: folder.url)
        try OutputFolder.make(out)
        let scratch = try folder.scratch()
        // It goes with its last use.
        defer { withExtendedLifetime(scratch) {} }
        let place = scratch.place(of: "export")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return try await CaseExport(
            CaseReader(whole: number, in: folder), of: patient, source: source, key: key,
            actor: actor, options: options, say: say
        ).write(
            to: out.appending(path: "\(id).zip"), scratch: place.appending(path: "tree"))
    }
}
