extension Schema {
    /// What one organisation lets another see of a case.
    ///
    /// `lastInstance`, `lastSeries` and `lastDerived` are what there was when the share was made:
    /// rows only ever get greater numbers, so they tell what came later.
    static let shares = """
        CREATE TABLE share (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            owner INTEGER NOT NULL REFERENCES organisation (id),
            recipient INTEGER NOT NULL REFERENCES organisation (id),
            purpose TEXT NOT NULL CHECK (purpose <> ''),
            rights TEXT NOT NULL CHECK (rights LIKE '%view%'),
            includesFuture INTEGER NOT NULL CHECK (includesFuture IN (0, 1)),
            includesPriors INTEGER NOT NULL CHECK (includesPriors IN (0, 1)),
            includesInternal INTEGER NOT NULL CHECK (includesInternal IN (0, 1)),
            studiesFrom TEXT NOT NULL,
            lastSeries INTEGER NOT NULL,
            lastDerived INTEGER NOT NULL,
            createdAt TEXT NOT NULL,
            createdBy INTEGER NOT NULL REFERENCES account (id),
            expiresAt REAL NOT NULL,
            CHECK (owner <> recipient)
        ) STRICT;
        CREATE INDEX sharePatient ON share (patient, recipient);
        CREATE INDEX shareRecipient ON share (recipient, expiresAt);
        CREATE TABLE shareItem (
            share INTEGER NOT NULL REFERENCES share (id),
            series INTEGER REFERENCES series (id),
            lastInstance INTEGER,
            derived TEXT REFERENCES derived (id),
            isChosen INTEGER NOT NULL CHECK (isChosen IN (0, 1)),
            CHECK ((series IS NULL) <> (derived IS NULL)),
            CHECK ((series IS NULL) = (lastInstance IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX shareItemSeries ON shareItem (share, series) WHERE series IS NOT NULL;
        CREATE UNIQUE INDEX shareItemDerived ON shareItem (share, derived)
            WHERE derived IS NOT NULL;
        CREATE INDEX shareItemOfSeries ON shareItem (series);
        CREATE TABLE shareEnd (
            share INTEGER PRIMARY KEY REFERENCES share (id),
            endedAt TEXT NOT NULL,
            endedBy INTEGER NOT NULL REFERENCES account (id),
            reason TEXT NOT NULL CHECK (reason <> '')
        ) STRICT;
        CREATE INDEX auditSubject ON audit (subject);
        """
    static let shareTables = ["share", "shareItem", "shareEnd"]
}
