package import DICOM
import Foundation
package import Storage

/// Our DICOM node while it listens, with what takes its instances in.
package struct RunningNode: Sendable {
    /// Where and as what it listens.
    package struct Settings: Hashable, Sendable {
        /// Numeric address.
        package var host = "127.0.0.1"
        /// Without TLS; `nil` for none, 0 for a free one.
        package var port: Int?
        /// With TLS; `nil` for none, 0 for a free one.
        package var portTLS: Int?
        package var caller = NodeCaller()
        package var limits = NetworkLimits()

        package init() {}
    }

    private let nodes: [DicomNode]
    private let intake: Task<Void, Never>
    /// The ports that it listens at.
    package let port, portTLS: Int?
    /// Who may call, as it is known.
    package let book: PeerBook

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - settings: Where and as what.
    ///   - folder: The data folder.
    ///   - source: What reads instances.
    ///   - log: Told what goes wrong, without patient data.
    /// - Throws: ``WorkflowError/refused(sentence:)``, `DicomError`, `StorageError`.
    package init(
        _ settings: Settings, folder: DataFolder, source: any DicomSource,
        log: @escaping @Sendable (String) -> Void
    ) async throws {
        guard settings.caller.title.isPlainTitle else {
            throw WorkflowError.refused(
                sentence: "An AE title has 1 to 16 plain characters.")
        }
        let identity = try settings.caller.identity()
        guard settings.portTLS == nil || identity != nil else {
            throw WorkflowError.refused(
                sentence: "A DICOM port with TLS needs a certificate and its key.")
        }
        let inbox = try InstanceInbox(path: folder.url.appending(path: "inbox").path)
        let intake = NodeIntake(
            folder: folder, source: source, setAside: folder.url.appending(path: "set-aside"),
            log: log)
        let service = NodeService(
            folder: folder, title: settings.caller.title, intake: intake, log: log)
        try await service.takeLeftovers(of: inbox)
        func node(_ port: Int, _ identity: TLSIdentity?, calls: TLSIdentity?) throws -> DicomNode {
            try DicomNode(
                DicomNode.Settings(
                    address: settings.host, port: port, title: settings.caller.title,
                    identity: identity, callingIdentity: calls, limits: settings.limits),
                inbox: inbox, delegate: service)
        }
        let plain = try settings.port.map { try node($0, nil, calls: identity) }
        let secured: DicomNode?
        do { secured = try settings.portTLS.map { try node($0, identity, calls: identity) } } catch
        {
            await plain?.stop()
            throw error
        }
        nodes = [plain, secured].compactMap(\.self)
        (port, portTLS, book) = (plain?.port, secured?.port, service.book)
        self.intake = Task { await intake.run() }
    }

    /// Stops listening; what was acknowledged is on disk and is taken in at the next start.
    package func stop() async {
        for node in nodes { await node.stop() }
        intake.cancel()
        await intake.value
    }
}
