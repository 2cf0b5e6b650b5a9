extension Schema {
    static let organisationTables = ["organisationName", "serverKeeper"]

    /// Names that organisations had before, and which one keeps the server.
    ///
    /// Administrators of the keeper see to the server's organisations: it is that of the last set-up
    /// link that was used. Rows are only ever added.
    static let organisations = """
        CREATE TABLE organisationName (
            id INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            name TEXT NOT NULL CHECK (name <> ''),
            changedAt TEXT NOT NULL,
            changedBy TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> '')
        ) STRICT;
        CREATE INDEX organisationNameName ON organisationName (name);
        CREATE TABLE serverKeeper (
            id INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            since TEXT NOT NULL
        ) STRICT;
        INSERT INTO serverKeeper (organisation, since)
            SELECT organisation.id, audit.timeUTC FROM audit
            JOIN organisation ON 'organisation-' || organisation.id
                = json_extract(audit.detailJSON, '$.organisation')
            WHERE audit.action = 'account.create' AND audit.actor = 'set-up'
            ORDER BY audit.seq DESC LIMIT 1;
        """
}
