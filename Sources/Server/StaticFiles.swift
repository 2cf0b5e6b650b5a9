import Foundation
import HTTPTypes
import Hummingbird
import Storage

/// Styles, modules and vendored scripts, read once when the server starts.
struct StaticFiles: Sendable {
    private struct File: Sendable {
        let bytes: [UInt8]
        let mediaType: String
        let tag: String
    }

    private let files: [String: File]

    private static let mediaTypes = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml", "png": "image/png", "woff2": "font/woff2",
    ]

    /// Reads `Modules`, `Styles` and `vendor` of the web folder.
    init(web: URL) throws {
        var files: [String: File] = [:]
        for part in ["Modules", "Styles", "vendor"] {
            let folder = web.appending(path: part)
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
                let url = folder.appending(path: name)
                guard let mediaType = Self.mediaTypes[url.pathExtension] else { continue }
                let bytes = Array(try Data(contentsOf: url))
                let tag = "\"\(ObjectDigest(of: bytes).hex.prefix(24))\""
                files["\(part.lowercased())/\(name)"] = File(
                    bytes: bytes, mediaType: mediaType, tag: tag)
            }
        }
        self.files = files
    }

    /// Answers with a file, or that the browser's copy is still right.
    func answer(_ path: String, request: Request) throws -> Response {
        guard let file = files[path] else { throw Refusal.notFound }
        var headers: HTTPFields = [.contentType: file.mediaType, .eTag: file.tag]
        headers[.cacheControl] = "no-cache"
        if request.headers[.ifNoneMatch] == file.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: Answer.body(file.bytes))
    }
}
