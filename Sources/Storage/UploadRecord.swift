/// What one person brings in with a browser, as it stands.
package struct UploadRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        /// Takes files.
        case open
        /// A job takes the files into the data folder.
        case importing
        case imported, discarded
    }

    package let id: Int64
    package let account: Int64
    /// The case it is for; `nil` when the files say.
    package let patient: Int64?
    package let state: State
    /// ISO 8601, UTC.
    package let createdAt: String
    package let job: Int64?
}

/// A file of an upload.
package struct UploadedFile: Hashable, Sendable {
    /// What it is called on disk; the sender's name never is.
    package let number: Int64
    /// As the sender named it, with its folders.
    package let path: String
    package let byteCount: Int64
    /// How many bytes have come, from the start.
    package let received: Int64

    package var isWhole: Bool { received == byteCount }
}

/// How much one upload may hold.
package struct UploadLimits: Hashable, Sendable {
    package var files = 20_000
    package var bytes: Int64 = 20 << 30
    /// Of the name with its folders, in UTF-8.
    package var pathBytes = 1024
    /// Uploads of one account that are open at once.
    package var openUploads = 20

    package init() {}

    /// What comes by an inbox link.
    package static var ofInbox: UploadLimits {
        var limits = UploadLimits()
        limits.bytes = 10 << 30
        return limits
    }
}

/// A piece of a file.
package struct UploadChunk: Sendable {
    package let path: String
    /// Of the whole file.
    package let byteCount: Int64
    /// Where the piece begins.
    package let offset: Int64
    package let bytes: [UInt8]

    package init(path: String, byteCount: Int64, offset: Int64, bytes: [UInt8]) {
        (self.path, self.byteCount) = (path, byteCount)
        (self.offset, self.bytes) = (offset, bytes)
    }
}

/// What became of a piece.
package enum UploadOutcome: Hashable, Sendable {
    /// It is on disk; so many bytes of the file have come.
    case kept(received: Int64)
    /// The file goes on elsewhere: so many bytes of it have come.
    case elsewhere(received: Int64)
    /// Another file of that name is known with another length.
    case differs
    /// A limit of the upload is reached.
    case full
    /// The upload takes no more files.
    case closed
}
