import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers of each kind, with the headers that go with it.
enum Answer {
    /// What every page may load: its own files and nothing else.
    static let pagePolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
        font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
        frame-ancestors 'none'
        """
    /// For documents that were made earlier: they run nothing and load nothing.
    static let documentPolicy = """
        default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """

    static func page(
        _ html: String, status: HTTPResponse.Status = .ok, cookie: String? = nil
    ) -> Response {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8"]
        headers[.cacheControl] = "no-store"
        headers[.contentSecurityPolicy] = pagePolicy
        if let cookie { headers[.setCookie] = cookie }
        return Response(status: status, headers: headers, body: body(Array(html.utf8)))
    }

    /// A kept document, shown without any right to act.
    static func document(_ bytes: [UInt8], mediaType: String) -> Response {
        var headers: HTTPFields = [.contentType: mediaType, .cacheControl: "private, no-cache"]
        headers[.contentSecurityPolicy] = documentPolicy
        return Response(status: .ok, headers: headers, body: body(bytes))
    }

    /// A file to be kept, which the browser shows nowhere; `name` is never text from outside.
    static func download(_ bytes: [UInt8], mediaType: String, name: String) -> Response {
        var headers: HTTPFields = [.contentType: mediaType, .cacheControl: "no-store"]
        headers[.contentDisposition] = "attachment; filename=\"\(name)\""
        return Response(status: .ok, headers: headers, body: body(bytes))
    }

    static func json<Value: Encodable>(
        _ value: Value, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(
            status: status, headers: headers, body: body(Array(try encoder.encode(value))))
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        let headers: HTTPFields = [
            .contentType: "text/plain; charset=utf-8", .cacheControl: "no-store",
        ]
        return Response(status: status, headers: headers, body: body(Array(text.utf8)))
    }

    /// Server-sent events as they come.
    ///
    /// - Parameters:
    ///   - begin: Called before the first lines.
    ///   - end: Called after the last, also when nobody takes them any more.
    ///   - next: Gives the next lines; `nil` ends the stream.
    /// - Returns: The answer, which goes on until then.
    static func events(
        begin: @escaping @Sendable () async -> Void, end: @escaping @Sendable () async -> Void,
        _ next: @escaping @Sendable () async throws -> String?
    ) -> Response {
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                await begin()
                do {
                    while let text = try await next() {
                        try await writer.write(ByteBuffer(string: text))
                    }
                } catch {
                    await end()
                    throw error
                }
                await end()
                try await writer.finish(nil)
            })
    }

    /// After a form: the browser asks for another page, so that reloading sends nothing twice.
    static func seeOther(_ path: String, cookie: String? = nil) -> Response {
        var headers: HTTPFields = [.location: path, .cacheControl: "no-store"]
        if let cookie { headers[.setCookie] = cookie }
        return Response(status: .seeOther, headers: headers)
    }

    static func body(_ bytes: [UInt8]) -> ResponseBody {
        ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    }
}

/// The cookie that holds a session's token.
enum SessionCookie {
    /// The prefix makes browsers insist on Secure, on the whole path and on this host alone.
    static let name = "__Host-grevy"

    static func header(token: String) -> String {
        "\(name)=\(token); Path=/; Secure; HttpOnly; SameSite=Strict"
    }

    static let removal = "\(name)=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"

    static func token(in request: Request) -> String? {
        request.cookies[name]?.value
    }
}

extension HTTPField.Name {
    static let clearSiteData = Self(unchecked: "Clear-Site-Data")
    static let contentTypeOptions = Self(unchecked: "X-Content-Type-Options")
    static let csrfToken = Self(unchecked: "X-CSRF-Token")
    static let fetchSite = Self(unchecked: "Sec-Fetch-Site")
    static let forwardedFor = Self(unchecked: "X-Forwarded-For")
    static let forwardedScheme = Self(unchecked: "X-Forwarded-Proto")
    static let openerPolicy = Self(unchecked: "Cross-Origin-Opener-Policy")
    static let referrerPolicy = Self(unchecked: "Referrer-Policy")
    static let resourcePolicy = Self(unchecked: "Cross-Origin-Resource-Policy")

    /// The sender's name of a file with its folders, percent-encoded UTF-8.
    static let filePath = Self(unchecked: "Grevy-File")
    /// Its length in bytes.
    static let fileSize = Self(unchecked: "Grevy-Size")
    /// Where the piece begins in it.
    static let fileOffset = Self(unchecked: "Grevy-Offset")
    /// SHA-256 of the piece, lower-case hexadecimal.
    static let pieceDigest = Self(unchecked: "Grevy-SHA256")

    /// A name that stands in the source; not for text from outside.
    private init(unchecked name: String) {
        // Every name here is a token of RFC 9110; the fallback cannot be reached.
        self = HTTPField.Name(name) ?? .server
    }
}
