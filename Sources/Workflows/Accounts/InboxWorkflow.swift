import Foundation
import Pathway
package import Storage

/// Links by which people without an account send images: made, opened with a code, used up.
package struct InboxWorkflow: Sendable {
    private let folder: DataFolder

    package init(folder: DataFolder) { self.folder = folder }

    /// Makes a link.
    ///
    /// - Parameters:
    ///   - sender: Who is invited, on one line.
    ///   - purpose: What is to be sent.
    ///   - patient: The case it is for; `nil` when nobody knows yet.
    ///   - days: How long it works, as typed.
    ///   - account: Who makes it.
    /// - Returns: The link's token and the code, which is told another way; neither is shown again.
    /// - Throws: ``WorkflowError/refused(sentence:)``; `StorageError`, `SigningRefusal.right`.
    package func make(
        sender: String, purpose: String, patient: Int64?, days: String,
        by account: AccountRecord
    ) async throws -> (token: String, code: String, record: InboxRecord) {
        for (what, text) in [("who sends", sender), ("what is to be sent", purpose)] {
            let isPlain = !text.unicodeScalars.contains {
                $0.properties.generalCategory == .control
            }
            guard isPlain, text.count <= InboxLink.longestLabel,
                text.contains(where: { !$0.isWhitespace })
            else {
                throw WorkflowError.refused(
                    sentence: "Say \(what), in 1 to \(InboxLink.longestLabel) characters on one "
                        + "line.")
            }
        }
        guard let days = Int(days), (1 ... InboxLink.mostDays).contains(days) else {
            throw WorkflowError.refused(
                sentence: "A link works for 1 to \(InboxLink.mostDays) days.")
        }
        let token = Secret.token()
        var generator = SystemRandomNumberGenerator()
        let code = String(
            (0 ..< InboxLink.codeDigits).compactMap { _ in
                "0123456789".randomElement(using: &generator)
            })
        let record = try await folder.inboxes.make(
            hash: Secret.hash(token), codeHash: Self.codeHash(token, code),
            InboxDraft(
                sender: sender, purpose: purpose, patient: patient,
                validSeconds: 86400 * Double(days)), by: account)
        return (token, code, record)
    }

    /// What is kept of a code: without the link it cannot be guessed from that.
    private static func codeHash(_ token: String, _ code: String) -> String {
        Secret.hash("inbox\n\(token)\n\(code.filter(\.isWholeNumber))")
    }

    /// Opens a link in a browser.
    ///
    /// - Returns: What the browser keeps; `nil` when the code is wrong.
    /// - Throws: ``StorageError/notFound(entity:)`` for a link that takes no code.
    package func enter(token: String, code: String) async throws -> String? {
        let browser = Secret.token()
        let isRight = try await folder.inboxes.enter(
            hash: Secret.hash(token), codeHash: Self.codeHash(token, code),
            browserHash: Secret.hash(browser))
        return isRight ? browser : nil
    }

    /// Returns a link that takes a code; `nil` for any other.
    package func waiting(token: String) async throws -> InboxRecord? {
        let found = try await folder.inboxes.inbox(hash: Secret.hash(token))
        return found?.state(at: folder.inboxes.moment) == .open ? found : nil
    }

    /// Returns the link that a browser has opened, while it takes files or shows its receipt.
    ///
    /// - Parameters:
    ///   - token: The link's.
    ///   - browser: What the browser keeps; `nil` for none.
    /// - Returns: `nil` for one that another browser has opened, and for one that is over.
    /// - Throws: `StorageError`.
    package func opened(token: String, browser: String?) async throws -> InboxRecord? {
        guard let browser else { return nil }
        let found = try await folder.inboxes.inbox(
            hash: Secret.hash(token), browserHash: Secret.hash(browser))
        let state = found?.state(at: folder.inboxes.moment)
        return state == .open || state == .finished ? found : nil
    }

    /// Uses a link up: what has come is imported into quarantine.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a question that is too long or when nothing
    ///   has come; ``StorageError/notFound(entity:)`` for a link that is not open.
    package func finish(_ inbox: InboxRecord, question: String) async throws {
        guard question.count <= Referral.longestText else {
            throw WorkflowError.refused(sentence: ShareRefusal.question.sentence)
        }
        guard let upload = try await upload(of: inbox),
            try await folder.uploads.files(of: upload.id).contains(where: \.isWhole)
        else { throw WorkflowError.refused(sentence: "No whole file has come yet.") }
        try await folder.inboxes.finish(inbox.id, question: question)
        _ = try await JobWorkflow(folder: folder).importUpload(upload)
    }

    /// Imports what came by a link whose sender did not finish, or whose import failed.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when nothing waits.
    package func importRest(of inbox: InboxRecord) async throws {
        guard let upload = try await upload(of: inbox),
            try await JobWorkflow(folder: folder).importUpload(upload) != nil
        else { throw WorkflowError.refused(sentence: "Nothing waits to be imported.") }
    }

    /// Ends a link, and removes what came by it and was not imported.
    package func end(_ inbox: InboxRecord, by account: AccountRecord) async throws {
        try await folder.inboxes.end(inbox.id, by: account)
        if let upload = try await upload(of: inbox), upload.state == .open {
            try await folder.uploads.end(upload.id, .discarded, by: account.actor)
        }
    }

    /// Returns where the files of a link are kept; `nil` before the code was given.
    package func upload(of inbox: InboxRecord) async throws -> UploadRecord? {
        guard let id = inbox.upload else { return nil }
        return try await folder.uploads.upload(id)
    }
}
