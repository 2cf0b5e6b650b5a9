import GRDB
package import Quantities

extension RecordStore {
    /// Returns all patients in the order in which they came.
    package func patients() async throws -> [PatientRecord] {
        try await read("patient") { try Self.patients("1 ORDER BY id", [], in: $0) }
    }

    /// Returns a patient's studies by date and time.
    package func studies(patient: Int64) async throws -> [StudyRecord] {
        try await studies(
            "SELECT * FROM study WHERE patient = ? ORDER BY date, time, id", [patient])
    }

    /// Returns the study with a UID.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func study(uid: String) async throws -> StudyRecord {
        try await one(studies("SELECT * FROM study WHERE studyUID = ?", [uid]), "study")
    }

    /// Returns a patient's series in use, by study and number of row.
    package func series(patient: Int64) async throws -> [SeriesRecord] {
        try await series(
            where: "study.patient = ? AND tombstone.id IS NULL", arguments: [patient])
    }

    /// Returns a study's series in use.
    package func series(study: Int64) async throws -> [SeriesRecord] {
        try await series(where: "study.id = ? AND tombstone.id IS NULL", arguments: [study])
    }

    /// Returns the series with a UID, also one out of use.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func series(uid: String) async throws -> SeriesRecord {
        try await one(series(where: "series.seriesUID = ?", arguments: [uid]), "series")
    }

    /// Returns whose series it is, also of one out of use.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func patient(ofSeriesUID uid: String) async throws -> Int64 {
        let found = try await read("series") { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT study.patient FROM series JOIN study ON study.id = series.study
                    WHERE series.seriesUID = ?
                    """, arguments: [uid])
        }
        guard let found else { throw StorageError.notFound(entity: "series") }
        return found
    }

    /// Returns a series' instances in the order of their import; empty when it is unknown.
    package func instances(seriesUID: String) async throws -> [InstanceRecord] {
        try await instances(
            where: "series = (SELECT id FROM series WHERE seriesUID = ?)", argument: seriesUID)
    }

    /// Returns the instance with a UID.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func instance(uid: String) async throws -> InstanceRecord {
        try await one(instances(where: "sopInstanceUID = ?", argument: uid), "instance")
    }

    /// Returns what was noted about a series, in that order.
    package func findings(seriesUID: String) async throws -> [Finding] {
        try await read("finding") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT finding.* FROM finding JOIN series ON series.id = finding.series
                    WHERE seriesUID = ? ORDER BY finding.id
                    """, arguments: [seriesUID]
            ).map { row in
                guard let severity = Finding.Severity(rawValue: row["severity"]) else {
                    throw StorageError.corrupted(entity: "finding", detail: "severity")
                }
                return Finding(row["code"], severity, row["sentence"], subject: row["subject"])
            }
        }
    }

    /// Returns an import with its files counted.
    ///
    /// - Throws: ``StorageError/notFound(entity:)``.
    package func importRun(_ id: Int64) async throws -> ImportRun {
        try await read("importRun") { try Self.importRun(id, in: $0) }
    }

    /// Returns an import's files in the order in which they were noted.
    package func files(run: Int64) async throws -> [ImportedFile] {
        try await read("importFile") { db in
            let sql = "SELECT * FROM importFile WHERE run = ? ORDER BY id"
            return try Row.fetchAll(db, sql: sql, arguments: [run]).map { row in
                let object: String? = row["object"]
                return ImportedFile(
                    path: row["path"], outcome: row["outcome"], reason: row["reason"],
                    sentence: row["sentence"],
                    object: try object.map { try ObjectDigest(stored: $0) })
            }
        }
    }
}

extension RecordStore {
    static func patients(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [PatientRecord] {
        let sql = "SELECT * FROM patient WHERE \(clause)"
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            PatientRecord(
                id: row["id"],
                identity: PatientIdentity(
                    patientID: row["patientID"], issuer: row["issuer"], name: row["name"],
                    birthDate: row["birthDate"], sex: row["sex"]))
        }
    }

    static func seriesID(_ uid: String, in db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT id FROM series WHERE seriesUID = ?", arguments: [uid])
    }

    static func importRun(_ id: Int64, in db: Database) throws -> ImportRun {
        let sql = "SELECT * FROM importRun WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw StorageError.notFound(entity: "importRun")
        }
        let counts = try Row.fetchAll(
            db,
            sql: """
                SELECT outcome, reason, min(sentence) AS sentence, count(*) AS count
                FROM importFile WHERE run = ? GROUP BY outcome, reason ORDER BY outcome, reason
                """, arguments: [id]
        ).map {
            ImportCount(
                outcome: $0["outcome"], reason: $0["reason"], sentence: $0["sentence"],
                count: $0["count"])
        }
        return ImportRun(
            id: id, startedAt: row["startedAt"], finishedAt: row["finishedAt"],
            actor: row["actor"], softwareVersion: row["softwareVersion"], counts: counts)
    }

    static func instances(of series: Int64, in db: Database) throws -> [InstanceRecord] {
        try instances("series = ?", [series], in: db)
    }

    private func instances(where clause: String, argument: String) async throws -> [InstanceRecord]
    {
        try await read("instance") { try Self.instances(clause, [argument], in: $0) }
    }

    private static func instances(
        _ clause: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [InstanceRecord] {
        let sql = "SELECT * FROM instance WHERE \(clause) ORDER BY sourceIndex, id"
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map(instance)
    }

    static func instance(_ row: Row) throws -> InstanceRecord {
        let header: String? = row["header"]
        return InstanceRecord(
            id: row["id"], series: row["series"], sopInstanceUID: row["sopInstanceUID"],
            sopClassUID: row["sopClassUID"], transferSyntaxUID: row["transferSyntaxUID"],
            object: try ObjectDigest(stored: row["object"]),
            header: try header.map { try ObjectDigest(stored: $0) },
            sourceIndex: row["sourceIndex"])
    }

    private func studies(
        _ sql: String, _ arguments: StatementArguments
    ) async throws -> [StudyRecord] {
        try await read("study") { db in
            try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
                StudyRecord(
                    id: row["id"], patient: row["patient"],
                    description: StudyDescription(
                        studyUID: row["studyUID"], date: row["date"], time: row["time"],
                        description: row["description"], accessionNumber: row["accessionNumber"],
                        studyID: row["studyID"],
                        referringPhysician: row["referringPhysician"]))
            }
        }
    }

    private func series(
        where clause: String, arguments: StatementArguments
    ) async throws -> [SeriesRecord] {
        try await read("series") { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT series.*,
                        (SELECT count(*) FROM instance WHERE instance.series = series.id) AS count
                    FROM series JOIN study ON study.id = series.study
                    LEFT JOIN tombstone ON tombstone.series = series.id
                    WHERE \(clause) ORDER BY study.date, study.time, study.id, series.id
                    """, arguments: arguments
            ).map { row in
                SeriesRecord(
                    id: row["id"], study: row["study"],
                    description: SeriesDescription(
                        seriesUID: row["seriesUID"], modality: row["modality"],
                        number: row["number"], description: row["description"],
                        frameOfReferenceUID: row["frameOfReferenceUID"]),
                    instanceCount: row["count"])
            }
        }
    }

    private func one<T>(_ all: [T], _ entity: String) throws -> T {
        guard let first = all.first else { throw StorageError.notFound(entity: entity) }
        return first
    }
}
