import Pathway
package import Storage

/// What of a case people may send to a peer: its series, and its plans that carry all three signatures.
package struct SentItems: Sendable {
    package private(set) var series: [SeriesRecord] = []
    package private(set) var plans: [DerivedRecord] = []

    /// Finds what somebody named.
    ///
    /// - Parameters:
    ///   - names: `se-…` and `plan-…`.
    ///   - reader: The case.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``; ``WorkflowError/refused(sentence:)`` for a plan
    ///   that is not prescribed, and without any name.
    package init(_ names: [String], of reader: CaseReader) async throws {
        guard !names.isEmpty else {
            throw WorkflowError.refused(sentence: "Choose at least one series or plan.")
        }
        for name in names {
            guard name.hasPrefix("plan-") else {
                series.append(try await reader.series(name))
                continue
            }
            guard let plan = try await Self.plans(of: reader).first(where: { $0.id == name }) else {
                throw WorkflowError.refused(
                    sentence: "The case has no plan \(name) that carries all three signatures; "
                        + "only such plans are sent.")
            }
            plans.append(plan)
        }
    }

    /// The plans of a case that may be sent, oldest first.
    ///
    /// - Throws: `StorageError`.
    package static func plans(of reader: CaseReader) async throws -> [DerivedRecord] {
        var found: [DerivedRecord] = []
        for plan in try await reader.derived(kind: "plan") {
            let signatures = try await reader.folder.records.signatures(plan: plan.id)
            let meanings = signatures.filter {
                $0.ending == nil && $0.digest == plan.draft.content
            }.map(\.meaning)
            if Set(meanings) == Set(SignatureMeaning.allCases) { found.append(plan) }
        }
        return found
    }
}
