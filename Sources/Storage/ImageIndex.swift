import GRDB

/// An instance that an organisation sees, with what stands above it.
package struct VisibleInstance: Hashable, Sendable {
    package let studyUID: String
    package let seriesUID: String
    package let instance: InstanceRecord

    package init(studyUID: String, seriesUID: String, instance: InstanceRecord) {
        (self.studyUID, self.seriesUID, self.instance) = (studyUID, seriesUID, instance)
    }
}

/// One row of an answer to a query.
package struct ImageRow: Hashable, Sendable {
    package let patient: PatientIdentity
    package let study: StudyDescription
    /// Of the study, as far as it is seen.
    package let modalities: [String]
    package let seriesCount: Int
    package let instanceCount: Int
    /// `nil` in a list of studies.
    package let series: SeriesDescription?
    package let seriesInstanceCount: Int
    /// `nil` in lists of studies and series.
    package let instance: InstanceFacts?
}

/// What a list says of an instance.
package struct InstanceFacts: Hashable, Sendable {
    package let sopInstanceUID: String
    package let sopClassUID: String
    package let transferSyntaxUID: String
    package let picture: PictureFacts
}

/// Finds images for programs, each within what its organisation sees (``VisibleImages``).
package struct ImageIndex: Sendable {
    let records: RecordStore

    /// Lists with more studies than this are not made to narrow a search.
    private static let mostListed = 5000

    /// Returns what matches: studies by date, the latest first; series and instances in the order in
    /// which they came.
    ///
    /// - Parameters:
    ///   - query: Of the level study, series or instance.
    ///   - organisation: Who asks.
    /// - Returns: At most as many rows as the query allows.
    /// - Throws: ``StorageError``.
    package func rows(
        _ query: ImageQuery, seenBy organisation: Int64
    ) async throws -> [ImageRow] {
        precondition(query.level > .patient, "patients are listed as cases")
        return try await records.read("study") { db in
            let visible = visible(to: organisation)
            let ids = try Self.ids(query, visible, db)
            return try Self.details(ids, query.level, visible, db)
        }
    }

    /// Returns how many rows match in all.
    package func count(_ query: ImageQuery, seenBy organisation: Int64) async throws -> Int {
        try await records.read("study") { db in
            let visible = visible(to: organisation)
            let (sql, values) = try Self.search(query, visible, db)
            return try Int.fetchOne(
                db, sql: "SELECT count(*) FROM (\(sql))", arguments: StatementArguments(values))
                ?? 0
        }
    }

    /// Returns what the audit trail says was read when images are handed out.
    ///
    /// - Parameters:
    ///   - study: The study's UID.
    ///   - series: The series' UID; `nil` for the study as a whole.
    ///   - organisation: Who asks.
    /// - Returns: The own case (`patient-3`); of somebody else's the share (`share-7`), with the
    ///   series where one is named (`share-7 series-12`). Nothing for what is not there and for what
    ///   is not seen: from outside the two must look alike.
    /// - Throws: ``StorageError``.
    package func subjects(
        study: String, series: String? = nil, seenBy organisation: Int64
    ) async throws -> [String] {
        try await records.read("study") { db in
            let visible = visible(to: organisation)
            let sql = """
                SELECT study.patient, series.id AS series, \(visible.share) AS share
                FROM study CROSS JOIN series ON series.study = study.id
                WHERE studyUID = ?1 AND (?2 IS NULL OR seriesUID = ?2) AND \(visible.series)
                """
            let names = try Row.fetchAll(db, sql: sql, arguments: [study, series]).map { row in
                let share: Int64? = row["share"]
                guard let share else { return "patient-\(row["patient"] as Int64)" }
                return series == nil
                    ? "share-\(share)" : "share-\(share) series-\(row["series"] as Int64)"
            }
            return Set(names).sorted()
        }
    }

    /// Whether an organisation sees an instance now.
    package func isSeen(instance uid: String, by organisation: Int64) async throws -> Bool {
        try await records.read("instance") { db in
            let sql = """
                SELECT EXISTS (SELECT 1 FROM instance
                    CROSS JOIN series ON series.id = instance.series
                    CROSS JOIN study ON study.id = series.study
                    WHERE sopInstanceUID = ? AND \(visible(to: organisation).series))
                """
            return try Bool.fetchOne(db, sql: sql, arguments: [uid]) ?? false
        }
    }

    private func visible(to organisation: Int64) -> VisibleImages {
        VisibleImages(to: organisation, at: records.now())
    }

    /// Returns the instances of a study, of one of its series, or one of them, as far as they are
    /// seen, in the order of series, instance number and import.
    ///
    /// - Parameters:
    ///   - study: The study's UID.
    ///   - series: The series' UID; `nil` for all.
    ///   - instance: The SOP Instance UID; `nil` for all.
    ///   - organisation: Who asks.
    /// - Returns: The instances; none for what is not there and for what is not seen.
    /// - Throws: ``StorageError``.
    package func instances(
        study: String, series: String? = nil, instance: String? = nil,
        seenBy organisation: Int64
    ) async throws -> [VisibleInstance] {
        try await records.read("instance") { db in
            var sql = """
                SELECT instance.*, seriesUID, studyUID
                FROM study CROSS JOIN series ON series.study = study.id
                CROSS JOIN instance ON instance.series = series.id
                WHERE studyUID = ? AND \(visible(to: organisation).series)
                """
            var values = [study]
            for (column, value) in [("seriesUID", series), ("sopInstanceUID", instance)] {
                guard let value else { continue }
                sql += " AND \(column) = ?"
                values.append(value)
            }
            sql += " ORDER BY series.id, instance.number, instance.sourceIndex, instance.id"
            return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(values)).map {
                VisibleInstance(
                    studyUID: $0["studyUID"], seriesUID: $0["seriesUID"],
                    instance: try RecordStore.instance($0))
            }
        }
    }
}

// MARK: - Searching

extension ImageIndex {
    private static func ids(
        _ query: ImageQuery, _ visible: VisibleImages, _ db: Database
    ) throws -> [Int64] {
        let (sql, values) = try search(query, visible, db)
        return try Int64.fetchAll(
            db, sql: "\(sql) LIMIT \(query.limit) OFFSET \(query.offset)",
            arguments: StatementArguments(values))
    }

    /// The statement that gives the ids of all rows that match.
    ///
    /// Where any of the conditions leaves few studies, only those are looked at; else rows are
    /// walked in the order of the answer until there are enough of them, which is soon because many
    /// match. Without this a query for what hardly anybody has would walk everything.
    private static func search(
        _ query: ImageQuery, _ visible: VisibleImages, _ db: Database
    ) throws -> (sql: String, values: [String]) {
        let listed = try fewStudies(query, visible, db)
        var conditions = [
            ImageCondition(sql: query.level == .study ? visible.study : visible.series)
        ]
        for level in ImageQuery.Level.allCases where level <= query.level {
            conditions.append(query.condition(of: level))
        }
        if let modality = query.modalityCondition(visible) { conditions.append(modality) }
        let condition = ImageCondition.all(conditions)
        let values = (try listed.map { [try RecordStore.json(list: $0)] } ?? []) + condition.values
        return (
            """
            SELECT \(name(query.level)).id FROM \(tables(query.level, isListed: listed != nil))
            WHERE \(condition.sql) ORDER BY \(order(query.level))
            """, values
        )
    }

    /// The studies that a condition leaves, where one leaves few.
    private static func fewStudies(
        _ query: ImageQuery, _ visible: VisibleImages, _ db: Database
    ) throws -> Set<Int64>? {
        var few: Set<Int64>?
        for list in lists(query, visible) {
            let found = try Int64.fetchAll(
                db, sql: "\(list.sql) LIMIT \(mostListed + 1)",
                arguments: StatementArguments(list.values))
            guard found.count <= mostListed else { continue }
            few = few.map { $0.intersection(found) } ?? Set(found)
        }
        return few
    }

    /// Statements that each list the studies of one condition.
    private static func lists(
        _ query: ImageQuery, _ visible: VisibleImages
    ) -> [ImageCondition] {
        var lists = [
            ImageCondition(
                sql: """
                    SELECT study.id FROM (\(visible.patients)) AS seen
                    CROSS JOIN study ON study.patient = seen.patient
                    """)
        ]
        func add(_ tables: String, _ condition: ImageCondition) {
            guard !condition.values.isEmpty else { return }
            lists.append(
                ImageCondition(
                    sql: "SELECT \(tables) WHERE \(condition.sql)", values: condition.values))
        }
        add(
            "study.id FROM patient CROSS JOIN study ON study.patient = patient.id",
            query.condition(of: .patient))
        add("study.id FROM study", query.condition(of: .study))
        add("series.study FROM series", query.condition(of: .series))
        if let match = query.matches[.modalitiesInStudy] {
            add("series.study FROM series", ImageCondition(.modalitiesInStudy, match))
        }
        // Without a UID instances are too many to look through twice.
        if let match = query.matches[.sopInstanceUID] {
            add(
                "series.study FROM instance CROSS JOIN series ON series.id = instance.series",
                ImageCondition(.sopInstanceUID, match))
        }
        return lists
    }

    /// The tables in the order in which they are walked.
    private static func tables(_ level: ImageQuery.Level, isListed: Bool) -> String {
        let patient = "CROSS JOIN patient ON patient.id = study.patient"
        if isListed {
            let below = [
                "CROSS JOIN series ON series.study = study.id",
                "CROSS JOIN instance ON instance.series = series.id",
            ].prefix(level.rawValue - ImageQuery.Level.study.rawValue)
            return "json_each(?) AS wanted CROSS JOIN study ON study.id = wanted.value "
                + "\(patient) \(below.joined(separator: " "))"
        }
        return switch level {
        case .patient, .study: "study INDEXED BY studyDate \(patient)"
        case .series: "series CROSS JOIN study ON study.id = series.study \(patient)"
        case .instance:
            """
            instance CROSS JOIN series ON series.id = instance.series
            CROSS JOIN study ON study.id = series.study \(patient)
            """
        }
    }

    private static func name(_ level: ImageQuery.Level) -> String {
        switch level {
        case .patient, .study: "study"
        case .series: "series"
        case .instance: "instance"
        }
    }

    private static func order(_ level: ImageQuery.Level) -> String {
        level <= .study ? "study.date DESC, study.id DESC" : "\(name(level)).id"
    }
}

// MARK: - Rows

extension ImageIndex {
    private static func details(
        _ ids: [Int64], _ level: ImageQuery.Level, _ visible: VisibleImages, _ db: Database
    ) throws -> [ImageRow] {
        guard !ids.isEmpty else { return [] }
        let columns = [
            """
            patient.patientID, patient.issuer, patient.name AS patientName, patient.birthDate,
            patient.sex, study.studyUID, study.date, study.time, study.studyID,
            study.description AS studyDescription, study.accessionNumber,
            study.referringPhysician,
            (SELECT group_concat(DISTINCT series.modality) FROM series
             WHERE series.study = study.id AND \(visible.series)) AS modalities,
            (SELECT count(*) FROM series
             WHERE series.study = study.id AND \(visible.series)) AS seriesCount,
            (SELECT count(*) FROM series JOIN instance ON instance.series = series.id
             WHERE series.study = study.id AND \(visible.series)) AS instanceCount
            """,
            """
            series.seriesUID, series.modality, series.number AS seriesNumber,
            series.description AS seriesDescription, series.frameOfReferenceUID,
            (SELECT count(*) FROM instance WHERE instance.series = series.id)
                AS seriesInstanceCount
            """, "instance.*",
        ].prefix(level.rawValue)
        let sql = """
            SELECT \(name(level)).id AS rowID, \(columns.joined(separator: ", "))
            FROM \(tables(level, isListed: false).replacing("INDEXED BY studyDate ", with: ""))
            WHERE \(name(level)).id IN (SELECT value FROM json_each(?))
            """
        let rows = try Row.fetchAll(db, sql: sql, arguments: [RecordStore.json(list: ids)])
        let byID = Dictionary(
            try rows.map { ($0["rowID"] as Int64, try row($0, level)) }
        ) { first, _ in first }
        return ids.compactMap { byID[$0] }
    }

    private static func row(_ row: Row, _ level: ImageQuery.Level) throws -> ImageRow {
        let modalities: String? = row["modalities"]
        let series =
            level < .series
            ? nil
            : SeriesDescription(
                seriesUID: row["seriesUID"], modality: row["modality"],
                number: row["seriesNumber"], description: row["seriesDescription"],
                frameOfReferenceUID: row["frameOfReferenceUID"])
        let instance =
            level < .instance
            ? nil
            : InstanceFacts(
                sopInstanceUID: row["sopInstanceUID"], sopClassUID: row["sopClassUID"],
                transferSyntaxUID: row["transferSyntaxUID"], picture: PictureFacts(row))
        return ImageRow(
            patient: PatientIdentity(
                patientID: row["patientID"], issuer: row["issuer"], name: row["patientName"],
                birthDate: row["birthDate"], sex: row["sex"]),
            study: StudyDescription(
                studyUID: row["studyUID"], date: row["date"], time: row["time"],
                description: row["studyDescription"], accessionNumber: row["accessionNumber"],
                studyID: row["studyID"], referringPhysician: row["referringPhysician"]),
            modalities: (modalities ?? "").split(separator: ",").map(String.init).sorted(),
            seriesCount: row["seriesCount"], instanceCount: row["instanceCount"], series: series,
            seriesInstanceCount: level < .series ? 0 : row["seriesInstanceCount"],
            instance: instance)
    }
}

extension PictureFacts {
    init(_ row: Row) {
        self.init(
            instanceNumber: row["number"], rows: row["rowCount"], columns: row["columnCount"],
            bitsAllocated: row["bitsAllocated"], frames: row["frameCount"])
    }
}
