/// How far a job is.
package enum JobState: String, Hashable, Sendable, CaseIterable, Codable {
    case queued, running, done, failed, cancelled

    /// Whether nothing more will happen.
    package var isOver: Bool { self == .done || self == .failed || self == .cancelled }
}

/// Long work, as it stands.
package struct JobRecord: Hashable, Sendable {
    package let id: Int64
    /// What is done, such as `import` or `plan`.
    package let kind: String
    /// What to do, as the program reads it; ids and digests, no patient data.
    package let taskJSON: String
    package let account: Int64
    /// Who asked for it.
    package let person: String
    /// The case it belongs to; `nil` for what belongs to none yet.
    package let patient: Int64?
    package let state: JobState
    /// From 0 to 1; `nil` while nobody can say.
    package let fraction: Double?
    /// What it does now, what came of it, or why it failed; without patient data.
    package let sentence: String
    /// The id of what it made.
    package let made: String?
    /// The process that does it, or did it last.
    package let process: Int?
    /// How often it was started.
    package let starts: Int
    /// ISO 8601, UTC.
    package let createdAt: String
    package let startedAt: String?
    package let endedAt: String?
}
