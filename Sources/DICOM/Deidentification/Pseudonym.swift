/// Who a de-identified object says it is of, and how identifiers become others.
package struct Pseudonym: Sendable {
    /// What happens to dates.
    package enum Dates: Hashable, Sendable {
        /// They stay; times too.
        case kept
        /// All are moved by the same days; times of day stay.
        case moved(DateShift)
    }

    /// Stands for name and identifier alike.
    package let label: String
    package let dates: Dates
    /// Returns the new identifier of an old one, always the same.
    package let uid: @Sendable (String) throws -> String
    /// Words that name the patient, lower case, as far as the case knows them; each object adds its
    /// own.
    package let identity: Set<String>

    package init(
        label: String, dates: Dates, identity: Set<String>,
        uid: @escaping @Sendable (String) throws -> String
    ) {
        (self.label, self.dates, self.identity, self.uid) = (label, dates, identity, uid)
    }

    /// The words of a text that could name somebody, lower case: of two letters and more, or with at
    /// least four digits.
    ///
    /// - Parameter text: A name or an identifier.
    /// - Returns: Its parts, and the whole where it is one word.
    package static func words(of text: String) -> Set<String> {
        let parts = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        return Set(parts.map(String.init).filter(isTelling))
    }

    private static func isTelling(_ word: String) -> Bool {
        word.contains(where: \.isLetter) ? word.count >= 3 : word.count >= 4
    }
}
