package import Storage

/// A person's word on a kept registration: it may be used, or no longer.
package struct RegistrationAcceptance: Sendable {
    private let folder: DataFolder
    private let actor: String

    package init(folder: DataFolder, actor: String) {
        self.folder = folder
        self.actor = actor
    }

    /// Accepts a registration in the actor's name.
    ///
    /// - Returns: The registration as it stands now.
    /// - Throws: ``WorkflowError`` when there is no such registration, or it is accepted already,
    ///   or outdated.
    package func accept(_ id: String, note: String) async throws -> ComputedShown {
        let record = try await registration(id)
        if let acceptance = record.acceptance {
            throw WorkflowError.refused(
                sentence: "\(id) is accepted already, by \(acceptance.acceptedBy).")
        }
        try await folder.records.accept(id, note: note, by: actor)
        return try await shown(id)
    }

    /// Takes the acceptance back; plans that rest on it become outdated.
    ///
    /// - Returns: The registration as it stands now.
    /// - Throws: ``WorkflowError`` when there is no such registration or nobody has accepted it.
    package func withdraw(_ id: String, reason: String) async throws -> ComputedShown {
        guard try await registration(id).acceptance != nil else {
            throw WorkflowError.refused(sentence: "\(id) is not accepted.")
        }
        try await folder.records.withdrawAcceptance(of: id, reason: reason, by: actor)
        return try await shown(id)
    }

    private func registration(_ id: String) async throws -> DerivedRecord {
        let record = try await ComputedName.resolve(id, in: folder.records)
        guard record.draft.kind == "registration" else {
            throw WorkflowError.refused(sentence: "\(id) is no registration.")
        }
        return record
    }

    private func shown(_ id: String) async throws -> ComputedShown {
        try await ComputedShown(folder.records.derived(id: id), folder: folder)
    }
}
