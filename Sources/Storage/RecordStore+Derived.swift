import Foundation
import GRDB

extension RecordStore {
    /// Keeps a computed object as the next version of its case, kind and name.
    ///
    /// What depends on the version before becomes outdated. If the latest version says exactly the
    /// same and is current, that one is returned and nothing changes. An object whose inputs have
    /// changed meanwhile is kept, but outdated from the start.
    ///
    /// - Parameters:
    ///   - draft: The object.
    ///   - actor: Who keeps it.
    ///   - roles: Inputs that must not be outdated by now for a `verification` of the case's plan to
    ///     make the case verified; `nil` where something must be accepted first.
    /// - Returns: The record.
    /// - Throws: ``StorageError/notFound(entity:)`` when the content or an input is not stored;
    ///   ``StorageError/invalid(entity:reason:)`` when `parametersJSON` is not JSON;
    ///   ``ContributionRefusal`` for an actor of another organisation than the case's owner.
    package func save(
        _ draft: DerivedDraft, by actor: String, verifyingOn roles: Set<String>? = []
    ) async throws -> DerivedRecord {
        try await write("derived") {
            try $0.save(draft, by: actor, verifyingOn: roles)
        }
    }

    /// Keeps a dose and the plan of the same name that was computed from it, both or neither.
    ///
    /// - Parameters:
    ///   - dose: The dose.
    ///   - actor: Who keeps them.
    ///   - check: Told the latest plan of that name, and whether it is signed, while nobody else
    ///     writes; what it throws, is thrown, and nothing is kept.
    ///   - plan: Makes the plan's draft from the id of the dose.
    /// - Returns: Both records.
    /// - Throws: As ``save(_:by:verifyingOn:)``.
    package func save(
        dose: DerivedDraft, by actor: String,
        unless check:
            @escaping @Sendable (_ before: DerivedRecord, _ isSigned: Bool) throws -> Void,
        plan: @escaping @Sendable (_ dose: String) -> DerivedDraft
    ) async throws -> (dose: DerivedRecord, plan: DerivedRecord) {
        try await write("derived") { change in
            let before = try Self.derived(
                "caseID = ? AND kind = 'plan' AND name = ? ORDER BY version DESC LIMIT 1",
                [dose.caseID, dose.name], in: change.db
            ).first
            let isSigned = try before.map { try !change.countingSignatures(of: $0.id).isEmpty }
            let dose = try change.save(dose, by: actor)
            let plan = try change.save(plan(dose.id), by: actor)
            // The same plan again is the same record: nothing is replaced.
            if let before, let isSigned, before.id != plan.id { try check(before, isSigned) }
            return (dose, plan)
        }
    }

    /// Returns a computed object, also one out of use.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func derived(id: String) async throws -> DerivedRecord {
        try await read("derived") { try Self.derived(id: id, in: $0) }
    }

    /// Returns the patients whose computed objects are among some ids; ids of nothing do not count.
    package func patients(ofRecords ids: [String]) async throws -> Set<Int64> {
        try await read("derived") { db in
            try Set(
                Int64.fetchAll(
                    db,
                    sql: """
                        SELECT patient.id FROM derived
                        JOIN patient ON derived.caseID = 'patient-' || patient.id
                        WHERE derived.id IN (SELECT value FROM json_each(?))
                        """, arguments: [Self.json(list: ids)]))
        }
    }

    /// Returns a case's computed objects in use, oldest first; `nil` stands for all.
    package func derived(
        caseID: String? = nil, kind: String? = nil
    ) async throws -> [DerivedRecord] {
        try await read("derived") { db in
            try Self.derived(
                "(?1 IS NULL OR caseID = ?1) AND (?2 IS NULL OR kind = ?2) ORDER BY number",
                [caseID, kind], in: db
            ).filter { $0.tombstone == nil }
        }
    }

    /// Returns all versions of a computed object, oldest first, also those out of use.
    package func history(
        caseID: String, kind: String, name: String
    ) async throws -> [DerivedRecord] {
        try await read("derived") { db in
            try Self.derived(
                "caseID = ? AND kind = ? AND name = ? ORDER BY version", [caseID, kind, name],
                in: db)
        }
    }

    /// Returns what was computed from a computed object, directly or through others.
    package func dependents(of id: String) async throws -> [DerivedRecord] {
        try await read("derived") { db in
            try Self.derived(
                """
                id IN (WITH RECURSIVE dependent (id) AS (
                    SELECT derived FROM derivedInput WHERE input = ?
                    UNION SELECT derivedInput.derived FROM derivedInput
                    JOIN dependent ON derivedInput.input = dependent.id)
                SELECT id FROM dependent) ORDER BY number
                """, [id], in: db)
        }
    }

    /// Marks as outdated what was computed from a computed object, directly or through others.
    ///
    /// What is outdated already keeps its first reason; the audit chain holds every one.
    ///
    /// - Returns: The ids that were current until now.
    @discardableResult
    package func markOutdated(
        dependentsOf id: String, reason: String, by actor: String
    ) async throws -> [String] {
        try await write("derived") { change in
            _ = try Self.derived(id: id, in: change.db)
            return try change.markOutdated(dependentsOf: id, reason: reason, by: actor)
        }
    }

    /// Records a person's word that a computed object may be used.
    ///
    /// - Throws: ``StorageError/duplicate(entity:)`` when it is accepted already;
    ///   ``StorageError/invalid(entity:reason:)`` when it is outdated or out of use.
    package func accept(_ id: String, note: String, by actor: String) async throws {
        try await write("acceptance") { change in
            let record = try Self.derived(id: id, in: change.db)
            try change.checkContribution(changing: record, by: actor)
            guard record.state == .current, record.tombstone == nil else {
                throw StorageError.invalid(
                    entity: "acceptance", reason: "only what is current can be accepted")
            }
            try change.db.execute(
                sql: """
                    INSERT INTO acceptance (derived, acceptedAt, acceptedBy, note)
                    VALUES (?, ?, ?, ?)
                    """, arguments: [id, change.time, actor, note])
            try change.audit(
                actor, "derived.accept", id,
                [
                    "content": record.draft.content.hex,
                    "words": ObjectDigest(of: Array(note.utf8)).hex,
                ])
        }
    }

    /// Takes an acceptance back; what depends on the object becomes outdated.
    ///
    /// - Throws: ``StorageError/notFound(entity:)`` when it is not accepted.
    package func withdrawAcceptance(
        of id: String, reason: String, by actor: String
    ) async throws {
        try await write("acceptance") { change in
            let record = try Self.derived(id: id, in: change.db)
            try change.checkContribution(changing: record, by: actor)
            try change.db.execute(
                sql: """
                    UPDATE acceptance SET withdrawnAt = ?, withdrawnBy = ?, withdrawnReason = ?
                    WHERE derived = ? AND withdrawnAt IS NULL
                    """, arguments: [change.time, actor, reason, id])
            guard change.db.changesCount == 1 else {
                throw StorageError.notFound(entity: "acceptance")
            }
            try change.audit(
                actor, "derived.withdrawAcceptance", id,
                ["words": ObjectDigest(of: Array(reason.utf8)).hex])
            try change.markOutdated(
                dependentsOf: id, reason: "the acceptance of \(id) was withdrawn", by: actor)
        }
    }

    /// Takes a computed object out of use; its bytes and its record stay.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``; ``StorageError/duplicate(entity:)`` when it
    ///   is out of use already.
    package func tombstone(derived id: String, reason: String, by actor: String) async throws {
        try await write("tombstone") { change in
            let record = try Self.derived(id: id, in: change.db)
            try change.checkContribution(changing: record, by: actor)
            try change.checkContribution(outdating: [id], by: actor)
            try change.db.execute(
                sql: "INSERT INTO tombstone (derived, setAt, setBy, reason) VALUES (?, ?, ?, ?)",
                arguments: [id, change.time, actor, reason])
            try change.audit(actor, "derived.tombstone", id)
            try change.voidSignatures(of: id, reason: "\(id) was taken out of use", by: actor)
            try change.markOutdated(
                dependentsOf: id, reason: "\(id) was taken out of use", by: actor)
        }
    }

    /// Takes a series out of use; its files stay.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``; ``StorageError/duplicate(entity:)`` when it
    ///   is out of use already.
    package func tombstone(seriesUID: String, reason: String, by actor: String) async throws {
        try await write("tombstone") { change in
            guard let series = try Self.seriesID(seriesUID, in: change.db) else {
                throw StorageError.notFound(entity: "series")
            }
            try change.db.execute(
                sql: "INSERT INTO tombstone (series, setAt, setBy, reason) VALUES (?, ?, ?, ?)",
                arguments: [series, change.time, actor, reason])
            try change.audit(actor, "series.tombstone", "series-\(series)")
            try change.markOutdated(
                dependentsOfSeries: series, reason: "was taken out of use", by: actor)
        }
    }
}
