package import DICOM
package import Foundation
import Pathway
package import Storage

/// Takes a case out as one ZIP archive: images, what was computed from them, plans, signatures, a
/// DICOMDIR and a manifest.
///
/// The archive holds what the reader's sight holds. With the identity removed every DICOM object is
/// made anew under other identifiers, reports and signatures stay behind, and so does what may show
/// names in its pixels until somebody has looked at it.
package struct CaseExport: Sendable {
    let reader: CaseReader
    let patient: PatientRecord
    let source: any DicomSource
    let key: SigningKey
    let actor: String
    let options: CaseExportOptions
    /// Told how far it is, from 0 to 1, and what is done.
    let say: @Sendable (Double?, String) -> Void

    package init(
        _ reader: CaseReader, of patient: PatientRecord, source: any DicomSource, key: SigningKey,
        actor: String, options: CaseExportOptions,
        say: @escaping @Sendable (Double?, String) -> Void
    ) {
        (self.reader, self.patient, self.source, self.key) = (reader, patient, source, key)
        (self.actor, self.options, self.say) = (actor, options, say)
    }

    var folder: DataFolder { reader.folder }

    /// What was written, for people and scripts.
    package struct Answer: Codable, Hashable, Sendable {
        package var file: String
        package var byteCount: Int
        package var sha256: String
        package var manifest: ExportManifest

        /// In words, without patient data.
        package var sentence: String {
            let objects = manifest.files.filter { $0.isInDirectory != nil }.count
            let missing = manifest.leftOut.isEmpty ? "" : "; left out: \(manifest.leftOut.count)"
            return "\(objects) DICOM objects, \(manifest.files.count) files\(missing)"
        }
    }

    /// Writes the archive.
    ///
    /// - Parameters:
    ///   - target: Its file; a part beside it takes the name when it is complete.
    ///   - scratch: A folder for what lies in between; it is emptied, and left to the caller.
    /// - Returns: What was written.
    /// - Throws: ``WorkflowError/refused(sentence:)`` for a case without anything to take out;
    ///   `StorageError`; `DicomError`; what the file system says.
    @concurrent
    package func write(to target: URL, scratch: URL) async throws -> Answer {
        var build = ExportBuild(tree: try ExportTree(root: scratch))
        let pseudonym = try await pseudonym()
        try await addImages(to: &build, pseudonym)
        try await addResults(to: &build, pseudonym)
        guard !build.tree.files.isEmpty else {
            throw WorkflowError.refused(sentence: "There is nothing in this case to take out.")
        }
        say(nil, "writing the DICOMDIR")
        let seed = ObjectDigest(of: Array(build.seeds.joined(separator: "\n").utf8))
        let uid = try pseudonym?.uid(seed.hex) ?? MeetingObjects.uid("file-set", seed.hex)
        let unlisted =
            build.tree.files.contains(where: \.isDicom)
            ? Set(try await source.writeDirectory(in: scratch.path, uid: uid)) : nil
        let manifest = manifest(build, label: pseudonym?.label)
        let part = target.deletingLastPathComponent()
            .appending(path: ".\(target.lastPathComponent).\(UUID().uuidString).part")
        defer { try? FileManager.default.removeItem(at: part) }
        let answer = try await pack(build, manifest, unlisted: unlisted, part: part)
        try FileManager.default.moveReplacing(part, to: target)
        return Answer(
            file: target.lastPathComponent, byteCount: answer.byteCount, sha256: answer.sha256,
            manifest: answer.manifest)
    }

    /// Who the patient becomes; `nil` where the identity stays.
    private func pseudonym() async throws -> Pseudonym? {
        guard options.isDeidentified else { return nil }
        return try Pseudonym(
            of: patient, identity: try await identity(), options: options, key: key)
    }

    /// The words by which the case's record and all its objects name somebody: those too that the
    /// reader does not see, or that are left out.
    private func identity() async throws -> IdentityWords {
        say(nil, "looking for names")
        let person = patient.identity
        let studies = try await folder.records.studies(patient: patient.id).map(\.description)
        var words = IdentityWords(
            name: person.name, patient: [person.patientID, person.issuer],
            others: studies.flatMap { [$0.accessionNumber, $0.studyID, $0.referringPhysician] })
        for series in try await folder.records.series(patient: patient.id) {
            let uid = series.description.seriesUID
            for instance in try await folder.records.instances(seriesUID: uid) {
                try Task.checkCancellation()
                do {
                    words.add(
                        try await source.header(
                            path: folder.objects.url(of: instance.object).path))
                } catch is DicomError {
                    // What cannot be read is not taken along either.
                    continue
                }
            }
        }
        return words
    }

    private func manifest(_ build: ExportBuild, label: String?) -> ExportManifest {
        let isRemoved = options.isDeidentified
        return ExportManifest(
            software: "\(Software.name) \(Software.version)",
            identity: isRemoved ? "removed" : "kept",
            dates: isRemoved ? options.dates.rawValue : nil,
            project: isRemoved && !options.project.isEmpty ? options.project : nil,
            pseudonym: label, caseID: isRemoved ? nil : reader.caseID,
            exportedBy: isRemoved ? nil : actor,
            exportedAt: folder.shares.moment.ISO8601Format(), files: [],
            leftOut: build.leftOut)
    }
}

/// An export while it is put together.
struct ExportBuild {
    var tree: ExportTree
    var leftOut: [ExportManifest.LeftOut] = []
    /// What the file-set's identifier follows from.
    var seeds: [String] = []

    /// Notes what is not taken along; the same for the same reason is said once.
    mutating func leaveOut(_ what: String, _ reason: String) {
        let line = ExportManifest.LeftOut(what: what, reason: reason)
        if !leftOut.contains(line) { leftOut.append(line) }
    }
}

extension FileManager {
    /// Gives a complete file its name, in the place of what is there.
    fileprivate func moveReplacing(_ file: URL, to target: URL) throws {
        if fileExists(atPath: target.path) { try removeItem(at: target) }
        try moveItem(at: file, to: target)
    }
}
