package import Foundation
package import Storage
package import Transfer

/// Which mail server takes notices, and when they are sent.
package struct NoticeSettings: Sendable {
    let server: MailServer
    /// How long what is new is gathered into one mail, in seconds.
    let gatherSeconds: Double

    /// - Parameters:
    ///   - address: `smtps://HOST:PORT`, or `smtp://HOST:PORT` for STARTTLS; without TLS to this
    ///     computer alone.
    ///   - sender: The address that mails come from.
    ///   - user: Who signs in there; `nil` for nobody.
    ///   - passwordFile: The user's password alone.
    ///   - authorities: PEM file, instead of the system's authorities.
    ///   - gatherSeconds: 0 or more.
    ///   - limits: How long the mail server is waited for.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package init(
        address: String, sender: String, user: String? = nil, passwordFile: URL? = nil,
        authorities: URL? = nil, gatherSeconds: Double = 300,
        limits: TransferLimits = MailServer.usualLimits
    ) throws {
        var login: MailServer.Login?
        if let user, let passwordFile {
            guard let text = try? String(contentsOf: passwordFile, encoding: .utf8) else {
                throw WorkflowError.unreadable(passwordFile.path)
            }
            login = MailServer.Login(
                user: user, password: text.trimmingCharacters(in: .newlines))
        }
        do {
            server = try MailServer(
                address: address, sender: sender, login: login,
                trust: authorities.map(Trust.authorities) ?? .system, limits: limits)
        } catch let error as TransferError {
            throw WorkflowError.refused(sentence: "Mail server: \(error.description)")
        }
        self.gatherSeconds = gatherSeconds
    }
}

extension AccountWorkflow {
    /// Sets where an account's notices go; for administrators.
    ///
    /// - Parameters:
    ///   - text: A mail address; empty for none.
    ///   - account: Whose.
    ///   - administrator: Who says so.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package func setNoticeAddress(
        _ text: String, of account: AccountRecord, by administrator: AccountRecord
    ) async throws {
        let address = text.trimmingCharacters(in: .whitespaces)
        do {
            if !address.isEmpty { try MailServer.checkAddress(address) }
        } catch let error as TransferError {
            throw WorkflowError.refused(sentence: error.description)
        }
        try await accounts.set(
            noticeAddress: address.isEmpty ? nil : address, of: account.id,
            by: administrator.actor)
    }
}
