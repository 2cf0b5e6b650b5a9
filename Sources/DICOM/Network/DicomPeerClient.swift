import Foundation

/// Asks another DICOM node for its services: echo, storage, queries, retrieval, storage commitment.
///
/// Each call is one association. Cancelling the task ends the call: queries and retrievals by
/// C-CANCEL, sending before the next piece of an instance.
package struct DicomPeerClient: Sendable {
    package let peer: PeerAddress
    private let caller: Caller

    /// - Parameters:
    ///   - peer: Whom to call.
    ///   - title: Our AE title, at most 16 characters.
    ///   - identity: Our certificate; needed when the peer has a fingerprint, else not used.
    ///   - limits: What the peer may cost.
    package init(
        peer: PeerAddress, title: String, identity: TLSIdentity? = nil,
        limits: NetworkLimits = NetworkLimits()
    ) {
        self.peer = peer
        caller = Caller(title: title, limits: limits, identity: identity)
    }

    private static let identifierSyntaxes = [
        TransferSyntax.explicitVRLittleEndian, TransferSyntax.implicitVRLittleEndian,
    ]

    /// Runs `work` with an association, which is released afterwards.
    private func connected<Result: Sendable>(
        _ contexts: [PresentationContext],
        _ work: @escaping @Sendable (inout PeerConnection) throws -> Result
    ) async throws -> Result {
        let cancel = CancelSwitch()
        return try await Waiting.onThread(cancel: cancel) { [peer, caller] in
            var connection = try PeerConnection(
                peer, from: caller, contexts: contexts, cancel: cancel)
            let result = try work(&connection)
            connection.release()
            return result
        }
    }

    private static func service(_ sopClass: String) -> [PresentationContext] {
        PresentationContext.numbered([(sopClass, identifierSyntaxes)])
    }

    /// C-ECHO: whether the peer answers.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)``, ``DicomError/peerRefused(_:)``.
    package func echo() async throws {
        let status = try await connected(Self.service(ServiceClass.verification)) {
            try $0.echo()
        }
        guard status == .success else { throw DicomError.peerRefused(status) }
    }

    // MARK: Storage

    /// How far sending has come.
    package struct SendProgress: Hashable, Sendable {
        package let sent, failed, total: Int
    }

    /// What became of files that were to be sent.
    package struct SendResult: Sendable {
        /// Paths of those that the peer has taken.
        package var sent: [String] = []
        /// Paths of the others with the reason.
        package var failed: [(path: String, reason: DicomError)] = []
    }

    /// C-STORE: sends Part 10 files as they are.
    ///
    /// An uncompressed file that the peer takes in Implicit VR only is recoded; nothing is compressed
    /// or decompressed.
    ///
    /// - Returns: Which files were taken; one that was not does not keep the others back.
    /// - Throws: ``DicomError/peerFailed(reason:)`` when the peer cannot be reached or breaks off,
    ///   and `CancellationError`.
    package func send(
        _ paths: [String], progress: @escaping @Sendable (SendProgress) -> Void = { _ in }
    ) async throws -> SendResult {
        let cancel = CancelSwitch()
        return try await Waiting.onThread(cancel: cancel) { [peer, caller] in
            try Sending(peer: peer, caller: caller, cancel: cancel)
                .send(paths, originator: nil) { result in
                    progress(
                        SendProgress(
                            sent: result.sent.count, failed: result.failed.count,
                            total: paths.count))
                }
        }
    }

    // MARK: Queries and retrieval

    /// C-FIND: the matches of a query.
    ///
    /// - Parameters:
    ///   - query: What to look for.
    ///   - most: More matches than this end the query by C-CANCEL.
    /// - Returns: The matches, at most `most`, and whether they are all.
    /// - Throws: ``DicomError/peerFailed(reason:)``, ``DicomError/peerRefused(_:)``,
    ///   `CancellationError`.
    package func find(
        _ query: DicomQuery, most: Int = 10_000
    ) async throws -> (matches: [DataSet], isComplete: Bool) {
        try await connected(Self.service(query.root.find)) { connection in
            var matches: [DataSet] = []
            var isComplete = true
            let cancel = connection.cancel
            let status = try connection.find(query) { match in
                guard matches.count < most else {
                    isComplete = false
                    return cancel.turnOn()
                }
                matches.append(match)
            }
            if !isComplete { return (matches, false) }
            if cancel.isOn { throw CancellationError() }
            guard status.isSuccessOrWarning else { throw DicomError.peerRefused(status) }
            return (matches, true)
        }
    }

    /// C-MOVE: has the peer send instances to the node of that AE title, which it must know.
    ///
    /// - Returns: How it ended; ``DimseStatus/cancelled`` when the task was cancelled.
    /// - Throws: ``DicomError/peerFailed(reason:)``.
    package func move(
        _ query: DicomQuery, to destination: String,
        progress: @escaping @Sendable (RetrievalProgress) -> Void = { _ in }
    ) async throws -> RetrievalResult {
        try await connected(Self.service(query.root.move)) {
            try $0.move(query, to: destination, progress: progress)
        }
    }

    /// C-GET: has the peer send instances on the same association, into an inbox.
    ///
    /// - Parameters:
    ///   - query: What to retrieve.
    ///   - inbox: Where it goes.
    ///   - label: The subfolder of the inbox.
    ///   - progress: Told after each response of the peer.
    ///   - received: Gets each instance when it is on disk, on the thread that waits for the next
    ///     one; the file is the caller's.
    /// - Returns: How it ended; ``DimseStatus/cancelled`` when the task was cancelled.
    /// - Throws: ``DicomError/peerFailed(reason:)``.
    package func get(
        _ query: DicomQuery, into inbox: InstanceInbox, label: String,
        progress: @escaping @Sendable (RetrievalProgress) -> Void = { _ in },
        received: @escaping @Sendable (ReceivedInstance) -> Void
    ) async throws -> RetrievalResult {
        let contexts = Self.retrievalContexts(query.root)
        return try await connected(contexts) { connection in
            let receiver = InstanceReceiver(inbox: inbox, label: label)
            return try connection.get(
                query,
                store: { command, context, association in
                    let instance = try receiver.receive(
                        command, context: context, association: association)
                    switch instance {
                    case .success(let instance):
                        received(instance)
                        return .success
                    case .failure(let status): return status
                    }
                }, progress: progress)
        }
    }

    /// The service itself, and storage classes in several contexts, for us to be the provider.
    ///
    /// A peer takes one syntax of each context and sends each object in the syntax that it keeps it
    /// in, where there is a context for it. So the commonest classes have one for each syntax as far
    /// as an association has room, and each class of images one more for all other syntaxes.
    static func retrievalContexts(_ root: QueryRoot) -> [PresentationContext] {
        let images = StorageClasses.images
        let plain = (images + StorageClasses.others).map {
            (abstractSyntax: $0, syntaxes: identifierSyntaxes)
        }
        let room = max(0, PresentationContext.most - 1 - plain.count - images.count)
        let own = TransferSyntax.commonlyCompressed.flatMap { syntax in
            StorageClasses.commonest.map { (abstractSyntax: $0, syntaxes: [syntax]) }
        }.prefix(room)
        let rest = images.map { sopClass in
            let given = own.filter { $0.abstractSyntax == sopClass }.flatMap(\.syntaxes)
            return (
                abstractSyntax: sopClass,
                syntaxes: TransferSyntax.commonlyCompressed.filter { !given.contains($0) }
            )
        }.filter { !$0.syntaxes.isEmpty }
        var contexts = service(root.get)
        for (index, content) in (plain + own + rest).prefix(PresentationContext.most - 1)
            .enumerated()
        {
            contexts.append(
                PresentationContext(
                    id: UInt8(2 * index + 3), role: .provider,
                    abstractSyntax: content.abstractSyntax, syntaxes: content.syntaxes))
        }
        return contexts
    }

    // MARK: Storage commitment

    /// Asks the peer to keep instances for good.
    ///
    /// - Parameters:
    ///   - instances: Which.
    ///   - transactionUID: Names the request in the report.
    ///   - seconds: How long to wait for the report on this association.
    /// - Returns: The report; `nil` when the peer reports later, to our node
    ///   (``DicomNodeDelegate/commitmentReported(_:by:)``).
    /// - Throws: ``DicomError/peerFailed(reason:)``, ``DicomError/peerRefused(_:)``.
    package func requestCommitment(
        of instances: [InstanceReference], transactionUID: String, seconds: Int = 10
    ) async throws -> CommitmentReport? {
        try await connected(Self.service(ServiceClass.storageCommitment)) {
            try $0.requestCommitment(
                of: instances, transactionUID: transactionUID, seconds: seconds)
        }
    }
}

/// Sends files on as many associations, one after the other, as their kinds need.
struct Sending {
    let peer: PeerAddress
    let caller: Caller
    let cancel: CancelSwitch

    /// - Parameters:
    ///   - paths: Part 10 files.
    ///   - originator: The one whose C-MOVE asked for it.
    ///   - maySend: Whether a file, by its path, may still be sent.
    ///   - each: Told after each file.
    /// - Returns: Which files were taken.
    /// - Throws: As ``DicomPeerClient/send(_:progress:)``; ``DicomError/peerRefused(_:)`` when a
    ///   file that is on its way may not be sent any more.
    func send(
        _ paths: [String], originator: (title: String, messageID: UInt16)?,
        maySend: (String) -> Bool = { _ in true },
        each: (DicomPeerClient.SendResult) throws -> Void
    ) throws -> DicomPeerClient.SendResult {
        var result = DicomPeerClient.SendResult()
        var waiting: [OutgoingFile] = []
        for path in paths {
            do { waiting.append(try OutgoingFile(path: path)) } catch {
                result.failed.append((path, error as? DicomError ?? .notDicom))
                try each(result)
            }
        }
        while !waiting.isEmpty {
            let (contexts, files, rest) = OutgoingFile.contexts(for: waiting)
            waiting = rest
            var connection = try PeerConnection(
                peer, from: caller, contexts: contexts, cancel: cancel)
            for file in files {
                guard !cancel.isOn else { throw CancellationError() }
                do {
                    guard maySend(file.path) else {
                        throw NotSent(reason: .peerRefused(.notAuthorised))
                    }
                    let status = try connection.store(file, originator: originator) {
                        maySend(file.path)
                    }
                    if status.isSuccessOrWarning {
                        result.sent.append(file.path)
                    } else {
                        result.failed.append((file.path, .peerRefused(status)))
                    }
                } catch let error as NotSent {
                    result.failed.append((file.path, error.reason))
                }
                try each(result)
            }
            connection.release()
        }
        return result
    }
}

/// Why one file was not sent, on an association that goes on.
struct NotSent: Error {
    let reason: DicomError
}

/// The storage classes that a C-GET asks for: a peer sends no other kind, and an association has no
/// room for all there are.
enum StorageClasses {
    private static let prefix = "1.2.840.10008.5.1.4.1.1."
    /// Images, whose pixels may be compressed: what a nuclear medicine team reads comes first.
    ///
    /// PS3.6 annex A says what each is.
    static let images =
        [
            // CT, MR, PET, NM, secondary capture, ultrasound, angiography.
            "2", "4", "128", "20", "7", "6.1", "3.1", "12.1",
            // The same, enhanced and converted.
            "2.1", "2.2", "4.1", "4.3", "130", "128.1", "6.2", "12.1.1",
            // Secondary captures of several frames.
            "7.1", "7.2", "7.3", "7.4",
            // Fluoroscopy, projection radiography, cone-beam CT.
            "12.2", "12.2.1", "1", "1.1", "13.1.1", "13.1.2",
            // Radiotherapy image; segmentation; endoscopy, microscopy, photographs.
            "481.1", "66.4", "77.1.1", "77.1.2", "77.1.4",
        ].map { prefix + $0 }

    /// Those that studies are full of.
    static let commonest = images.prefix(8)

    /// What has no pixels, or hardly ever compressed ones.
    static let others =
        [
            // Radiotherapy: dose, structures, plans, treatment records.
            "481.2", "481.3", "481.4", "481.5", "481.7", "481.8",
            // Registrations, parametric maps, real-world values, fiducials, surfaces.
            "66", "66.1", "66.2", "66.3", "66.5", "30", "67",
            // Structured reports, key objects, radiation dose, documents.
            "88.11", "88.22", "88.33", "88.34", "88.35", "88.40", "88.50", "88.59", "88.67",
            "88.68", "104.1", "104.2",
            // Presentation states.
            "11.1", "11.2", "11.3", "11.4",
        ].map { prefix + $0 }
}
