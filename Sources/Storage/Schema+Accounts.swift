extension Schema {
    /// Who may sign in, and whose patients are whose.
    ///
    /// Secrets that are to be forgotten (sessions, links, codes) are rows that may go; accounts
    /// stay, because the audit trail names them.
    static let accounts = """
        CREATE TABLE organisation (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE CHECK (name <> ''),
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE account (
            id INTEGER PRIMARY KEY,
            login TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (login <> ''),
            fullName TEXT NOT NULL CHECK (fullName <> ''),
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            role TEXT NOT NULL,
            isDisabled INTEGER NOT NULL DEFAULT 0 CHECK (isDisabled IN (0, 1)),
            passwordHash TEXT,
            totpSecret TEXT,
            totpLastStep INTEGER,
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE recoveryCode (
            account INTEGER NOT NULL REFERENCES account (id),
            hash TEXT NOT NULL,
            PRIMARY KEY (account, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE session (
            hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
            account INTEGER NOT NULL REFERENCES account (id),
            csrfToken TEXT NOT NULL,
            createdAt REAL NOT NULL,
            lastUsedAt REAL NOT NULL,
            signedInAt REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessionAccount ON session (account);
        CREATE TABLE oneTimeLink (
            hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
            purpose TEXT NOT NULL CHECK (purpose IN ('set-up', 'invitation', 'reset')),
            account INTEGER REFERENCES account (id),
            expiresAt REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE signInFailure (
            key TEXT PRIMARY KEY CHECK (length(key) = 64),
            count INTEGER NOT NULL,
            lastAt REAL NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE ownership (
            patient INTEGER PRIMARY KEY REFERENCES patient (id),
            organisation INTEGER NOT NULL REFERENCES organisation (id)
        ) STRICT;
        CREATE TABLE accessEntry (
            account INTEGER NOT NULL REFERENCES account (id),
            object TEXT NOT NULL,
            action TEXT NOT NULL,
            since REAL NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (account, object, action)
        ) STRICT, WITHOUT ROWID;
        """

    /// From where and with what each session was begun, so that people know their own.
    static let placesOfSessions = """
        ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';
        ALTER TABLE session ADD COLUMN browser TEXT NOT NULL DEFAULT '';
        """
}
