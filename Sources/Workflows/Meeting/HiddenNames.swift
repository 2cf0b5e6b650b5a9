package import Storage

/// Takes what tells who a patient is out of texts that a room sees.
///
/// Names, identifiers and the birth date are struck out wherever they stand, as words of their own
/// or not; people write them into descriptions and comments too.
package struct HiddenNames: Sendable {
    /// What stands where something was struck out.
    package static let mark = "•••"
    /// Shorter parts of a name would strike out half of every sentence; they go as whole words.
    private static let shortestPart = 3

    private let parts: [String]
    private let words: Set<String>

    package init(_ identity: PatientIdentity) {
        let names = identity.name.split { $0 == "^" || $0 == "=" || $0.isWhitespace }
            .map(String.init)
        let date = identity.birthDate
        let readable = ReadableIdentity.date(date)
        let turned = readable.split(separator: "-").reversed()
        let dates =
            date.isEmpty
            ? [] : [date, readable] + [".", "/", "-"].map { turned.joined(separator: $0) }
        let all = (names + [identity.patientID] + dates).map { $0.lowercased() }
        // The longest first, so that no part of it is left.
        parts = Set(all.filter { $0.count >= Self.shortestPart }).sorted {
            ($1.count, $0) < ($0.count, $1)
        }
        words = Set(all.filter { (1 ..< Self.shortestPart).contains($0.count) })
    }

    /// Returns the text without what tells who the patient is.
    package func struck(_ text: String) -> String {
        var rest = text
        for part in parts { rest = Self.struck(part, from: rest) }
        guard !words.isEmpty else { return rest }
        var (result, word) = ("", "")
        func flush() {
            result += words.contains(word.lowercased()) ? Self.mark : word
            word = ""
        }
        for character in rest {
            if character.isLetter || character.isNumber {
                word.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }

    private static func struck(_ part: String, from text: String) -> String {
        let (letters, wanted) = (Array(text), Array(part))
        // A letter of a word in capitals may be two: then nothing is compared by position.
        let small = letters.map { $0.lowercased() }
        let target = wanted.map(String.init)
        guard target.count <= small.count else { return text }
        var (result, n) = ("", 0)
        while n < letters.count {
            if n + target.count <= small.count, Array(small[n ..< n + target.count]) == target {
                result += mark
                n += target.count
            } else {
                result.append(letters[n])
                n += 1
            }
        }
        return result
    }
}

extension WorkspaceScene {
    /// The scene as a room sees it that must not know whose it is.
    ///
    /// Images are called by what they are; a description is a person's words.
    package func withoutNames() -> WorkspaceScene {
        var scene = self
        scene.patient = Patient(
            PatientIdentity(patientID: "", issuer: "", name: "", birthDate: "", sex: ""))
        scene.patient.name = HiddenNames.mark
        scene.layers = layers.map { layer in
            var hidden = layer
            hidden.label = layer.modality
            return hidden
        }
        return scene
    }
}
