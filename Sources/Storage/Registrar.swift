import GRDB

/// Finds or makes the rows above an instance, and says where two files contradict each other.
struct Registrar {
    let change: RecordStore.Change
    /// For whom browsers bring files in; `nil` at the machine, where the files alone say whose
    /// they are.
    let intake: Intake?
    /// Series that existed before this batch and have gained an instance.
    private(set) var grownSeries: Set<Int64> = []
    private var newSeries: Set<Int64> = []

    init(change: RecordStore.Change, intake: Intake? = nil) {
        (self.change, self.intake) = (change, intake)
    }

    mutating func register(_ entry: InstanceEntry) throws -> RegistrationOutcome {
        guard
            ![entry.study.studyUID, entry.series.seriesUID, entry.sopInstanceUID].contains("")
        else { throw StorageError.invalid(entity: "instance", reason: "a UID is empty") }
        try change.list(entry.object)
        if let header = entry.header { try change.list(header) }
        if let known = try knownInstance(entry) { return known }
        do {
            let (patient, waits) =
                if let intake { try patient(entry, of: intake) } else { (try patient(entry), nil) }
            let study = try study(entry.study, patient: patient)
            let series = try series(entry.series, study: study)
            try insert(entry, series: series)
            if !newSeries.contains(series) { grownSeries.insert(series) }
            return waits.map { .quarantined(reason: $0) } ?? .stored
        } catch let refusal as Refusal { return .conflict(refusal.conflict) }
    }

    /// Stops one entry; the others of the batch go on.
    struct Refusal: Error { let conflict: RecordConflict }

    private func knownInstance(_ entry: InstanceEntry) throws -> RegistrationOutcome? {
        let row = try Row.fetchOne(
            change.db,
            sql: """
                SELECT instance.object, series.seriesUID FROM instance
                JOIN series ON series.id = instance.series WHERE sopInstanceUID = ?
                """, arguments: [entry.sopInstanceUID])
        guard let row else { return nil }
        let kept = try ObjectDigest(stored: row["object"])
        guard kept == entry.object else { return .conflict(.instanceDiffers(kept: kept)) }
        guard row["seriesUID"] == entry.series.seriesUID else {
            return .conflict(.instanceOfAnotherSeries)
        }
        return .alreadyStored
    }

    /// Returns the patient's row; nothing is written before every contradiction is ruled out.
    private func patient(_ entry: InstanceEntry) throws -> Int64 {
        let identity = entry.patient
        let ofStudy = try Row.fetchOne(
            change.db,
            sql: """
                SELECT patient.* FROM patient JOIN study ON study.patient = patient.id
                WHERE studyUID = ?
                """, arguments: [entry.study.studyUID])
        if let ofStudy {
            let issuer: String = ofStudy["issuer"]
            // Planning systems drop the issuer; inside one study the ID says enough.
            let issuersAgree =
                issuer == identity.issuer || issuer.isEmpty || identity.issuer.isEmpty
            guard ofStudy["patientID"] == identity.patientID, issuersAgree else {
                throw Refusal(conflict: .studyOfAnotherPatient)
            }
        }
        try refuseSeriesOfAnotherStudy(entry)
        let known =
            try ofStudy
            ?? (identity.patientID.isEmpty
                ? nil
                : Row.fetchOne(
                    change.db,
                    sql: "SELECT * FROM patient WHERE patientID = ? AND issuer = ? AND lot = 0",
                    arguments: [identity.patientID, identity.issuer]))
        guard let known else {
            try change.db.execute(
                sql: """
                    INSERT INTO patient (patientID, issuer, name, birthDate, sex)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    identity.patientID, identity.issuer, identity.name, identity.birthDate,
                    identity.sex,
                ])
            return change.db.lastInsertedRowID
        }
        try reconcile(identity, with: known)
        return known["id"]
    }

    /// Compares what both say, and fills in what only the new file says.
    func reconcile(_ identity: PatientIdentity, with known: Row) throws {
        let pairs: [(attribute: String, old: String, new: String)] = [
            ("name", PersonName.normal(known["name"]), PersonName.normal(identity.name)),
            ("birthDate", known["birthDate"], identity.birthDate),
            ("sex", known["sex"], identity.sex),
        ]
        let differing = pairs.filter { !$0.old.isEmpty && !$0.new.isEmpty && $0.old != $0.new }
        guard differing.isEmpty else {
            throw Refusal(conflict: .patientDiffers(attributes: differing.map(\.attribute)))
        }
        guard pairs.contains(where: { $0.old.isEmpty && !$0.new.isEmpty }) else { return }
        try change.db.execute(
            sql: """
                UPDATE patient SET
                    name = CASE name WHEN '' THEN ? ELSE name END,
                    birthDate = CASE birthDate WHEN '' THEN ? ELSE birthDate END,
                    sex = CASE sex WHEN '' THEN ? ELSE sex END
                WHERE id = ?
                """,
            arguments: [identity.name, identity.birthDate, identity.sex, known["id"] as Int64])
    }

    func refuseSeriesOfAnotherStudy(_ entry: InstanceEntry) throws {
        let studyUID = try String.fetchOne(
            change.db,
            sql: """
                SELECT studyUID FROM study JOIN series ON series.study = study.id
                WHERE seriesUID = ?
                """, arguments: [entry.series.seriesUID])
        if let studyUID, studyUID != entry.study.studyUID {
            throw Refusal(conflict: .seriesOfAnotherStudy)
        }
    }

    private func study(_ study: StudyDescription, patient: Int64) throws -> Int64 {
        let sql = "SELECT id FROM study WHERE studyUID = ?"
        if let id = try Int64.fetchOne(change.db, sql: sql, arguments: [study.studyUID]) {
            return id
        }
        try change.db.execute(
            sql: """
                INSERT INTO study (studyUID, patient, date, time, description, accessionNumber,
                    studyID, referringPhysician)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                study.studyUID, patient, study.date, study.time, study.description,
                study.accessionNumber, study.studyID, study.referringPhysician,
            ])
        return change.db.lastInsertedRowID
    }

    private mutating func series(_ series: SeriesDescription, study: Int64) throws -> Int64 {
        if let id = try RecordStore.seriesID(series.seriesUID, in: change.db) { return id }
        try change.db.execute(
            sql: """
                INSERT INTO series
                    (seriesUID, study, modality, number, description, frameOfReferenceUID)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                series.seriesUID, study, series.modality, series.number, series.description,
                series.frameOfReferenceUID,
            ])
        newSeries.insert(change.db.lastInsertedRowID)
        return change.db.lastInsertedRowID
    }

    private func insert(_ entry: InstanceEntry, series: Int64) throws {
        try change.db.execute(
            sql: """
                INSERT INTO instance (sopInstanceUID, series, sopClassUID, transferSyntaxUID,
                    object, header, sourceIndex, number, rowCount, columnCount, bitsAllocated,
                    frameCount)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.sopInstanceUID, series, entry.sopClassUID, entry.transferSyntaxUID,
                entry.object.hex, entry.header?.hex, entry.sourceIndex,
                entry.picture.instanceNumber, entry.picture.rows, entry.picture.columns,
                entry.picture.bitsAllocated, entry.picture.frames,
            ])
    }
}

/// Compares DICOM person names.
enum PersonName {
    /// Returns the name without what writers add or drop: case, outer spaces, empty last parts.
    static func normal(_ name: String) -> String {
        var parts = name.uppercased().split(separator: "^", omittingEmptySubsequences: false)
            .map { $0.split(separator: " ").joined(separator: " ") }
        while parts.last?.isEmpty == true { parts.removeLast() }
        return parts.joined(separator: "^")
    }
}

extension ObjectDigest {
    /// Reads a digest from its column.
    init(stored hex: String) throws {
        guard let digest = ObjectDigest(hex) else {
            throw StorageError.corrupted(entity: "object", detail: "a digest is not one")
        }
        self = digest
    }
}
