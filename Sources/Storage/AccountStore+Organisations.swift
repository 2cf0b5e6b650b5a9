import GRDB

/// An organisation as who keeps the server sees it: nothing of its cases.
package struct OrganisationSummary: Hashable, Sendable {
    /// A name that it had before.
    package struct EarlierName: Hashable, Sendable {
        package let name: String
        /// Until when; ISO 8601, UTC.
        package let changedAt: String
        /// Actor who gave it the next one.
        package let changedBy: String
        package let reason: String
    }

    package let id: Int64
    package let name: String
    /// ISO 8601, UTC.
    package let createdAt: String
    /// Whether its administrators see to the server's organisations.
    package let isKeeper: Bool
    /// Whether its people let its cases be opened in emergencies.
    package let allowsEmergencies: Bool
    /// Names that it had before, the first first.
    package let earlierNames: [EarlierName]
    /// The administrator who was invited, while nobody administers it yet.
    package let invited: Int64?
}

extension AccountStore {
    /// Returns the organisation whose administrators see to the server's organisations: the one
    /// that the set-up link made; `nil` where none was used.
    package func keeper() async throws -> Int64? {
        try await records.read("serverKeeper") { try Self.keeper(in: $0) }
    }

    /// Lets an organisation's administrators see to the server's organisations, instead of others.
    package func setKeeper(_ organisation: Int64, by actor: String) async throws {
        try await records.write("serverKeeper") { change in
            guard try Self.keeper(in: change.db) != organisation else { return }
            try change.db.execute(
                sql: "INSERT INTO serverKeeper (organisation, since) VALUES (?, ?)",
                arguments: [organisation, change.time])
            try change.audit(actor, "organisation.keeper", "organisation-\(organisation)")
        }
    }

    /// Returns the server's organisations, the first made first.
    package func organisationSummaries() async throws -> [OrganisationSummary] {
        try await records.read("organisation") { db in
            let keeper = try Self.keeper(in: db)
            let names = Dictionary(
                grouping: try Row.fetchAll(db, sql: "SELECT * FROM organisationName ORDER BY id")
            ) { $0["organisation"] as Int64 }
            let sql = """
                SELECT organisation.*, \(ShareStore.consents("organisation.id")) AS isOpen,
                    (SELECT min(id) FROM account WHERE account.organisation = organisation.id
                        AND role = 'administrator' AND NOT isDisabled
                        AND NOT EXISTS (SELECT 1 FROM account AS other
                            WHERE other.organisation = organisation.id
                                AND other.role = 'administrator'
                                AND (other.passwordHash IS NOT NULL
                                    OR other.id IN (SELECT account FROM providerIdentity)))
                    ) AS invited
                FROM organisation ORDER BY organisation.id
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                let id: Int64 = row["id"]
                return OrganisationSummary(
                    id: id, name: row["name"], createdAt: row["createdAt"],
                    isKeeper: id == keeper, allowsEmergencies: row["isOpen"],
                    earlierNames: (names[id] ?? []).map {
                        OrganisationSummary.EarlierName(
                            name: $0["name"], changedAt: $0["changedAt"],
                            changedBy: $0["changedBy"], reason: $0["reason"])
                    }, invited: row["invited"])
            }
        }
    }

    /// Creates an organisation.
    ///
    /// - Throws: ``StorageError/duplicate(entity:)`` for a name that another organisation has or
    ///   had, in any spelling; ``StorageError/invalid(entity:reason:)`` for one that cannot be read.
    package func addOrganisation(
        named name: String, by actor: String
    ) async throws -> OrganisationRecord {
        let name = try OrganisationName.checked(name)
        return try await records.write("organisation") { change in
            guard try Self.organisation(called: name, in: change.db) == nil else {
                throw StorageError.duplicate(entity: "organisation")
            }
            return try Self.add(organisation: name, by: actor, change)
        }
    }

    static func add(
        organisation name: String, by actor: String, _ change: RecordStore.Change
    ) throws -> OrganisationRecord {
        try change.db.execute(
            sql: "INSERT INTO organisation (name, createdAt) VALUES (?, ?)",
            arguments: [name, change.time])
        let id = change.db.lastInsertedRowID
        try change.audit(actor, "organisation.create", "organisation-\(id)")
        return OrganisationRecord(id: id, name: name)
    }

    /// Gives an organisation another name; what names it by an earlier one still finds it.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``; ``StorageError/duplicate(entity:)`` for a name
    ///   that another organisation has or had, in any spelling;
    ///   ``StorageError/invalid(entity:reason:)`` for one that cannot be read.
    package func rename(
        organisation id: Int64, to name: String, reason: String, by actor: String
    ) async throws {
        let name = try OrganisationName.checked(name)
        try await records.write("organisation") { change in
            let sql = "SELECT name FROM organisation WHERE id = ?"
            guard let before = try String.fetchOne(change.db, sql: sql, arguments: [id]) else {
                throw StorageError.notFound(entity: "organisation")
            }
            guard before != name else { return }
            let holders = try Self.organisations(called: name, in: change.db)
            guard holders.allSatisfy({ $0.id == id }) else {
                throw StorageError.duplicate(entity: "organisation")
            }
            try change.db.execute(
                sql: """
                    INSERT INTO organisationName (organisation, name, changedAt, changedBy, reason)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [id, before, change.time, actor, reason])
            try change.db.execute(
                sql: "UPDATE organisation SET name = ? WHERE id = ?", arguments: [name, id])
            try change.audit(
                actor, "organisation.rename", "organisation-\(id)",
                ["from": before, "to": name, "reason": reason])
        }
    }

    /// Returns the names that the organisation of a name has and had, or that name alone.
    package func names(ofOrganisationCalled name: String) async throws -> [String] {
        try await records.read("organisation") {
            try Self.names(ofOrganisationCalled: name, in: $0)
        }
    }

    static func names(ofOrganisationCalled name: String, in db: Database) throws -> [String] {
        guard let known = try organisation(called: name, in: db) else { return [name] }
        let sql = "SELECT name FROM organisationName WHERE organisation = ?"
        return [known.name] + (try String.fetchAll(db, sql: sql, arguments: [known.id]))
    }

    /// The organisation that has a name, or had it, in any spelling.
    static func organisation(called name: String, in db: Database) throws -> OrganisationRecord? {
        try organisations(called: name, in: db).first
    }

    /// All of them, that of exactly this name first: before spellings were compared there could be
    /// several.
    private static func organisations(
        called name: String, in db: Database
    ) throws -> [OrganisationRecord] {
        let key = OrganisationName.key(name)
        let sql = """
            SELECT id, name, name AS called FROM organisation
            UNION ALL
            SELECT organisation.id, organisation.name, organisationName.name
            FROM organisationName
            JOIN organisation ON organisation.id = organisationName.organisation
            """
        var found: [Int64: OrganisationRecord] = [:]
        for row in try Row.fetchAll(db, sql: sql) where OrganisationName.key(row["called"]) == key {
            let id: Int64 = row["id"]
            found[id] = OrganisationRecord(id: id, name: row["name"])
        }
        return found.values.sorted {
            ($0.name == name ? 0 : 1, $0.id) < ($1.name == name ? 0 : 1, $1.id)
        }
    }

    private static func keeper(in db: Database) throws -> Int64? {
        let sql = "SELECT organisation FROM serverKeeper ORDER BY id DESC LIMIT 1"
        return try Int64.fetchOne(db, sql: sql)
    }
}
