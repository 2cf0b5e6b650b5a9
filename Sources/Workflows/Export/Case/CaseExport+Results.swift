import DICOM
import Foundation
import Pathway
import Storage

extension CaseExport {
    /// Adds what was computed, decided and said: plans with their objects, delivered doses, volumes of
    /// interest, key images, measurements, minutes, comments.
    func addResults(to build: inout ExportBuild, _ pseudonym: Pseudonym?) async throws {
        let all = try await reader.derived()
        let replaced = Set(all.compactMap(\.supersedes))
        for record in all where !replaced.contains(record.id) {
            try Task.checkCancellation()
            switch record.draft.kind {
            case "plan": try await addPlan(record, to: &build, pseudonym)
            case "verification":
                try await addDelivered(record, to: &build, pseudonym)
            default: break
            }
        }
        // What belongs to no plan is the owner's own work, which shares do not name.
        guard reader.sight.isOwners else { return }
        try await addVOIs(to: &build, pseudonym)
        try await addMeetings(to: &build, pseudonym)
        try await addComments(to: &build, ExportWording(pseudonym: pseudonym))
    }

    /// Adds delivered doses: the document, RTDOSE, and the report that was printed last.
    private func addDelivered(
        _ record: DerivedRecord, to build: inout ExportBuild, _ pseudonym: Pseudonym?
    ) async throws {
        try await addDocument(record, "delivered.json", to: &build, pseudonym)
        build.seeds.append("\(record.id) \(record.draft.content.hex)")
        let printed = try await reader.derived(kind: "report").last {
            $0.draft.mediaType == "application/pdf"
                && $0.draft.inputs.contains { $0.source == .derived(record.id) }
        }
        if let printed, pseudonym == nil {
            try build.tree.write(
                try await folder.objects.bytes(of: printed.draft.content),
                to: "plans/\(record.id)/delivered.pdf")
        }
        do {
            let export = try await DeliveredExport(record, folder: folder, source: source)
            try await addObjects(to: &build, pseudonym) { try export.write(to: $0).files }
        } catch is WorkflowError {
            build.leaveOut("doses of \(record.id)", "its plan does not come out as it is kept")
        }
    }

    private func addPlan(
        _ record: DerivedRecord, to build: inout ExportBuild, _ pseudonym: Pseudonym?
    ) async throws {
        say(nil, "\(record.id) is made again")
        try await addDocument(record, "plan.json", to: &build, pseudonym)
        build.seeds.append("\(record.id) \(record.draft.content.hex)")
        if pseudonym == nil { try await addSigned(record, to: &build) }
        let objects = "dose, structures and segmentation of \(record.id)"
        let kept: PlanWorkflow.Kept
        do {
            let (answer, again) = try await PlanRecomputation(folder: folder, source: source).run(
                planID: record.id)
            guard answer.identical, let again else {
                return build.leaveOut(objects, "it does not come out as it is kept")
            }
            kept = again
        } catch is WorkflowError {
            return build.leaveOut(objects, "it cannot be made again")
        }
        try await addObjects(to: &build, pseudonym) { try PlanExport(kept).write(to: $0).files }
    }

    /// Adds a plan's or verification's own document.
    private func addDocument(
        _ record: DerivedRecord, _ name: String, to build: inout ExportBuild,
        _ pseudonym: Pseudonym?
    ) async throws {
        var bytes = try await folder.objects.bytes(of: record.draft.content)
        if let pseudonym {
            let series = try await reader.series().map {
                ($0.shortID, $0.description.seriesUID)
            }
            var document = DeidentifiedDocument(
                pseudonym, series: Dictionary(series) { first, _ in first })
            bytes = try document.bytes(of: bytes)
        }
        try build.tree.write(bytes, to: "plans/\(record.id)/\(name)")
    }

    /// Adds report and sidecars of a plan that carries its three signatures.
    private func addSigned(_ record: DerivedRecord, to build: inout ExportBuild) async throws {
        let export = SignedExport(reader, key: key, patient: patient, actor: actor)
        for file in SignedExport.File.allCases {
            do {
                let sidecar = try await export.sidecar(file, of: record.id)
                let place = "plans/\(record.id)/\(file.rawValue)"
                if file == .report {
                    try build.tree.write(try await export.bytes(file, of: record.id), to: place)
                }
                try build.tree.write(sidecar, to: "\(place).sig")
            } catch WorkflowError.refused(let sentence) {
                build.leaveOut("\(file.rawValue).sig of \(record.id)", sentence)
            }
        }
    }

    private func addVOIs(to build: inout ExportBuild, _ pseudonym: Pseudonym?) async throws {
        let workflow = VOIWorkflow(
            folder: folder, source: source, actor: actor, patient: patient.id)
        let accepted = try await folder.records.vois(patient: patient.id).filter {
            $0.head?.record.acceptance != nil && $0.head?.record.state == .current
        }
        for (_, vois) in Dictionary(grouping: accepted, by: \.seriesUID).sorted(by: {
            $0.key < $1.key
        }) {
            let names = vois.map(\.name)
            try await addObjects(to: &build, pseudonym) {
                try await VOIExport(workflow).write(names, includingProposals: false, to: $0).files
            }
        }
    }

    private func addMeetings(to build: inout ExportBuild, _ pseudonym: Pseudonym?) async throws {
        guard let owner = try await folder.records.owner(ofPatient: patient.id) else { return }
        let objects = MeetingObjects(reader, source: source, patient: patient)
        let lesions = try await folder.records.lesions(of: patient.id)
        for meeting in try await folder.records.meetings(organisation: owner) {
            let items = try await folder.records.agenda(of: meeting.id).filter {
                $0.patient == patient.id
            }
            guard !items.isEmpty else { continue }
            try await addMinutes(of: meeting, to: &build, ExportWording(pseudonym: pseudonym))
            for item in items {
                let images = try await folder.records.keyImages(item: item.id)
                let measured = try await folder.records.measurements(item: item.id)
                let observer = Software.name
                try await addObjects(to: &build, pseudonym) { out in
                    var files: [String] = []
                    if !images.isEmpty {
                        files.append("key-images.dcm")
                        try Data(try await objects.selection(images, observer: observer))
                            .write(to: out.appending(path: files[files.count - 1]))
                    }
                    if !measured.isEmpty {
                        files.append("measurements.dcm")
                        try Data(
                            try await objects.report(
                                measured, lesions: lesions, observer: observer)
                        )
                        .write(to: out.appending(path: files[files.count - 1]))
                    }
                    return files
                }
            }
        }
    }

    /// Adds the DICOM objects among the files that are written into a folder.
    private func addObjects(
        to build: inout ExportBuild, _ pseudonym: Pseudonym?,
        write: (URL) async throws -> [String]
    ) async throws {
        let out = build.tree.root.deletingLastPathComponent()
            .appending(path: "made-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: out) }
        for name in try await write(out).sorted() where name.hasSuffix(".dcm") {
            let file = out.appending(path: name)
            // This program has just written it.
            let own = InProcessSource()
            let header = try await own.header(path: file.path)
            build.seeds.append(header.string(.sopInstanceUID) ?? "")
            if let pseudonym {
                let pixels =
                    header.pixelElement == nil ? nil : try await own.frames(path: file.path)
                try addCleaned(header, pixels, to: &build, pseudonym)
            } else {
                try build.tree.write(
                    Array(try Data(contentsOf: file)),
                    study: header.string(.studyInstanceUID) ?? "",
                    series: header.string(.seriesInstanceUID) ?? "")
            }
        }
    }
}
