extension Schema {
    /// What accounts are on their way to the provider for; who only signs in has no row, and a locked
    /// session is opened that way too.
    static let providerWays = """
        DROP TABLE providerRequest;
        CREATE TABLE providerRequest (
            state TEXT PRIMARY KEY CHECK (length(state) = 64),
            browser TEXT NOT NULL CHECK (length(browser) = 64),
            purpose TEXT NOT NULL CHECK (purpose IN ('bind', 'sign', 'unlock')),
            account INTEGER NOT NULL REFERENCES account (id),
            session TEXT NOT NULL CHECK (length(session) = 64),
            subject TEXT NOT NULL,
            meaning TEXT NOT NULL,
            digest TEXT NOT NULL,
            hasReadFindings INTEGER NOT NULL CHECK (hasReadFindings IN (0, 1)),
            way TEXT NOT NULL,
            sentAt REAL NOT NULL,
            expiresAt REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
