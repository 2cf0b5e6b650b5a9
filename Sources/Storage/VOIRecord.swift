/// A volume of interest of a case; everything about it is fixed but its versions.
package struct VOIRecord: Hashable, Sendable {
    package let id: Int64
    package let patient: Int64
    /// As the version that counts is named.
    package let name: String
    /// `liver`, `territory`, `tumour`, `lungs`, `body`, `other`.
    package let role: String
    /// The CT that it is drawn on.
    package let seriesUID: String
    /// That CT's voxel grid as it was then, as the workflow writes it.
    package let gridJSON: String
    package let createdAt: String
    package let createdBy: String
    /// All of them, the first first; never empty.
    package let versions: [VOIVersionRecord]

    /// The version that counts.
    package var head: VOIVersionRecord? { versions.last { !$0.isAside } }

    /// What makes a version that takes the VOI out of use; nothing of it is deleted.
    package static let withdrawal = "withdrawn"
    /// Making of the version that takes it into use again.
    package static let restoration = "restored"

    /// Whether it was taken out of use: its name is free for another one.
    package var isWithdrawn: Bool { head?.making == Self.withdrawal }
}

/// One version of a volume of interest.
package struct VOIVersionRecord: Hashable, Sendable {
    /// Of kind `voi`; its content is the mask.
    package let record: DerivedRecord
    /// The version that was changed to make this one; `nil` for the first.
    package let base: String?
    /// What made it, such as `drawn`, `sphere` or `import`.
    package let making: String
    /// Whether another version had replaced `base` before this one came: it is kept beside.
    package let isAside: Bool
}

/// A version before it is kept.
package struct VOIVersionDraft: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// A VOI that is new with this version.
        case new(patient: Int64, name: String, role: String, seriesUID: String, gridJSON: String)
        case existing(Int64)
    }

    package let target: Target
    package let base: String?
    package let making: String
    /// Its kind is `voi`, its name that of the VOI.
    package let draft: DerivedDraft

    package init(target: Target, base: String?, making: String, draft: DerivedDraft) {
        (self.target, self.base, self.making, self.draft) = (target, base, making, draft)
    }
}

/// How a version was kept.
package struct VOISaved: Hashable, Sendable {
    package let voi: Int64
    package let record: DerivedRecord
    /// The version that counts now: this one unless it was kept beside another.
    package let head: String
    package var isAside: Bool { head != record.id }
}
