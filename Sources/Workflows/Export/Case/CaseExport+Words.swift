import DICOM
import Foundation
import Imaging
import Pathway
import Storage

/// `comments.json` of an export: what was written on the case, the first first.
struct ExportedComments: Codable, Hashable, Sendable {
    /// Where on the images: a point of the patient, or a place on a frame.
    struct Place: Codable, Hashable, Sendable {
        var seriesUID: String
        /// DICOM LPS, mm, in the series' frame of reference.
        var pointMM: [Double]?
        var instanceUID: String?
        /// Counted from 1 in its file.
        var frame: Int?
        /// The centre of the first pixel is column 0, row 0.
        var column: Double?
        var row: Double?
    }

    struct Comment: Codable, Hashable, Sendable {
        var number: Int
        /// The number of the comment that it answers.
        var answers: Int?
        var kind: CommentKind
        var text: String
        var isInternal: Bool
        /// `nil` where the identity is removed.
        var writtenBy: String?
        /// ISO 8601, UTC.
        var writtenAt: String
        var withdrawnAt: String?
        var withdrawnBecause: String?
        var place: Place?
    }

    var schema = "grevy-comments/1"
    var comments: [Comment]
}

extension CaseExport {
    /// Adds what people wrote on the case.
    func addComments(to build: inout ExportBuild, _ wording: ExportWording) async throws {
        let records = try await folder.records.comments(patient: patient.id)
        guard !records.isEmpty else { return }
        let names = try await folder.accounts.fullNames()
        let series = try await reader.series()
        let numbers = Dictionary(
            uniqueKeysWithValues: records.enumerated().map { ($1.id, $0 + 1) })
        var comments: [ExportedComments.Comment] = []
        for (n, record) in records.enumerated() {
            comments.append(
                ExportedComments.Comment(
                    number: n + 1, answers: record.answers.flatMap { numbers[$0] },
                    kind: record.kind, text: wording.text(record.text),
                    isInternal: record.isInternal,
                    writtenBy: wording.isPlain ? names["account-\(record.account)"] ?? "" : nil,
                    writtenAt: wording.moment(record.createdAt),
                    withdrawnAt: record.withdrawal.map { wording.moment($0.withdrawnAt) },
                    withdrawnBecause: record.withdrawal.map { wording.text($0.reason) },
                    place: try await place(record.anchor, among: series, wording)))
        }
        try build.tree.write(
            Array(try CanonicalJSON.encoded(ExportedComments(comments: comments))),
            to: "comments.json")
    }

    private func place(
        _ anchor: CommentAnchor?, among all: [SeriesRecord], _ wording: ExportWording
    ) async throws -> ExportedComments.Place? {
        guard let anchor, let series = all.first(where: { $0.id == anchor.series })
        else { return nil }
        let uid = series.description.seriesUID
        var place = ExportedComments.Place(seriesUID: try wording.uid(uid))
        switch anchor {
        case .point(_, let point): place.pointMM = [point.x, point.y, point.z]
        case .pixel(_, let id, let frame, let column, let row):
            let instance = try await folder.records.instances(seriesUID: uid).first { $0.id == id }
            place.instanceUID = try instance.map { try wording.uid($0.sopInstanceUID) }
            (place.frame, place.column, place.row) = (frame, column, row)
        }
        return place
    }

    /// Adds the minutes of a meeting as far as they are of this case.
    func addMinutes(
        of meeting: MeetingRecord, to build: inout ExportBuild, _ wording: ExportWording
    ) async throws {
        let opened = OpenedCase(patient: patient, sight: reader.sight, rights: [])
        do {
            let pdf = try await MeetingMinutes(
                folder: folder, meeting: meeting, of: patient.id, wording: wording
            ).pdf(seen: [patient.id: opened])
            try build.tree.write(pdf, to: "meetings/meeting-\(meeting.id)/minutes.pdf")
        } catch WorkflowError.refused(let sentence) {
            build.leaveOut("minutes of meeting-\(meeting.id)", sentence)
        }
    }
}
