import Foundation

/// One association of the node, on a thread of its own from the request to the end.
struct NodeSession {
    let association: Association
    let delegate: any DicomNodeDelegate
    let peer: AdmittedPeer
    let contexts: [PresentationContext]
    let inbox: InstanceInbox
    /// Who we are when we call peers: for C-MOVE and reports.
    let caller: Caller

    /// Serves the peer until it is done.
    func run() {
        while true {
            switch association.nextCommand(seconds: association.limits.idleSeconds) {
            case .command(let command, let number):
                do {
                    guard let context = contexts.first(where: { $0.id == number }) else {
                        throw DicomError.peerFailed(reason: "it uses a context that is not there")
                    }
                    try serve(command, context)
                } catch {
                    // Only a peer that is gone or breaks the protocol ends up here.
                    return association.abort()
                }
            case .released: return association.acknowledgeRelease()
            case .gone: return
            case .silent, .broken: return association.abort()
            }
        }
    }

    private func serve(_ command: DimseCommand, _ context: PresentationContext) throws {
        switch command.kind {
        case .echoRequest:
            try association.send(
                DimseCommand(.echoResponse, to: command, .success), context: context.id)
        case .storeRequest: try store(command, context)
        case .findRequest: try find(command, context)
        case .moveRequest: try move(command, context)
        case .getRequest: try get(command, context)
        case .actionRequest: try commit(command, context)
        case .eventReportRequest: try takeReport(command, context)
        // Comes when what it was to cancel is over.
        case .cancelRequest: break
        case .storeResponse, .findResponse, .moveResponse, .getResponse, .echoResponse,
            .actionResponse, .eventReportResponse:
            throw DicomError.peerFailed(reason: "it answers what was not asked")
        case nil:
            if command.hasDataSet {
                try InstanceReceiver.discard(context: context.id, association)
            }
            try refuseUnknown(command, context)
        }
    }

    private func refuseUnknown(_ command: DimseCommand, _ context: PresentationContext) throws {
        // The response to any operation has its number with the highest bit set (PS3.7 §E.1).
        guard let number = command[number: .commandField], number & 0x8000 == 0 else {
            throw DicomError.peerFailed(reason: "it answers what was not asked")
        }
        var answer = DimseCommand(.echoResponse, to: command, .unrecognisedOperation)
        answer[number: .commandField] = number | 0x8000
        try association.send(answer, context: context.id)
    }

    /// Reads the data set of a query or a notification; `nil` when it makes no sense.
    func identifier(
        of command: DimseCommand, _ context: PresentationContext
    ) throws -> DataSet? {
        guard command.hasDataSet else { return DataSet() }
        let bytes = try association.receiveData(
            context: context.id, limit: IdentifierCoding.longest)
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        return try? IdentifierCoding.decoded(bytes, syntax: syntax)
    }

    /// Whether the peer has sent a C-CANCEL for this request; anything else now breaks the protocol.
    func isCancelled(_ request: DimseCommand) throws -> Bool {
        guard association.hasData else { return false }
        guard case .command(let command, _) = association.nextCommand(seconds: 0),
            command.kind == .cancelRequest,
            command[number: .messageIDBeingRespondedTo] == request[number: .messageID]
        else { throw DicomError.peerFailed(reason: "it broke off") }
        return true
    }

    // MARK: Storage

    private func store(_ command: DimseCommand, _ context: PresentationContext) throws {
        guard command.hasDataSet else {
            return try answer(.storeResponse, command, .mistypedArgument, context)
        }
        guard peer.rights.mayStore, ServiceClass.isStorage(context.abstractSyntax) else {
            try InstanceReceiver.discard(context: context.id, association)
            return try deny("store", .storeResponse, command, context)
        }
        let receiver = InstanceReceiver(inbox: inbox, label: peer.rights.label)
        let received = try receiver.receive(
            command, context: context, association: association)
        switch received {
        case .failure(let status): try answer(.storeResponse, command, status, context)
        case .success(let instance):
            let (delegate, peer) = (delegate, peer)
            let status = Waiting.for { await delegate.receive(instance, from: peer) }
            if !status.isSuccessOrWarning { unsafe _ = unlink(instance.path) }
            try answer(.storeResponse, command, status, context)
        }
    }

    /// Tells a peer that it has no right to a service, and those above that it has asked.
    func deny(
        _ service: String, _ kind: DimseCommand.Kind, _ request: DimseCommand,
        _ context: PresentationContext
    ) throws {
        let (delegate, peer) = (delegate, peer)
        Waiting.for { await delegate.denied(service, to: peer) }
        try answer(kind, request, .notAuthorised, context)
    }

    func answer(
        _ kind: DimseCommand.Kind, _ request: DimseCommand, _ status: DimseStatus,
        _ context: PresentationContext
    ) throws {
        try association.send(DimseCommand(kind, to: request, status), context: context.id)
    }

    // MARK: Queries

    private func find(_ command: DimseCommand, _ context: PresentationContext) throws {
        let identifier = try identifier(of: command, context)
        guard peer.rights.mayQuery else {
            return try deny("query", .findResponse, command, context)
        }
        guard let root = QueryRoot.allCases.first(where: { $0.find == context.abstractSyntax }),
            let query = identifier.flatMap({ DicomQuery(root: root, identifier: $0) })
        else { return try answer(.findResponse, command, .dataSetDoesNotMatchClass, context) }
        let (delegate, peer) = (delegate, peer)
        let found = Waiting.for {
            await Self.outcome { try await delegate.matches(query, for: peer) }
        }
        switch found {
        case .failure(let status): try answer(.findResponse, command, status, context)
        case .success(let matches):
            for match in matches {
                if try isCancelled(command) {
                    return try answer(.findResponse, command, .cancelled, context)
                }
                try send(match, of: query, to: command, context)
            }
            try answer(.findResponse, command, .success, context)
        }
    }

    /// Sends one match: what the query asks for, the level, and where to retrieve from.
    private func send(
        _ match: DataSet, of query: DicomQuery, to command: DimseCommand,
        _ context: PresentationContext
    ) throws {
        var identifier = match
        identifier.set(.queryRetrieveLevel, query.level.rawValue)
        identifier.set(.retrieveAETitle, peer.request.calledTitle)
        if identifier.hasOtherThanASCII { identifier.set(.specificCharacterSet, "ISO_IR 192") }
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        // A value that cannot be written costs its match only.
        guard let data = try? IdentifierCoding.encoded(identifier, syntax: syntax) else { return }
        let response = DimseCommand(.findResponse, to: command, .pending, hasDataSet: true)
        try association.send(response, data: data, context: context.id)
    }

    /// What a delegate gave, or the status to answer with.
    static func outcome<Value: Sendable>(
        _ work: @Sendable () async throws -> Value
    ) async -> Result<Value, DimseStatus> {
        do { return .success(try await work()) } catch {
            return .failure(error as? DimseStatus ?? .cannotUnderstand)
        }
    }
}
