package import Imaging
package import Pathway

/// Where on a case's images a comment is pinned.
package enum CommentAnchor: Hashable, Sendable {
    /// A point of the patient in the frame of reference of a series: DICOM LPS, mm.
    case point(series: Int64, lpsMM: Vector3<Double>)
    /// A place on a frame of an instance, frames counted from 1 in its file; the centre of the first
    /// pixel is column 0, row 0.
    case pixel(series: Int64, instance: Int64, frame: Int, column: Double, row: Double)

    package var series: Int64 {
        switch self {
        case .point(let series, _), .pixel(let series, _, _, _, _): series
        }
    }
}

/// What somebody wrote on a case.
package struct CommentRecord: Hashable, Sendable {
    package struct Withdrawal: Hashable, Sendable {
        package let reason: String
        /// ISO 8601, UTC.
        package let withdrawnAt: String
    }

    package let id: Int64
    package let patient: Int64
    package let kind: CommentKind
    package let text: String
    /// Meant for the own organisation alone.
    package let isInternal: Bool
    /// The comment that it answers; `nil` for one that answers none.
    package let answers: Int64?
    package let anchor: CommentAnchor?
    package let account: Int64
    /// ISO 8601, UTC.
    package let createdAt: String
    /// `nil` while it stands; only its author withdraws it, and the text stays.
    package let withdrawal: Withdrawal?
}

/// A comment before it is kept.
package struct CommentDraft: Hashable, Sendable {
    package let patient: Int64
    package let kind: CommentKind
    package let text: String
    package let isInternal: Bool
    package let anchor: CommentAnchor?

    package init(
        patient: Int64, kind: CommentKind, text: String, isInternal: Bool,
        anchor: CommentAnchor? = nil
    ) {
        (self.patient, self.kind, self.text) = (patient, kind, text)
        (self.isInternal, self.anchor) = (isInternal, anchor)
    }
}
