import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// What people write on a case and pin to its images.
    var commentRoutes: [Route] {
        let comments = "/cases/{case}/comments"
        return [
            Route(.get, comments, .ofCase(.readCase, shared: .view)) { call in
                guard let series = try call.query["series"] else {
                    throw Refusal.badRequest("Name a series: '?series=se-…'.")
                }
                return try Answer.json(try await pins(call, on: series))
            },
            Route(.post, comments, .ofCase(.comment, shared: .comment), keepComment),
            Route(
                .post, "\(comments)/{comment}/answers", .ofCase(.comment, shared: .comment)
            ) { call in
                let id = try Self.commentNumber(call)
                _ = try await self.comments(call).answer(
                    id, text: call.field("text"), isInternal: call.form["internal"] != nil,
                    by: call.account)
                return try Self.commentPage(call, id)
            },
            Route(
                .post, "\(comments)/{comment}/withdraw", .ofCase(.comment, shared: .comment)
            ) { call in
                let id = try Self.commentNumber(call)
                try await self.comments(call).withdraw(
                    id, reason: call.field("reason"), by: call.account)
                return try Self.commentPage(call, id)
            },
        ]
    }

    func comments(_ call: Call) throws -> CommentWorkflow {
        CommentWorkflow(try reader(call), source: source)
    }

    private static func commentNumber(_ call: Call) throws -> Int64 {
        guard let id = Int64(try call.parameter("comment")) else { throw Refusal.notFound }
        return id
    }

    /// The case page where a comment stands.
    private static func commentPage(_ call: Call, _ id: Int64) throws -> Response {
        Answer.seeOther("/cases/\(try call.caseOwner.id)#comment-\(id)")
    }

    /// Forms go back to the case; a viewer gets the comments of the series that it shows.
    func keepComment(_ call: Call) async throws -> Response {
        guard let kind = CommentKind(rawValue: call.form["kind"] ?? CommentKind.comment.rawValue)
        else { throw Refusal.badRequest("Choose what the comment is about.") }
        let place = try Self.place(call.form)
        let text = try call.field("text")
        let isInternal = call.form["internal"] != nil
        let keep = { @Sendable in
            try await self.comments(call).keep(
                kind, text: text, isInternal: isInternal, at: place, by: call.account)
        }
        // A frame's series is read to see whether it has that frame.
        let kept = place?.isPixel == true ? try await heavy(call, keep) : try await keep()
        guard let place, call.request.headers[.accept]?.contains("text/html") != true else {
            return try Self.commentPage(call, kept.id)
        }
        return try Answer.json(try await pins(call, on: place.series), status: .created)
    }

    static func place(_ form: [String: String]) throws -> CommentWorkflow.Place? {
        guard let series = form["series"], !series.isEmpty else { return nil }
        func number(_ name: String) throws -> Double {
            guard let value = form[name].flatMap(Double.init), value.isFinite else {
                throw Refusal.badRequest("The field '\(name)' is no number.")
            }
            return value
        }
        guard let text = form["frame"] else {
            return .point(
                series: series, x: try number("x"), y: try number("y"), z: try number("z"))
        }
        guard let frame = Int(text) else {
            throw Refusal.badRequest("The field 'frame' is no whole number.")
        }
        return .pixel(
            series: series, frame: frame, column: try number("column"), row: try number("row"))
    }

    /// A comment at its place on a series, for viewers.
    struct PinLine: Encodable, Sendable {
        struct Answer: Encodable, Sendable {
            let text: String
            let author: String
            let time: String
        }

        let id: Int64
        let number: Int
        let kind: String
        let title: String
        let text: String
        let isInternal: Bool
        let author: String
        let time: String
        let answers: [Answer]
        /// DICOM LPS, mm; `nil` on a frame.
        let lpsMM: [Double]?
        /// From 1, as the series is looked at; `nil` for a point.
        let frame: Int?
        /// Column and row, the centre of the first pixel being 0, 0.
        let pixel: [Double]?

        /// The same without what tells who the patient is.
        func struck(by hidden: HiddenNames) -> PinLine {
            PinLine(
                id: id, number: number, kind: kind, title: title, text: hidden.struck(text),
                isInternal: isInternal, author: author, time: time,
                answers: answers.map {
                    Answer(text: hidden.struck($0.text), author: $0.author, time: $0.time)
                }, lpsMM: lpsMM, frame: frame, pixel: pixel)
        }
    }

    func pins(_ call: Call, on series: String) async throws -> [PinLine] {
        let workflow = try comments(call)
        let names = try await folder.accounts.names()
        return try await heavy(call) { try await workflow.pins(on: series) }.map { pin in
            let record = pin.thread.record
            var (point, frame, pixel): ([Double]?, Int?, [Double]?) = (nil, nil, nil)
            switch pin.place {
            case .point(_, let x, let y, let z): point = [x, y, z]
            case .pixel(_, let number, let column, let row):
                (frame, pixel) = (number, [column, row])
            }
            return PinLine(
                id: record.id, number: pin.thread.number, kind: record.kind.rawValue,
                title: record.kind.title, text: record.text, isInternal: record.isInternal,
                author: names[record.account] ?? "", time: Moment.text(record.createdAt),
                answers: pin.thread.answers.filter { $0.withdrawal == nil }.map {
                    PinLine.Answer(
                        text: $0.text, author: names[$0.account] ?? "",
                        time: Moment.text($0.createdAt))
                }, lpsMM: point, frame: frame, pixel: pixel)
        }
    }

    /// The comments as a sight shows them; a preview shows them as they are read, without writing.
    func commentsSection(
        _ call: Call, seen sight: CaseSight, isPreview: Bool, names: [Int64: String]
    ) async throws -> CommentsSection {
        let reader = CaseReader(folder: folder, patient: try call.caseOwner.id, sight: sight)
        return CommentsSection(
            try await CommentWorkflow(reader, source: source).threads(), names: names,
            account: try call.account.id, patient: reader.patient,
            mayComment: !isPreview && call.session?.mayComment == true)
    }
}

extension CommentWorkflow.Place {
    fileprivate var series: String {
        switch self {
        case .point(let series, _, _, _), .pixel(let series, _, _, _): series
        }
    }

    fileprivate var isPixel: Bool {
        if case .pixel = self { true } else { false }
    }
}

/// The comments of a case as its page shows them.
struct CommentsSection: Sendable {
    struct Line: Sendable {
        let id: Int64
        let text: String
        let author: String
        let time: String
        let isInternal: Bool
        /// When and why it was withdrawn; `nil` while it stands.
        let withdrawn: String?
        let mayWithdraw: Bool
    }

    struct Comment: Sendable {
        let line: Line
        let number: Int
        let kind: String
        let isOfKind: Bool
        /// The image that it is pinned to; `nil` for one that is not, or whose image has gone.
        let path: String?
        let hasLostItsImage: Bool
        let answers: [Line]
        let mayAnswer: Bool
    }

    let comments: [Comment]
    let hasNone: Bool
    let mayComment: Bool

    init(
        _ threads: [CommentWorkflow.Thread], names: [Int64: String], account: Int64,
        patient: Int64, mayComment: Bool
    ) {
        func line(_ record: CommentRecord) -> Line {
            Line(
                id: record.id, text: record.text, author: names[record.account] ?? "",
                time: Moment.text(record.createdAt), isInternal: record.isInternal,
                withdrawn: record.withdrawal.map {
                    "\(Moment.text($0.withdrawnAt)): \($0.reason)"
                },
                mayWithdraw: mayComment && record.account == account
                    && record.withdrawal == nil)
        }
        comments = threads.map { thread in
            let record = thread.record
            return Comment(
                line: line(record), number: thread.number, kind: record.kind.title,
                isOfKind: record.kind != .comment,
                path: thread.series.map { Self.path(record, on: $0, patient) },
                hasLostItsImage: record.anchor != nil && thread.series == nil,
                answers: thread.answers.map(line),
                mayAnswer: mayComment && record.withdrawal == nil)
        }
        hasNone = threads.isEmpty
        self.mayComment = mayComment
    }

    /// Where its image opens, at its place.
    private static func path(
        _ record: CommentRecord, on series: String, _ patient: Int64
    ) -> String {
        let page =
            switch record.anchor {
            case .pixel: "series/\(series)"
            default: "images?left=\(series)"
            }
        return "/cases/\(patient)/\(page)#comment-\(record.id)"
    }
}
