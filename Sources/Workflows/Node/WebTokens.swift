import Foundation
import Storage
import Transfer

/// Bearer tokens that other DICOMweb servers have given us.
///
/// They are kept by whoever runs the machine, in a file outside the data folder that nobody else can
/// read: a table of whose token it is, where it may be shown, and the token. A peer's setting cannot
/// send a token elsewhere, because the file names the address, and other organisations cannot use it.
struct WebTokens {
    private let rows: [CommaTable.Row]

    private static let header = "organisation,url,token"

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: Of the file.
    ///   - folder: The data folder, in which it must not be.
    /// - Throws: ``WorkflowError/refused(sentence:)``.
    init(path: String, outside folder: DataFolder) throws {
        let file = URL(filePath: path).resolvingSymlinksInPath()
        let inside = folder.url.resolvingSymlinksInPath().path + "/"
        guard !file.path.hasPrefix(inside) else {
            throw WorkflowError.refused(
                sentence: "The file of tokens must not lie in the data folder.")
        }
        let facts = try? FileManager.default.attributesOfItem(atPath: file.path)
        guard let mode = (facts?[.posixPermissions] as? NSNumber)?.intValue else {
            throw WorkflowError.unreadable(path)
        }
        guard mode & 0o077 == 0 else {
            throw WorkflowError.refused(
                sentence: "Others can read the file of tokens '\(path)'; 'chmod 600' it.")
        }
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw WorkflowError.unreadable(path)
        }
        rows = try CommaTable(text, header: Self.header).rows
        for row in rows where !Self.isToken(row.fields[2]) {
            throw row.refusal("of the file of tokens has none, or one with other characters")
        }
    }

    /// RFC 6750, section 2.1.
    private static func isToken(_ text: String) -> Bool {
        text.utf8.count <= 4096 && text.wholeMatch(of: /[A-Za-z0-9\-._~+\/]+=*/) != nil
    }

    /// Finds the token that a peer gave an organisation.
    ///
    /// - Parameters:
    ///   - base: Where the peer's DICOMweb begins.
    ///   - organisation: Whose peer it is, by name.
    ///   - isOnly: Whether there is no other organisation; it may be left out then.
    /// - Returns: The token; `nil` when there is none.
    func token(for base: WebAddress, of organisation: String, isOnly: Bool) -> String? {
        rows.first { row in
            let isWhose = row.fields[0] == organisation || (isOnly && row.fields[0].isEmpty)
            return isWhose && (try? WebPeer.base(row.fields[1])) == base
        }?.fields[2]
    }
}
