extension Schema {
    static let meetingTables = [
        "meeting", "meetingGuest", "agendaItem", "agendaItemEnd", "meetingPresence", "attendance",
        "decision", "decisionSignature", "keyImage", "keyImageEnd", "measurement",
        "measurementEnd",
    ]

    /// Meetings, what they looked at and what they decided; rows are only ever added.
    ///
    /// `x`, `y`, `z` are mm (DICOM LPS) in the series' frame of reference; with an instance `x` is
    /// the column and `y` the row of its frame. `placeJSON` and `valuesJSON` are as
    /// ``MeasurementDraft`` writes them, `contentJSON` is a `Decision`.
    static let meetings = """
        CREATE TABLE meeting (
            id INTEGER PRIMARY KEY,
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            day TEXT NOT NULL CHECK (length(day) = 10),
            title TEXT NOT NULL,
            chair INTEGER NOT NULL REFERENCES account (id),
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE INDEX meetingOrganisation ON meeting (organisation, day);
        CREATE TABLE meetingGuest (
            meeting INTEGER NOT NULL REFERENCES meeting (id),
            organisation INTEGER NOT NULL REFERENCES organisation (id),
            account INTEGER NOT NULL REFERENCES account (id),
            invitedAt TEXT NOT NULL,
            PRIMARY KEY (meeting, organisation)
        ) STRICT;
        CREATE TABLE agendaItem (
            id INTEGER PRIMARY KEY,
            meeting INTEGER NOT NULL REFERENCES meeting (id),
            patient INTEGER NOT NULL REFERENCES patient (id),
            question TEXT NOT NULL,
            referral TEXT NOT NULL,
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE INDEX agendaItemMeeting ON agendaItem (meeting, id);
        CREATE INDEX agendaItemPatient ON agendaItem (patient, id);
        CREATE TABLE agendaItemEnd (
            agendaItem INTEGER PRIMARY KEY REFERENCES agendaItem (id),
            account INTEGER NOT NULL REFERENCES account (id),
            reason TEXT NOT NULL CHECK (reason <> ''),
            endedAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE meetingPresence (
            meeting INTEGER NOT NULL REFERENCES meeting (id),
            account INTEGER NOT NULL REFERENCES account (id),
            seenAt TEXT NOT NULL,
            PRIMARY KEY (meeting, account)
        ) STRICT;
        CREATE TABLE attendance (
            meeting INTEGER NOT NULL REFERENCES meeting (id),
            account INTEGER NOT NULL REFERENCES account (id),
            fullName TEXT NOT NULL,
            role TEXT NOT NULL,
            organisation TEXT NOT NULL,
            confirmedBy INTEGER NOT NULL REFERENCES account (id),
            confirmedAt TEXT NOT NULL,
            PRIMARY KEY (meeting, account)
        ) STRICT;
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY,
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            version INTEGER NOT NULL CHECK (version > 0),
            contentJSON TEXT NOT NULL CHECK (json_valid(contentJSON)),
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL,
            UNIQUE (agendaItem, version)
        ) STRICT;
        CREATE TABLE decisionSignature (
            decision INTEGER PRIMARY KEY REFERENCES decision (id),
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            account INTEGER NOT NULL REFERENCES account (id),
            fullName TEXT NOT NULL,
            role TEXT NOT NULL,
            signedAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE keyImage (
            id INTEGER PRIMARY KEY,
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            series INTEGER NOT NULL REFERENCES series (id),
            instance INTEGER REFERENCES instance (id),
            frame INTEGER CHECK (frame > 0),
            x REAL NOT NULL,
            y REAL NOT NULL,
            z REAL,
            note TEXT NOT NULL,
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL,
            CHECK ((instance IS NULL) = (frame IS NULL)),
            CHECK ((z IS NULL) = (instance IS NOT NULL))
        ) STRICT;
        CREATE INDEX keyImageItem ON keyImage (agendaItem, id);
        CREATE TABLE keyImageEnd (
            keyImage INTEGER PRIMARY KEY REFERENCES keyImage (id),
            account INTEGER NOT NULL REFERENCES account (id),
            endedAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE measurement (
            id INTEGER PRIMARY KEY,
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            series INTEGER NOT NULL REFERENCES series (id),
            label TEXT NOT NULL CHECK (label <> ''),
            trackingUID TEXT NOT NULL UNIQUE,
            shape TEXT NOT NULL CHECK (shape IN ('diameters', 'circle')),
            placeJSON TEXT NOT NULL CHECK (json_valid(placeJSON)),
            valuesJSON TEXT NOT NULL CHECK (json_valid(valuesJSON)),
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE INDEX measurementItem ON measurement (agendaItem, id);
        CREATE TABLE measurementEnd (
            measurement INTEGER PRIMARY KEY REFERENCES measurement (id),
            account INTEGER NOT NULL REFERENCES account (id),
            endedAt TEXT NOT NULL
        ) STRICT;
        """
}
