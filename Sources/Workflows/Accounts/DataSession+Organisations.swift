import Storage

extension DataSession {
    /// An organisation of a data folder, for people and programs.
    package struct Organisation: Encodable, Sendable {
        package let id: Int64
        package let name: String
        /// Whether its people let its cases be opened in emergencies.
        package let allowsEmergencies: Bool
    }

    /// What adding an organisation gives.
    package struct AddedOrganisation: Encodable, Sendable {
        package let organisation: String
        package let administrator: String
        /// After the server's address; opens once, for three days, and is shown nowhere else.
        package let link: String
    }

    /// The organisations of the folder, by name.
    package func organisations() async throws -> [Organisation] {
        var lines: [Organisation] = []
        for organisation in try await folder.shares.organisations() {
            lines.append(
                Organisation(
                    id: organisation.id, name: organisation.name,
                    allowsEmergencies: try await folder.shares.allowsEmergencies(organisation.id)))
        }
        return lines
    }

    /// Adds an organisation with its first administrator; see ``AccountWorkflow``.
    package func addOrganisation(
        named name: String, login: String, fullName: String
    ) async throws -> AddedOrganisation {
        let added = try await AccountWorkflow(folder: folder).addOrganisation(
            named: name, login: login, fullName: fullName, by: actor)
        return AddedOrganisation(
            organisation: added.account.organisation.name, administrator: added.account.login,
            link: "/link/\(added.token)")
    }
}
