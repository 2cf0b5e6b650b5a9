package import Transfer

/// A DICOMweb server of somebody else as an administrator has described it: where it is, how we know
/// it, and what we ask of it.
package struct WebPeer: Hashable, Sendable {
    /// What we may ask of a peer.
    package enum Use: String, Hashable, Sendable, CaseIterable {
        /// Images leave us (STOW-RS).
        case send
        /// QIDO-RS.
        case query
        /// WADO-RS.
        case retrieve
    }

    /// Where its DICOMweb begins, without a slash at the end.
    package let base: WebAddress
    package let uses: Set<Use>
    /// SHA-256 of its certificate in lower-case hexadecimal; `nil` where an authority that this computer
    /// trusts has signed it.
    package let fingerprint: String?
    /// Whose peer it is, by name; needed of the machine's own where there are several organisations.
    package let organisation: String?

    static let keys = ["url", "use", "fingerprint", "organisation"]

    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ table: PeerTable) throws {
        base = try Self.base(table["url"] ?? "")
        uses = try table.permissions("use", usual: [.query, .retrieve])
        fingerprint = try table.fingerprint()
        organisation = table["organisation"]
        guard base.isSecure || base.isLoopback else {
            throw PeerTable.refusal(
                "Patient data would go to \(base.host) without TLS; 'url' begins with https://.")
        }
        guard base.isSecure || fingerprint == nil else {
            throw PeerTable.refusal("There is a 'fingerprint' with https:// only.")
        }
    }

    /// Reads where a DICOMweb begins.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    static func base(_ text: String) throws -> WebAddress {
        var text = text[...]
        while text.hasSuffix("/") { text.removeLast() }
        guard !text.contains(where: { "?#".contains($0) }),
            let address = try? WebAddress(String(text))
        else {
            throw PeerTable.refusal(
                "'url' is where the peer's DICOMweb begins, such as https://pacs.example/dicom-web."
            )
        }
        return address
    }

    /// Whom we take for the peer.
    var trust: Trust { fingerprint.map { .certificate(sha256: $0) } ?? .system }
}
