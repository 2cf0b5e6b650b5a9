extension Schema {
    static let voiTables = ["voi", "voiVersion"]

    /// Volumes of interest: what each is and lies on, and how its versions follow each other.
    ///
    /// Mask, author, time, inputs and acceptance of a version stand in its `derived` row.
    static let vois = """
        CREATE TABLE voi (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            name TEXT NOT NULL CHECK (name <> ''),
            role TEXT NOT NULL CHECK (role <> ''),
            series INTEGER NOT NULL REFERENCES series (id),
            gridJSON TEXT NOT NULL CHECK (json_valid(gridJSON)),
            createdAt TEXT NOT NULL,
            createdBy TEXT NOT NULL,
            UNIQUE (patient, name)
        ) STRICT;
        CREATE TABLE voiVersion (
            derived TEXT PRIMARY KEY REFERENCES derived (id),
            voi INTEGER NOT NULL REFERENCES voi (id),
            base TEXT REFERENCES derived (id),
            making TEXT NOT NULL CHECK (making <> ''),
            isAside INTEGER NOT NULL CHECK (isAside IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX voiVersionVOI ON voiVersion (voi);
        """
}
