import GRDB

/// A condition of SQL with the texts that are bound in it, in order.
struct ImageCondition {
    var sql: String
    var values: [String] = []

    /// All of them; what always holds when there are none.
    static func all(_ conditions: [ImageCondition]) -> ImageCondition {
        ImageCondition(
            sql: conditions.isEmpty ? "1" : conditions.map(\.sql).joined(separator: " AND "),
            values: conditions.flatMap(\.values))
    }

    /// Holds when an attribute is what is looked for.
    init(_ key: ImageQuery.Key, _ match: ImageQuery.Match) {
        let column = key.column
        switch match {
        case .oneOf(let wanted) where key.kind == .name:
            // Writers leave out empty parts at the end of a name.
            let names = wanted.map { Self.like($0.trimmedOfCarets) }
            self.init(
                sql: "("
                    + names.map { _ in "rtrim(\(column), '^') LIKE ? ESCAPE '\\'" }
                    .joined(separator: " OR ") + ")", values: names)
        case .oneOf(let wanted):
            self.init(
                sql: "\(column) IN (\(wanted.map { _ in "?" }.joined(separator: ", ")))",
                values: wanted)
        case .pattern(let pattern) where key.kind == .name:
            self.init(
                sql: "rtrim(\(column), '^') LIKE ? ESCAPE '\\'",
                values: [Self.like(pattern.trimmedOfCarets)])
        case .pattern(let pattern):
            // GLOB has the wildcards of DICOM, and brackets besides.
            self.init(sql: "\(column) GLOB ?", values: [pattern.replacing("[", with: "[[]")])
        case .range(let from, let to):
            var parts = ["\(column) <> ''"]
            var values: [String] = []
            if let from {
                parts.append("\(column) >= ?")
                values.append(from)
            }
            if let to {
                parts.append("\(column) <= ?")
                // A minute that ends a range is in it as a whole.
                values.append(key.kind == .time ? to + "~" : to)
            }
            self.init(sql: "(\(parts.joined(separator: " AND ")))", values: values)
        }
    }

    init(sql: String, values: [String] = []) { (self.sql, self.values) = (sql, values) }

    /// The pattern for LIKE, which makes no difference between capitals and small letters.
    private static func like(_ pattern: String) -> String {
        pattern.map { character in
            switch character {
            case "*": "%"
            case "?": "_"
            case "%", "_", "\\": "\\\(character)"
            default: String(character)
            }
        }.joined()
    }
}

extension String {
    fileprivate var trimmedOfCarets: String {
        var rest = self[...]
        while rest.last == "^" { rest.removeLast() }
        return String(rest)
    }
}

extension ImageQuery {
    /// What rows of one level must fulfil.
    func condition(of level: Level) -> ImageCondition {
        .all(
            matches.sorted { $0.key.rawValue < $1.key.rawValue }
                .filter { $0.key.level == level && $0.key != .modalitiesInStudy }
                .map(ImageCondition.init))
    }

    /// What a study must fulfil through one of its series that are seen.
    func modalityCondition(_ visible: VisibleImages) -> ImageCondition? {
        guard let match = matches[.modalitiesInStudy] else { return nil }
        let condition = ImageCondition(.modalitiesInStudy, match)
        return ImageCondition(
            sql: """
                EXISTS (SELECT 1 FROM series WHERE series.study = study.id
                    AND \(condition.sql) AND \(visible.series))
                """, values: condition.values)
    }
}
