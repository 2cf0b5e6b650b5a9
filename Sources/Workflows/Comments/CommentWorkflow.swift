package import DICOM
import Foundation
import Imaging
package import Pathway
package import Storage

/// What people write on a case, pinned to its images or not.
package struct CommentWorkflow: Sendable {
    private let reader: CaseReader
    private let source: any DicomSource
    private var folder: DataFolder { reader.folder }
    private var patient: Int64 { reader.patient }

    package init(_ reader: CaseReader, source: any DicomSource) {
        (self.reader, self.source) = (reader, source)
    }

    /// Where somebody wants to pin a comment, as a page says it.
    package enum Place: Hashable, Sendable {
        /// A point in the frame of reference of a series (`se-…`): DICOM LPS, mm.
        case point(series: String, x: Double, y: Double, z: Double)
        /// A place on a frame of a series looked at frame by frame, from 1; the centre of the first
        /// pixel is column 0, row 0.
        case pixel(series: String, frame: Int, column: Double, row: Double)
    }

    /// A comment with its answers, for pages and viewers.
    package struct Thread: Sendable {
        package let record: CommentRecord
        /// Counts the case's comments from 1, withdrawn ones too: it never becomes another's.
        package let number: Int
        package let answers: [CommentRecord]
        /// The series of its anchor (`se-…`); `nil` without an anchor, and when the series is no
        /// longer in the case.
        package let series: String?
    }

    /// The longest text, in characters.
    package static let longestText = 2000

    /// Returns the case's comments, the first first, as far as they are seen: without what is meant
    /// for the owner alone, and without what is pinned to images that are not shared.
    ///
    /// - Throws: ``StorageError``.
    package func threads() async throws -> [Thread] {
        let all = try await folder.records.comments(patient: patient)
        let sight = reader.sight
        let answers = Dictionary(
            grouping: all.filter { $0.answers != nil && (sight.includesInternal || !$0.isInternal) }
        ) { $0.answers }
        let series = Dictionary(
            try await reader.series().map { ($0.id, $0.shortID) }
        ) { first, _ in first }
        return all.filter { $0.answers == nil }.enumerated().compactMap { index, record in
            guard sight.includesInternal || !record.isInternal,
                record.anchor.map({ sight.sees(series: $0.series) }) ?? true
            else { return nil }
            return Thread(
                record: record, number: index + 1, answers: answers[record.id] ?? [],
                series: record.anchor.flatMap { series[$0.series] })
        }
    }

    /// A comment that has its place on a series.
    package struct Pin: Sendable {
        package let thread: Thread
        /// On the series that was asked for.
        package let place: Place
    }

    /// Returns the standing comments that have a place on a series: those in its frame of reference,
    /// and those on its own frames.
    ///
    /// - Parameter id: The series, `se-…`.
    /// - Returns: Them with their places on it, the first written first.
    /// - Throws: ``WorkflowError/notFound(kind:name:)``; what reading a series with pinned frames
    ///   throws.
    package func pins(on id: String) async throws -> [Pin] {
        let all = try await reader.series()
        let shown = try await reader.series(id)
        let frame = shown.description.frameOfReferenceUID
        let near = Set(
            all.filter {
                $0.id == shown.id
                    || (!frame.isEmpty && $0.description.frameOfReferenceUID == frame)
            }.map(\.id))
        let threads = try await threads().filter { $0.record.withdrawal == nil }
        var numbers: [CaseFrames.FrameName: Int]?
        var pins: [Pin] = []
        for thread in threads {
            switch thread.record.anchor {
            case .point(let series, let p) where near.contains(series):
                pins.append(
                    Pin(thread: thread, place: .point(series: id, x: p.x, y: p.y, z: p.z)))
            case .pixel(shown.id, let instance, let frame, let column, let row):
                if numbers == nil {
                    numbers = try await CaseFrames(reader, source: source).numbers(of: shown)
                }
                let name = CaseFrames.FrameName(instance: instance, frame: frame)
                guard let number = numbers?[name] else { continue }
                pins.append(
                    Pin(
                        thread: thread,
                        place: .pixel(series: id, frame: number, column: column, row: row)))
            default: continue
            }
        }
        return pins
    }

    /// Keeps a comment.
    ///
    /// - Parameters:
    ///   - kind: What it is about; what says where a catheter lies or what a vessel feeds has a
    ///     place on an image.
    ///   - text: 1 to 2000 characters.
    ///   - isInternal: Whether it is meant for the own organisation alone.
    ///   - place: Where it is pinned.
    ///   - account: Who writes.
    /// - Returns: The comment.
    /// - Throws: ``WorkflowError``; what reading the series of a frame throws.
    package func keep(
        _ kind: CommentKind, text: String, isInternal: Bool, at place: Place?,
        by account: AccountRecord
    ) async throws -> CommentRecord {
        guard kind == .comment || place != nil else {
            throw WorkflowError.refused(
                sentence: "A \(kind.title.lowercased()) is pinned to an image: open the images "
                    + "and pin it where it is.")
        }
        try checkAudience(isInternal: isInternal)
        var anchor: CommentAnchor?
        if let place { anchor = try await self.anchor(place) }
        return try await folder.records.keep(
            CommentDraft(
                patient: patient, kind: kind, text: try Self.checked(text),
                isInternal: isInternal, anchor: anchor), by: account.id)
    }

    /// Keeps an answer to a comment of the case.
    ///
    /// - Throws: `CommentRefusal`, `StorageError`, ``WorkflowError/refused(sentence:)``.
    package func answer(
        _ comment: Int64, text: String, isInternal: Bool, by account: AccountRecord
    ) async throws -> CommentRecord {
        try checkAudience(isInternal: isInternal)
        guard try await threads().contains(where: { $0.record.id == comment }) else {
            throw StorageError.notFound(entity: "comment")
        }
        return try await folder.records.answer(
            comment, of: patient, text: try Self.checked(text), isInternal: isInternal,
            by: account.id)
    }

    /// Withdraws a comment of one's own; nothing of it is deleted.
    ///
    /// - Throws: `CommentRefusal`, `StorageError`, ``WorkflowError/refused(sentence:)``.
    package func withdraw(
        _ comment: Int64, reason: String, by account: AccountRecord
    ) async throws {
        try await folder.records.withdraw(
            comment: comment, of: patient, reason: try Reason.checked(reason), by: account.id)
    }

    /// Comments stay with the owner of the case; nobody else's can be kept from the owner.
    private func checkAudience(isInternal: Bool) throws {
        guard reader.sight.isOwners || !isInternal else {
            throw WorkflowError.refused(
                sentence: "A comment on a case that is shared with you is seen by its owner; "
                    + "write it without 'internal'.")
        }
    }

    private static func checked(_ text: String) throws -> String {
        let text = text.replacing("\r\n", with: "\n")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let isPlain = text.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        guard (1 ... longestText).contains(text.count), isPlain else {
            throw WorkflowError.refused(
                sentence: "A comment has 1 to \(longestText) characters.")
        }
        return text
    }
}

extension CommentWorkflow {
    /// Farther from the origin than this no scanner's millimetre lies.
    private static let farthestMM = 1e5

    /// Where a place lies by its file, which stays when files come before it.
    ///
    /// - Throws: ``WorkflowError`` for a place that is none; what reading a series of frames throws.
    package func anchor(_ place: Place) async throws -> CommentAnchor {
        let frames = CaseFrames(reader, source: source)
        switch place {
        case .point(let id, let x, let y, let z):
            let series = try await frames.record(id)
            guard [x, y, z].allSatisfy({ abs($0) <= Self.farthestMM }) else {
                throw WorkflowError.refused(sentence: "The place is no position.")
            }
            return .point(series: series.id, lpsMM: Vector3(x, y, z))
        case .pixel(let id, let number, let column, let row):
            return try await frames.anchor(
                on: try await frames.record(id), frame: number, column: column, row: row)
        }
    }
}
