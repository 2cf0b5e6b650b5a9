extension Schema {
    /// Long work: what was asked for, by whom, and how far it is.
    ///
    /// Progress is written over; every change of state is an entry of the audit trail.
    static let jobs = """
        CREATE TABLE job (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind <> ''),
            taskJSON TEXT NOT NULL CHECK (json_valid(taskJSON)),
            account INTEGER NOT NULL REFERENCES account (id),
            patient INTEGER REFERENCES patient (id),
            state TEXT NOT NULL
                CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
            fraction REAL CHECK (fraction BETWEEN 0 AND 1),
            sentence TEXT NOT NULL,
            made TEXT,
            process INTEGER,
            starts INTEGER NOT NULL DEFAULT 0,
            createdAt TEXT NOT NULL,
            startedAt TEXT,
            endedAt TEXT,
            CHECK ((endedAt IS NOT NULL) = (state IN ('done', 'failed', 'cancelled')))
        ) STRICT;
        CREATE INDEX jobState ON job (state, id);
        CREATE INDEX jobPatient ON job (patient, id);
        """
}
