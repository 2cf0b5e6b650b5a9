package import DICOM
package import Foundation
package import Storage

/// Asks peers for their services, by DICOM's own protocol or by DICOMweb: whether they answer, what
/// they have, to take what we have, to give us what they have.
package struct NodeClient: Sendable {
    let folder: DataFolder
    let source: any DicomSource
    private let caller: NodeCaller
    private let organisation: Int64?
    private let actor: String
    private let book: PeerBook
    private let limits: WebPeerClient.Limits

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
        self.init(
            folder: folder, source: source, caller: caller, organisation: organisation,
            actor: actor, limits: WebPeerClient.Limits())
    }

    /// The same with other limits, for tests.
    init(
        folder: DataFolder, source: any DicomSource, caller: NodeCaller, organisation: Int64?,
        actor: String, limits: WebPeerClient.Limits
    ) {
        (self.folder, self.source, self.caller) = (folder, source, caller)
        (self.organisation, self.actor, self.limits) = (organisation, actor, limits)
        book = PeerBook(folder: folder)
    }

    /// How a peer is called.
    private enum Line {
        case node(DicomPeerClient)
        case web(WebPeerClient, organisation: Int64)
    }

    private func line(_ name: String) async throws -> Line {
        let known = try await book.peer(name, of: organisation)
        switch known.peer {
        case .node(let node):
            guard let address = node.listeningAddress else {
                throw WorkflowError.refused(
                    sentence: "The DICOM peer '\(name)' has no port; it can only call.")
            }
            return .node(
                DicomPeerClient(
                    peer: address, title: caller.title, identity: try caller.identity()))
        case .web(let web):
            let token = try await token(web, of: known.organisation)
            return .web(
                WebPeerClient(name, web, token: token, limits: limits),
                organisation: known.organisation)
        }
    }

    private func token(_ web: WebPeer, of organisation: Int64) async throws -> String? {
        guard let path = caller.webTokens else { return nil }
        let owner = try await folder.records.organisations().first { $0.id == organisation }
        let only = try await folder.records.onlyOrganisation()
        return try WebTokens(path: path, outside: folder).token(
            for: web.base, of: owner?.name ?? "", isOnly: only == organisation)
    }

    /// Returns when the peer has answered: C-ECHO, or a search for one study.
    ///
    /// - Throws: ``WorkflowError``, `DicomError`, `TransferError`.
    package func echo(_ peer: String) async throws {
        switch try await line(peer) {
        case .node(let client): try await client.echo()
        case .web(let client, _): try await client.echo()
        }
    }

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

    /// The studies of a peer, by C-FIND or QIDO-RS.
    ///
    /// - Returns: At most ``mostStudies``, the latest first, and whether they are all.
    /// - Throws: ``WorkflowError``, `DicomError`, `StorageError`.
    package func query(
        _ peer: String, _ wishes: Wishes
    ) async throws -> (studies: [RemoteStudy], isComplete: Bool) {
        let line = try await line(peer)
        if case .web(let client, _) = line { try client.check(.query) }
        try await audit("dicom.query", peer)
        let (studies, isComplete) =
            switch line {
            case .node(let client): try await Self.found(client, wishes)
            case .web(let client, _): try await Self.found(client, wishes)
            }
        return (studies.sorted { ($0.date, $0.studyUID) > ($1.date, $1.studyUID) }, isComplete)
    }

    private static func found(
        _ client: WebPeerClient, _ wishes: Wishes
    ) async throws -> ([RemoteStudy], Bool) {
        let studies = try await client.studies(wishes, most: mostStudies)
        return (Array(studies.prefix(mostStudies)), studies.count <= mostStudies)
    }

    private static func found(
        _ client: DicomPeerClient, _ wishes: Wishes
    ) async throws -> ([RemoteStudy], Bool) {
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
            DicomQuery(level: .study, keys: keys), most: mostStudies)
        return (found.matches.compactMap { RemoteStudy($0) }, found.isComplete)
    }

    // MARK: What we have

    /// Sends series as they are stored, by C-STORE or STOW-RS.
    ///
    /// What a DICOMweb peer lists already is not sent again, so what was cut off goes on.
    ///
    /// - Parameters:
    ///   - series: What to send.
    ///   - plans: What to send besides, as RTDOSE, RTSTRUCT, SEG, SR and encapsulated PDF; each is made
    ///     again from its record.
    ///   - peer: To whom.
    ///   - progress: Told how many instances are sent, and of how many.
    /// - Returns: How many were sent, and why others were not, by reason.
    /// - Throws: ``WorkflowError``, `DicomError`, `StorageError`, `CancellationError`.
    package func send(
        _ series: [SeriesRecord], plans: [DerivedRecord] = [], to peer: String,
        progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) async throws -> SentInstances {
        let line = try await line(peer)
        if case .web(let client, _) = line { try client.check(.send) }
        var all: [InstanceRecord] = []
        for one in series {
            let instances = try await folder.records.instances(
                seriesUID: one.description.seriesUID)
            // Written down before anything leaves.
            try await folder.audit.append(
                AuditEvent(
                    actor: actor, action: "dicom.send", subject: "series-\(one.id)",
                    detail: ["peer": peer, "instances": "\(instances.count)"]))
            all += instances
        }
        let scratch = try folder.scratch()
        defer { withExtendedLifetime(scratch) {} }
        var made: [URL] = []
        for plan in plans {
            let objects = try await RecordExport(folder: folder, source: source).objects(
                of: plan, to: scratch.place(of: plan.id))
            try await folder.audit.append(
                AuditEvent(
                    actor: actor, action: "dicom.send", subject: plan.id,
                    detail: ["peer": peer, "instances": "\(objects.count)"]))
            made += objects
        }
        switch line {
        case .node(let client):
            let paths =
                all.map { folder.objects.url(of: $0.object).path } + made.map(\.path)
            let result = try await client.send(paths) { progress($0.sent + $0.failed, $0.total) }
            let reasons = Dictionary(grouping: result.failed) { "\($0.reason)" }
            return SentInstances(
                sent: result.sent.count, known: 0, failed: result.failed.count,
                reasons: reasons.mapValues(\.count))
        case .web(let client, _):
            return try await send(all, of: series, made, by: client, progress)
        }
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
    /// By C-GET and WADO-RS its instances are taken in before this returns; by C-MOVE our node takes
    /// them as they come.
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
        guard study.isPlainUID else {
            throw WorkflowError.refused(sentence: "A study is named by its Study Instance UID.")
        }
        let line = try await line(peer)
        if case .web(let client, _) = line { try client.check(.retrieve) }
        try await audit("dicom.retrieve", peer)
        switch (line, way) {
        case (.node(let client), .move): return try await move(study, by: client, progress)
        case (.node(let client), .get):
            let inbox = try InstanceInbox(path: scratch.appending(path: "received").path)
            let come = try await get(study, by: client, into: inbox, progress)
            let files = try inbox.leftovers().map { URL(filePath: $0.path) }
            return try await take(files, from: peer, intake).sentence + Self.failures(come)
        case (.web(let client, let owner), .get):
            return try await fetch(
                study, by: client, for: owner, intake: intake, scratch: scratch, progress)
        case (.web, .move):
            throw WorkflowError.refused(
                sentence: "A DICOMweb peer calls nobody back; its studies come on our call.")
        }
    }

    private static func query(_ study: String) -> DicomQuery {
        var keys = DataSet()
        keys.set(.studyInstanceUID, study)
        return DicomQuery(level: .study, keys: keys)
    }

    private func move(
        _ study: String, by client: DicomPeerClient,
        _ progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> String {
        let result = try await client.move(Self.query(study), to: caller.title) {
            $0.tell(progress)
        }
        try Self.check(result)
        return "\(result.progress.completed) instances were sent to this node"
            + Self.failures(result.progress)
    }

    private func get(
        _ study: String, by client: DicomPeerClient, into inbox: InstanceInbox,
        _ progress: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) async throws -> RetrievalProgress {
        let result = try await client.get(
            Self.query(study), into: inbox, label: "peer", progress: { $0.tell(progress) },
            received: { _ in })
        try Self.check(result)
        return result.progress
    }

    /// Takes files in as everything that comes.
    func take(
        _ files: [URL], from peer: String, _ intake: Intake?, onlyStudy: String? = nil
    ) async throws -> ImportSummary {
        try await ImportWorkflow(
            folder: folder, source: source, actor: actor, intake: intake, onlyStudy: onlyStudy
        ).run(
            files: files.enumerated().map { index, url in
                ReceivedFile(url: url, name: "\(peer)/\(index + 1)")
            }
        ) { _, _ in }
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
    /// How many the peer had already, which were not sent again.
    package let known: Int
    package let failed: Int
    /// How many were not sent, by reason.
    package let reasons: [String: Int]

    /// In words.
    package var sentence: String {
        let why = reasons.sorted { $0.key < $1.key }.map { " (\($0.value): \($0.key))" }.joined()
        return "\(sent) instances sent" + (known == 0 ? "" : ", \(known) were there already")
            + (failed == 0 ? "" : ", \(failed) not\(why)")
    }
}

extension RetrievalProgress {
    /// Tells how many have come, and of how many.
    fileprivate func tell(_ progress: (_ done: Int, _ all: Int) -> Void) {
        let done = completed + failed + warnings
        progress(done, done + remaining)
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
