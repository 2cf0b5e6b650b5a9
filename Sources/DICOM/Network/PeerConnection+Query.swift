import Foundation

extension PeerConnection {
    /// C-FIND: gives every match to `body`.
    ///
    /// - Returns: The final status.
    /// - Throws: ``DicomError``.
    mutating func find(
        _ query: DicomQuery, _ body: (DataSet) throws -> Void
    ) throws -> DimseStatus {
        let context = try context(for: query.root.find)
        let messageID = nextMessageID()
        try request(.findRequest, query, query.root.find, messageID, context)
        while true {
            let (command, itsContext) = try response(to: messageID, cancelIn: context.id)
            let status = command.status ?? .cannotUnderstand
            let identifier = try identifier(of: command, context: itsContext)
            guard status.isPending else { return status }
            try body(identifier)
        }
    }

    /// C-MOVE: has the peer send instances to the node of that title.
    ///
    /// - Returns: How it ended.
    /// - Throws: ``DicomError``.
    mutating func move(
        _ query: DicomQuery, to destination: String, progress: (RetrievalProgress) -> Void
    ) throws -> RetrievalResult {
        let context = try context(for: query.root.move)
        let messageID = nextMessageID()
        try request(.moveRequest, query, query.root.move, messageID, context, destination)
        while true {
            let (command, itsContext) = try response(to: messageID, cancelIn: context.id)
            let result = RetrievalResult(command)
            _ = try identifier(of: command, context: itsContext)
            progress(result.progress)
            guard result.status.isPending else { return result }
        }
    }

    /// C-GET: has the peer send instances on this association.
    ///
    /// - Parameters:
    ///   - query: What to retrieve.
    ///   - store: Takes an instance: its command, its context, and returns the status.
    ///   - progress: Told after each response.
    /// - Returns: How it ended.
    /// - Throws: ``DicomError``.
    mutating func get(
        _ query: DicomQuery,
        store: (DimseCommand, PresentationContext, Association) throws -> DimseStatus,
        progress: (RetrievalProgress) -> Void
    ) throws -> RetrievalResult {
        let context = try context(for: query.root.get)
        let messageID = nextMessageID()
        try request(.getRequest, query, query.root.get, messageID, context)
        let (association, contexts) = (association, contexts)
        while true {
            let (command, itsContext) = try response(
                to: messageID, cancelIn: context.id
            ) { command, number in
                guard command.kind == .storeRequest, command.hasDataSet,
                    let its = contexts.first(where: { $0.id == number })
                else { throw DicomError.peerFailed(reason: "it sent something unexpected") }
                let status = try store(command, its, association)
                let answer = DimseCommand(.storeResponse, to: command, status)
                try association.send(answer, context: number)
            }
            let result = RetrievalResult(command)
            _ = try identifier(of: command, context: itsContext)
            progress(result.progress)
            guard result.status.isPending else { return result }
        }
    }

    private func request(
        _ kind: DimseCommand.Kind, _ query: DicomQuery, _ sopClass: String, _ messageID: UInt16,
        _ context: PresentationContext, _ destination: String? = nil
    ) throws {
        var command = DimseCommand(kind, hasDataSet: true)
        command[number: .messageID] = messageID
        command[number: .priority] = 0
        command[text: .affectedSOPClassUID] = sopClass
        command[text: .moveDestination] = destination
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        let data = try IdentifierCoding.encoded(query.identifier, syntax: syntax)
        try association.send(command, data: data, context: context.id)
    }

    // MARK: Storage commitment

    /// N-ACTION: asks the peer to keep instances for good.
    ///
    /// The report comes later: here within `seconds`, or as a call of the peer to our node.
    ///
    /// - Returns: The report, when it came on this association.
    /// - Throws: ``DicomError/peerRefused(_:)``, ``DicomError/peerFailed(reason:)``.
    mutating func requestCommitment(
        of instances: [InstanceReference], transactionUID: String, seconds: Int
    ) throws -> CommitmentReport? {
        let context = try context(for: ServiceClass.storageCommitment)
        let messageID = nextMessageID()
        var command = DimseCommand(.actionRequest, hasDataSet: true)
        command[number: .messageID] = messageID
        command[text: .requestedSOPClassUID] = ServiceClass.storageCommitment
        command[text: .requestedSOPInstanceUID] = ServiceClass.storageCommitmentInstance
        command[number: .actionTypeID] = 1
        let data = CommitmentCoding.request(instances, transactionUID: transactionUID)
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        try association.send(
            command, data: IdentifierCoding.encoded(data, syntax: syntax), context: context.id)
        var report: CommitmentReport?
        let (association, contexts) = (association, contexts)
        // A peer may report before it answers.
        let take: (DimseCommand, UInt8) throws -> Void = { command, number in
            report = try CommitmentCoding.takeReport(
                command, context: number, contexts: contexts, association: association)
        }
        let answer = try response(to: messageID, others: take).command
        _ = try identifier(of: answer, context: context.id)
        let status = answer.status ?? .cannotUnderstand
        guard status.isSuccessOrWarning else { throw DicomError.peerRefused(status) }
        let end = ContinuousClock.now + .seconds(seconds)
        while report == nil, ContinuousClock.now < end, !cancel.isOn {
            switch association.nextCommand(seconds: 1) {
            case .silent: continue
            case .command(let command, let number): try take(command, number)
            case .released, .gone, .broken: return nil
            }
        }
        return report
    }

    /// N-EVENT-REPORT: tells a peer what became of its request.
    ///
    /// - Throws: ``DicomError/peerRefused(_:)``, ``DicomError/peerFailed(reason:)``.
    mutating func report(_ report: CommitmentReport) throws {
        let context = try context(for: ServiceClass.storageCommitment)
        let messageID = nextMessageID()
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        let (command, data) = CommitmentCoding.report(report, messageID: messageID)
        try association.send(
            command, data: IdentifierCoding.encoded(data, syntax: syntax), context: context.id)
        let answer = try response(to: messageID)
        _ = try identifier(of: answer.command, context: answer.context)
        let status = answer.command.status ?? .cannotUnderstand
        guard status.isSuccessOrWarning else { throw DicomError.peerRefused(status) }
    }
}

/// How far a retrieval has come, in instances.
package struct RetrievalProgress: Hashable, Sendable {
    package let remaining, completed, failed, warnings: Int
}

/// How a retrieval ended.
package struct RetrievalResult: Hashable, Sendable {
    package let status: DimseStatus
    package let progress: RetrievalProgress

    init(_ command: DimseCommand) {
        func count(_ field: DimseCommand.Field) -> Int { Int(command[number: field] ?? 0) }
        status = command.status ?? .cannotUnderstand
        progress = RetrievalProgress(
            remaining: count(.numberOfRemainingSuboperations),
            completed: count(.numberOfCompletedSuboperations),
            failed: count(.numberOfFailedSuboperations),
            warnings: count(.numberOfWarningSuboperations))
    }
}

/// The data sets of storage commitment (PS3.4 tables J.3-1 and J.3-2).
enum CommitmentCoding {
    private static let allCommitted: UInt16 = 1
    private static let someFailed: UInt16 = 2
    /// Failure Reason: no such object instance (PS3.3 §C.14.1.1).
    private static let noSuchInstance = 0x0112

    static func request(_ instances: [InstanceReference], transactionUID: String) -> DataSet {
        var data = DataSet()
        data.set(.transactionUID, transactionUID)
        data.set(.referencedSOPSequence, instances.map(item))
        return data
    }

    /// The transaction and its instances; `nil` when the data set names none.
    static func requested(
        _ data: DataSet
    ) -> (transactionUID: String, instances: [InstanceReference])? {
        guard let transaction = data.string(.transactionUID) else { return nil }
        return (transaction, references(data, .referencedSOPSequence))
    }

    static func report(
        _ report: CommitmentReport, messageID: UInt16
    ) -> (command: DimseCommand, data: DataSet) {
        var command = DimseCommand(.eventReportRequest, hasDataSet: true)
        command[number: .messageID] = messageID
        command[text: .affectedSOPClassUID] = ServiceClass.storageCommitment
        command[text: .affectedSOPInstanceUID] = ServiceClass.storageCommitmentInstance
        command[number: .eventTypeID] = report.failed.isEmpty ? allCommitted : someFailed
        var data = DataSet()
        data.set(.transactionUID, report.transactionUID)
        if !report.committed.isEmpty {
            data.set(.referencedSOPSequence, report.committed.map(item))
        }
        if !report.failed.isEmpty {
            data.set(
                .failedSOPSequence,
                report.failed.map { reference in
                    var item = item(reference)
                    item.set(.failureReason, noSuchInstance)
                    return item
                })
        }
        return (command, data)
    }

    /// Receives a report that a peer sends and acknowledges it.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)`` when it is something else.
    static func takeReport(
        _ command: DimseCommand, context: UInt8, contexts: [PresentationContext],
        association: Association
    ) throws -> CommitmentReport {
        guard command.kind == .eventReportRequest, command.hasDataSet else {
            throw DicomError.peerFailed(reason: "it sent something unexpected")
        }
        let bytes = try association.receiveData(context: context, limit: IdentifierCoding.longest)
        let syntax = contexts.first { $0.id == context }?.syntaxes.first
        let data = try IdentifierCoding.decoded(
            bytes, syntax: syntax ?? TransferSyntax.implicitVRLittleEndian)
        let event = command[number: .eventTypeID]
        guard event == allCommitted || event == someFailed,
            let transaction = data.string(.transactionUID)
        else {
            let refusal = DimseCommand(.eventReportResponse, to: command, .noSuchEventType)
            try association.send(refusal, context: context)
            throw DicomError.peerFailed(reason: "its report says nothing")
        }
        let answer = DimseCommand(.eventReportResponse, to: command, .success)
        try association.send(answer, context: context)
        return CommitmentReport(
            transactionUID: transaction, committed: references(data, .referencedSOPSequence),
            failed: references(data, .failedSOPSequence))
    }

    private static func item(_ reference: InstanceReference) -> DataSet {
        var item = DataSet()
        item.set(.referencedSOPClassUID, reference.sopClassUID)
        item.set(.referencedSOPInstanceUID, reference.sopInstanceUID)
        return item
    }

    private static func references(
        _ data: DataSet, _ sequence: Attribute
    ) -> [InstanceReference] {
        data.items(sequence).compactMap { item in
            guard let sopClass = item.string(.referencedSOPClassUID),
                let instance = item.string(.referencedSOPInstanceUID)
            else { return nil }
            return InstanceReference(sopClassUID: sopClass, sopInstanceUID: instance)
        }
    }
}
