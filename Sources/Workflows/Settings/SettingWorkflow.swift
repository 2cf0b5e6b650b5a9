import Foundation
package import Pathway
package import Storage

/// Adds and shows what a site calibrates and decides; nothing is ever overwritten.
package struct SettingWorkflow: Sendable {
    private let folder: DataFolder
    private let organisation: Int64?
    private let actor: String

    /// - Parameters:
    ///   - folder: The data folder.
    ///   - organisation: Whose settings; `nil` for those of the machine.
    ///   - actor: Who acts, for the audit trail and as author.
    package init(folder: DataFolder, organisation: Int64?, actor: String) {
        (self.folder, self.organisation, self.actor) = (folder, organisation, actor)
    }

    /// A version with its author's name.
    package struct Line: Codable, Hashable, Sendable {
        package let id: Int64
        package let kind: SettingKind
        package let name: String
        package let version: Int
        package let date: String
        package let createdAt: String
        package let author: String
        package let reason: String
        package let sha256: String
        /// Whether a plan that names it now takes this one.
        package let isLatest: Bool

        /// As plan files and the command line spell the kind.
        package var kindName: String { kind.rawValue }
    }

    /// Returns every version, by kind and name, the newest first.
    package func list() async throws -> [Line] {
        let names = try await folder.accounts.fullNames()
        var seen: Set<String> = []
        return try await folder.records.settings(organisation: organisation).map { record in
            Line(
                id: record.id, kind: record.kind, name: record.name, version: record.version,
                date: record.date, createdAt: record.createdAt,
                author: names[record.createdBy] ?? record.createdBy, reason: record.reason,
                sha256: record.content.hex,
                isLatest: seen.insert("\(record.kind) \(record.name)").inserted)
        }
    }

    /// Returns a version and its table.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func show(_ id: Int64) async throws -> (line: Line, table: String) {
        guard let line = try await list().first(where: { $0.id == id }),
            let digest = ObjectDigest(line.sha256)
        else { throw WorkflowError.notFound(kind: "setting", name: "\(id)") }
        return (line, String(decoding: try await folder.objects.bytes(of: digest), as: UTF8.self))
    }

    /// Adds a version.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - name: What plan files call it.
    ///   - table: The comma-separated text.
    ///   - date: The day of the measurement or decision, `YYYY-MM-DD`.
    ///   - reason: Why there is a new one.
    /// - Returns: The version.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    @discardableResult
    package func add(
        _ kind: SettingKind, name: String, table: String, date: String, reason: String
    ) async throws -> SettingRecord {
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,59}/) != nil else {
            throw WorkflowError.refused(
                sentence: "A name has up to 60 small letters, digits and dashes.")
        }
        guard table.utf8.count <= Self.longestTable else {
            throw WorkflowError.refused(sentence: "The table has more than 64 KB.")
        }
        _ = try SettingTable(table, kind: kind, name: name)
        let style = Date.ISO8601FormatStyle().year().month().day()
        guard let day = try? style.parse(date), day.formatted(style) == date else {
            throw WorkflowError.refused(sentence: "The day is written YYYY-MM-DD.")
        }
        let reason = try Reason.checked(reason)
        // Forms send CR LF; a file has what its system writes.
        let text = table.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .joined(separator: "\n")
        let content = try await folder.objects.put(Array(text.utf8))
        return try await folder.records.add(
            SettingDraft(
                organisation: organisation, kind: kind, name: name, content: content, date: date,
                reason: reason), by: actor)
    }

    private static let longestTable = 64 * 1024
}
