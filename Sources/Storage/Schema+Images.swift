extension Schema {
    /// What programs that look for images match and are told, the ways to it, and the series whose
    /// files are still coming.
    static let imageQueries = """
        ALTER TABLE study ADD COLUMN studyID TEXT NOT NULL DEFAULT '';
        ALTER TABLE study ADD COLUMN referringPhysician TEXT NOT NULL DEFAULT '';
        ALTER TABLE instance ADD COLUMN number INTEGER;
        ALTER TABLE instance ADD COLUMN rowCount INTEGER;
        ALTER TABLE instance ADD COLUMN columnCount INTEGER;
        ALTER TABLE instance ADD COLUMN bitsAllocated INTEGER;
        ALTER TABLE instance ADD COLUMN frameCount INTEGER;
        CREATE INDEX patientID ON patient (patientID);
        CREATE INDEX patientName ON patient (name);
        CREATE INDEX studyDate ON study (date);
        CREATE INDEX studyAccessionNumber ON study (accessionNumber);
        CREATE INDEX seriesModality ON series (modality, study);
        CREATE INDEX ownershipOrganisation ON ownership (organisation);
        CREATE TABLE unexamined (
            series INTEGER PRIMARY KEY REFERENCES series (id),
            lastAt REAL NOT NULL
        ) STRICT;
        DROP TRIGGER studyNoUPDATE;
        CREATE TRIGGER studyNoUPDATE
        BEFORE UPDATE OF id, studyUID, date, time, description, accessionNumber, studyID,
            referringPhysician ON study
        BEGIN SELECT RAISE(ABORT, 'study is kept as it was written'); END;
        """
}
