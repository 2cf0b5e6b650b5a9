import DICOM
import Foundation
import Storage

extension CaseExport {
    /// Objects whose content cannot be freed of names here, by SOP Class.
    private static func cannotBeCleaned(_ sopClass: String) -> String? {
        let documents = "1.2.840.10008.5.1.4.1.1.104."
        let rawData = "1.2.840.10008.5.1.4.1.1.66"
        if sopClass.hasPrefix(documents) { return "documents name people in ways no rule knows" }
        if sopClass == rawData || !sopClass.hasPrefix("1.2.840.10008.") {
            return "what a maker's own objects hold is not known"
        }
        return nil
    }

    /// Adds the images and other objects that came, series by series.
    func addImages(to build: inout ExportBuild, _ pseudonym: Pseudonym?) async throws {
        let studies = try await reader.studies()
        let all = try await reader.series()
        let total = all.reduce(0) { $0 + $1.instanceCount }
        var done = 0
        for series in all {
            guard let study = studies.first(where: { $0.id == series.study }) else { continue }
            let seriesUID = series.description.seriesUID
            for instance in try await folder.records.instances(seriesUID: seriesUID) {
                try Task.checkCancellation()
                if Self.isStep(done, of: total) {
                    say(0.5 * Double(done) / Double(total), "\(done) of \(total) objects read")
                }
                done += 1
                let visible = VisibleInstance(
                    studyUID: study.description.studyUID, seriesUID: seriesUID, instance: instance)
                build.seeds.append(instance.sopInstanceUID)
                if let pseudonym {
                    try await addCleaned(visible, of: series, to: &build, pseudonym)
                } else {
                    try await addKept(visible, to: &build)
                }
            }
        }
    }

    /// Adds an object as it came; one without a file's head, which nobody could read, gets it.
    private func addKept(_ instance: VisibleInstance, to build: inout ExportBuild) async throws {
        let copies = ImageCopies(folder: folder, source: source)
        let (study, series) = (instance.studyUID, instance.seriesUID)
        let object = instance.instance.object
        switch copies.copy(
            instance, wanted: [.asStored, .transferSyntax(UID.explicitVRLittleEndian)])
        {
        case .explicit:
            try build.tree.write(
                try await copies.explicitBytes(instance), study: study, series: series)
        case .stored(let url, _):
            try build.tree.link(url, object, study: study, series: series)
        case nil:
            try build.tree.link(
                folder.objects.url(of: object), object, study: study, series: series)
        }
    }

    private func addCleaned(
        _ instance: VisibleInstance, of series: SeriesRecord, to build: inout ExportBuild,
        _ pseudonym: Pseudonym
    ) async throws {
        let what = "objects of kind \(kind(series))"
        if let reason = Self.cannotBeCleaned(instance.instance.sopClassUID) {
            return build.leaveOut(what, reason)
        }
        let path = folder.objects.url(of: instance.instance.object).path
        do {
            var header = try await source.header(path: path)
            if !options.lookedAt.contains(series.shortID),
                BurnedInText.mayBeWritten(header, modality: series.description.modality)
            {
                return build.leaveOut(
                    what, "names may be written in their pixels, and nobody has looked")
            }
            // A file without identifiers has been given some.
            header.set(.studyInstanceUID, instance.studyUID)
            header.set(.seriesInstanceUID, instance.seriesUID)
            header.set(.sopInstanceUID, instance.instance.sopInstanceUID)
            let pixels = header.pixelElement == nil ? nil : try await source.frames(path: path)
            try addCleaned(header, pixels, to: &build, pseudonym)
        } catch let error as DicomError {
            // Reasons may quote the file.
            build.leaveOut(what, "they cannot be read (\(Self.word(error)))")
        }
    }

    /// Adds an object without the patient.
    func addCleaned(
        _ header: DataSet, _ pixels: PixelFrames?, to build: inout ExportBuild,
        _ pseudonym: Pseudonym
    ) throws {
        let bytes = try Deidentifier(pseudonym).fileBytes(header: header, pixels: pixels)
        try build.tree.write(
            bytes, study: try pseudonym.uid(header.string(.studyInstanceUID) ?? ""),
            series: try pseudonym.uid(header.string(.seriesInstanceUID) ?? ""))
    }

    /// A modality as the standard spells them; of anything else nobody knows what it says.
    private func kind(_ series: SeriesRecord) -> String {
        let modality = series.description.modality
        let isPlain =
            (2 ... 8).contains(modality.count)
            && modality.allSatisfy { ("A" ... "Z").contains($0) }
            && !Pseudonym.words(of: patient.identity.name).contains(modality.lowercased())
        return isPlain ? modality : "unknown"
    }

    private static func word(_ error: DicomError) -> String {
        switch error {
        case .unsupported: "unsupported"
        case .limitExceeded: "too large"
        case .workerDied: "the reader ended"
        default: "damaged"
        }
    }
}
