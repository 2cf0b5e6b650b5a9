import DICOM
package import Foundation
import Storage
package import Workflows

/// Where and how the server listens.
package struct ServerSettings: Sendable {
    /// The address to bind; loopback unless TLS is on.
    package var host = "127.0.0.1"
    /// 0 lets the system choose a free one.
    package var port = 8080
    /// Names beside the bound address under which browsers may call.
    package var names: [String] = []
    /// PEM files of certificate chain and key; with them HTTP/2 and HTTP/1.1 over TLS.
    package var tls: (certificate: URL, key: URL)?
    /// Whether a certificate of the server's own making stands in for ``tls``.
    package var makesCertificate = false
    /// Whose word on callers is taken: proxies that speak TLS with browsers.
    package var proxies: [AddressBlock] = []
    /// The file of the key that signs what leaves; `nil` for the one of the user's configuration folder.
    package var signingKeyFile: URL?
    /// Templates, styles, modules.
    package var web: URL
    /// How long a connection may wait for a request's head, in seconds.
    package var headSeconds = 30.0
    /// How long a connection may be silent, or be without a request, in seconds.
    package var idleSeconds = 75.0
    /// How long a request's body may take, in seconds, beside a second for each 16 kB of it.
    package var bodySeconds = 60.0
    /// The most connections at once; fewer where the system allows this process few open files.
    package var mostConnections = 4096
    /// The most connections at once from one address, which may be a whole hospital's; never more
    /// than half of all.
    package var mostConnectionsOfPeer = 2048

    /// How long a session may stay unused before it is locked, in seconds.
    package var lockSeconds = SessionLimits().idleSeconds

    /// The settings file of another place to sign in; `nil` for none.
    package var provider: URL?

    /// How people are told by mail what waits for them; `nil` for not at all.
    package var notices: NoticeSettings?

    /// Where DICOM peers are listened for; its certificate is taken from ``tls``.
    package var node = RunningNode.Settings()

    /// Whether a hospital of synthetic patients is made first; never beside real data.
    package var isDemo = false

    /// How long one stream of events lasts, in seconds; browsers ask for the next by themselves.
    package var eventSeconds = 20.0

    /// How long a long answer goes on at most before the reader's access is looked at again, in
    /// seconds.
    package var lookSeconds = 2.0

    package init(web: URL) { self.web = web }

    /// Sets where and as what DICOM peers find us, and what we show to those of DICOMweb.
    package mutating func listenForPeers(
        host: String, port: Int?, portTLS: Int?, title: String, webTokens: String?
    ) {
        (node.host, node.port, node.portTLS) = (host, port, portTLS)
        (node.caller.title, node.caller.webTokens) = (title, webTokens)
    }

    /// Sets how people are told by mail what waits for them; see ``NoticeSettings``.
    ///
    /// - Throws: `WorkflowError.refused(sentence:)`.
    package mutating func sendNotices(
        by server: String, from sender: String, user: String?, passwordFile: URL?,
        authorities: URL?, gatherSeconds: Double
    ) throws {
        notices = try NoticeSettings(
            address: server, sender: sender, user: user, passwordFile: passwordFile,
            authorities: authorities, gatherSeconds: gatherSeconds)
    }

    /// The server's address as browsers call it, for who reads it elsewhere.
    ///
    /// - Parameter port: The one that the server listens on.
    /// - Returns: It without a slash at its end.
    package func link(port: Int) -> String {
        let name = names.first ?? host
        let shown = name.contains(":") ? "[\(name)]" : name
        guard proxies.isEmpty else { return "https://\(shown)" }
        let isUsual = port == (scheme == "https" ? 443 : 80)
        return "\(scheme)://\(shown)\(isUsual ? "" : ":\(port)")"
    }

    /// Whether text is a numeric address, and one that only this machine can call.
    package static func nodeAddress(_ text: String) -> (isNumeric: Bool, isLoopback: Bool) {
        let address = NumericAddress(text)
        return (address != nil, address?.isLoopback == true)
    }

    /// Whether text can be an AE title.
    package static func isNodeTitle(_ text: String) -> Bool { text.isPlainTitle }

    /// Whether browsers come by TLS, to the server or to what stands before it.
    package var isBehindTLS: Bool { tls != nil || !proxies.isEmpty }

    /// Whether only this machine can call.
    package var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    /// How the server itself is called.
    package var scheme: String { tls == nil ? "http" : "https" }

    /// Whether a request's `Host` is one of ours; another would be a page of somebody else whose
    /// name points here.
    package func accepts(authority: String?) -> Bool {
        let form = /(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._\-]+))(?::[0-9]{1,5})?/
        guard let parts = authority?.wholeMatch(of: form), let name = parts.1 ?? parts.2 else {
            return false
        }
        return (names + [host, "localhost", "127.0.0.1", "::1"]).contains(name.lowercased())
    }
}
