extension Schema {
    /// What people bring in with a browser, and whose it is.
    ///
    /// `patient.lot` is 0 for those whom identifier and issuer tell apart; data that wait for a
    /// person's word, or were given to one organisation by it, have a number of their own, so that
    /// one identifier in two hospitals joins nothing.
    static let intake = """
        CREATE TABLE upload (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL REFERENCES account (id),
            patient INTEGER REFERENCES patient (id),
            state TEXT NOT NULL CHECK (state IN ('open', 'importing', 'imported', 'discarded')),
            createdAt TEXT NOT NULL,
            job INTEGER REFERENCES job (id)
        ) STRICT;
        CREATE INDEX uploadAccount ON upload (account, state);
        CREATE TABLE uploadFile (
            upload INTEGER NOT NULL REFERENCES upload (id),
            number INTEGER NOT NULL,
            path TEXT NOT NULL CHECK (path <> ''),
            byteCount INTEGER NOT NULL CHECK (byteCount > 0),
            received INTEGER NOT NULL CHECK (received BETWEEN 0 AND byteCount),
            PRIMARY KEY (upload, number),
            UNIQUE (upload, path)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE patient ADD COLUMN lot INTEGER NOT NULL DEFAULT 0;
        DROP INDEX patientIdentity;
        CREATE UNIQUE INDEX patientIdentity ON patient (patientID, issuer, lot)
            WHERE patientID <> '';
        CREATE TABLE quarantine (
            patient INTEGER PRIMARY KEY REFERENCES patient (id),
            account INTEGER NOT NULL REFERENCES account (id),
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            expected INTEGER REFERENCES patient (id),
            reason TEXT NOT NULL,
            since TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'matched', 'confirmed')),
            matchedTo INTEGER REFERENCES patient (id),
            decidedBy INTEGER REFERENCES account (id),
            decidedAt TEXT,
            note TEXT NOT NULL DEFAULT '',
            CHECK ((matchedTo IS NOT NULL) = (state = 'matched'))
        ) STRICT;
        CREATE INDEX quarantineOrganisation ON quarantine (organisation, state);
        CREATE TABLE studyMove (
            id INTEGER PRIMARY KEY,
            study INTEGER NOT NULL REFERENCES study (id),
            fromPatient INTEGER NOT NULL REFERENCES patient (id),
            toPatient INTEGER NOT NULL REFERENCES patient (id),
            movedAt TEXT NOT NULL,
            movedBy TEXT NOT NULL
        ) STRICT;
        CREATE INDEX studyMoveStudy ON studyMove (study);
        DROP TRIGGER studyNoUPDATE;
        CREATE TRIGGER studyNoUPDATE
        BEFORE UPDATE OF id, studyUID, date, time, description, accessionNumber ON study
        BEGIN SELECT RAISE(ABORT, 'study is kept as it was written'); END;
        """
}
