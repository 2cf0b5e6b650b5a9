import Pathway
import Storage

extension DataSession {
    /// What can be kept, with the first line of its table.
    package static var settingKinds: [(name: String, header: String)] {
        SettingKind.allCases.map { ($0.rawValue, SettingTable.header(of: $0)) }
    }

    /// Returns every version of every setting that a plan at this machine may use.
    package func settings() async throws -> [SettingWorkflow.Line] {
        try await settingWorkflow(organisation: try await folder.records.onlyOrganisation()).list()
    }

    /// Returns a setting and its table.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func setting(_ id: Int64) async throws -> (line: SettingWorkflow.Line, table: String) {
        try await settingWorkflow(organisation: try await folder.records.onlyOrganisation())
            .show(id)
    }

    /// Adds a version of a setting of the machine.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    package func addSetting(
        _ kind: String, name: String, table: String, date: String, reason: String
    ) async throws -> SettingWorkflow.Line {
        guard let kind = SettingKind(rawValue: kind) else {
            throw WorkflowError.refused(
                sentence: "There is no kind '\(kind)'; there are "
                    + "\(SettingKind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let workflow = settingWorkflow(organisation: nil)
        let record = try await workflow.add(
            kind, name: name, table: table, date: date, reason: reason)
        return try await workflow.show(record.id).line
    }

    private func settingWorkflow(organisation: Int64?) -> SettingWorkflow {
        SettingWorkflow(folder: folder, organisation: organisation, actor: actor)
    }
}
