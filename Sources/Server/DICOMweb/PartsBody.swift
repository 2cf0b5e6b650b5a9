import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Something long that is sent while it is read.
enum SentBytes: Sendable {
    case bytes([UInt8])
    case file(URL)

    /// How much of a file is in memory at once.
    private static let pieceBytes = 1 << 20

    @concurrent func write(to writer: inout any ResponseBodyWriter) async throws {
        switch self {
        case .bytes(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
        case .file(let url):
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            while let piece = try handle.read(upToCount: Self.pieceBytes), !piece.isEmpty {
                try await writer.write(ByteBuffer(bytes: piece))
            }
        }
    }
}

/// One part of an answer of several.
struct SentPart: Sendable {
    /// With its parameters.
    let mediaType: String
    /// Where it is found by itself; `nil` leaves that out.
    let location: String?
    let content: SentBytes
}

extension Answer {
    /// Parts one after the other, each made when its turn comes.
    ///
    /// - Parameters:
    ///   - type: The media type of the parts, without parameters.
    ///   - count: How many there are.
    ///   - part: Makes one, by its number from 0; what it throws breaks the connection, so that
    ///     nobody takes the rest for the whole.
    /// - Returns: The answer.
    static func parts(
        _ type: String, count: Int, _ part: @escaping @Sendable (Int) async throws -> SentPart
    ) -> Response {
        let boundary = "grevy-\(UUID().uuidString)"
        let headers: HTTPFields = [
            .contentType: "multipart/related; type=\"\(type)\"; boundary=\(boundary)",
            .cacheControl: "no-store",
        ]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                for number in 0 ..< count {
                    let next = try await part(number)
                    var head = "--\(boundary)\r\nContent-Type: \(next.mediaType)\r\n"
                    if let location = next.location { head += "Content-Location: \(location)\r\n" }
                    try await writer.write(ByteBuffer(string: head + "\r\n"))
                    try await next.content.write(to: &writer)
                    try await writer.write(ByteBuffer(string: "\r\n"))
                }
                try await writer.write(ByteBuffer(string: "--\(boundary)--\r\n"))
                try await writer.finish(nil)
            })
    }

    /// One part alone.
    static func single(_ part: SentPart) -> Response {
        let headers: HTTPFields = [.contentType: part.mediaType, .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await part.content.write(to: &writer)
                try await writer.finish(nil)
            })
    }
}
