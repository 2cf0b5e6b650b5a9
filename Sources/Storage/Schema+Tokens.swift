extension Schema {
    /// Tokens of machine clients, each with an account of its own; of a token only its hash is kept.
    static let tokens = """
        CREATE TABLE accessToken (
            id INTEGER PRIMARY KEY,
            account INTEGER NOT NULL UNIQUE REFERENCES account (id),
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            scopes TEXT NOT NULL CHECK (scopes <> ''),
            createdAt TEXT NOT NULL,
            createdBy INTEGER NOT NULL REFERENCES account (id),
            expiresAt REAL NOT NULL,
            lastUsedAt REAL,
            revokedAt TEXT,
            revokedBy INTEGER REFERENCES account (id),
            CHECK ((revokedAt IS NULL) = (revokedBy IS NULL))
        ) STRICT;
        """

    /// What may change of a token: its use, and once that it was revoked.
    static let fixedOfTokens = """
        UPDATE OF id, account, hash, scopes, createdAt, createdBy, expiresAt
        """
}
