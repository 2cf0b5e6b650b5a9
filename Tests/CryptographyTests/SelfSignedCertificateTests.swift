import Cryptography
import Foundation
import Testing

/// Certificates of our own, as the program `openssl` reads them.
@Suite("Self-made certificate")
struct SelfSignedCertificateTests {
    private func openssl(_ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        let (into, out) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (into, out, out)
        try process.run()
        into.fileHandleForWriting.write(Data(input.utf8))
        try into.fileHandleForWriting.close()
        let said = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: said, as: UTF8.self)
    }

    @Test("OpenSSL reads names, times and use, and the key belongs to it")
    func readByOpenSSL() throws {
        let made = try SelfSignedCertificate(
            names: ["grevy.example", "127.0.0.1", "::1"], start: 1_790_000_000, days: 397)
        let text = try openssl(
            [
                "x509", "-noout", "-subject", "-issuer", "-ext",
                "subjectAltName,extendedKeyUsage,basicConstraints", "-startdate", "-enddate",
            ], input: made.certificate)
        #expect(
            text.contains("subject=CN = grevy.example")
                && text.contains("issuer=CN = grevy.example"))
        #expect(
            text.contains("DNS:grevy.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(text.contains("TLS Web Server Authentication") && text.contains("CA:FALSE"))
        #expect(text.contains("notBefore=Sep 21 14:13:20 2026 GMT"))
        #expect(text.contains("notAfter=Oct 23 14:13:20 2027 GMT"))
        let own = try openssl(["x509", "-noout", "-pubkey"], input: made.certificate)
        #expect(try openssl(["pkey", "-pubout"], input: made.key) == own)
        let other = try SelfSignedCertificate(names: ["a"], start: 0, days: 1)
        #expect(try openssl(["pkey", "-pubout"], input: other.key) != own)
    }

    @Test(
        "what is no name is refused",
        arguments: [
            "", "a,IP:1.2.3.4", "a b", "*.example", "ä", "a\nb", String(repeating: "a", count: 65),
        ])
    func names(_ name: String) {
        #expect(throws: CryptographyError.self) {
            try SelfSignedCertificate(names: [name], start: 0, days: 1)
        }
    }
}
