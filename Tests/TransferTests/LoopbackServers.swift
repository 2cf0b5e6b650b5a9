import Cryptography
import Foundation
import Testing
import Transfer
import _TestSupport

/// Web and mail servers of Tests/outside/transfer_server.py, started for a suite and ended after it.
struct LoopbackServers: Sendable {
    @TaskLocal static var current: Self?

    let folder: URL
    let certificate: URL
    private let ports: [String: Int]

    static func running() throws -> Self { try #require(current) }

    /// An address of the web server, with or without TLS.
    func address(
        _ path: String, scheme: String = "http", host: String = "127.0.0.1"
    ) throws
        -> WebAddress
    {
        try WebAddress("\(scheme)://\(host):\(try port(scheme))\(path)")
    }

    func port(_ name: String) throws -> Int { try #require(ports[name]) }

    /// A certificate for this computer, and one more as another one's.
    static func write(_ names: [String], to folder: URL, _ name: String) throws -> URL {
        let made = try SelfSignedCertificate(
            names: names, start: Int64(Date().timeIntervalSince1970) - 3600, days: 2)
        let file = folder.appending(path: "\(name).pem")
        try Data(made.certificate.utf8).write(to: file)
        try Data(made.key.utf8).write(to: folder.appending(path: "\(name)-key.pem"))
        return file
    }

    /// Runs `body` with servers that show a certificate with these names.
    static func run(
        names: [String], _ body: (Self) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "transfer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let certificate = try write(names, to: folder, "server")
        let key = folder.appending(path: "server-key.pem")
        try await HelperProgram.run(
            "transfer_server.py", [certificate.path, key.path]
        ) { line in
            let ports = try JSONDecoder().decode([String: Int].self, from: Data(line.utf8))
            try await body(Self(folder: folder, certificate: certificate, ports: ports))
        }
    }
}

/// Gives a suite its servers.
struct WithServers: SuiteTrait, TestScoping {
    @concurrent
    func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await LoopbackServers.run(names: ["localhost", "127.0.0.1"]) { servers in
            try await LoopbackServers.$current.withValue(servers) { try await function() }
        }
    }
}

extension Trait where Self == WithServers {
    static var servers: Self { Self() }
}
