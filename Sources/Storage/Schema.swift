import GRDB

/// The schema history; migrations that have shipped are never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("2026-11 audit") { db in
            try db.execute(sql: "PRAGMA application_id = \(DataFolder.applicationID)")
            try db.execute(sql: audit)
        }
        migrator.registerMigration("2026-11 originals") { db in try db.execute(sql: originals) }
        migrator.registerMigration("2026-11 imports") { db in try db.execute(sql: imports) }
        migrator.registerMigration("2026-11 derived") { db in try db.execute(sql: derived) }
        migrator.registerMigration("2026-11 append only") { db in
            for table in appendOnly { try db.execute(sql: refusal(of: "DELETE", on: table)) }
            for table in immutable { try db.execute(sql: refusal(of: "UPDATE", on: table)) }
            try db.execute(
                sql: refusal(
                    of: """
                        UPDATE OF id, caseID, kind, name, version, content, mediaType, \
                        parametersJSON, softwareVersion, dataVersionsJSON, createdAt, createdBy, \
                        supersedes
                        """, on: "derived"))
        }
        migrator.registerMigration("2026-11 accounts") { db in
            try db.execute(sql: accounts)
            for table in ["organisation", "account", "ownership"] {
                try db.execute(sql: refusal(of: "DELETE", on: table))
            }
        }
        migrator.registerMigration("2026-11 jobs") { db in
            try db.execute(sql: jobs)
            try db.execute(sql: refusal(of: "DELETE", on: "job"))
        }
        migrator.registerMigration("2026-11 intake") { db in
            try db.execute(sql: intake)
            for table in ["upload", "quarantine", "studyMove"] {
                try db.execute(sql: refusal(of: "DELETE", on: table))
            }
            try db.execute(sql: refusal(of: "UPDATE", on: "studyMove"))
        }
        migrator.registerMigration("2026-11 signatures") { db in
            try db.execute(sql: signatures)
            for table in signatureTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
            try db.execute(sql: movesOfEarlierCases)
        }
        migrator.registerMigration("2026-11 vois") { db in
            try db.execute(sql: vois)
            for table in voiTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
        }
        migrator.registerMigration("2026-11 tokens") { db in
            try db.execute(sql: tokens)
            try db.execute(sql: refusal(of: "DELETE", on: "accessToken"))
            try db.execute(sql: refusal(of: fixedOfTokens, on: "accessToken"))
        }
        migrator.registerMigration("2026-11 where sessions are") { db in
            try db.execute(sql: placesOfSessions)
        }
        migrator.registerMigration("2026-11 settings") { db in
            try db.execute(sql: settings)
            try db.execute(sql: refusal(of: "DELETE", on: "setting"))
            try db.execute(sql: refusal(of: "UPDATE", on: "setting"))
        }
        migrator.registerMigration("2026-11 comments") { db in
            try db.execute(sql: comments)
            for table in commentTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
        }
        migrator.registerMigration("2026-11 shares") { db in
            for sql in [shares, emergencies, inboxes] { try db.execute(sql: sql) }
            for table in shareTables + emergencyTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
            try db.execute(sql: refusal(of: "DELETE", on: "inbox"))
            try db.execute(sql: refusal(of: fixedOfInboxes, on: "inbox"))
        }
        migrator.registerMigration("2026-11 image queries") { db in
            try db.execute(sql: imageQueries)
        }
        migrator.registerMigration("2026-11 meetings") { db in
            try db.execute(sql: meetings)
            for table in meetingTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
        }
        migrator.registerMigration("2026-11 origins") { db in try db.execute(sql: origins) }
        migrator.registerMigration("2026-11 target lesions") { db in
            try db.execute(sql: lesions)
            for table in lesionTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
        }
        migrator.registerMigration("2026-11 sign-in by a provider") { db in
            try db.execute(sql: providers)
        }
        migrator.registerMigration("2026-11 ways to the provider") { db in
            try db.execute(sql: providerWays)
        }
        migrator.registerMigration("2026-11 notices") { db in try db.execute(sql: notices) }
        migrator.registerMigration("2026-11 names of organisations") { db in
            try db.execute(sql: organisations)
            for table in organisationTables {
                try db.execute(sql: refusal(of: "DELETE", on: table))
                try db.execute(sql: refusal(of: "UPDATE", on: table))
            }
        }
        return migrator
    }

    private static let appendOnly = [
        "audit", "object", "patient", "study", "series", "instance", "importRun", "importFile",
        "finding", "derived", "derivedInput", "acceptance", "tombstone",
    ]
    private static let immutable = [
        "audit", "object", "study", "instance", "importFile", "finding", "derivedInput",
        "tombstone",
    ]

    private static func refusal(of action: String, on table: String) -> String {
        let verb = action.prefix(6)
        return """
            CREATE TRIGGER \(table)No\(verb) BEFORE \(action) ON \(table)
            BEGIN SELECT RAISE(ABORT, '\(table) is kept as it was written'); END
            """
    }

    private static let audit = """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            timeUTC TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            detailJSON TEXT NOT NULL CHECK (json_valid(detailJSON)),
            previousHash TEXT NOT NULL CHECK (length(previousHash) = 64),
            hash TEXT NOT NULL CHECK (length(hash) = 64)
        ) STRICT;
        CREATE TRIGGER auditChain BEFORE INSERT ON audit
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'an audit entry follows the last one'); END;
        """

    private static let originals = """
        CREATE TABLE object (
            digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
            byteCount INTEGER NOT NULL CHECK (byteCount >= 0),
            storedAt TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE patient (
            id INTEGER PRIMARY KEY,
            patientID TEXT NOT NULL,
            issuer TEXT NOT NULL,
            name TEXT NOT NULL,
            birthDate TEXT NOT NULL,
            sex TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX patientIdentity ON patient (patientID, issuer) WHERE patientID <> '';
        CREATE TABLE study (
            id INTEGER PRIMARY KEY,
            studyUID TEXT NOT NULL UNIQUE CHECK (studyUID <> ''),
            patient INTEGER NOT NULL REFERENCES patient (id),
            date TEXT NOT NULL,
            time TEXT NOT NULL,
            description TEXT NOT NULL,
            accessionNumber TEXT NOT NULL
        ) STRICT;
        CREATE INDEX studyPatient ON study (patient);
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            seriesUID TEXT NOT NULL UNIQUE CHECK (seriesUID <> ''),
            study INTEGER NOT NULL REFERENCES study (id),
            modality TEXT NOT NULL,
            number TEXT NOT NULL,
            description TEXT NOT NULL,
            frameOfReferenceUID TEXT NOT NULL
        ) STRICT;
        CREATE INDEX seriesStudy ON series (study);
        CREATE TABLE instance (
            id INTEGER PRIMARY KEY,
            sopInstanceUID TEXT NOT NULL UNIQUE CHECK (sopInstanceUID <> ''),
            series INTEGER NOT NULL REFERENCES series (id),
            sopClassUID TEXT NOT NULL,
            transferSyntaxUID TEXT NOT NULL,
            object TEXT NOT NULL REFERENCES object (digest),
            header TEXT REFERENCES object (digest),
            sourceIndex INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX instanceSeries ON instance (series);
        """

    private static let imports = """
        CREATE TABLE importRun (
            id INTEGER PRIMARY KEY,
            startedAt TEXT NOT NULL,
            finishedAt TEXT,
            actor TEXT NOT NULL,
            softwareVersion TEXT NOT NULL
        ) STRICT;
        CREATE TABLE importFile (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES importRun (id),
            path TEXT NOT NULL,
            outcome TEXT NOT NULL
                CHECK (outcome IN ('stored', 'alreadyStored', 'conflict', 'refused', 'skipped')),
            reason TEXT NOT NULL,
            sentence TEXT NOT NULL,
            object TEXT REFERENCES object (digest)
        ) STRICT;
        CREATE INDEX importFileRun ON importFile (run, outcome, reason);
        CREATE TABLE finding (
            id INTEGER PRIMARY KEY,
            series INTEGER NOT NULL REFERENCES series (id),
            code TEXT NOT NULL,
            severity TEXT NOT NULL CHECK (severity IN ('note', 'warning', 'error')),
            sentence TEXT NOT NULL,
            subject TEXT
        ) STRICT;
        CREATE UNIQUE INDEX findingOnce
            ON finding (series, code, sentence, coalesce(subject, ''));
        """

    private static let derived = """
        CREATE TABLE derived (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            caseID TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind <> ''),
            name TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version > 0),
            content TEXT NOT NULL REFERENCES object (digest),
            mediaType TEXT NOT NULL,
            parametersJSON TEXT NOT NULL CHECK (json_valid(parametersJSON)),
            softwareVersion TEXT NOT NULL,
            dataVersionsJSON TEXT NOT NULL CHECK (json_valid(dataVersionsJSON)),
            createdAt TEXT NOT NULL,
            createdBy TEXT NOT NULL,
            supersedes TEXT REFERENCES derived (id),
            state TEXT NOT NULL CHECK (state IN ('current', 'outdated')),
            outdatedReason TEXT,
            outdatedAt TEXT,
            UNIQUE (caseID, kind, name, version),
            CHECK ((state = 'outdated') = (outdatedReason IS NOT NULL))
        ) STRICT;
        CREATE TABLE derivedInput (
            derived TEXT NOT NULL REFERENCES derived (id),
            position INTEGER NOT NULL,
            role TEXT NOT NULL,
            object TEXT REFERENCES object (digest),
            input TEXT REFERENCES derived (id),
            series INTEGER REFERENCES series (id),
            seriesDigest TEXT,
            PRIMARY KEY (derived, position),
            CHECK ((object IS NOT NULL) + (input IS NOT NULL) + (series IS NOT NULL) = 1),
            CHECK ((series IS NULL) = (seriesDigest IS NULL))
        ) STRICT;
        CREATE INDEX derivedInputInput ON derivedInput (input);
        CREATE INDEX derivedInputSeries ON derivedInput (series);
        CREATE TABLE acceptance (
            id INTEGER PRIMARY KEY,
            derived TEXT NOT NULL REFERENCES derived (id),
            acceptedAt TEXT NOT NULL,
            acceptedBy TEXT NOT NULL,
            note TEXT NOT NULL,
            withdrawnAt TEXT,
            withdrawnBy TEXT,
            withdrawnReason TEXT
        ) STRICT;
        CREATE UNIQUE INDEX acceptanceOnce ON acceptance (derived) WHERE withdrawnAt IS NULL;
        CREATE TABLE tombstone (
            id INTEGER PRIMARY KEY,
            derived TEXT UNIQUE REFERENCES derived (id),
            series INTEGER UNIQUE REFERENCES series (id),
            setAt TEXT NOT NULL,
            setBy TEXT NOT NULL,
            reason TEXT NOT NULL,
            CHECK ((derived IS NOT NULL) + (series IS NOT NULL) = 1)
        ) STRICT;
        """
}
