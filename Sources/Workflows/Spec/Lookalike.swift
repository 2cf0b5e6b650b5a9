/// Finds the word that a slip of the keyboard may have meant.
enum Lookalike {
    /// The candidate with the fewest changed letters; `nil` when all differ by more than a third.
    static func of(_ word: String, among candidates: some Sequence<String>) -> String? {
        let near = candidates.map { (distance($0.lowercased(), word.lowercased()), $0) }
            .min { $0 < $1 }
        guard let near, near.0 <= max(1, word.count / 3) else { return nil }
        return near.1
    }

    /// Letters to insert, remove or replace, after Levenshtein 1966.
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0 ... b.count)
        for (i, letter) in a.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = corner + (letter == other ? 0 : 1)
                corner = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, corner + 1)
            }
        }
        return row[b.count]
    }
}
