package import DICOM
package import Foundation
package import Storage

/// Asks other nodes for their services: whether they answer, what they have, to take what we have, to
/// give us what they have.
package struct NodeClient: Sendable {
    private let folder: DataFolder
    private let source: any DicomSource
    private let caller: NodeCaller
    private let organisation: Int64?
    private let actor: String
    private let book: PeerBook

    /// - Parameters:
    ///   - folder: The data folder, whose peers are called.
    ///   - source: What reads files that come.
    ///   - caller: Who we are.
    ///   - organisation: Whose peers; `nil` for a person at the machine.
    ///   - actor: Who acts, for the audit trail.
    package init(
        folder: DataFolder, source: any DicomSource, caller: NodeCaller, organisation: Int64?,
        actor: String
    ) {
        (self.folder, self.source, self.caller) = (folder, source, caller)
        (self.organisation, self.actor) = (organisation, actor)
        book = PeerBook(folder: folder)
    }

    private func client(_ name: String) async throws -> DicomPeerClient {
        let known = try await book.peer(name, of: organisation)
        guard let address = known.peer.listeningAddress else {
            throw WorkflowError.refused(
                sentence: "The DICOM peer '\(name)' has no port; it can only call.")
        }
        return DicomPeerClient(
            peer: address, title: caller.title, identity: try caller.identity())
    }

    /// C-ECHO: returns when the peer has answered.
    ///
    /// - Throws: ``WorkflowError``, `DicomError`.
    package func echo(_ peer: String) async throws { try await client(peer).echo() }

    // MARK: What they have

    /// What a query looks for; an empty field matches everything.
    package struct Wishes: Hashable, Sendable {
        package var patientID = ""
        package var patientName = ""
        /// `YYYYMMDD`, or two with `-` between.
        package var studyDate = ""
        package var accessionNumber = ""
        package var modality = ""

        package init() {}
    }

    /// A study of another node, as it describes it.
    package struct RemoteStudy: Codable, Hashable, Sendable {
        package let studyUID: String
        package let patientID: String
        package let patientName: String
        package let birthDate: String
        package let date: String
        package let description: String
        package let accessionNumber: String
        package let modalities: [String]
        /// `nil` when it does not say.
        package let instances: Int?
    }

    /// The most studies that a query lists.
    package static let mostStudies = 500

    /// C-FIND: the studies of a peer.
    ///
    /// - Returns: At most ``mostStudies``, the latest first, and whether they are all.
    /// - Throws: ``WorkflowError``, `DicomError`, `StorageError`.
    package func query(
        _ peer: String, _ wishes: Wishes
    ) async throws -> (studies: [RemoteStudy], isComplete: Bool) {
        let client = try await client(peer)
        try await audit("dicom.query", peer)
        var keys = DataSet()
        keys.set(.patientID, wishes.patientID)
        keys.set(.patientName, wishes.patientName)
        keys.set(.studyDate, wishes.studyDate)
        keys.set(.accessionNumber, wishes.accessionNumber)
        keys.set(.modalitiesInStudy, wishes.modality)
        for attribute: Attribute in [
            .studyInstanceUID, .patientBirthDate, .studyDescription,
            .numberOfStudyRelatedInstances,
        ] { keys.setEmpty(attribute) }
        let found = try await client.find(
            DicomQuery(level: .study, keys: keys), most: Self.mostStudies)
        let studies = found.matches.compactMap(RemoteStudy.init).sorted {
            ($0.date, $0.studyUID) > ($1.date, $1.studyUID)
        }
        return (studies, found.isComplete)
    }

    // MARK: What we have

    /// C-STORE: sends series as they are stored.
    ///
    /// - Parameters:
    ///   - series: What to send.
    ///   - peer: To whom.
    ///   - progress: Told how many instances are sent, and of how many.
    /// - Returns: How many were sent, and why others were not, by reason.
    /// - Throws: ``WorkflowError``, `DicomError`, `StorageError`, `CancellationError`.
    package func send(
        _ series: [SeriesRecord], to peer: String,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) async throws -> SentInstances {
        let client = try await client(peer)
        var paths: [String] = []
        for one in series {
            let instances = try await folder.records.instances(
                seriesUID: one.description.seriesUID)
            // Written down before anything leaves.
            try await folder.audit.append(
                AuditEvent(
                    actor: actor, action: "dicom.send", subject: "series-\(one.id)",
                    detail: ["peer": peer, "instances": "\(instances.count)"]))
            paths += instances.map { folder.objects.url(of: $0.object).path }
        }
        let result = try await client.send(paths) { progress($0.sent + $0.failed, $0.total) }
        let reasons = Dictionary(grouping: result.failed) { "\($0.reason)" }.mapValues(\.count)
        return SentInstances(
            sent: result.sent.count, failed: result.failed.count, reasons: reasons)
    }

    // MARK: What they give

    /// How a peer is asked for a study.
    package enum Way: String, Codable, Hashable, Sendable, CaseIterable {
        /// C-GET: on the association that asks.
        case get
        /// C-MOVE: it calls our node, which must listen and which it must know.
        case move
    }

    /// Retrieves a study.
    ///
    /// By C-GET its instances are taken in before this returns; by C-MOVE our node takes them as they
    /// come.
    ///
    /// - Parameters:
    ///   - study: Its Study Instance UID.
    ///   - peer: Who has it.
    ///   - way: How.
    ///   - intake: For whom; `nil` at the machine.
    ///   - scratch: A folder for files on their way; the caller removes it.
    ///   - progress: Told how many instances have come, and of how many.
    /// - Returns: How it ended, in words.
    /// - Throws: ``WorkflowError``, `DicomError`, `StorageError`.
    package func retrieve(
        _ study: String, from peer: String, by way: Way, intake: Intake?, scratch: URL,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) async throws -> String {
        guard study.wholeMatch(of: /[0-9.]{1,64}/) != nil else {
            throw WorkflowError.refused(sentence: "A study is named by its Study Instance UID.")
        }
        let client = try await client(peer)
        try await audit("dicom.retrieve", peer)
        var keys = DataSet()
        keys.set(.studyInstanceUID, study)
        let query = DicomQuery(level: .study, keys: keys)
        let say: @Sendable (RetrievalProgress) -> Void = {
            let done = $0.completed + $0.failed + $0.warnings
            progress(done, done + $0.remaining)
        }
        guard way == .get else {
            let result = try await client.move(query, to: caller.title, progress: say)
            try Self.check(result)
            return "\(result.progress.completed) instances were sent to this node"
                + Self.failures(result.progress)
        }
        let inbox = try InstanceInbox(path: scratch.appending(path: "received").path)
        let result = try await client.get(
            query, into: inbox, label: "peer", progress: say, received: { _ in })
        try Self.check(result)
        let files = try inbox.leftovers().enumerated().map { index, file in
            ReceivedFile(url: URL(filePath: file.path), name: "\(peer)/\(index + 1)")
        }
        let summary = try await ImportWorkflow(
            folder: folder, source: source, actor: actor, intake: intake
        ).run(files: files) { _, _ in }
        return summary.sentence + Self.failures(result.progress)
    }

    private static func check(_ result: RetrievalResult) throws {
        if result.status == .cancelled { throw CancellationError() }
        guard result.status.isSuccessOrWarning else { throw DicomError.peerRefused(result.status) }
    }

    private static func failures(_ progress: RetrievalProgress) -> String {
        progress.failed > 0 ? "; the peer could not send \(progress.failed)" : ""
    }

    private func audit(_ action: String, _ peer: String) async throws {
        try await folder.audit.append(
            AuditEvent(
                actor: actor, action: action, subject: "dicom-peer", detail: ["peer": peer]))
    }
}

/// What became of instances that were sent.
package struct SentInstances: Codable, Hashable, Sendable {
    package let sent: Int
    package let failed: Int
    /// How many were not sent, by reason.
    package let reasons: [String: Int]

    /// In words.
    package var sentence: String {
        let why = reasons.sorted { $0.key < $1.key }.map { " (\($0.value): \($0.key))" }.joined()
        return "\(sent) instances sent" + (failed == 0 ? "" : ", \(failed) not\(why)")
    }
}

extension NodeClient.RemoteStudy {
    /// `nil` for a match that names no study.
    fileprivate init?(_ match: DataSet) {
        guard let uid = match.string(.studyInstanceUID) else { return nil }
        self.init(
            studyUID: uid, patientID: match.string(.patientID) ?? "",
            patientName: match.string(.patientName) ?? "",
            birthDate: match.string(.patientBirthDate) ?? "",
            date: match.string(.studyDate) ?? "",
            description: match.string(.studyDescription) ?? "",
            accessionNumber: match.string(.accessionNumber) ?? "",
            modalities: match.strings(.modalitiesInStudy).filter { !$0.isEmpty },
            instances: match.integer(.numberOfStudyRelatedInstances))
    }
}
