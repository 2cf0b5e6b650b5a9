package import DICOM
package import Foundation
import Quantities
package import Storage

/// Takes files and folders into a data folder: checked, stored once, listed, with findings.
///
/// A bad file is noted with its reason and the rest go on. Bytes are stored before anything is
/// listed, and what is listed survives `kill -9`.
package struct ImportWorkflow: Sendable {
    /// Files that are read, stored and listed together.
    static let batchSize = 64

    private let folder: DataFolder
    private let source: any DicomSource
    private let actor: String
    private let patientIDForUnnamed: String?
    private let intake: Intake?
    private let onlyStudy: String?
    private let comeInPieces: Bool

    /// Creates the workflow.
    ///
    /// Files without any patient ID are those of `patientIDForUnnamed`, by the word of the one who
    /// imports; each series that takes it gets a finding. With `intake` what does not belong to a
    /// case without doubt waits in quarantine. Files of another study than `onlyStudy` are refused. Of
    /// files that `comeInPieces` more may follow, so their series are examined later.
    package init(
        folder: DataFolder, source: any DicomSource, actor: String,
        patientIDForUnnamed: String? = nil, intake: Intake? = nil, onlyStudy: String? = nil,
        comeInPieces: Bool = false
    ) {
        self.folder = folder
        self.source = source
        self.actor = actor
        self.patientIDForUnnamed = patientIDForUnnamed
        self.intake = intake
        (self.onlyStudy, self.comeInPieces) = (onlyStudy, comeInPieces)
    }

    /// Imports every file below `paths`.
    ///
    /// - Parameters:
    ///   - paths: Files and folders.
    ///   - progress: Called with the number of files done and of all.
    /// - Returns: What became of the files, by reason, and the series that came in.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when a path does not exist;
    ///   ``StorageError`` when the folder cannot be written. Bad files do not throw.
    package func run(
        paths: [URL], progress: @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) async throws -> ImportSummary {
        let scratch = try folder.scratch()
        let tree = try FileTree(below: paths, scratch: scratch)
        // Its links are read until the end.
        defer { withExtendedLifetime(scratch) {} }
        return try await run(files: tree.files, setAside: tree.setAside, progress: progress)
    }

    /// Imports files under the names that their senders gave them.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - setAside: What was refused before this, to be noted with the import.
    ///   - progress: Called with the number of files done and of all.
    /// - Returns: What became of the files.
    /// - Throws: ``StorageError``.
    func run(
        files: [ReceivedFile], setAside: [SetAsideFile] = [],
        progress: @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> ImportSummary {
        var receiving = try await begin()
        if !setAside.isEmpty { try await folder.records.note(setAside, run: receiving.run) }
        for batch in files.batches(of: Self.batchSize) {
            try await take(batch, &receiving)
            progress(receiving.count, files.count)
        }
        let assembly = SeriesLibrary(folder: folder, source: source, known: receiving.kept.files)
        for uid in receiving.grown {
            let findings = await assembly.assemblyFindings(seriesUID: uid)
            try await folder.records.note(findings, seriesUID: uid, run: receiving.run)
        }
        return try await ImportSummary(
            run: finish(receiving), fileCount: files.count + setAside.count,
            seriesUIDs: receiving.grown,
            findings: try await receiving.naming.findings(folder.records), records: folder.records)
    }

    /// Files that come in several batches.
    struct Receiving: Sendable {
        let run: Int64
        /// How many have come.
        fileprivate(set) var count = 0
        /// Series that gained instances, in that order.
        fileprivate(set) var grown: [String] = []
        fileprivate(set) var kept = KeptHeaders()
        fileprivate var places = SeriesPlaces()
        fileprivate var naming: PatientNaming

        fileprivate init(run: Int64, patientID: String?) {
            self.run = run
            naming = PatientNaming(patientID: patientID)
        }
    }

    /// Begins an import whose files come in several batches.
    func begin() async throws -> Receiving {
        Receiving(
            run: try await folder.records.beginImport(softwareVersion: Software.version, by: actor),
            patientID: patientIDForUnnamed)
    }

    /// Notes a file of it that was refused before anybody read it.
    func note(_ refusal: ImportRefusal, of name: String, _ receiving: Receiving) async throws {
        try await folder.records.note([refusal.setAside(name)], run: receiving.run)
    }

    /// Ends it.
    @discardableResult
    func finish(_ receiving: Receiving) async throws -> ImportRun {
        try await folder.records.finishImport(receiving.run)
    }

    private struct Good {
        let number: Int
        let from: ReceivedFile
        let place: Int
        var file: CheckedFile
    }

    /// Reads, stores and lists one batch.
    ///
    /// - Returns: What became of each file, in order.
    /// - Throws: ``StorageError``.
    @discardableResult
    func take(
        _ batch: [ReceivedFile], _ receiving: inout Receiving
    ) async throws -> [TakenFile] {
        let run = receiving.run
        var good: [Good] = []
        var bad: [(number: Int, refusal: ImportRefusal)] = []
        for (number, reading) in await read(batch).enumerated() {
            switch reading {
            case .success(let file):
                good.append(
                    Good(
                        number: number, from: batch[number], place: receiving.count + number,
                        file: file))
            case .failure(let refusal): bad.append((number, refusal))
            }
        }
        receiving.count += batch.count
        let changed = ImportRefusal(FileIdentity.changed)
        // Another name changes a file's facts, so those that get one are looked at before.
        for n in good.indices.reversed()
        where good[n].from.isDurable && hasChanged(good[n].file.read) {
            bad.append((good.remove(at: n).number, changed))
        }
        var digests = try await folder.objects.putMany(
            good.map { $0.from.isDurable ? .durableFile($0.from.url) : .file($0.from.url) })
        for n in good.indices.reversed()
        where !good[n].from.isDurable && hasChanged(good[n].file.read) {
            bad.append((good.remove(at: n).number, changed))
            digests.remove(at: n)
        }
        if !bad.isEmpty {
            try await folder.records.note(
                bad.map { $0.refusal.setAside(batch[$0.number].name) }, run: run)
        }
        for n in good.indices { good[n].file = receiving.places.placed(good[n].file) }
        let outcomes = try await list(good, digests, &receiving)
        for (item, outcome) in zip(good, outcomes) {
            receiving.naming.note(item.file.summary, outcome)
        }
        let listed = zip(good, outcomes).map { item, outcome in
            (item.number, TakenFile(.listed(outcome), item.file.summary))
        }
        let refused = bad.map { ($0.number, TakenFile(.refused($0.refusal), $0.refusal.summary)) }
        return (listed + refused).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func list(
        _ good: [Good], _ digests: [ObjectDigest], _ receiving: inout Receiving
    ) async throws -> [RegistrationOutcome] {
        guard !good.isEmpty else { return [] }
        let run = receiving.run
        let entries = zip(good, digests).map { item, digest in
            InstanceEntry(
                file: item.file, object: digest, path: item.from.name, index: item.place)
        }
        let outcomes = try await folder.records.register(
            entries, run: run, intake: intake, comeInPieces: comeInPieces)
        for ((item, outcome), digest) in zip(zip(good, outcomes), digests)
        where outcome.isNew {
            if !comeInPieces {
                receiving.kept.keep(item.file.read, at: folder.objects.url(of: digest).path)
            }
            let uid = item.file.summary.seriesInstanceUID
            if !receiving.grown.contains(uid) { receiving.grown.append(uid) }
            if !item.file.summary.findings.isEmpty {
                try await folder.records.note(item.file.summary.findings, seriesUID: uid, run: run)
            }
        }
        return outcomes
    }

    /// Whether a file is another than the one the worker read: what is listed comes from the header,
    /// and the bytes that were kept must be of the same file.
    private func hasChanged(_ file: SeriesFile) -> Bool {
        file.identity.map { $0 != FileIdentity(path: file.path) } ?? false
    }

    private func read(_ batch: [ReceivedFile]) async -> [Result<CheckedFile, ImportRefusal>] {
        await source.files(paths: batch.map(\.url.path)).map { result in
            do { return .success(try check(result.get())) } catch {
                return .failure(ImportRefusal(error))
            }
        }
    }

    private func check(_ file: SeriesFile) throws -> CheckedFile {
        var summary = try ObjectSummary(header: file.header)
        if let patientIDForUnnamed { summary.name(patientID: patientIDForUnnamed) }
        if let onlyStudy, summary.study.studyInstanceUID != onlyStudy {
            throw ImportRefusal(
                code: "study.other", sentence: "The file belongs to another study.",
                summary: summary)
        }
        return CheckedFile(
            summary: summary, transferSyntaxUID: file.header.string(.transferSyntaxUID) ?? "",
            read: file)
    }
}

/// A file that the worker has read without complaint.
struct CheckedFile: Sendable {
    var summary: ObjectSummary
    /// Empty when the file has no meta group.
    let transferSyntaxUID: String
    /// What the worker read, at the path it was read from.
    let read: SeriesFile
}

extension ObjectSummary {
    /// Gives a file without a patient ID the one that a person named.
    fileprivate mutating func name(patientID: String) {
        guard study.patientID.isEmpty else { return }
        study.patientID = patientID
        findings.append(
            Finding(
                PatientNaming.assigned, .warning,
                "The files carry no patient ID; the one given with the import was taken."))
    }
}

/// Where the series of one import belong, by the first file of each.
///
/// Some converters give every slice a study of its own. A series UID is unique in the world, so
/// files of one series and one identity stay together, in the study that came first.
struct SeriesPlaces {
    private var first: [String: StudyContext] = [:]

    /// Returns the file in the study of its series' first file.
    mutating func placed(_ file: CheckedFile) -> CheckedFile {
        let uid = file.summary.seriesInstanceUID
        guard let study = first[uid] else {
            first[uid] = file.summary.study
            return file
        }
        let other = file.summary.study
        let isSamePerson =
            study.patientID == other.patientID
            && study.issuerOfPatientID == other.issuerOfPatientID
            && study.patientName == other.patientName && study.birthDate == other.birthDate
            && study.sex == other.sex
        guard isSamePerson, study.studyInstanceUID != other.studyInstanceUID else { return file }
        var moved = file
        moved.summary.study = study
        moved.summary.findings.append(
            Finding(
                "series.study-varies", .warning,
                "Files of this series name different studies; all were put into the first one's."))
        return moved
    }
}

extension InstanceEntry {
    init(file: CheckedFile, object: ObjectDigest, path: String, index: Int) {
        let summary = file.summary
        let context = summary.study
        self.init(
            patient: PatientIdentity(
                patientID: context.patientID, issuer: context.issuerOfPatientID,
                name: context.patientName, birthDate: context.birthDate, sex: context.sex),
            study: StudyDescription(
                studyUID: context.studyInstanceUID, date: context.studyDate,
                time: context.studyTime, description: context.studyDescription,
                accessionNumber: context.accessionNumber, studyID: context.studyID,
                referringPhysician: context.referringPhysicianName),
            series: SeriesDescription(
                seriesUID: summary.seriesInstanceUID, modality: summary.modality,
                number: summary.seriesNumber.map(String.init) ?? "",
                description: summary.seriesDescription,
                frameOfReferenceUID: summary.frameOfReferenceUID ?? ""),
            sopInstanceUID: summary.sopInstanceUID, sopClassUID: summary.sopClassUID,
            transferSyntaxUID: file.transferSyntaxUID,
            picture: PictureFacts(
                instanceNumber: summary.instanceNumber, rows: summary.rows,
                columns: summary.columns, bitsAllocated: summary.bitsAllocated,
                frames: summary.numberOfFrames), object: object, sourcePath: path,
            sourceIndex: index)
    }
}
