import Cryptography
import Foundation
import Testing
import Transfer

@Suite("Trust in other computers", .servers)
struct TrustTests {
    private func status(_ trust: Trust, host: String = "127.0.0.1") async throws -> Int {
        let address = try LoopbackServers.running().address(
            "/status/200", scheme: "https", host: host)
        return try await WebClient(trust: trust).answer(to: WebRequest("GET", address)).status
    }

    private func reason(_ trust: Trust, host: String = "127.0.0.1") async -> String? {
        do {
            _ = try await status(trust, host: host)
            return nil
        } catch TransferError.untrusted(let named, let reason) {
            return named == host ? reason : "another host"
        } catch {
            return "\(error)"
        }
    }

    /// The SHA-256 of a certificate's DER form.
    private func fingerprint(_ file: URL) throws -> String {
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let der = try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined()))
        return Hexadecimal.digits(SHA256.digest(of: der))
    }

    @Test("The system's authorities do not know a self-made certificate")
    func system() async {
        let reason = await reason(.system)
        #expect(reason?.contains("self-signed certificate") == true, "\(reason ?? "trusted")")
    }

    @Test("A file of authorities replaces the system's")
    func authorities() async throws {
        let servers = try LoopbackServers.running()
        #expect(try await status(.authorities(servers.certificate)) == 200)
        #expect(try await status(.authorities(servers.certificate), host: "localhost") == 200)
        let other = try LoopbackServers.write(["127.0.0.1"], to: servers.folder, "other")
        #expect(await reason(.authorities(other))?.contains("self-signed") == true)
        let missing = servers.folder.appending(path: "missing.pem")
        #expect(await reason(.authorities(missing)) != nil)
    }

    @Test("An agreed fingerprint is that certificate alone")
    func certificate() async throws {
        let servers = try LoopbackServers.running()
        let own = try fingerprint(servers.certificate)
        #expect(try await status(.certificate(sha256: own)) == 200)
        let other = String(own.reversed())
        #expect(await reason(.certificate(sha256: other))?.contains("fingerprint") == true)
    }

    @Test("A certificate for another name is refused, and taken when its fingerprint is agreed")
    func name() async throws {
        try await LoopbackServers.run(names: ["elsewhere.example"]) { servers in
            try await LoopbackServers.$current.withValue(servers) {
                let named = await reason(.authorities(servers.certificate))
                #expect(named == "the certificate is not for this name")
                let own = try fingerprint(servers.certificate)
                #expect(try await status(.certificate(sha256: own)) == 200)
            }
        }
    }
}
