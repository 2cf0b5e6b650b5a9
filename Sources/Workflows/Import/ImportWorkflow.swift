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

    /// Creates the workflow.
    ///
    /// Files without any patient ID are those of `patientIDForUnnamed`, by the word of the one who
    /// imports; each series that takes it gets a finding. With `intake` what does not belong to a
    /// case without doubt waits in quarantine.
    package init(
        folder: DataFolder, source: any DicomSource, actor: String,
        patientIDForUnnamed: String? = nil, intake: Intake? = nil
    ) {
        self.folder = folder
        self.source = source
        self.actor = actor
        self.patientIDForUnnamed = patientIDForUnnamed
        self.intake = intake
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
        let files = try FileTree.files(below: paths)
        return try await run(
            files: files.map { ReceivedFile(url: $0, name: $0.path) }, progress: progress)
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
        let run = try await folder.records.beginImport(
            softwareVersion: Software.version, by: actor)
        if !setAside.isEmpty { try await folder.records.note(setAside, run: run) }
        var seriesUIDs: [String] = []
        var index = 0
        var places = SeriesPlaces()
        var kept = KeptHeaders()
        for batch in files.batches(of: Self.batchSize) {
            let touched = try await take(batch, from: index, run: run, places: &places, kept: &kept)
            for uid in touched where !seriesUIDs.contains(uid) { seriesUIDs.append(uid) }
            index += batch.count
            progress(index, files.count)
        }
        let assembly = SeriesLibrary(folder: folder, source: source, known: kept.files)
        for uid in seriesUIDs {
            let findings = await assembly.assemblyFindings(seriesUID: uid)
            try await folder.records.note(findings, seriesUID: uid, run: run)
        }
        let finished = try await folder.records.finishImport(run)
        return try await ImportSummary(
            run: finished, fileCount: files.count + setAside.count, seriesUIDs: seriesUIDs,
            records: folder.records)
    }

    /// Reads, stores and lists one batch.
    ///
    /// - Returns: Series that gained instances.
    private func take(
        _ batch: [ReceivedFile], from start: Int, run: Int64, places: inout SeriesPlaces,
        kept: inout KeptHeaders
    ) async throws -> [String] {
        let readings = await read(batch)
        var good: [(from: ReceivedFile, place: Int, file: CheckedFile)] = []
        var bad: [SetAsideFile] = []
        for (offset, (from, reading)) in zip(batch, readings).enumerated() {
            switch reading {
            case .success(let file): good.append((from, start + offset, file))
            case .failure(let refusal): bad.append(refusal.setAside(from.name))
            }
        }
        if !bad.isEmpty { try await folder.records.note(bad, run: run) }
        guard !good.isEmpty else { return [] }
        var digests = try await folder.objects.putMany(good.map { .file($0.from.url) })
        let changed = good.indices.filter { hasChanged(good[$0].file.read) }
        if !changed.isEmpty {
            let refusal = ImportRefusal(FileIdentity.changed)
            try await folder.records.note(
                changed.map { refusal.setAside(good[$0].from.name) }, run: run)
            for n in changed.reversed() {
                good.remove(at: n)
                digests.remove(at: n)
            }
        }
        for n in good.indices { good[n].file = places.placed(good[n].file) }
        let entries = zip(good, digests).map { item, digest in
            InstanceEntry(
                file: item.file, object: digest, path: item.from.name, index: item.place)
        }
        let outcomes = try await folder.records.register(entries, run: run, intake: intake)
        var grown: [String] = []
        for ((item, outcome), digest) in zip(zip(good, outcomes), digests)
        where outcome.isNew {
            kept.keep(item.file.read, at: folder.objects.url(of: digest).path)
            let uid = item.file.summary.seriesInstanceUID
            if !grown.contains(uid) { grown.append(uid) }
            if !item.file.summary.findings.isEmpty {
                try await folder.records.note(item.file.summary.findings, seriesUID: uid, run: run)
            }
        }
        return grown
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
                "patient.id-assigned", .warning,
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

/// Why one file was not taken in.
struct ImportRefusal: Error {
    let code: String
    let sentence: String

    init(code: String, sentence: String) {
        self.code = code
        self.sentence = sentence
    }

    init(_ error: any Error) {
        switch error {
        case DicomError.notDicom:
            self.init(code: "not-dicom", sentence: "The file is no DICOM file.")
        case DicomError.unreadable(let reason):
            self.init(code: "unreadable", sentence: "The file cannot be read: \(reason).")
        case DicomError.malformed(let reason):
            self.init(code: "malformed", sentence: "The DICOM coding is broken: \(reason).")
        case DicomError.unsupported(let what):
            self.init(code: "unsupported", sentence: "Not supported: \(what).")
        case DicomError.limitExceeded(let what):
            self.init(code: "limit", sentence: "A limit was exceeded: \(what).")
        case DicomError.workerDied(let reason):
            self.init(
                code: "worker-died", sentence: "Reading the file ended its worker: \(reason).")
        case DicomError.missing(let attribute, let object):
            self.init(code: "incomplete", sentence: "\(object) without \(attribute).")
        case DicomError.refused(let code, let reason):
            self.init(code: code, sentence: reason)
        default:
            self.init(code: "unreadable", sentence: "The file cannot be read: \(error).")
        }
    }

    func setAside(_ name: String) -> SetAsideFile {
        SetAsideFile(
            path: name, outcome: code == "not-dicom" ? .skipped : .refused, reason: code,
            sentence: sentence)
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
                accessionNumber: context.accessionNumber),
            series: SeriesDescription(
                seriesUID: summary.seriesInstanceUID, modality: summary.modality,
                number: summary.seriesNumber.map(String.init) ?? "",
                description: summary.seriesDescription,
                frameOfReferenceUID: summary.frameOfReferenceUID ?? ""),
            sopInstanceUID: summary.sopInstanceUID, sopClassUID: summary.sopClassUID,
            transferSyntaxUID: file.transferSyntaxUID, object: object, sourcePath: path,
            sourceIndex: index)
    }
}
