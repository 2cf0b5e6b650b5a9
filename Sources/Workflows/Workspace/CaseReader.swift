package import Pathway
package import Storage

/// Finds series and computed objects of one case for somebody: what they do not see is not there.
///
/// Everything that a page or a list names of a case comes through here, so that an id from outside
/// never leads to what a share leaves out.
package struct CaseReader: Sendable {
    package let folder: DataFolder
    /// The number of the case.
    package let patient: Int64
    package let sight: CaseSight

    package init(folder: DataFolder, patient: Int64, sight: CaseSight) {
        (self.folder, self.patient, self.sight) = (folder, patient, sight)
    }

    /// The whole case, for what only its owner's people and their jobs do.
    init(whole patient: Int64, in folder: DataFolder) {
        self.init(folder: folder, patient: patient, sight: .whole)
    }

    /// What an actor sees of the case in whose name something is made there.
    ///
    /// - Throws: `ContributionRefusal` when the case is another organisation's, and no share lets the
    ///   actor's plan there.
    init(patient: Int64, madeBy actor: String, in folder: DataFolder) async throws {
        self.init(
            folder: folder, patient: patient,
            sight: try await folder.shares.sightOfMaker(actor, ofCase: "patient-\(patient)"))
    }

    /// How records name the case.
    package var caseID: String { "patient-\(patient)" }

    /// The case's studies by date and time; those of which no series is seen are left out.
    package func studies() async throws -> [StudyRecord] {
        let all = try await folder.records.studies(patient: patient)
        guard sight.extent != .whole else { return all }
        let seen = Set(try await series().map(\.study))
        return all.filter { seen.contains($0.id) }
    }

    /// The case's series in use, by study and number of row.
    package func series() async throws -> [SeriesRecord] {
        try await folder.records.series(patient: patient).filter { sight.sees(series: $0.id) }
    }

    /// The series with a short id (`se-…`).
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func series(_ shortID: String) async throws -> SeriesRecord {
        guard let found = try await series().first(where: { $0.shortID == shortID }) else {
            throw WorkflowError.notFound(kind: "series", name: shortID)
        }
        return found
    }

    /// The series with a UID that a record of the case names, also one out of use.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func series(uid: String) async throws -> SeriesRecord {
        let found = try await folder.records.series(uid: uid)
        guard sight.sees(series: found.id) else {
            throw WorkflowError.notFound(kind: "series", name: found.shortID)
        }
        return found
    }

    /// The case's computed objects in use, oldest first.
    package func derived(kind: String? = nil) async throws -> [DerivedRecord] {
        try await folder.records.derived(caseID: caseID, kind: kind).filter {
            sight.sees(record: $0.id)
        }
    }

    /// The case's volumes of interest in use of which the version that counts is seen.
    package func vois() async throws -> [VOIRecord] {
        try await folder.records.vois(patient: patient).filter(sees)
    }

    /// Whether the version of a volume of interest that counts is seen.
    func sees(_ voi: VOIRecord) -> Bool {
        voi.head.map { sight.sees(record: $0.record.id) } ?? false
    }

    /// The one series that a name means (``SeriesName/resolve(_:in:patient:seenBy:)``).
    package func series(named name: String) async throws -> SeriesRecord {
        try await SeriesName.resolve(name, in: folder.records, patient: patient, seenBy: sight)
    }

    /// All versions of a computed object in use, oldest first.
    package func history(kind: String, name: String) async throws -> [DerivedRecord] {
        try await folder.records.history(caseID: caseID, kind: kind, name: name).filter {
            $0.tombstone == nil && sight.sees(record: $0.id)
        }
    }

    /// A computed object in use.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)``.
    package func record(_ id: String, kind: String? = nil) async throws -> DerivedRecord {
        guard let found = try await derived(kind: kind).first(where: { $0.id == id }) else {
            throw WorkflowError.notFound(kind: kind ?? "computed object", name: id)
        }
        return found
    }
}

extension CaseReader {
    /// The mask of a version of a volume of interest as `.nii.gz`, cut to its box; also of one that
    /// was withdrawn.
    ///
    /// - Throws: ``WorkflowError/notFound(kind:name:)`` when the case has no such version.
    package func mask(ofVersion id: String) async throws -> (bytes: [UInt8], tag: String) {
        let content = try await record(id, kind: VOIWorkflow.kind).draft.content
        return (try await folder.objects.bytes(of: content), content.hex)
    }
}
