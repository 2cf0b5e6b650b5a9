package import Foundation

/// One request to another computer.
package struct WebRequest: Sendable {
    package var address: WebAddress
    /// Upper case letters.
    package var method: String
    package var headers: WebHeaders
    /// The body: these pieces, one after the other.
    ///
    /// Its length is sent before it.
    package var body: [Piece]
    /// Longest body of the answer that is taken, in bytes.
    package var mostBytes = 16 << 20
    /// Where the body of an answer with a status from 200 to 299 goes: a file that must not exist yet.
    ///
    /// Other answers keep theirs (at most 1 MiB), and so does every answer when this is `nil`.
    package var destination: URL?
    /// How many redirections of a GET or HEAD are followed.
    ///
    /// `Authorization` goes to no other host.
    package var mostRedirects = 0

    /// A part of the body.
    package enum Piece: Sendable {
        case bytes(Data)
        /// A file, read while it is sent; it must not change meanwhile.
        case file(URL)
    }

    package init(
        _ method: String, _ address: WebAddress, headers: WebHeaders = [:],
        body: [Piece] = []
    ) {
        (self.method, self.address, self.headers, self.body) = (method, address, headers, body)
    }

    /// A POST of form fields, as browsers send them.
    package static func form(
        _ address: WebAddress, _ fields: [(name: String, value: String)]
    )
        -> Self
    {
        let text = fields.map { "\(PercentCoding.coded($0.name))=\(PercentCoding.coded($0.value))" }
            .joined(separator: "&")
        return Self(
            "POST", address, headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: [.bytes(Data(text.utf8))])
    }
}

/// What came back.
package struct WebAnswer: Sendable {
    /// HTTP's status code.
    package let status: Int
    package let headers: WebHeaders
    /// Empty when the body went into a file.
    package let body: Data

    package var isSuccess: Bool { (200 ..< 300).contains(status) }
}

/// How far a transfer has come, in bytes of the bodies.
package struct TransferProgress: Hashable, Sendable {
    package let sentBytes: Int
    package let receivedBytes: Int
}

/// Percent-coding for queries and forms.
package enum PercentCoding {
    /// Everything but letters, digits and `-._~` coded (RFC 3986, section 2.3).
    package static func coded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30 ... 0x39, 0x41 ... 0x5a, 0x61 ... 0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.append(byte)
            default: result += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
