extension Calculation {
    /// Every kind with its keys, results and an example, for `grevy calculate --help`.
    package static var help: String {
        let rules = """
            Input: one JSON object. Keys without a note are required; any other key is refused. \
            Fractions lie in [0, 1). Volumes, masses and activities are above 0. Activities are \
            at administration: injected = vial x (1 - residual); liver = injected x (1 - lung \
            shunt); lung = injected x lung shunt. Results are not rounded, carry every constant \
            used, and `findings`: what a person should know.
            """
        return ([rules] + allCases.map(\.helpText)).joined(separator: "\n\n")
    }

    private var helpText: String {
        let lines = keys.map { key in
            switch key.need {
            case .required: "  \(key.name): \(key.meaning)"
            case .oneOf: "  \(key.name): \(key.meaning) (exactly one of these)"
            case .optional(let otherwise): "  \(key.name): \(key.meaning) (optional: \(otherwise))"
            }
        }
        return """
            \(rawValue.uppercased()): \(summary)
            \(lines.joined(separator: "\n"))
              -> \(resultKeys.joined(separator: ", "))
              example: \(example)
            """
    }
}
