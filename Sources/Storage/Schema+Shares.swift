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
            question TEXT NOT NULL,
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
        CREATE TABLE referralMove (
            id INTEGER PRIMARY KEY,
            share INTEGER NOT NULL REFERENCES share (id),
            toState TEXT NOT NULL
                CHECK (toState IN ('received', 'accepted', 'declined', 'answered')),
            movedAt TEXT NOT NULL,
            movedBy INTEGER NOT NULL REFERENCES account (id),
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX referralMoveShare ON referralMove (share);
        CREATE INDEX auditSubject ON audit (subject);
        """
    static let shareTables = ["share", "shareItem", "shareEnd", "referralMove"]

    /// Cases opened without a share, what their owner said to it, and which organisations allow it:
    /// the last row of each counts.
    static let emergencies = """
        CREATE TABLE emergency (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            owner INTEGER NOT NULL REFERENCES organisation (id),
            account INTEGER NOT NULL REFERENCES account (id),
            reason TEXT NOT NULL CHECK (reason <> ''),
            openedAt TEXT NOT NULL,
            expiresAt REAL NOT NULL
        ) STRICT;
        CREATE INDEX emergencyPatient ON emergency (patient, account);
        CREATE INDEX emergencyOwner ON emergency (owner);
        CREATE TABLE emergencyAnswer (
            id INTEGER PRIMARY KEY,
            emergency INTEGER NOT NULL REFERENCES emergency (id),
            act TEXT NOT NULL CHECK (act IN ('seen', 'ended')),
            answeredAt TEXT NOT NULL,
            answeredBy INTEGER NOT NULL REFERENCES account (id),
            UNIQUE (emergency, act)
        ) STRICT;
        CREATE TABLE emergencyConsent (
            id INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            isOpen INTEGER NOT NULL CHECK (isOpen IN (0, 1)),
            decidedAt TEXT NOT NULL,
            decidedBy INTEGER NOT NULL REFERENCES account (id)
        ) STRICT;
        CREATE INDEX emergencyConsentOrganisation ON emergencyConsent (organisation);
        """
    static let emergencyTables = ["emergency", "emergencyAnswer", "emergencyConsent"]

    /// Links by which people without an account send images; each has an account that signs in
    /// nowhere, in whose name the files are imported.
    static let inboxes = """
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            codeHash TEXT NOT NULL CHECK (length(codeHash) = 64),
            account INTEGER NOT NULL UNIQUE REFERENCES account (id),
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            patient INTEGER REFERENCES patient (id),
            purpose TEXT NOT NULL,
            createdAt TEXT NOT NULL,
            createdBy INTEGER NOT NULL REFERENCES account (id),
            expiresAt REAL NOT NULL,
            wrongCodes INTEGER NOT NULL DEFAULT 0,
            browserHash TEXT CHECK (length(browserHash) = 64),
            upload INTEGER UNIQUE REFERENCES upload (id),
            question TEXT NOT NULL DEFAULT '',
            finishedAt TEXT,
            endedAt TEXT,
            endedBy INTEGER REFERENCES account (id),
            CHECK ((endedAt IS NULL) = (endedBy IS NULL))
        ) STRICT;
        CREATE INDEX inboxOrganisation ON inbox (organisation);
        """
    static let fixedOfInboxes = """
        UPDATE OF id, hash, codeHash, account, organisation, patient, purpose, createdAt, createdBy, \
        expiresAt
        """
}
