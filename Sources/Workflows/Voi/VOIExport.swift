import DICOM
package import Foundation
import Imaging
package import Quantities
import Storage

/// Writes accepted volumes of interest for other programs: RTSTRUCT, SEG, and a mask each.
package struct VOIExport: Sendable {
    private let workflow: VOIWorkflow

    package init(_ workflow: VOIWorkflow) { self.workflow = workflow }

    /// What was written.
    package struct Answer: Codable, Hashable, Sendable {
        package var files: [String]
        package var vois: [String]
        /// What the writers changed.
        package var findings: [Finding]
    }

    private struct Exported {
        let name: String
        let role: VOIRole
        let version: DerivedRecord
        let mask: RegionMask
        let seriesUID: String
    }

    private enum Place: Int {
        case structureSeries, structures, segmentationSeries, segmentation, dimension
    }

    /// Writes `structures.dcm`, `segmentation.dcm` and `ID.nii.gz` for each VOI.
    ///
    /// - Parameters:
    ///   - names: Which; every accepted one when empty.
    ///   - includingProposals: Whether those that nobody has accepted are written too.
    ///   - out: Made when absent; files of the same names are replaced.
    /// - Returns: The names of what was written.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when one is not accepted or outdated, none is
    ///   left, or they lie on several CTs; ``DicomError``; what the file system says.
    package func write(
        _ names: [String], includingProposals: Bool, to out: URL
    ) async throws -> Answer {
        try OutputFolder.check(out)
        let all = try await exported(names, includingProposals: includingProposals)
        guard let first = all.first else {
            throw WorkflowError.refused(
                sentence: "No volume of interest is accepted; see 'grevy voi accept'.")
        }
        guard all.allSatisfy({ $0.seriesUID == first.seriesUID }) else {
            throw WorkflowError.refused(
                sentence: "These volumes of interest lie on several CTs; name those of one.")
        }
        try OutputFolder.make(out)
        var answer = Answer(files: [], vois: all.map(\.name), findings: [])
        let composed = try await objects(all, of: first.seriesUID)
        for (name, objects) in composed {
            for object in objects.dataSets {
                try DicomWriter.write(object, path: out.appending(path: name).path)
            }
            answer.files.append(name)
            answer.findings += objects.findings
        }
        for voi in all {
            let name = "\(voi.version.id).nii.gz"
            let bytes = try await workflow.folder.objects.bytes(of: voi.version.draft.content)
            try Data(bytes).write(to: out.appending(path: name), options: .atomic)
            answer.files.append(name)
        }
        return answer
    }

    private func exported(
        _ names: [String], includingProposals: Bool
    ) async throws -> [Exported] {
        var all: [Exported] = []
        let records = try await workflow.folder.records.vois(patient: workflow.patient)
        for name in names where !records.contains(where: { $0.name == name }) {
            throw WorkflowError.notFound(kind: "volume of interest", name: name)
        }
        for voi in records where names.isEmpty || names.contains(voi.name) {
            let (mask, version) = try await workflow.mask(of: voi)
            let isReady = version.acceptance != nil && version.state == .current
            guard isReady || includingProposals else {
                if names.isEmpty { continue }
                throw WorkflowError.refused(
                    sentence: "'\(voi.name)' is not accepted, or is outdated.")
            }
            all.append(
                Exported(
                    name: voi.name, role: VOIRole(rawValue: voi.role) ?? .other, version: version,
                    mask: mask, seriesUID: voi.seriesUID))
        }
        return all
    }

    private func objects(
        _ all: [Exported], of seriesUID: String
    ) async throws -> [(String, ComposedObjects)] {
        let context = try await SeriesSurroundings(
            seriesUID: seriesUID, patient: workflow.patient, folder: workflow.folder,
            keptAt: all.map(\.version.createdAt).max() ?? "")
        let uids = UIDSequence(
            dose: all.map { $0.version.draft.content.hex }.joined(separator: " "),
            record: all.map(\.version.id).joined(separator: " "), keptAt: context.keptAt)
        var findings: [Finding] = []
        let structures = all.enumerated().map { n, voi in
            let outline = VolumeOutline(voi.mask)
            if let finding = outline.finding(subject: voi.name) { findings.append(finding) }
            return StructureSet.Structure(
                number: n + 1, name: voi.name, interpretedType: voi.role.interpretedType,
                contours: outline.contours)
        }
        let set = try StructureSetWriter(
            series: context.series(
                902, uids[Place.structureSeries.rawValue], "Grevy volumes of interest"),
            images: context.images, generation: "SEMIAUTOMATIC"
        ).compose(
            StructureSet(
                label: "Grevy", frameOfReferenceUID: context.frameOfReferenceUID,
                referencedSeriesUID: seriesUID, structures: structures),
            instanceUID: uids[Place.structures.rawValue])
        let segmentation = try SegmentationWriter(
            series: context.series(
                903, uids[Place.segmentationSeries.rawValue], "Grevy volumes of interest"),
            images: nil, dimensionOrganizationUID: uids[Place.dimension.rawValue],
            algorithmName: "Grevy \(Software.version)"
        ).compose(
            Segmentation(
                kind: .fractional, frameOfReferenceUID: context.frameOfReferenceUID,
                referencedSeriesUID: seriesUID,
                segments: all.enumerated().map { n, voi in
                    Segmentation.Segment(number: n + 1, label: voi.name, mask: voi.mask)
                }), instanceUID: uids[Place.segmentation.rawValue])
        return [
            (
                "structures.dcm",
                ComposedObjects(dataSets: set.dataSets, findings: findings + set.findings)
            ), ("segmentation.dcm", segmentation),
        ]
    }
}

extension VOIRole {
    /// RT ROI Interpreted Type.
    fileprivate var interpretedType: String {
        switch self {
        case .tumour: "GTV"
        case .body: "EXTERNAL"
        case .liver, .lungs, .territory, .other: "ORGAN"
        }
    }
}

/// Whose a CT is and which study objects made on it join.
private struct SeriesSurroundings {
    let study: StudyContext
    let frameOfReferenceUID: String
    let images: ReferencedSeries
    let keptAt: String

    init(seriesUID: String, patient: Int64, folder: DataFolder, keptAt: String) async throws {
        let series = try await folder.records.series(uid: seriesUID)
        guard
            let person = try await folder.records.patients().first(where: { $0.id == patient })?
                .identity,
            let study = try await folder.records.studies(patient: patient).first(where: {
                $0.id == series.study
            })?.description
        else { throw WorkflowError.notFound(kind: "study of series", name: "\(series.id)") }
        self.keptAt = keptAt
        self.study = StudyContext(person, study)
        frameOfReferenceUID = series.description.frameOfReferenceUID
        images = ReferencedSeries(
            studyInstanceUID: study.studyUID, seriesInstanceUID: seriesUID,
            instances: try await folder.records.instances(seriesUID: seriesUID).map {
                InstanceReference(sopClassUID: $0.sopClassUID, sopInstanceUID: $0.sopInstanceUID)
            }, geometry: nil)
    }

    func series(_ number: Int, _ uid: String, _ description: String) -> SeriesContext {
        // Kept at YYYY-MM-DDTHH:MM:SS…
        let digits = keptAt.filter(\.isNumber)
        return SeriesContext(
            study: study, seriesInstanceUID: uid, seriesNumber: number,
            seriesDescription: description, date: String(digits.prefix(8)),
            time: String(digits.dropFirst(8).prefix(6)),
            equipment: Equipment(softwareVersions: "\(Software.name) \(Software.version)"))
    }
}
