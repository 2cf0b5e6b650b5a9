import DICOM

/// Who we are when we call other nodes, in words that a job's specification can hold.
package struct NodeCaller: Codable, Hashable, Sendable {
    /// Our AE title.
    package var title: String
    /// PEM files of our certificate and its key, for peers with TLS; `nil` without.
    package var certificate: String?
    package var key: String?
    /// File of the tokens that DICOMweb peers have given us, if there is one.
    package var webTokens: String?

    /// What a node is called that nobody has given a name.
    package static let usualTitle = "GREVY"

    package init(
        title: String = usualTitle, certificate: String? = nil, key: String? = nil,
        webTokens: String? = nil
    ) {
        (self.title, self.certificate, self.key) = (title, certificate, key)
        self.webTokens = webTokens
    }

    /// - Throws: `DicomError.unreadable(reason:)`.
    func identity() throws -> TLSIdentity? {
        guard let certificate, let key else { return nil }
        return try TLSIdentity(certificatePath: certificate, keyPath: key)
    }
}
