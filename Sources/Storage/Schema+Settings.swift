extension Schema {
    /// What sites calibrate and decide, by name and version; rows are only ever added.
    ///
    /// Without an organisation a setting is of the machine: the command line made it.
    static let settings = """
        CREATE TABLE setting (
            id INTEGER PRIMARY KEY,
            organisation INTEGER REFERENCES organisation (id),
            kind TEXT NOT NULL CHECK (kind <> ''),
            name TEXT NOT NULL CHECK (name <> ''),
            version INTEGER NOT NULL CHECK (version > 0),
            content TEXT NOT NULL REFERENCES object (digest),
            date TEXT NOT NULL,
            createdAt TEXT NOT NULL,
            createdBy TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> '')
        ) STRICT;
        CREATE UNIQUE INDEX settingVersion
            ON setting (coalesce(organisation, 0), kind, name, version);
        """
}
