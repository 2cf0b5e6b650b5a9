package import Foundation
import Transfer

/// Where the people of an organisation sign in elsewhere (OpenID Connect).
package struct ProviderSettings: Sendable {
    /// As the provider writes it, to the letter.
    package let issuer: String
    package let clientID: String
    /// What Grevy shows the provider to be itself.
    let clientSecret: String
    /// What the button says after "Sign in with".
    package let label: String
    let trust: Trust

    private static let mostLabel = 40

    /// Reads a settings file; paths in it start at its folder.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package init(file: URL) throws {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw WorkflowError.unreadable(file.path)
        }
        let folder = file.deletingLastPathComponent()
        let reader = try SpecReader(document: text)
        issuer = try reader.string("issuer")
        do {
            let address = try WebAddress(issuer)
            guard address.isSecure || address.isLoopback, !issuer.contains("?"),
                !issuer.contains("#")
            else { throw reader.refusal("issuer", "an https address") }
        } catch let error as TransferError {
            throw WorkflowError.refused(sentence: "'issuer': \(error.description)")
        }
        clientID = try reader.string("clientID")
        let secret = folder.appending(path: try reader.string("clientSecretFile"))
        guard let found = try? String(contentsOf: secret, encoding: .utf8),
            !found.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty
        else { throw reader.refusal("clientSecretFile", "a file with the secret alone") }
        clientSecret = found.trimmingCharacters(in: .whitespacesAndNewlines)
        label = try reader.string("label")
        guard (1 ... Self.mostLabel).contains(label.count) else {
            throw reader.refusal("label", "1 to \(Self.mostLabel) characters")
        }
        let authorities = try reader.optionalString("authorities")
        trust = authorities.map { .authorities(folder.appending(path: $0)) } ?? .system
        try reader.finish()
    }
}
