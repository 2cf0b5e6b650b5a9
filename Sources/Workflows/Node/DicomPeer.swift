import Transfer

/// Whom we exchange images with, as an administrator has described it.
package enum DicomPeer: Hashable, Sendable {
    /// By DICOM's own protocol: it calls us, and we call it where it listens.
    case node(NodePeer)
    /// By DICOMweb: we call it. Who calls ours shows a token instead.
    case web(WebPeer)

    /// Whose peer it is, by name; needed of the machine's own where there are several organisations.
    package var organisation: String? {
        switch self {
        case .node(let node): node.organisation
        case .web(let web): web.organisation
        }
    }

    /// Reads a peer's table of keys and values: one with a `url` is a DICOMweb peer.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ rows: [CommaTable.Row]) throws {
        let isWeb = rows.contains { $0.fields[0] == "url" }
        self =
            isWeb
            ? .web(try WebPeer(PeerTable(rows, keys: WebPeer.keys)))
            : .node(try NodePeer(PeerTable(rows, keys: NodePeer.keys)))
    }

    /// Whether we can call it.
    package var isCallable: Bool {
        switch self {
        case .node(let node): node.port != nil
        case .web: true
        }
    }

    /// What people know it by besides its name: AE title, or where its DICOMweb begins.
    package var label: String {
        switch self {
        case .node(let node): node.title
        case .web(let web): web.base.text
        }
    }
}

/// Keys and values of a peer.
struct PeerTable {
    private let values: [String: String]

    /// - Parameters:
    ///   - rows: The table.
    ///   - keys: Those that there are.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ rows: [CommaTable.Row], keys: [String]) throws {
        var values: [String: String] = [:]
        for row in rows where values.updateValue(row.fields[1], forKey: row.fields[0]) != nil {
            throw row.refusal("says '\(row.fields[0])' a second time")
        }
        if let unknown = values.keys.sorted().first(where: { !keys.contains($0) }) {
            throw Self.refusal(
                "There is no '\(unknown)'; there are \(keys.joined(separator: ", ")).")
        }
        self.values = values
    }

    subscript(key: String) -> String? { values[key] }

    /// Words between blanks.
    func words(_ key: String) -> [String] {
        (values[key] ?? "").split(separator: " ").map(String.init)
    }

    /// Some of what there is to permit, or `nothing`.
    func permissions<Permission: RawRepresentable<String> & CaseIterable & Hashable>(
        _ key: String, usual: Set<Permission>
    ) throws -> Set<Permission> {
        guard let text = values[key] else { return usual }
        guard text != "nothing" else { return [] }
        let known = words(key).compactMap(Permission.init)
        guard !known.isEmpty, known.count == words(key).count else {
            let all = Permission.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refusal("'\(key)' is 'nothing', or some of: \(all).")
        }
        return Set(known)
    }

    /// SHA-256 of a certificate in lower-case hexadecimal.
    func fingerprint() throws -> String? {
        try values["fingerprint"].map { text in
            let digits = text.replacing(":", with: "").lowercased()
            guard digits.wholeMatch(of: /[0-9a-f]{64}/) != nil else {
                throw Self.refusal(
                    "'fingerprint' is the SHA-256 of the peer's certificate, 64 hexadecimal digits."
                )
            }
            return digits
        }
    }

    static func refusal(_ sentence: String) -> WorkflowError { .refused(sentence: sentence) }
}
