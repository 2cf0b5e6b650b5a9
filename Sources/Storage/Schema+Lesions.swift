extension Schema {
    static let lesionTables = ["lesion", "lesionEnd", "lesionReading", "newLesion"]

    /// Target lesions of a patient and how large they were; rows are only ever added.
    ///
    /// Of a lesion and a day the latest reading counts whose measurement stands. `diameterMM` is the
    /// short axis of a node and the longest diameter of anything else.
    static let lesions = """
        CREATE TABLE lesion (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            number INTEGER NOT NULL CHECK (number > 0),
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            name TEXT NOT NULL CHECK (name <> ''),
            site TEXT NOT NULL CHECK (site <> ''),
            trackingUID TEXT NOT NULL UNIQUE,
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL,
            UNIQUE (patient, number)
        ) STRICT;
        CREATE TABLE lesionEnd (
            lesion INTEGER PRIMARY KEY REFERENCES lesion (id),
            account INTEGER NOT NULL REFERENCES account (id),
            endedAt TEXT NOT NULL
        ) STRICT;
        CREATE TABLE lesionReading (
            id INTEGER PRIMARY KEY,
            lesion INTEGER NOT NULL REFERENCES lesion (id),
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            day TEXT NOT NULL CHECK (length(day) = 10),
            kind TEXT NOT NULL CHECK (kind IN ('measured', 'too-small', 'gone', 'not-read')),
            diameterMM REAL CHECK (diameterMM >= 0),
            measurement INTEGER UNIQUE REFERENCES measurement (id),
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL,
            CHECK ((measurement IS NOT NULL) = (kind = 'measured')),
            CHECK ((diameterMM IS NULL) = (kind = 'not-read'))
        ) STRICT;
        CREATE INDEX lesionReadingLesion ON lesionReading (lesion, day, id);
        CREATE TABLE newLesion (
            id INTEGER PRIMARY KEY,
            patient INTEGER NOT NULL REFERENCES patient (id),
            agendaItem INTEGER NOT NULL REFERENCES agendaItem (id),
            day TEXT NOT NULL CHECK (length(day) = 10),
            isThere INTEGER NOT NULL CHECK (isThere IN (0, 1)),
            account INTEGER NOT NULL REFERENCES account (id),
            createdAt TEXT NOT NULL
        ) STRICT;
        CREATE INDEX newLesionPatient ON newLesion (patient, day, id);
        """
}
