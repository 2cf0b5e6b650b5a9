/// What a computed object was made from.
package struct DerivedInput: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case object(ObjectDigest)
        /// The id of another derived object.
        case derived(String)
        /// A series as it stood when it was read (`instances.seriesDigest`).
        case series(uid: String, digest: ObjectDigest)

        /// The series; `nil` for anything else.
        package var seriesUID: String? {
            if case .series(let uid, _) = self { uid } else { nil }
        }
    }

    /// What it was to the computation: `ct`, `registration`, `structures`.
    package let role: String
    package let source: Source

    package init(_ role: String, _ source: Source) {
        self.role = role
        self.source = source
    }
}

/// A computed object before it is kept.
package struct DerivedDraft: Hashable, Sendable {
    /// The case it belongs to, a name that the workflow chooses.
    package let caseID: String
    /// `registration`, `structure-set`, `dose`, `plan`, `report`, `verification`.
    package let kind: String
    /// Tells objects of one kind apart.
    package let name: String
    /// Bytes that are in the object store already.
    package let content: ObjectDigest
    package let mediaType: String
    package let inputs: [DerivedInput]
    /// One JSON document, keys sorted, from which the object can be recomputed.
    package let parametersJSON: String
    package let softwareVersion: String
    /// Version of every table that was used, by its name.
    package let dataVersions: [String: String]

    package init(
        caseID: String, kind: String, name: String, content: ObjectDigest, mediaType: String,
        inputs: [DerivedInput], parametersJSON: String = "{}", softwareVersion: String,
        dataVersions: [String: String] = [:]
    ) {
        self.caseID = caseID
        self.kind = kind
        self.name = name
        self.content = content
        self.mediaType = mediaType
        self.inputs = inputs
        self.parametersJSON = parametersJSON
        self.softwareVersion = softwareVersion
        self.dataVersions = dataVersions
    }
}

/// A computed object with its provenance; everything but its state is fixed for good.
package struct DerivedRecord: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case current
        /// Something it depends on has changed.
        case outdated(reason: String)
    }

    /// A person's word that the object may be used.
    package struct Acceptance: Hashable, Sendable {
        package let acceptedBy: String
        package let acceptedAt: String
        package let note: String
    }

    /// A person's word that the object may no longer be used.
    package struct Withdrawal: Hashable, Sendable {
        package let withdrawnBy: String
        package let withdrawnAt: String
        package let reason: String
    }

    /// Kind and a number, `plan-12`.
    package let id: String
    /// Counts from 1 within case, kind and name.
    package let version: Int
    package let draft: DerivedDraft
    package let createdAt: String
    package let createdBy: String
    /// The version before.
    package let supersedes: String?
    package let state: State
    /// `nil` while nobody has accepted it, or after withdrawal.
    package let acceptance: Acceptance?
    /// The last withdrawal, while nobody has accepted it again.
    package let withdrawal: Withdrawal?
    /// Why it was taken out of use; `nil` while it is in use.
    package let tombstone: String?
}
