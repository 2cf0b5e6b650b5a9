extension Schema {
    static let commentTables = ["comment", "commentEnd"]

    /// What people write on cases, pinned to an image or not; rows are only ever added.
    ///
    /// `x`, `y`, `z` are mm (DICOM LPS) in the series' frame of reference; with an instance `x` is
    /// the column and `y` the row of its frame.
    static let comments = """
        CREATE TABLE comment (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            kind TEXT NOT NULL CHECK (kind <> ''),
            text TEXT NOT NULL CHECK (text <> ''),
            isInternal INTEGER NOT NULL CHECK (isInternal IN (0, 1)),
            answers INTEGER REFERENCES comment (id),
            series INTEGER REFERENCES series (id),
            instance INTEGER REFERENCES instance (id),
            frame INTEGER CHECK (frame > 0),
            x REAL,
            y REAL,
            z REAL,
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL,
            CHECK ((series IS NULL) = (x IS NULL) AND (x IS NULL) = (y IS NULL)),
            CHECK ((instance IS NULL) = (frame IS NULL)),
            CHECK ((z IS NOT NULL) = (series IS NOT NULL AND instance IS NULL)),
            CHECK (answers IS NULL OR series IS NULL)
        ) STRICT;
        CREATE INDEX commentPatient ON comment (patient, id);
        CREATE TABLE commentEnd (
            comment INTEGER PRIMARY KEY REFERENCES comment (id),
            account INTEGER NOT NULL REFERENCES account (id),
            endedAt TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> '')
        ) STRICT;
        """
}
