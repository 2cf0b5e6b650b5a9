package import Foundation
import Pathway
package import Storage

/// Who of an administrator's organisation may prescribe there, under which licence, how long.
package struct EntitlementWorkflow: Sendable {
    private let folder: DataFolder
    private let administrator: AccountRecord

    package init(folder: DataFolder, administrator: AccountRecord) {
        (self.folder, self.administrator) = (folder, administrator)
    }

    /// An entitlement with whose it is.
    package struct Line: Sendable {
        package let record: EntitlementRecord
        package let person: String
        package let isCurrent: Bool
        /// `current`, `not yet`, `expired`, `for another site`, or why it was ended.
        package let state: String
    }

    /// Returns the entitlements of the organisation's people, the first entered first.
    package func list(now: Date = Date()) async throws -> [Line] {
        let people = try await folder.accounts.accounts(
            organisation: administrator.organisation.id)
        let names = Dictionary(people.map { ($0.id, $0.fullName) }) { first, _ in first }
        let today = String(now.ISO8601Format().prefix(10))
        let sites = try await folder.accounts.names(
            ofOrganisationCalled: administrator.organisation.name)
        return try await folder.accounts.entitlements().compactMap { record in
            guard let person = names[record.account] else { return nil }
            let state = state(of: record, at: sites, on: today)
            return Line(
                record: record, person: person, isCurrent: state == Self.current, state: state)
        }
    }

    private static let current = "current"

    private func state(
        of record: EntitlementRecord, at sites: [String], on today: String
    ) -> String {
        let held = record.entitlement
        if let reason = record.endedReason { return "ended: \(reason)" }
        guard sites.contains(where: held.isFor(site:)) else { return "for another site" }
        guard !held.isCurrent(on: today) else { return Self.current }
        return today < held.validFrom ? "not yet" : "expired"
    }

    /// Returns the people who can be entitled.
    package func physicians() async throws -> [AccountRecord] {
        try await folder.accounts.accounts(organisation: administrator.organisation.id).filter {
            $0.role.rights.contains(.prescribe) && !$0.isDisabled
        }
    }

    /// Enters an entitlement for the cases of the administrator's organisation.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` that names the field.
    package func enter(
        account: Int64, procedure: String, licenceNumber: String, validFrom: String,
        validTo: String
    ) async throws {
        guard try await physicians().contains(where: { $0.id == account }) else {
            throw WorkflowError.refused(
                sentence: "Choose a physician of your organisation; nobody else can prescribe.")
        }
        guard let procedure = Procedure(rawValue: procedure) else {
            throw WorkflowError.refused(sentence: "Choose a procedure.")
        }
        let entitlement = Entitlement(
            procedure: procedure, site: administrator.organisation.name,
            licenceNumber: try Self.line(licenceNumber, "licence number"),
            validFrom: try Self.day(validFrom, "first day"),
            validTo: try Self.day(validTo, "last day"))
        guard entitlement.validFrom <= entitlement.validTo else {
            throw WorkflowError.refused(sentence: "The last day comes before the first day.")
        }
        try await folder.accounts.entitle(account, to: entitlement, by: administrator.actor)
    }

    /// Ends an entitlement before its last day.
    ///
    /// - Throws: ``WorkflowError``.
    package func end(_ id: Int64, reason: String) async throws {
        guard try await list().contains(where: { $0.record.id == id }) else {
            throw WorkflowError.notFound(kind: "entitlement", name: "\(id)")
        }
        try await folder.accounts.end(
            entitlement: id, reason: try Reason.checked(reason), by: administrator.actor)
    }

    private static func line(_ text: String, _ what: String) throws -> String {
        let line = text.trimmingCharacters(in: .whitespaces)
        let isPlain = !line.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1 ... 120).contains(line.count), isPlain else {
            throw WorkflowError.refused(
                sentence: "The \(what) needs 1 to 120 characters on one line.")
        }
        return line
    }

    private static func day(_ text: String, _ what: String) throws -> String {
        let style = Date.ISO8601FormatStyle().year().month().day()
        guard text.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil, let date = try? style.parse(text),
            date.formatted(style) == text
        else {
            throw WorkflowError.refused(sentence: "The \(what) is written YYYY-MM-DD.")
        }
        return text
    }
}
