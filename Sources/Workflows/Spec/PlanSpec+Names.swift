extension PlanSpec {
    /// Refuses structures that nobody outlined, before anything slow begins.
    ///
    /// - Parameter known: Names in the plan's structure set.
    /// - Throws: ``WorkflowError/refused(sentence:)`` with the key, the name and those known.
    package func refuseUnknownStructures(known: some Collection<String>) throws {
        let outlined =
            [("structures.liver", structures.liver), ("structures.lungs", structures.lungs)]
            + structures.tumours.map { ("structures.tumours", $0) }
            + structures.others.map { ("structures.others", $0) }
            + territories.enumerated().map { ("territories[\($0)].structure", $1.structure) }
        for (key, name) in outlined {
            try Self.refuse(name, key, among: known, "the structure set has")
        }
        let doses = dosedNames
        for (n, territory) in territories.enumerated() {
            guard case .meanDoseGy(let name, _) = territory.aim else { continue }
            try Self.refuse(name, "territories[\(n)].aim.structure", among: doses, "there are")
        }
        for (n, limit) in limits.enumerated() {
            try Self.refuse(
                limit.structure, "limits[\(n)].structure", among: doses, "there are")
        }
    }

    /// What a plan gives a dose: as ``PlanRegions`` names it, the lungs left out.
    private var dosedNames: [String] {
        let liver = structures.liver.map { [$0, "Normal \($0)"] } ?? []
        let normal = structures.tumours.isEmpty ? [] : territories.map { "Normal \($0.name)" }
        return liver + structures.tumours + territories.map(\.name) + normal + structures.others
    }

    private static func refuse(
        _ name: String?, _ key: String, among known: some Collection<String>, _ there: String
    ) throws {
        guard let name, !known.contains(name) else { return }
        let meant = Lookalike.of(name, among: known).map { " (is '\($0)' meant?)" } ?? ""
        throw WorkflowError.refused(
            sentence:
                "'\(key)' names '\(name)'\(meant); \(there) \(known.sorted().joined(separator: ", "))."
        )
    }
}
