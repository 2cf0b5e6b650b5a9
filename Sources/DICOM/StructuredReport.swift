/// What Grevy lists of a structured report: its title and its numbers.
package struct StructuredReport: Hashable, Sendable {
    /// One numeric content item.
    package struct Measurement: Hashable, Sendable {
        /// Meaning of the concept name, `SUVbw`.
        package var name: String
        package var value: Double
        /// Unit code as written (UCUM), `{SUVbw}g/ml`.
        package var unit: String
        /// Meanings of the modifiers below the item (`Mean`, `Maximum`), in order.
        package var modifiers: [String]
        /// Titles of the containers around it, outermost first.
        package var path: [String]
    }

    package var title: String
    /// Whether the Completion Flag is COMPLETE.
    package var isComplete: Bool
    /// Whether the Verification Flag is VERIFIED.
    package var isVerified: Bool
    /// All numeric items, in document order.
    package var measurements: [Measurement]

    /// Content nested deeper than this is not read; templates stay below 15.
    package static let maximumDepth = 64

    /// Reads title and numbers; items without a number are left out.
    package init(header: DataSet) {
        title = header.codeMeaning(.conceptNameCodeSequence) ?? ""
        isComplete = header.term(.completionFlag) == "COMPLETE"
        isVerified = header.term(.verificationFlag) == "VERIFIED"
        measurements = []
        collect(header.items(.contentSequence), path: [])
    }

    /// The value of the first measurement with that name, unit and modifier.
    package func value(_ name: String, modifier: String? = nil) -> Double? {
        measurements.first { item in
            item.name == name && modifier.map { item.modifiers.contains($0) } ?? true
        }?.value
    }

    private mutating func collect(_ items: [DataSet], path: [String]) {
        guard path.count <= Self.maximumDepth else { return }
        for item in items {
            let name = item.codeMeaning(.conceptNameCodeSequence) ?? ""
            if item.term(.valueType) == "NUM",
                let measured = item.firstItem(.measuredValueSequence),
                let value = measured.decimal(.floatingPointValue) ?? measured.decimal(.numericValue)
            {
                measurements.append(
                    Measurement(
                        name: name, value: value,
                        unit: measured.firstItem(.measurementUnitsCodeSequence)?
                            .string(.codeValue) ?? "",
                        modifiers: item.items(.contentSequence)
                            .filter { $0.term(.relationshipType) == "HAS CONCEPT MOD" }
                            .compactMap { $0.codeMeaning(.conceptCodeSequence) },
                        path: path))
            }
            collect(item.items(.contentSequence), path: path + [name])
        }
    }
}
