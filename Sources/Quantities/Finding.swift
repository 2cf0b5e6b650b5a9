/// Something a person should know about the data or a result: an assumption, an oddity, a limit.
///
/// Findings travel with what they concern, are shown in every report, and decide nothing.
/// The sentence holds no patient data; it names slices, tags, structures and numbers.
public struct Finding: Hashable, Sendable, Codable {
    /// How much attention a finding asks for.
    public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
        /// For the record; nothing is wrong.
        case note
        /// The result stands, but a person should look.
        case warning
        /// The thing it concerns cannot be used until a person has dealt with it.
        case error
    }

    /// Stable identifier in lower case, area first: `ct.slice-gap`, `pet.half-life-mismatch`.
    public let code: String
    public let severity: Severity
    /// What it is, where, and what to do, in one or two sentences.
    public let sentence: String
    /// What it concerns, `series 3 (CT)` or a structure's name; `nil` when it is the whole.
    public let subject: String?

    public init(
        _ code: String, _ severity: Severity, _ sentence: String, subject: String? = nil
    ) {
        self.code = code
        self.severity = severity
        self.sentence = sentence
        self.subject = subject
    }
}
