import Cryptography
package import Foundation

/// Certificate and key for TLS where nobody has given one: kept, and renewed before it ends.
///
/// Browsers warn of it until it is trusted by hand; it keeps the way secret, but proves no name.
package struct SelfMadeCertificate: Sendable {
    package let certificate: URL
    package let key: URL
    /// Whether it was made now.
    package let isNew: Bool

    /// Browsers take no more.
    private static let validDays = 397
    private static let renewalDays = 365.0

    /// Finds the pair in a folder, or makes one.
    ///
    /// - Parameters:
    ///   - folder: Outside the data folder, readable by its owner alone.
    ///   - names: Host names and IP addresses that browsers call.
    ///   - now: The present time.
    /// - Throws: `CryptographyError` for what is no name; what the file system says.
    package init(in folder: URL, names: [String], now: Date = Date()) throws {
        certificate = folder.appending(path: "tls-certificate.pem")
        key = folder.appending(path: "tls-key.pem")
        let files = FileManager.default
        let made =
            try? files.attributesOfItem(atPath: certificate.path)[.modificationDate] as? Date
        if let made, files.fileExists(atPath: key.path),
            now.timeIntervalSince(made) < Self.renewalDays * 86400
        {
            isNew = false
            return
        }
        let pair = try SelfSignedCertificate(
            names: names, start: Int64(now.timeIntervalSince1970), days: Self.validDays)
        for (file, text) in [(certificate, pair.certificate), (key, pair.key)] {
            if files.fileExists(atPath: file.path) { try files.removeItem(at: file) }
            try PrivateFile.write(text, to: file)
        }
        isNew = true
    }
}
