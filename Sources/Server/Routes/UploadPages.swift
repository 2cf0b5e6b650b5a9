import Foundation
import Hummingbird
import Storage
import Workflows

extension GrevyServer {
    struct BringInPage: Sendable {
        struct Open: Sendable {
            let id: Int64
            let path: String
            let since: String
            let state: String
            let casePath: String?
            let isOpen: Bool
        }

        /// `nil` where no case is named.
        let banner: Banner?
        /// Where an upload is begun.
        let beginPath: String
        let chunkBytes: Int
        let uploads: [Open]
        let hasUploads: Bool
        let csrf: String
    }

    func bringInPage(_ call: Call) async throws -> Response {
        let uploads = try await folder.uploads.uploads(account: call.account.id).filter {
            call.patient == nil || $0.patient == call.patient?.id
        }
        let page = BringInPage(
            banner: call.patient.map(Banner.init),
            beginPath: call.patient.map { "/cases/\($0.id)/uploads" } ?? "/uploads",
            chunkBytes: Self.chunkBytes,
            uploads: uploads.map {
                BringInPage.Open(
                    id: $0.id, path: "/uploads/\($0.id)", since: String($0.createdAt.prefix(16)),
                    state: $0.state.rawValue, casePath: $0.patient.map { "/cases/\($0)" },
                    isOpen: $0.state == .open)
            }, hasUploads: !uploads.isEmpty, csrf: call.session?.csrfToken ?? "")
        let template = call.patient == nil ? "bring-in" : "case-bring-in"
        return Answer.page(
            try pages.render(template, title: "Bring in images", session: call.session, page))
    }

    struct UploadPage: Sendable {
        struct Line: Sendable {
            let path: String
            let outcome: String
            let sentence: String
        }

        struct Count: Sendable {
            let outcome: String
            let sentence: String
            let count: Int
        }

        let id: Int64
        let state: String
        let files: Int
        let whole: Int
        let isOpen: Bool
        let job: JobLine?
        let counts: [Count]
        let lines: [Line]
        /// How many more files than ``lines`` there are.
        let more: Int?
        let casePath: String?
        let csrf: String
    }

    /// How many files a page names.
    private static let linesShown = 200

    func uploadPage(_ call: Call) async throws -> Response {
        let upload = try await ownUpload(call)
        let account = try call.account
        try await folder.accounts.noteAccess(
            by: account, to: "upload-\(upload.id)", action: "GET /uploads/{upload}")
        let files = try await folder.uploads.files(of: upload.id)
        let job = try await upload.job.asyncMap { try await folder.jobs.job($0) }
        var counts: [UploadPage.Count] = []
        var lines: [UploadPage.Line] = []
        if let run = Self.importRun(of: job) {
            counts = try await self.counts(ofRun: run)
            lines = try await folder.records.files(run: run).filter { !$0.reason.isEmpty }.map {
                UploadPage.Line(
                    path: $0.path, outcome: Self.words(of: $0.outcome, $0.reason),
                    sentence: $0.sentence)
            }
        }
        let more = lines.count - Self.linesShown
        let page = UploadPage(
            id: upload.id, state: upload.state.rawValue, files: files.count,
            whole: files.count { $0.isWhole }, isOpen: upload.state == .open,
            job: job.map { JobLine($0, for: account) }, counts: counts,
            lines: Array(lines.prefix(Self.linesShown)), more: more > 0 ? more : nil,
            casePath: upload.patient.map { "/cases/\($0)" }, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("upload", title: "Upload", session: call.session, page))
    }

    /// The number of the import that a job made; `nil` before it is done.
    static func importRun(of job: JobRecord?) -> Int64? {
        job?.made?.split(separator: "-").last.flatMap { Int64($0) }
    }

    /// What became of the files of an import, without naming one.
    func counts(ofRun run: Int64) async throws -> [UploadPage.Count] {
        try await folder.records.importRun(run).counts.map {
            UploadPage.Count(
                outcome: Self.words(of: $0.outcome, $0.reason), sentence: $0.sentence,
                count: $0.count)
        }
    }

    private static func words(of outcome: String, _ reason: String) -> String {
        switch (outcome, reason) {
        case (_, "quarantine"): "waits in quarantine"
        case ("stored", _): "taken in"
        case ("alreadyStored", _): "known already"
        case ("conflict", _): "in conflict"
        default: outcome
        }
    }
}

extension Optional {
    /// The value transformed by something that waits.
    fileprivate func asyncMap<T>(_ transform: (Wrapped) async throws -> T) async rethrows -> T? {
        if let self { try await transform(self) } else { nil }
    }
}
