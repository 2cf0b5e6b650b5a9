package import DICOM
import Foundation

/// Another DICOM node as an administrator has described it: who it is, where, and what it may do.
package struct NodePeer: Hashable, Sendable {
    /// What a peer may ask of us.
    package enum Permission: String, Hashable, Sendable, CaseIterable {
        case store, query, retrieve
    }

    /// AE title, at most 16 characters.
    package let title: String
    /// Where it calls from, and where it listens.
    package let address: NumericAddress
    /// Where it listens; `nil` for one that only calls.
    package let port: Int?
    package let permissions: Set<Permission>
    /// Names of the peers to which it may have instances sent (C-MOVE).
    package let destinations: Set<String>
    /// SHA-256 of its certificate in lower-case hexadecimal; `nil` for no TLS.
    package let fingerprint: String?
    /// Whose peer it is, by name; needed of the machine's own where there are several organisations.
    package let organisation: String?

    private static let keys = [
        "title", "address", "port", "may", "destinations", "fingerprint", "organisation",
    ]
    private static let nothing = "nothing"

    /// Reads a peer's table of keys and values.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(_ rows: [CommaTable.Row]) throws {
        var values: [String: String] = [:]
        for row in rows where values.updateValue(row.fields[1], forKey: row.fields[0]) != nil {
            throw row.refusal("says '\(row.fields[0])' a second time")
        }
        if let unknown = values.keys.sorted().first(where: { !Self.keys.contains($0) }) {
            throw Self.refusal(
                "There is no '\(unknown)'; there are \(Self.keys.joined(separator: ", ")).")
        }
        guard let title = values["title"], title.isPlainTitle else {
            throw Self.refusal("The peer needs its AE title, 1 to 16 plain characters.")
        }
        guard let address = values["address"].flatMap(NumericAddress.init) else {
            throw Self.refusal("The peer needs its numeric address, such as 10.1.2.3.")
        }
        port = try values["port"].map { text in
            guard let port = Int(text), (1 ... 65535).contains(port) else {
                throw Self.refusal("'port' is a number from 1 to 65535.")
            }
            return port
        }
        fingerprint = try values["fingerprint"].map { text in
            let digits = text.replacing(":", with: "").lowercased()
            guard digits.wholeMatch(of: /[0-9a-f]{64}/) != nil else {
                throw Self.refusal(
                    "'fingerprint' is the SHA-256 of the peer's certificate, 64 hexadecimal digits."
                )
            }
            return digits
        }
        (self.title, self.address) = (title, address)
        permissions = try Self.permissions(values["may"] ?? Permission.store.rawValue)
        destinations = Set(Self.words(values["destinations"] ?? ""))
        organisation = values["organisation"]
        guard destinations.isEmpty || permissions.contains(.retrieve) else {
            throw Self.refusal("'destinations' are for a peer that may retrieve.")
        }
    }

    private static func permissions(_ text: String) throws -> Set<Permission> {
        guard text != nothing else { return [] }
        let words = words(text)
        let known = words.compactMap(Permission.init)
        guard !words.isEmpty, known.count == words.count else {
            throw refusal("'may' is 'nothing', or some of store, query and retrieve.")
        }
        return Set(known)
    }

    private static func words(_ text: String) -> [String] {
        text.split(separator: " ").map(String.init)
    }

    private static func refusal(_ sentence: String) -> WorkflowError {
        .refused(sentence: sentence)
    }

    /// Where it listens; `nil` for one that only calls.
    package var listeningAddress: PeerAddress? {
        port.map {
            PeerAddress(title: title, host: address.text, port: $0, fingerprint: fingerprint)
        }
    }
}
