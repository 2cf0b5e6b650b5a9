import Foundation

/// Keeps of descriptions what is known to describe images, not people.
///
/// Source: DICOM PS3.15 E.3.5 asks that only "values known to be safe" stay.
package enum DescriptorWords {
    private static let known: Set<Substring> = {
        let text = String(decoding: PackageResources.descriptor_words_txt, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        return Set(lines.flatMap { $0.split(separator: " ") }.map { Substring(String($0)) })
    }()

    private static let units: Set<Substring> = [
        "mm", "cm", "s", "sec", "min", "h", "hr", "hrs", "d", "kv", "kvp", "ma", "mas", "kev",
        "mev",
        "gy", "mgy", "mbq", "gbq", "mci", "ml", "x", "%", "st", "nd", "rd", "th",
    ]

    /// Whether a word is one of those that are kept.
    static func knows(_ word: some StringProtocol) -> Bool {
        let folded = Substring(word.lowercased())
        return known.contains(folded) || units.contains(folded)
    }

    /// Returns the words of a text that are known, and small numbers; between them stands a space.
    ///
    /// Numbers have at most three digits before the point; two or more in a row could be a date and go.
    ///
    /// - Parameters:
    ///   - text: What somebody or a device wrote.
    ///   - identity: Words that name the patient, lower case; they go even where they are known.
    /// - Returns: What is left, maybe nothing.
    package static func cleaned(_ text: String, identity: Set<String>) -> String {
        var kept: [(word: Substring, isBare: Bool)] = []
        var droppedNumber = false
        for word in text.split(whereSeparator: { !isPart($0) }) {
            let trimmed = word.trimmed
            let folded = trimmed.lowercased()
            guard !trimmed.isEmpty, !identity.contains(folded) else {
                droppedNumber = false
                continue
            }
            if isNumber(folded) {
                if kept.last?.isBare == true {
                    kept.removeLast()
                    droppedNumber = true
                    continue
                }
                guard !droppedNumber else { continue }
                kept.append((trimmed, true))
            } else {
                droppedNumber = false
                if knows(folded) || isQuantity(folded) { kept.append((trimmed, false)) }
            }
        }
        return kept.map { String($0.word) }.joined(separator: " ")
    }

    private static func isPart(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "-.%".contains(character)
    }

    /// Up to three digits, then at most two after a point.
    private static func isNumber(_ word: some StringProtocol) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let isASCII = word.allSatisfy { $0 == "." || ("0" ... "9").contains($0) }
        guard isASCII, let whole = parts.first, (1 ... 3).contains(whole.count) else {
            return false
        }
        return parts.count == 1 || parts.count == 2 && (1 ... 2).contains(parts[1].count)
    }

    /// A number with its unit.
    private static func isQuantity(_ word: String) -> Bool {
        let digits = word.prefix { ("0" ... "9").contains($0) || $0 == "." }
        return isNumber(digits) && units.contains(word.dropFirst(digits.count))
    }
}

extension Substring {
    /// Without points and dashes round it.
    fileprivate var trimmed: Substring {
        var rest = self
        while let first = rest.first, "-.".contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, "-.".contains(last) { rest = rest.dropLast() }
        return rest
    }
}
