import Foundation

/// Retrieval (PS3.4 §C.4.2, §C.4.3): sub-operations one after the other, with a response after each.
extension NodeSession {
    /// Counts of a retrieval's sub-operations.
    private struct Counts {
        var remaining: Int
        var completed = 0
        var failed: [String] = []

        /// Fields of a response; counts stay below what they can hold.
        func write(to command: inout DimseCommand, withRemaining: Bool) {
            if withRemaining {
                command[number: .numberOfRemainingSuboperations] = UInt16(clamping: remaining)
            }
            command[number: .numberOfCompletedSuboperations] = UInt16(clamping: completed)
            command[number: .numberOfFailedSuboperations] = UInt16(clamping: failed.count)
            command[number: .numberOfWarningSuboperations] = 0
        }

        var status: DimseStatus {
            if failed.isEmpty { return .success }
            return completed == 0 ? .cannotPerformSuboperations : .someSuboperationsFailed
        }
    }

    private static let mostFailedUIDs = 1000

    func move(_ command: DimseCommand, _ context: PresentationContext) throws {
        let kind = DimseCommand.Kind.moveResponse
        guard let requested = try requestedFiles(command, context, kind, \.move) else { return }
        let (delegate, peer) = (delegate, peer)
        let paths = requested.map(\.path)
        let byPath = Dictionary(requested.map { ($0.path, $0) }) { first, _ in first }
        guard let title = command[text: .moveDestination],
            let destination = Waiting.for({
                await delegate.moveDestination(title, for: peer)
            })
        else { return try answer(kind, command, .moveDestinationUnknown, context) }
        let cancel = CancelSwitch()
        let sending = Sending(peer: destination, caller: caller, cancel: cancel)
        let originator = (peer.request.callingTitle, command[number: .messageID] ?? 0)
        var counts = Counts(remaining: paths.count)
        do {
            _ = try sending.send(
                paths, originator: originator,
                maySend: { path in byPath[path].map(mayHave) ?? false }
            ) { result in
                counts.completed = result.sent.count
                counts.failed = result.failed.map { Self.instanceUID($0.path) }
                counts.remaining = max(0, paths.count - counts.completed - counts.failed.count)
                if try isCancelled(command) { cancel.turnOn() }
                try respond(kind, to: command, .pending, counts, context)
            }
        } catch is CancellationError {
            return try respond(kind, to: command, .cancelled, counts, context)
        } catch let error as DicomError {
            if association.hasData { throw error }
            // The destination is not there or broke off, or what was on its way may not be had any
            // more: what was not sent has failed.
            counts.failed += paths.suffix(counts.remaining).map(Self.instanceUID)
            counts.remaining = 0
        }
        try respond(kind, to: command, counts.status, counts, context)
    }

    func get(_ command: DimseCommand, _ context: PresentationContext) throws {
        let kind = DimseCommand.Kind.getResponse
        guard let requested = try requestedFiles(command, context, kind, \.get) else { return }
        var counts = Counts(remaining: requested.count)
        var messageID: UInt16 = 0
        for instance in requested {
            messageID = messageID == .max ? 1 : messageID + 1
            let sent = try sendHere(instance, messageID: messageID, request: command)
            counts.remaining -= 1
            switch sent {
            case .sent: counts.completed += 1
            case .failed: counts.failed.append(Self.instanceUID(instance.path))
            case .cancelled:
                counts.completed += 1
                return try respond(kind, to: command, .cancelled, counts, context)
            }
            if try isCancelled(command) {
                return try respond(kind, to: command, .cancelled, counts, context)
            }
            try respond(kind, to: command, .pending, counts, context)
        }
        try respond(kind, to: command, counts.status, counts, context)
    }

    /// Reads a retrieval's identifier and asks for its files; `nil` when it was answered already.
    private func requestedFiles(
        _ command: DimseCommand, _ context: PresentationContext, _ kind: DimseCommand.Kind,
        _ model: KeyPath<QueryRoot, String>
    ) throws -> [RequestedInstance]? {
        let identifier = try identifier(of: command, context)
        guard peer.rights.mayRetrieve else {
            try deny("retrieve", kind, command, context)
            return nil
        }
        let root = QueryRoot.allCases.first { $0[keyPath: model] == context.abstractSyntax }
        guard let root, let identifier,
            let query = DicomQuery(root: root, identifier: identifier)
        else {
            try answer(kind, command, .dataSetDoesNotMatchClass, context)
            return nil
        }
        let (delegate, peer) = (delegate, peer)
        let found = Waiting.for {
            await Self.outcome { try await delegate.files(query, for: peer) }
        }
        switch found {
        case .success(let requested): return requested
        case .failure(let status):
            try answer(kind, command, status, context)
            return nil
        }
    }

    private func mayHave(_ instance: RequestedInstance) -> Bool {
        let (delegate, peer) = (delegate, peer)
        return Waiting.for { await delegate.mayHave(instance, peer) }
    }

    private func respond(
        _ kind: DimseCommand.Kind, to command: DimseCommand, _ status: DimseStatus,
        _ counts: Counts, _ context: PresentationContext
    ) throws {
        let named = counts.failed.prefix(Self.mostFailedUIDs).filter { !$0.isEmpty }
        let isFinal = !status.isPending
        let namesFailures = isFinal && !named.isEmpty
        var response = DimseCommand(kind, to: command, status, hasDataSet: namesFailures)
        counts.write(to: &response, withRemaining: !isFinal || status == .cancelled)
        guard namesFailures else { return try association.send(response, context: context.id) }
        var data = DataSet()
        data.set(.failedSOPInstanceUIDList, Array(named))
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        try association.send(
            response, data: IdentifierCoding.encoded(data, syntax: syntax), context: context.id)
    }

    private static func instanceUID(_ path: String) -> String {
        (try? FileMeta.read(path: path))?.meta.reference.sopInstanceUID ?? ""
    }

    // MARK: Sub-operations of C-GET, on the association of the peer

    private enum Sent { case sent, failed, cancelled }

    private func sendHere(
        _ instance: RequestedInstance, messageID: UInt16, request: DimseCommand
    ) throws -> Sent {
        guard mayHave(instance), let file = try? OutgoingFile(path: instance.path) else {
            return .failed
        }
        let meta = file.meta
        func accepted(_ syntax: String) -> UInt8? {
            contexts.first { context in
                (context.role == .provider || context.role == .both)
                    && context.abstractSyntax == meta.reference.sopClassUID
                    && context.syntaxes.first == syntax
            }?.id
        }
        var recoded: [UInt8]?
        var context = accepted(meta.transferSyntaxUID)
        if context == nil, meta.transferSyntaxUID == TransferSyntax.explicitVRLittleEndian {
            context = accepted(TransferSyntax.implicitVRLittleEndian)
            if context != nil { recoded = try? file.recoded() }
            if recoded == nil { return .failed }
        }
        guard let context else { return .failed }
        var command = DimseCommand(.storeRequest, hasDataSet: true)
        command[number: .messageID] = messageID
        command[number: .priority] = 0
        command[text: .affectedSOPClassUID] = meta.reference.sopClassUID
        command[text: .affectedSOPInstanceUID] = meta.reference.sopInstanceUID
        try association.send(command, context: context)
        try file.eachPart(
            of: recoded, every: association.limits.lookSeconds, while: { mayHave(instance) }
        ) { bytes, isLast in
            try association.send(bytes, context: context, isCommand: false, isLast: isLast)
        }
        return try response(to: messageID, request: request)
    }

    /// Waits for the response to a sub-operation; a C-CANCEL may come first.
    private func response(to messageID: UInt16, request: DimseCommand) throws -> Sent {
        var isCancelled = false
        while case .command(let command, _) = association.nextCommand(
            seconds: association.limits.stallSeconds)
        {
            if command.kind == .cancelRequest {
                isCancelled = true
            } else if command.kind == .storeResponse,
                command[number: .messageIDBeingRespondedTo] == messageID
            {
                if isCancelled { return .cancelled }
                return command.status?.isSuccessOrWarning == true ? .sent : .failed
            } else {
                break
            }
        }
        throw DicomError.peerFailed(reason: "it broke off")
    }
}
