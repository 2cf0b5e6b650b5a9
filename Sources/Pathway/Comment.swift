/// What a comment on a case is about.
package enum CommentKind: String, Hashable, Sendable, CaseIterable, Codable {
    case comment
    /// Where the catheter's tip is, on an angiography.
    case catheterPosition = "catheter-position"
    /// What a vessel feeds.
    case territory

    /// As people read it.
    package var title: String {
        switch self {
        case .comment: "Comment"
        case .catheterPosition: "Catheter position"
        case .territory: "Territory"
        }
    }
}

/// Why a comment is not kept or withdrawn.
package enum CommentRefusal: Error, Hashable {
    /// Only its author withdraws a comment.
    case notAuthor
    /// It was withdrawn before.
    case withdrawn
    /// Answers are to what was said first, not to answers.
    case answersAnAnswer

    /// What happened and what to do next; holds no patient data.
    package var sentence: String {
        switch self {
        case .notAuthor: "Only who has written the comment can withdraw it; answer it instead."
        case .withdrawn: "The comment was withdrawn meanwhile. Open the case again."
        case .answersAnAnswer: "Answer the comment that the answer belongs to."
        }
    }
}
