extension Schema {
    static let signatureTables = [
        "caseMove", "entitlement", "entitlementEnd", "signature", "signatureEnd",
    ]

    /// How far cases are, who signed what, and who may prescribe; rows are only ever added.
    static let signatures = """
        CREATE TABLE caseMove (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            fromState TEXT NOT NULL,
            act TEXT NOT NULL,
            toState TEXT NOT NULL,
            account INTEGER REFERENCES account (id),
            actor TEXT NOT NULL,
            plan TEXT REFERENCES derived (id),
            reason TEXT NOT NULL,
            movedAt TEXT NOT NULL
        ) STRICT;
        CREATE INDEX caseMovePatient ON caseMove (patient, id);
        CREATE TABLE entitlement (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL REFERENCES account (id),
            procedure TEXT NOT NULL CHECK (procedure <> ''),
            site TEXT NOT NULL CHECK (site <> ''),
            licenceNumber TEXT NOT NULL CHECK (licenceNumber <> ''),
            validFrom TEXT NOT NULL,
            validTo TEXT NOT NULL,
            enteredBy TEXT NOT NULL,
            enteredAt TEXT NOT NULL,
            CHECK (validFrom <= validTo)
        ) STRICT;
        CREATE INDEX entitlementAccount ON entitlement (account);
        CREATE TABLE entitlementEnd (
            entitlement INTEGER PRIMARY KEY REFERENCES entitlement (id),
            endedBy TEXT NOT NULL,
            endedAt TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> '')
        ) STRICT;
        CREATE TABLE signature (
            id INTEGER PRIMARY KEY,
            plan TEXT NOT NULL REFERENCES derived (id),
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            meaning TEXT NOT NULL CHECK (meaning IN ('made', 'checked', 'prescribed')),
            account INTEGER NOT NULL REFERENCES account (id),
            fullName TEXT NOT NULL,
            role TEXT NOT NULL,
            entitlement INTEGER REFERENCES entitlement (id),
            signedAt TEXT NOT NULL,
            CHECK ((entitlement IS NOT NULL) = (meaning = 'prescribed'))
        ) STRICT;
        CREATE INDEX signaturePlan ON signature (plan);
        CREATE TABLE signatureEnd (
            signature INTEGER PRIMARY KEY REFERENCES signature (id),
            act TEXT NOT NULL,
            account INTEGER REFERENCES account (id),
            actor TEXT NOT NULL,
            reason TEXT NOT NULL CHECK (reason <> ''),
            endedAt TEXT NOT NULL
        ) STRICT;
        """

    /// Cases that had images before states were kept wait for somebody to say whose they are.
    static let movesOfEarlierCases = """
        INSERT INTO caseMove (patient, fromState, act, toState, actor, reason, movedAt)
        SELECT patient.id, 'referred', 'receive-images', 'quarantined', 'schema',
            'the images were there before states were kept',
            strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        FROM patient
        WHERE EXISTS (
            SELECT 1 FROM study JOIN series ON series.study = study.id
            WHERE study.patient = patient.id)
        """
}
