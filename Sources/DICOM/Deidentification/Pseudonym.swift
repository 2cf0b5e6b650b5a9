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
    /// Words that name the patient and others, over the whole case; each object adds its own.
    package let identity: IdentityWords

    package init(
        label: String, dates: Dates, identity: IdentityWords,
        uid: @escaping @Sendable (String) throws -> String
    ) {
        (self.label, self.dates, self.identity, self.uid) = (label, dates, identity, uid)
    }

    /// The words of a text that could name somebody, lower case: of three characters and more with a
    /// letter, or of four digits and more.
    ///
    /// - Parameter text: A name or an identifier.
    /// - Returns: Its parts, and the whole where it is one word.
    package static func words(of text: String) -> Set<String> {
        let parts = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        return Set(parts.map(String.init).filter(isTelling))
    }

    /// The words of a person's name, lower case; of family, given and middle names those of two letters
    /// too.
    ///
    /// - Parameter name: As PN has it: prefix and suffix (`Mr`) are no names of that length.
    /// - Returns: Its words.
    package static func words(ofName name: String) -> Set<String> {
        let shortest = 2
        let names = name.lowercased().split(separator: "=").flatMap {
            $0.split(separator: "^", omittingEmptySubsequences: false).prefix(3)
        }
        let short = names.flatMap { $0.split { !$0.isLetter } }.filter { $0.count == shortest }
        return words(of: name).union(short.map(String.init))
    }

    /// The words of a text as people would read them, lower case: between other characters, and
    /// within such runs of letters and digits what stands between digits or begins with a capital
    /// after a small letter (`Anna2`, `ScanAnna`).
    static func runs(of text: String) -> Set<String> {
        var found: Set<String> = []
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            found.insert(word.lowercased())
            var run = ""
            for character in word {
                let begins = character.isUppercase && run.last?.isLowercase == true
                if begins || !character.isLetter {
                    found.insert(run.lowercased())
                    run = ""
                }
                if character.isLetter { run.append(character) }
            }
            found.insert(run.lowercased())
        }
        return found
    }

    private static func isTelling(_ word: String) -> Bool {
        word.contains(where: \.isLetter) ? word.count >= 3 : word.count >= 4
    }
}
