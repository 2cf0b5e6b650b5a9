package import Storage

/// One computed object with its provenance, as people and scripts see it.
package struct ComputedShown: Encodable, Hashable, Sendable {
    package var id: String
    package var kind: String
    package var name: String
    /// Counts from 1 within patient, kind and name.
    package var version: Int
    /// The version before.
    package var supersedes: String?
    /// `current` or `outdated`.
    package var state: String
    /// Why it is outdated.
    package var reason: String?
    /// Why it was taken out of use; `nil` while it is in use.
    package var outOfUse: String?
    package var acceptance: Acceptance?
    package var createdAt: String
    package var createdBy: String
    package var inputs: [Input]
    /// Ids of what was computed from it.
    package var usedBy: [String]
    package var softwareVersion: String
    package var dataVersions: [String: String]
    package var parameters: JSONValue
    package var mediaType: String
    /// SHA-256 of its content.
    package var digest: String
    package var bytes: Int
    /// The content itself when it is JSON: a plan, a registration.
    package var content: JSONValue?

    package struct Acceptance: Codable, Hashable, Sendable {
        package var acceptedBy: String
        package var acceptedAt: String
        package var note: String
    }

    package struct Input: Codable, Hashable, Sendable {
        package var role: String
        /// `series`, `computed` or `object`.
        package var kind: String
        /// A short series id or the id of a computed object; `nil` for an object.
        package var id: String?
        /// SHA-256 of the content, or of the digests of a series' files, as it was used.
        package var digest: String
        /// Whether a series still holds exactly those files.
        package var unchanged: Bool?
    }
}

extension ComputedShown {
    /// Reads a computed object's record and, when it is JSON, its content.
    ///
    /// - Throws: ``StorageError``; ``WorkflowError/refused(sentence:)`` when the kept JSON is damaged.
    package init(_ record: DerivedRecord, folder: DataFolder) async throws {
        let draft = record.draft
        var inputs: [Input] = []
        for input in draft.inputs { inputs.append(try await Input(input, folder.records)) }
        let bytes = try await folder.objects.bytes(of: draft.content)
        self.init(
            id: record.id, kind: draft.kind, name: draft.name, version: record.version,
            supersedes: record.supersedes, state: record.state.name,
            reason: record.state.reason, outOfUse: record.tombstone,
            acceptance: record.acceptance.map {
                Acceptance(acceptedBy: $0.acceptedBy, acceptedAt: $0.acceptedAt, note: $0.note)
            }, createdAt: record.createdAt, createdBy: record.createdBy, inputs: inputs,
            usedBy: try await folder.records.dependents(of: record.id).map(\.id),
            softwareVersion: draft.softwareVersion, dataVersions: draft.dataVersions,
            parameters: try StrictJSON.parse(kept: Array(draft.parametersJSON.utf8)),
            mediaType: draft.mediaType, digest: draft.content.hex, bytes: bytes.count,
            content: draft.mediaType == "application/json" ? try StrictJSON.parse(kept: bytes) : nil
        )
    }
}

extension ComputedShown.Input {
    fileprivate init(_ input: DerivedInput, _ records: RecordStore) async throws {
        switch input.source {
        case .object(let digest):
            self.init(role: input.role, kind: "object", digest: digest.hex)
        case .derived(let id):
            self.init(
                role: input.role, kind: "computed", id: id,
                digest: try await records.derived(id: id).draft.content.hex)
        case .series(let uid, let digest):
            self.init(
                role: input.role, kind: "series", id: SeriesName.short(uid), digest: digest.hex,
                unchanged: try await records.instances(seriesUID: uid).seriesDigest == digest)
        }
    }
}
