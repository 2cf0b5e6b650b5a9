import Foundation

/// Storage commitment (PS3.4 annex J), asked of us and reported to us.
extension NodeSession {
    private static let requestCommitment: UInt16 = 1
    /// How long a peer may take to acknowledge a report on its own association.
    private static let acknowledgementSeconds = 30

    /// N-ACTION: a peer asks us to keep instances for good.
    ///
    /// What we keep is known at once, so the report follows at once: by a call to the peer where we
    /// know its address, else on this association.
    func commit(_ command: DimseCommand, _ context: PresentationContext) throws {
        let kind = DimseCommand.Kind.actionResponse
        let data = try identifier(of: command, context)
        guard peer.rights.mayStore else {
            return try deny("store", kind, command, context)
        }
        guard context.abstractSyntax == ServiceClass.storageCommitment,
            command[number: .actionTypeID] == Self.requestCommitment
        else { return try answer(kind, command, .noSuchAction, context) }
        guard let requested = data.flatMap(CommitmentCoding.requested) else {
            return try answer(kind, command, .invalidArgument, context)
        }
        try answer(kind, command, .success, context)
        let (delegate, peer) = (delegate, peer)
        let (kept, address) = Waiting.for {
            let kept = await delegate.committed(requested.instances, for: peer)
            return (kept, await delegate.reportAddress(of: peer))
        }
        let report = CommitmentReport(
            transactionUID: requested.transactionUID,
            committed: requested.instances.filter(kept.contains),
            failed: requested.instances.filter { !kept.contains($0) })
        guard let address else { return try send(report, in: context) }
        // The peer may wait for nothing else before it goes on here.
        let caller = caller
        Waiting.thread("dicom-report") { try? Self.call(address, from: caller, with: report) }
    }

    /// Calls a peer to report; we are the provider of the service that the peer uses.
    private static func call(
        _ address: PeerAddress, from caller: Caller, with report: CommitmentReport
    ) throws {
        let contexts = PresentationContext.numbered(
            [
                (
                    ServiceClass.storageCommitment,
                    [
                        TransferSyntax.explicitVRLittleEndian,
                        TransferSyntax.implicitVRLittleEndian,
                    ]
                )
            ], role: .provider)
        var connection = try PeerConnection(
            address, from: caller, contexts: contexts, cancel: CancelSwitch())
        try connection.report(report)
        connection.release()
    }

    private func send(_ report: CommitmentReport, in context: PresentationContext) throws {
        let (command, data) = CommitmentCoding.report(report, messageID: 1)
        let syntax = context.syntaxes.first ?? TransferSyntax.implicitVRLittleEndian
        try association.send(
            command, data: IdentifierCoding.encoded(data, syntax: syntax), context: context.id)
        guard
            case .command(let answer, _) = association.nextCommand(
                seconds: Self.acknowledgementSeconds),
            answer.kind == .eventReportResponse
        else { throw DicomError.peerFailed(reason: "it did not take the report") }
        _ = try identifier(of: answer, context)
    }

    /// N-EVENT-REPORT: a peer says what became of our request.
    func takeReport(_ command: DimseCommand, _ context: PresentationContext) throws {
        guard context.abstractSyntax == ServiceClass.storageCommitment else {
            if command.hasDataSet {
                try InstanceReceiver.discard(context: context.id, association)
            }
            return try answer(.eventReportResponse, command, .noSuchEventType, context)
        }
        let report = try CommitmentCoding.takeReport(
            command, context: context.id, contexts: contexts, association: association)
        let (delegate, peer) = (delegate, peer)
        Waiting.for { await delegate.commitmentReported(report, by: peer) }
    }
}
