/// How a case is taken out.
package struct CaseExportOptions: Codable, Hashable, Sendable {
    /// What happens to dates when the patient's identity is removed.
    package enum Dates: String, Codable, Hashable, Sendable, CaseIterable {
        /// All are moved by the same number of days, which follows from the patient.
        case moved
        case kept
    }

    /// Whether the patient's identity is removed.
    package var isDeidentified: Bool
    package var dates: Dates
    /// What it is for; exports of one patient under one word carry the same pseudonyms, under
    /// different words nobody can tell that they belong together.
    package var project: String
    /// Series (`se-…`) whose pixels somebody has looked at: no name is written in them.
    package var lookedAt: [String]

    /// In characters.
    package static let longestProject = 64

    /// - Throws: ``WorkflowError/refused(sentence:)`` for too long a word.
    package init(
        isDeidentified: Bool = false, dates: Dates = .moved, project: String = "",
        lookedAt: [String] = []
    ) throws {
        guard project.count <= Self.longestProject,
            !project.contains(where: { $0.isNewline || $0.unicodeScalars.contains("\0") })
        else {
            throw WorkflowError.refused(
                sentence: "The project is a word or two, at most \(Self.longestProject) characters."
            )
        }
        (self.isDeidentified, self.dates) = (isDeidentified, dates)
        (self.project, self.lookedAt) = (project, lookedAt)
    }
}
