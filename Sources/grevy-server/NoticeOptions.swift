import ArgumentParser
import Foundation
import Server

/// How people are told by mail that something waits for them.
struct NoticeOptions: ParsableArguments {
    @Option(
        name: .customLong("smtp"),
        help: """
            The mail server for notices: smtps://HOST:PORT, or smtp://HOST:PORT for STARTTLS (without \
            TLS to this machine alone); see Docs/Administration.md.
            """)
    var server: String?
    @Option(name: .customLong("smtp-from"), help: "The address that notices come from.")
    var sender: String?
    @Option(name: .customLong("smtp-user"), help: "The user name at the mail server.")
    var user: String?
    @Option(
        name: .customLong("smtp-password-file"), help: "File of that user's password, alone in it.",
        completion: .file())
    var passwordFile: String?
    @Option(
        name: .customLong("smtp-authorities"),
        help: "PEM file of the authorities that the mail server is trusted by; else the system's.",
        completion: .file())
    var authorities: String?
    @Option(
        name: .customLong("smtp-gather"),
        help: "Minutes for which what is new is gathered into one mail.")
    var gatherMinutes = 5.0

    func validate() throws {
        guard (server == nil) == (sender == nil) else {
            throw ValidationError("'--smtp' and '--smtp-from' go together.")
        }
        guard (user == nil) == (passwordFile == nil) else {
            throw ValidationError("'--smtp-user' and '--smtp-password-file' go together.")
        }
        guard server != nil || user == nil && authorities == nil else {
            throw ValidationError("'--smtp-user' and '--smtp-authorities' need '--smtp'.")
        }
        guard (0 ... 1440).contains(gatherMinutes) else {
            throw ValidationError("'--smtp-gather' must lie between 0 and 1440 minutes.")
        }
    }

    /// - Throws: What is wrong with the mail server's address or files.
    func write(to settings: inout ServerSettings) throws {
        guard let server, let sender else { return }
        try settings.sendNotices(
            by: server, from: sender, user: user,
            passwordFile: passwordFile.map { URL(filePath: $0) },
            authorities: authorities.map { URL(filePath: $0) }, gatherSeconds: gatherMinutes * 60)
    }
}
