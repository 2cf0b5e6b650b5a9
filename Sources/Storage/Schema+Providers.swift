extension Schema {
    /// Who is who at the organisation's own sign-in (OpenID Connect), and what is under way there.
    ///
    /// All of it is to be forgotten once it is over; of secrets only hashes are kept.
    static let providers = """
        CREATE TABLE providerIdentity (
            account INTEGER PRIMARY KEY REFERENCES account (id),
            issuer TEXT NOT NULL CHECK (issuer <> ''),
            subject TEXT NOT NULL CHECK (subject <> ''),
            boundAt TEXT NOT NULL,
            boundBy TEXT NOT NULL,
            UNIQUE (issuer, subject)
        ) STRICT;
        CREATE TABLE providerRequest (
            state TEXT PRIMARY KEY CHECK (length(state) = 64),
            browser TEXT NOT NULL CHECK (length(browser) = 64),
            purpose TEXT NOT NULL CHECK (purpose IN ('sign-in', 'bind', 'sign')),
            account INTEGER REFERENCES account (id),
            session TEXT,
            subject TEXT NOT NULL,
            meaning TEXT NOT NULL,
            digest TEXT NOT NULL,
            hasReadFindings INTEGER NOT NULL CHECK (hasReadFindings IN (0, 1)),
            way TEXT NOT NULL,
            sentAt REAL NOT NULL,
            expiresAt REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE providerProof (
            session TEXT NOT NULL CHECK (length(session) = 64),
            account INTEGER NOT NULL REFERENCES account (id),
            subject TEXT NOT NULL,
            meaning TEXT NOT NULL,
            digest TEXT NOT NULL,
            hasReadFindings INTEGER NOT NULL CHECK (hasReadFindings IN (0, 1)),
            authenticatedAt REAL NOT NULL,
            expiresAt REAL NOT NULL,
            PRIMARY KEY (session, subject, meaning)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE session ADD COLUMN isByProvider INTEGER NOT NULL DEFAULT 0
            CHECK (isByProvider IN (0, 1));
        """
}
