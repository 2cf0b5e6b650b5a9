import DICOM
import Foundation
import Hummingbird
import Logging
import Storage
import Workflows

/// One server from its start to its end.
package struct Serving: Sendable {
    private let dataPath: String
    private let settings: ServerSettings
    private let signingKey: String?

    /// - Parameters:
    ///   - dataPath: The data folder; made when absent.
    ///   - settings: Where and how to listen.
    ///   - signingKey: The key's file; `nil` for the one of the user's configuration folder.
    package init(dataPath: String, settings: ServerSettings, signingKey: String? = nil) {
        (self.dataPath, self.settings) = (dataPath, settings)
        self.signingKey = signingKey
    }

    /// Serves until the process is told to stop (SIGINT, SIGTERM).
    ///
    /// - Parameter say: Told where the server listens and, while there is no administrator, the
    ///   set-up link.
    /// - Throws: ``StorageError``, ``WorkflowError``; what the network says.
    package func run(say: @escaping @Sendable (String) -> Void) async throws {
        try Self.checkPrivate(URL(filePath: dataPath))
        if settings.isDemo { try await makeDemo(say: say) }
        let folder = try DataFolder.open(at: URL(filePath: dataPath), create: true)
        let lock = try Self.lock(folder)
        defer { lock.release() }
        var limits = SessionLimits()
        limits.idleSeconds = settings.lockSeconds
        let provider = try settings.provider.map {
            IdentityProvider(try ProviderSettings(file: $0))
        }
        let accounts = AccountWorkflow(folder: folder, limits: limits, provider: provider)
        let key = try SigningKey.open(
            at: signingKey.map { URL(filePath: $0) } ?? SigningKey.defaultFile(),
            outside: folder.url)
        var logger = Logger(label: "grevy")
        logger.logLevel = .info
        var settings = try secured(say: say)
        settings.node.caller.certificate = settings.tls?.certificate.path
        settings.node.caller.key = settings.tls?.key.path
        settings.signingKeyFile = signingKey.map { URL(filePath: $0) }
        let server = try await GrevyServer(
            settings: settings, folder: folder, accounts: accounts, source: DicomReader(),
            signingKey: key, logger: logger)
        let setUp = try await accounts.setUpToken()
        let scheme = settings.scheme
        let host = settings.host
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let application = try server.application(logger: logger) { port in
            listening.yield(port)
            say("Grevy listens on \(scheme)://\(host):\(port)/")
            if let setUp {
                say("Set it up within 30 minutes: \(scheme)://\(host):\(port)/set-up/\(setUp)")
            }
        }
        let node = try await startNode(settings, folder, logger, say: say)
        let jobs = Task { await server.jobs.run() }
        let heads = Task { await server.keepHeads(logger: logger) }
        let exports = Task { await server.removeOldExports(logger: logger) }
        let examination = Task { await server.examineSeries(logger: logger) }
        let notices = Task {
            // Links in mails name the port, which is known once the server listens.
            for await port in ports {
                await server.sendNotices(link: server.settings.link(port: port), logger: logger)
            }
        }
        defer {
            for task in [jobs, heads, exports, examination, notices] { task.cancel() }
        }
        do { try await application.runService() } catch {
            await node?.stop()
            try? await folder.accounts.keepAccessCounts()
            throw error
        }
        await node?.stop()
        try await folder.accounts.keepAccessCounts()
    }

    /// Listens for DICOM peers, where that is asked for.
    private func startNode(
        _ settings: ServerSettings, _ folder: DataFolder, _ logger: Logger,
        say: @Sendable (String) -> Void
    ) async throws -> RunningNode? {
        guard settings.node.port != nil || settings.node.portTLS != nil else { return nil }
        let node = try await RunningNode(
            settings.node, folder: folder, source: DicomReader()
        ) { logger.warning("\($0)") }
        let (title, host) = (settings.node.caller.title, settings.node.host)
        if let port = node.port { say("DICOM node \(title) listens on \(host):\(port)") }
        if let port = node.portTLS {
            say("DICOM node \(title) listens on \(host):\(port) with TLS")
        }
        if node.port != nil, NumericAddress(host)?.isLoopback != true {
            say("Warning: without TLS, patient data cross the network in the clear.")
        }
        if try await node.book.all().isEmpty {
            say("No DICOM peer is known yet, so all are refused; see Docs/Node.md.")
        }
        return node
    }

    /// The settings with a certificate, where the server is to make its own.
    private func secured(say: (String) -> Void) throws -> ServerSettings {
        guard settings.makesCertificate else { return settings }
        var settings = settings
        let key = signingKey.map { URL(filePath: $0) } ?? SigningKey.defaultFile()
        let every = ["0.0.0.0", "::"]
        let names = settings.names + [settings.host, "localhost", "127.0.0.1"]
        let made = try SelfMadeCertificate(
            in: key.deletingLastPathComponent(),
            names: names.filter { !every.contains($0) })
        settings.tls = (made.certificate, made.key)
        say(
            "The certificate is \(made.isNew ? "made now" : "of the server's own making"), "
                + "\(made.certificate.path): browsers warn until it is trusted by hand.")
        return settings
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` for a folder that others may look into.
    private static func checkPrivate(_ folder: URL) throws {
        guard DataFolder.isOpenToOthers(at: folder) else { return }
        throw WorkflowError.refused(
            sentence: "Others on this machine may look into the data folder; take their rights "
                + "away first: chmod -R go= '\(folder.path)'")
    }

    /// - Throws: ``WorkflowError/refused(sentence:)`` when another server has the folder.
    private static func lock(_ folder: DataFolder) throws -> FileLock {
        do { return try folder.lockForServing() } catch let served as DataFolder.Served {
            let who = served.process.map { " (process \($0))" } ?? ""
            throw WorkflowError.refused(
                sentence: "Another server\(who) serves this data folder already: "
                    + "'\(folder.url.path)'. Two would run its jobs and send its notices twice. Stop "
                    + "that one first, or serve another folder.")
        }
    }

    private func makeDemo(say: @escaping @Sendable (String) -> Void) async throws {
        guard settings.isLoopback else {
            throw WorkflowError.refused(
                sentence: "The demo is served on this machine alone; leave '--host' out.")
        }
        let start = ContinuousClock.now
        let people = try await DemoHospital.make(at: URL(filePath: dataPath)) {
            say("demo: \($0)")
        }
        guard !people.isEmpty else {
            say("The demo is there already; its passwords were printed when it was made.")
            return
        }
        say("The demo was made in \((ContinuousClock.now - start).components.seconds) s.")
        say("These people may sign in; this is printed once:")
        for person in people {
            say("  \(person.login)  \(person.password)  \(person.role)  \(person.secondFactor)")
        }
    }
}
