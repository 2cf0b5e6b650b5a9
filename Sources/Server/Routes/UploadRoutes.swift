import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Bringing images in with a browser: pieces of files, each on disk before it counts.
    var uploadRoutes: [Route] {
        [
            Route(.get, "/bring-in", .right(.prepareCase), bringInPage),
            Route(.get, "/cases/{case}/bring-in", .ofCase(.prepareCase), bringInPage),
            Route(.post, "/uploads", .right(.prepareCase), beginUpload),
            Route(.post, "/cases/{case}/uploads", .ofCase(.prepareCase), beginUpload),
            Route(.get, "/uploads/{upload}", .right(.prepareCase), uploadPage),
            Route(.get, "/uploads/{upload}/files", .right(.prepareCase)) { call in
                let upload = try await ownUpload(call)
                return try Answer.json(
                    try await folder.uploads.files(of: upload.id).map(FileLine.init))
            },
            Route(.put, "/uploads/{upload}/file", .right(.prepareCase), keepChunk),
            Route(.post, "/uploads/{upload}/import", .right(.prepareCase)) { call in
                let upload = try await ownUpload(call)
                guard try await JobWorkflow(folder: folder).importUpload(upload) != nil else {
                    throw Refusal.conflict("The upload is closed already.")
                }
                return Answer.seeOther("/uploads/\(upload.id)")
            },
            Route(.post, "/uploads/{upload}/discard", .right(.prepareCase)) { call in
                let upload = try await ownUpload(call)
                guard upload.state == .open else {
                    throw Refusal.conflict("The upload is closed already.")
                }
                try await folder.uploads.end(
                    upload.id, .discarded, by: "account-\(upload.account)")
                return Answer.seeOther("/bring-in")
            },
        ]
    }

    /// The most bytes of one piece: what a request may hold in memory.
    package static let chunkBytes = 4 << 20

    struct FileLine: Encodable {
        let path: String
        let size: Int64
        let received: Int64

        init(_ file: UploadedFile) {
            (path, size, received) = (file.path, file.byteCount, file.received)
        }
    }

    private struct Begun: Encodable {
        let id: Int64
        let path: String
    }

    private struct Received: Encodable {
        let received: Int64
    }

    /// Nobody sees what somebody else brings in before it is imported.
    func ownUpload(_ call: Call) async throws -> UploadRecord {
        guard let id = Int64(try call.parameter("upload")) else { throw Refusal.notFound }
        let upload = try await folder.uploads.upload(id)
        guard upload.account == (try call.account.id) else { throw Refusal.notFound }
        return upload
    }

    private func beginUpload(_ call: Call) async throws -> Response {
        let begun = try await folder.uploads.begin(
            account: call.account.id, patient: call.patient?.id)
        guard let begun else {
            throw Refusal.conflict("Too many uploads are open; import or discard some first.")
        }
        return try Answer.json(Begun(id: begun.id, path: "/uploads/\(begun.id)"))
    }

    private func keepChunk(_ call: Call) async throws -> Response {
        let upload = try await ownUpload(call)
        return try Self.answer(
            try await folder.uploads.keep(try await Self.chunk(call), in: upload.id))
    }

    /// The piece of a file that a request brings.
    static func chunk(_ call: Call) async throws -> UploadChunk {
        let headers = call.request.headers
        guard let path = headers[.filePath]?.removingPercentEncoding,
            let size = headers[.fileSize].flatMap(Int64.init), size > 0,
            let offset = headers[.fileOffset].flatMap(Int64.init), offset >= 0,
            let digest = headers[.pieceDigest].flatMap(ObjectDigest.init)
        else { throw Refusal.badRequest("The piece does not say where it belongs.") }
        try check(path: path)
        let bytes = try await FormBody.bytes(of: call.request, limit: chunkBytes)
        guard ObjectDigest(of: bytes) == digest else {
            throw Refusal.badRequest("The piece came damaged; send it again.")
        }
        return UploadChunk(path: path, byteCount: size, offset: offset, bytes: bytes)
    }

    /// Says what became of a piece.
    static func answer(_ outcome: UploadOutcome) throws -> Response {
        switch outcome {
        case .kept(let received): return try Answer.json(Received(received: received))
        case .elsewhere(let received):
            return try Answer.json(Received(received: received), status: .conflict)
        case .differs:
            throw Refusal.conflict("A file of that name and another length is there already.")
        case .full: throw Refusal.tooLarge
        case .closed: throw Refusal.conflict("The upload is closed already.")
        }
    }

    /// The name is a label only; one that looks like a way out is refused all the same.
    private static func check(path: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isOdd =
            path.isEmpty || path.hasPrefix("/") || parts.contains("..")
            || path.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }
        guard !isOdd else {
            throw Refusal.badRequest("The name of the file is none that is taken.")
        }
    }
}
