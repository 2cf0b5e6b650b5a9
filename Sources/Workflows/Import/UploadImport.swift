import DICOM
import Foundation
import Storage

/// A file that somebody sent, where it lies and what the sender called it.
struct ReceivedFile: Hashable, Sendable {
    let url: URL
    /// With its folders; for people, never for a path on disk.
    let name: String
    /// Whether its content is on disk and nobody writes to it any more.
    var isDurable = false
}

/// Takes what a browser has sent into the data folder: archives are unpacked, every file is
/// imported, and what does not belong to the case without doubt waits in quarantine.
struct UploadImport: Sendable {
    let folder: DataFolder
    let source: any DicomSource
    let actor: String
    /// For unpacked files; the caller removes it.
    let scratch: URL

    private struct Unpacked {
        var files: [ReceivedFile] = []
        var setAside: [SetAsideFile] = []
    }

    /// Imports an upload and ends it.
    ///
    /// - Parameters:
    ///   - id: The upload.
    ///   - say: Told how far it is.
    /// - Returns: What became of the files.
    /// - Throws: ``StorageError``; ``WorkflowError/refused(sentence:)`` for an upload that has been
    ///   imported before.
    func run(
        upload id: Int64, say: @Sendable @escaping (JobMessage) -> Void
    ) async throws -> ImportSummary {
        let upload = try await folder.uploads.upload(id)
        guard upload.state == .importing else {
            throw WorkflowError.refused(sentence: "The upload is not waiting for its import.")
        }
        let account = try await folder.accounts.account(upload.account)
        let inbox = try await folder.inboxes.inbox(account: account.id)
        say(.progress(fraction: nil, sentence: "Looks for archives."))
        let unpacked = try unpack(try await folder.uploads.files(of: id), of: id)
        let summary = try await ImportWorkflow(
            folder: folder, source: source, actor: actor,
            intake: Intake(
                account: account.id, organisation: account.organisation.id,
                patient: upload.patient,
                waits: inbox == nil ? nil : "They came by an inbox link.")
        ).run(files: unpacked.files, setAside: unpacked.setAside) { done, all in
            say(JobRun.files(done, of: all))
        }
        try await folder.uploads.end(id, .imported, by: actor)
        return summary
    }

    private func unpack(_ files: [UploadedFile], of upload: Int64) throws -> Unpacked {
        var unpacked = Unpacked()
        for file in files {
            try Task.checkCancellation()
            let url = folder.uploads.url(of: file, in: upload)
            guard file.isWhole else {
                unpacked.setAside.append(
                    SetAsideFile(
                        path: file.path, outcome: .refused, reason: "incomplete",
                        sentence: "The file did not come whole; send it again."))
                continue
            }
            guard ZipArchive.isArchive(url) else {
                unpacked.files.append(ReceivedFile(url: url, name: file.path))
                continue
            }
            do { try unpack(ZipArchive(file: url), named: file, into: &unpacked) } catch let error
                as DicomError
            { unpacked.setAside.append(ImportRefusal(error).setAside(file.path)) }
        }
        return unpacked
    }

    private func unpack(
        _ archive: ZipArchive, named file: UploadedFile, into unpacked: inout Unpacked
    ) throws {
        let own = scratch.appending(path: "unpacked/\(file.number)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        for (number, entry) in archive.entries.enumerated() {
            try Task.checkCancellation()
            let name = "\(file.path)/\(entry.name)"
            let url = own.appending(path: String(number))
            do {
                try archive.unpack(entry, to: url)
                unpacked.files.append(ReceivedFile(url: url, name: name))
            } catch let error as DicomError {
                unpacked.setAside.append(ImportRefusal(error).setAside(name))
            }
        }
    }
}
