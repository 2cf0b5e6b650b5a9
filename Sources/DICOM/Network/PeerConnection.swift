import Foundation
import Synchronization

/// Stops what a peer is being asked for, from any thread.
final class CancelSwitch: Sendable {
    private struct State {
        var isOn = false
        var association: Association?
    }

    private let state = Mutex(State())

    var isOn: Bool { state.withLock { $0.isOn } }

    /// Cancels: services that can be cancelled are, others end with the next message.
    func turnOn() { state.withLock { $0.isOn = true } }

    /// Cancels at once, under whoever is waiting for the peer.
    func interrupt() {
        let association = state.withLock { state in
            state.isOn = true
            return state.association
        }
        association?.interrupt()
    }

    /// Says which association there is to interrupt.
    func watch(_ association: Association?) {
        let isTooLate = state.withLock { state in
            state.association = association
            return state.isOn
        }
        if isTooLate { association?.interrupt() }
    }
}

/// An association that we asked for, used by one thread.
struct PeerConnection: ~Copyable {
    let association: Association
    let contexts: [PresentationContext]
    let cancel: CancelSwitch
    private var lastMessageID: UInt16 = 0
    private var isOver = false

    /// Calls a peer.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)``.
    init(
        _ peer: PeerAddress, from caller: Caller, contexts: [PresentationContext],
        cancel: CancelSwitch
    ) throws {
        let opened = try Association(
            calling: peer, as: caller.title, contexts: contexts, limits: caller.limits,
            identity: caller.identity)
        let accepted = try opened.contexts()
        association = opened
        self.contexts = accepted
        self.cancel = cancel
        cancel.watch(opened)
    }

    deinit {
        if !isOver { association.abort() }
        cancel.watch(nil)
    }

    /// Ends the association in order.
    mutating func release() {
        association.release()
        isOver = true
    }

    mutating func nextMessageID() -> UInt16 {
        lastMessageID = lastMessageID == .max ? 1 : lastMessageID + 1
        return lastMessageID
    }

    /// The context that the peer accepted for a class and, when given, a transfer syntax.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)``.
    func context(for sopClass: String, syntax: String? = nil) throws -> PresentationContext {
        let found = contexts.first { context in
            context.abstractSyntax == sopClass
                && (syntax == nil || context.syntaxes.first == syntax)
        }
        guard let found else {
            throw DicomError.peerFailed(
                reason: syntax == nil
                    ? "it does not offer this service"
                    : "it does not take this kind of object in this transfer syntax")
        }
        return found
    }

    /// Waits for the response to a request.
    ///
    /// - Parameters:
    ///   - messageID: Of the request.
    ///   - cancelIn: The context of a request that can be cancelled; `nil` for others.
    ///   - others: What to do with other commands.
    /// - Returns: The response and the context in which it came.
    /// - Throws: ``DicomError/peerFailed(reason:)``, what `others` throws.
    func response(
        to messageID: UInt16, cancelIn: UInt8? = nil,
        others: (DimseCommand, UInt8) throws -> Void = { _, _ in
            throw DicomError.peerFailed(reason: "it sent something unexpected")
        }
    ) throws -> (command: DimseCommand, context: UInt8) {
        let end = ContinuousClock.now + .seconds(association.limits.answerSeconds)
        var isCancelSent = false
        while ContinuousClock.now < end {
            if let context = cancelIn, cancel.isOn, !isCancelSent {
                isCancelSent = true
                try sendCancel(of: messageID, in: context)
            }
            // A second at a time, so that a cancellation is noticed.
            switch association.nextCommand(seconds: 1) {
            case .silent: continue
            case .command(let command, let context):
                if command[number: .messageIDBeingRespondedTo] == messageID,
                    command.status != nil
                {
                    return (command, context)
                }
                try others(command, context)
            case .released, .gone, .broken:
                throw DicomError.peerFailed(reason: "it broke off")
            }
        }
        throw DicomError.peerFailed(reason: "no answer came in time")
    }

    /// Asks the peer to end a query or a retrieval; it still gives a final response.
    private func sendCancel(of messageID: UInt16, in context: UInt8) throws {
        var command = DimseCommand(.cancelRequest)
        command[number: .messageIDBeingRespondedTo] = messageID
        try association.send(command, context: context)
    }

    /// Receives the data set that follows a command.
    func identifier(of command: DimseCommand, context: UInt8) throws -> DataSet {
        guard command.hasDataSet else { return DataSet() }
        let bytes = try association.receiveData(context: context, limit: IdentifierCoding.longest)
        let syntax = contexts.first { $0.id == context }?.syntaxes.first
        return try IdentifierCoding.decoded(
            bytes, syntax: syntax ?? TransferSyntax.implicitVRLittleEndian)
    }

    // MARK: Echo and storage

    /// C-ECHO.
    mutating func echo() throws -> DimseStatus {
        let context = try context(for: ServiceClass.verification)
        let messageID = nextMessageID()
        var command = DimseCommand(.echoRequest)
        command[number: .messageID] = messageID
        command[text: .affectedSOPClassUID] = ServiceClass.verification
        try association.send(command, context: context.id)
        return try response(to: messageID).command.status ?? .cannotUnderstand
    }

    /// Sends a file as it is (C-STORE).
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - originator: The one whose C-MOVE asked for it.
    ///   - mayGoOn: Asked now and then while it is sent; then nothing more of it is.
    /// - Returns: The peer's status.
    /// - Throws: ``NotSent`` when this file cannot be sent and others can; ``DicomError``.
    mutating func store(
        _ file: OutgoingFile, originator: (title: String, messageID: UInt16)? = nil,
        while mayGoOn: () -> Bool = { true }
    ) throws -> DimseStatus {
        let reference = file.meta.reference
        let (context, recoded) = try contextAndRecoded(file)
        let messageID = nextMessageID()
        var command = DimseCommand(.storeRequest, hasDataSet: true)
        command[number: .messageID] = messageID
        command[number: .priority] = 0
        command[text: .affectedSOPClassUID] = reference.sopClassUID
        command[text: .affectedSOPInstanceUID] = reference.sopInstanceUID
        if let originator {
            command[text: .moveOriginatorApplicationEntityTitle] = originator.title
            command[number: .moveOriginatorMessageID] = originator.messageID
        }
        try association.send(command, context: context)
        try file.eachPart(
            of: recoded, every: association.limits.lookSeconds, while: mayGoOn
        ) { bytes, isLast in
            guard !cancel.isOn else { throw CancellationError() }
            try association.send(bytes, context: context, isCommand: false, isLast: isLast)
        }
        return try response(to: messageID).command.status ?? .cannotUnderstand
    }

    /// The context for a file: in its own syntax, or with its data set recoded to Implicit VR, which
    /// every peer takes that takes the class (PS3.5 §10.1).
    private func contextAndRecoded(
        _ file: OutgoingFile
    ) throws -> (context: UInt8, recoded: [UInt8]?) {
        let (sopClass, syntax) = (file.meta.reference.sopClassUID, file.meta.transferSyntaxUID)
        do {
            if let own = try? context(for: sopClass, syntax: syntax) { return (own.id, nil) }
            guard syntax == TransferSyntax.explicitVRLittleEndian else {
                throw DicomError.peerFailed(
                    reason: "it does not take this kind of object in its transfer syntax")
            }
            let plain = try context(
                for: sopClass, syntax: TransferSyntax.implicitVRLittleEndian)
            return (plain.id, try file.recoded())
        } catch { throw NotSent(reason: error as? DicomError ?? .notDicom) }
    }
}

/// Who calls a peer.
struct Caller: Sendable {
    /// Our AE title.
    let title: String
    let limits: NetworkLimits
    let identity: TLSIdentity?
}
