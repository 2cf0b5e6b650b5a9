import Foundation
import Storage

/// Another name, out of use, and into use again: versions with the same mask.
extension VOIWorkflow {
    /// What makes these versions, as ``VOIMaking/making`` says it.
    private enum Change: String {
        case renamed, withdrawn, restored

        /// As the record knows what is out of use.
        var making: String {
            switch self {
            case .renamed: rawValue
            case .withdrawn: VOIRecord.withdrawal
            case .restored: VOIRecord.restoration
            }
        }
    }

    /// Gives a VOI another name.
    ///
    /// - Parameters:
    ///   - name: As it is now.
    ///   - new: The other one.
    ///   - base: The version that was looked at; `nil` for whichever counts.
    /// - Returns: The version that has the new name.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when another version counts or the name is
    ///   none or taken; ``WorkflowError/notFound(kind:name:)``.
    package func rename(_ name: String, to new: String, base: String? = nil) async throws -> Kept {
        let voi = try await voi(name)
        let new = try Self.checked(new)
        guard new != name else {
            throw WorkflowError.refused(sentence: "That is its name already.")
        }
        try await requireFree(new)
        return try await keep(voi, .renamed, as: new, base: base, reason: nil)
    }

    /// Takes a VOI out of use; its versions stay.
    ///
    /// - Throws: As ``rename(_:to:base:)``, and without a reason.
    package func withdraw(
        _ name: String, base: String? = nil, reason: String
    ) async throws -> Kept {
        let reason = reason.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !reason.isEmpty, reason.count <= 500 else {
            throw WorkflowError.refused(
                sentence: "Say in 1 to 500 characters why it is taken out of use.")
        }
        return try await keep(
            try await voi(name), .withdrawn, as: name, base: base, reason: reason)
    }

    /// Takes up again what was taken out of use.
    ///
    /// - Parameter number: ``VOIShown/number``: several of one name may have been withdrawn.
    /// - Returns: The version that is in use again.
    /// - Throws: As ``rename(_:to:base:)``.
    package func restore(_ number: Int64) async throws -> Kept {
        let found = try await folder.records.allVOIs(patient: patient)
            .first { $0.id == number && $0.isWithdrawn && reader.sees($0) }
        guard let found else {
            throw WorkflowError.notFound(kind: "withdrawn volume of interest", name: "\(number)")
        }
        try await requireFree(found.name)
        return try await keep(found, .restored, as: found.name, base: nil, reason: nil)
    }

    /// What was taken out of use.
    package func withdrawn() async throws -> [VOIShown] {
        try await folder.records.allVOIs(patient: patient)
            .filter { $0.isWithdrawn && reader.sees($0) }.map { try shown($0) }
    }

    private func requireFree(_ name: String) async throws {
        guard try await folder.records.vois(patient: patient).allSatisfy({ $0.name != name })
        else {
            throw WorkflowError.refused(
                sentence: "Another volume of interest is called '\(name)'; rename that one first.")
        }
    }

    private func keep(
        _ voi: VOIRecord, _ change: Change, as name: String, base: String?, reason: String?
    ) async throws -> Kept {
        guard let head = voi.head?.record, head.id == base ?? head.id else {
            throw WorkflowError.refused(
                sentence: "Another version of '\(voi.name)' counts now; look at it first.")
        }
        // What is outdated for its inputs stays so; its own earlier versions outdate nothing.
        let own = Set(voi.versions.map(\.record.id))
        let inputs = head.draft.inputs.filter { input in
            guard case .derived(let id) = input.source else { return true }
            return !own.contains(id)
        }
        var making = VOIMaking(change.making)
        making.base = head.id
        making.volumeML = try VOIMaking(json: head.draft.parametersJSON).volumeML
        making.reason = reason
        if name != voi.name { making.formerName = voi.name }
        let draft = DerivedDraft(
            caseID: caseID, kind: Self.kind, name: name, content: head.draft.content,
            mediaType: head.draft.mediaType, inputs: inputs,
            parametersJSON: try making.json,
            softwareVersion: Software.version)
        let saved = try await folder.records.keep(
            VOIVersionDraft(
                target: .existing(voi.id), base: head.id, making: making.making, draft: draft),
            by: actor)
        let all = try await folder.records.allVOIs(patient: patient)
        guard let now = all.first(where: { $0.id == voi.id }) else {
            throw WorkflowError.notFound(kind: "volume of interest", name: name)
        }
        return Kept(
            voi: try shown(now, kept: saved.record.id), version: saved.record.id,
            isAside: saved.isAside)
    }
}
