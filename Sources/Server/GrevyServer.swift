package import DICOM
import Foundation
package import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
import Imaging
package import Logging
import NIOCore
import NIOSSL
import Pathway
package import Storage
package import Workflows

/// The web side: pages and data of one data folder.
package struct GrevyServer: Sendable {
    package let settings: ServerSettings
    let folder: DataFolder
    let accounts: AccountWorkflow
    let pages: Pages
    let files: StaticFiles
    /// What was made for viewers, on disk.
    let made: ViewerCache
    let metrics = RequestMetrics()
    let noticeCounts = NoticeCounts()
    /// Encoded volumes, at most 512 MB of them.
    let cache = SharedCache<[UInt8]>(limit: 512 << 20) { $0.count }
    /// Images just read, at most 400 MB of them.
    let images = SharedCache<ImageSeries>(limit: 400 << 20) { 4 * $0.volume.geometry.count }
    /// Files decoded for their frames, at most 256 MB of them.
    let decoded = SharedCache<PixelFrames>(limit: 256 << 20) { $0.bytes.count }
    /// Projections from all sides, at most 128 MB of them.
    let projected = SharedCache<Volume<Float>>(limit: 128 << 20) { 4 * $0.geometry.count }
    /// Grids of images, by what they are made from.
    let grids = SharedCache<VolumeGeometry>(limit: 1000) { _ in 1 }
    let counts = SharedCache<Int>(limit: 1000) { _ in 1 }
    /// Everything that reads or computes images for a request.
    let work = TurnQueue(
        atOnce: max(1, ProcessInfo.processInfo.activeProcessorCount - 1), mostWaiting: 100)
    let streams = OpenStreams(mostOfSession: 8)
    /// What meetings look at while the server runs.
    package let live = LiveMeetings()
    let source: any DicomSource
    let signingKey: SigningKey
    package let jobs: JobRunner

    /// Reads the web folder.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` when the folder is not there.
    package init(
        settings: ServerSettings, folder: DataFolder, accounts: AccountWorkflow,
        source: any DicomSource, signingKey: SigningKey, logger: Logger
    ) async throws {
        guard FileManager.default.fileExists(atPath: settings.web.appending(path: "Templates").path)
        else {
            throw WorkflowError.refused(
                sentence: "There are no page templates in '\(settings.web.path)'; "
                    + "name the folder 'Web' of the program with '--web'.")
        }
        self.settings = settings
        self.folder = folder
        self.accounts = accounts
        made = ViewerCache(folder: folder)
        (self.source, self.signingKey) = (source, signingKey)
        jobs = JobRunner(
            folder: folder, signingKey: settings.signingKeyFile, logger: logger)
        pages = try await Pages(
            folder: settings.web.appending(path: "Templates"),
            provider: accounts.provider?.settings.label)
        files = try StaticFiles(web: settings.web)
    }

    /// Every address there is.
    package var routes: [Route] {
        accountRoutes + ownAccountRoutes + providerRoutes + administrationRoutes
            + organisationRoutes + entitlementRoutes + noticeRoutes + caseRoutes + newCaseRoutes
            + frameRoutes + imageRoutes + registrationRoutes + voiRoutes + newPlanRoutes
            + planRoutes + compareRoutes
            + commentRoutes + signingRoutes + signedExportRoutes + exportRoutes
            + treatmentRoutes + deliveryRoutes + jobRoutes
            + uploadRoutes + quarantineRoutes + tokenRoutes + settingRoutes + apiRoutes
            + plainRoutes
            + shareRoutes + referralRoutes + emergencyRoutes + inboxRoutes + inboxLinkRoutes
            + dicomwebRoutes + nodeRoutes
            + meetingRoutes + meetingSessionRoutes + meetingCaseRoutes + meetingLesionRoutes
            + decisionRoutes
    }

    /// What answers requests, with every route behind the gate.
    package var router: Router<GrevyContext> {
        let gate = Gate(
            settings: settings, folder: folder, accounts: accounts, pages: pages, metrics: metrics,
            counts: counts)
        let router = Router(context: GrevyContext.self)
        router.addMiddleware { NothingHere(gate: gate) }
        for route in routes {
            router.on(route.routerPath, method: route.method) { request, context in
                await gate.answer(request, context, by: route)
            }
        }
        return router
    }

    /// The server, ready to run.
    ///
    /// - Parameters:
    ///   - logger: Where requests are logged, without patient data.
    ///   - whenListening: Told the port.
    /// - Returns: What runs until it is told to stop.
    /// - Throws: What reading certificate and key throws.
    package func application(
        logger: Logger, whenListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws -> some ApplicationProtocol {
        Application(
            router: router, server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "grevy"),
            onServerRunning: { channel in await whenListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    private func channel() throws -> HTTPServerBuilder {
        let settings = settings
        let streams = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionDeadline(
                    headSeconds: settings.headSeconds, bodySeconds: settings.bodySeconds)
            ],
            idleTimeout: .milliseconds(Int64(settings.idleSeconds * 1000)))
        let connections = openConnections
        guard let tls = settings.tls else {
            return HTTPServerBuilder { responder in
                WatchedChannel(
                    HTTP1Channel(responder: responder, configuration: streams), connections,
                    settings)
            }
        }
        let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate.path)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key.path, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        let whole = configuration
        return HTTPServerBuilder { responder in
            let upgrade = try HTTP2UpgradeChannel(
                tlsConfiguration: whole,
                configuration: HTTP2UpgradeChannel.Configuration(
                    idleTimeout: .milliseconds(Int64(settings.idleSeconds * 1000)),
                    streamConfiguration: streams), responder: responder)
            return WatchedChannel(upgrade, connections, settings)
        }
    }

    /// Half of the open files that the system allows are left to data, jobs and workers.
    private var openConnections: OpenConnections {
        let most = max(1, min(settings.mostConnections, OpenFileLimit.raise() / 2))
        return OpenConnections(
            most: most, mostOfPeer: max(1, min(settings.mostConnectionsOfPeer, most / 2)))
    }
}

/// Answers for addresses that no route has.
private struct NothingHere: RouterMiddleware {
    let gate: Gate

    @concurrent
    func handle(
        _ request: Request, context: GrevyContext,
        next: @concurrent (Request, GrevyContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as HTTPError
            where error.status == .notFound
        {
            let route = Route(request.method, "(no route)", .anyone) { _ in
                throw Refusal.notFound
            }
            return await gate.answer(request, context, by: route)
        }
    }
}
