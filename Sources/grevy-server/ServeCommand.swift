import ArgumentParser
import Foundation
import Server
import Terminal

/// Serves pages of a data folder.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grevy serve",
        abstract: "Serve the workspace of a data folder to browsers.",
        discussion: """
            Listens on this machine alone unless a certificate is given. The first start prints a \
            link that sets up the first administrator; it works once, for 30 minutes.
            """)

    @Option(name: .long, help: "The data folder; made when absent.")
    var data: String
    @Option(help: "The port; 0 lets the system choose.")
    var port = 8080
    @Option(
        help: """
            The address to listen on; other than this machine's own it needs TLS, or \
            '--behind-proxy'.
            """)
    var host = "127.0.0.1"
    @Option(name: .customLong("name"), help: "A further name by which browsers may call.")
    var names: [String] = []
    @Option(help: "PEM file of the certificate chain.", completion: .file())
    var certificate: String?
    @Option(help: "PEM file of its key.", completion: .file())
    var key: String?
    @Flag(
        help:
            "Use TLS with a certificate that the server makes itself, kept beside the signing key.")
    var selfMadeCertificate = false
    @Option(
        name: .customLong("behind-proxy"),
        help: """
            Addresses of the proxies that speak TLS with browsers, one or a block; their \
            X-Forwarded-For and X-Forwarded-Proto are believed, and other machines are refused.
            """)
    var proxies: [String] = []
    @Option(
        help: "The Ed25519 key that signs exports; made when absent, outside the data folder.",
        completion: .file())
    var signingKey: String?
    @Option(
        name: .customLong("oidc"),
        help: """
            Let people sign in elsewhere too (OpenID Connect), by this settings file; see \
            Docs/Administration.md.
            """, completion: .file())
    var provider: String?
    @Flag(
        help:
            "Make two hospitals, seven people and ten synthetic patients, in a new data folder first."
    )
    var demo = false
    @Option(help: "Minutes without use after which a session is locked; at most 15.")
    var lockAfter = 15.0
    @Option(help: "The folder of templates, styles and modules.", completion: .directory)
    var web = "Web"
    @OptionGroup(title: "DICOM node")
    var node: NodeOptions
    @OptionGroup(title: "Notices by mail")
    var notices: NoticeOptions

    func validate() throws {
        guard (0 ... 65535).contains(port) else {
            throw ValidationError("'--port' must be from 0 to 65535.")
        }
        guard lockAfter > 0, lockAfter <= 15 else {
            throw ValidationError("'--lock-after' must lie above 0 and up to 15 minutes.")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("'--certificate' and '--key' go together.")
        }
        guard certificate == nil || !selfMadeCertificate else {
            throw ValidationError("'--self-made-certificate' stands in for '--certificate'.")
        }
        let settings = try settings()
        guard !demo || settings.isLoopback else {
            throw ValidationError("'--demo' is served on this machine alone; leave '--host' out.")
        }
        guard
            settings.isBehindTLS || settings.makesCertificate || settings.isLoopback
        else {
            throw ValidationError(
                "Listening on '\(host)' sends patient data over the network: give '--certificate' "
                    + "and '--key', '--self-made-certificate', or '--behind-proxy' with the "
                    + "addresses of what speaks TLS before it.")
        }
        guard
            notices.server == nil || !names.isEmpty || settings.isLoopback && proxies.isEmpty
        else {
            throw ValidationError(
                "'--smtp' needs '--name': the links in mails begin with it.")
        }
        guard node.dicomTLSPort == nil || certificate != nil || selfMadeCertificate else {
            throw ValidationError(
                "'--dicom-tls-port' needs '--certificate' and '--key', or "
                    + "'--self-made-certificate'.")
        }
    }

    private func blocks() throws -> [AddressBlock] {
        try proxies.map { text in
            guard let block = AddressBlock(text) else {
                throw ValidationError(
                    "'--behind-proxy \(text)': give an address, or a block such as 10.1.0.0/16 "
                        + "whose further bits are zero.")
            }
            return block
        }
    }

    private func settings() throws -> ServerSettings {
        var settings = ServerSettings(web: URL(filePath: web))
        (settings.host, settings.port, settings.names) = (host, port, names)
        settings.isDemo = demo
        settings.provider = provider.map { URL(filePath: $0) }
        settings.proxies = try blocks()
        settings.makesCertificate = selfMadeCertificate
        node.write(to: &settings)
        settings.lockSeconds = lockAfter * 60
        if let certificate, let key {
            settings.tls = (URL(filePath: certificate), URL(filePath: key))
        }
        return settings
    }

    func run() async throws {
        var settings = try settings()
        try notices.write(to: &settings)
        let serving = Serving(dataPath: data, settings: settings, signingKey: signingKey)
        try await serving.run { text in Console.progress(text) }
    }
}
