import CDicomShim

/// An association: messages out and in, until it is released or breaks.
///
/// Safe to pass between threads: one thread at a time uses it, which `NodeSession` and
/// `PeerConnection` hold to by living on one thread each; only ``interrupt()`` may be called beside
/// that, which the shim allows. The handle is closed when the last reference goes, so no call finds
/// it closed.
@safe
final class Association: @unchecked Sendable {
    /// What a peer sent, or that it will send no more.
    enum Incoming {
        /// A command, and the presentation context it came in.
        case command(DimseCommand, context: UInt8)
        case released
        /// Aborted, or the connection broke.
        case gone
        case silent
        /// Not DICOM's protocol.
        case broken
    }

    private let handle: OpaquePointer
    let limits: NetworkLimits

    /// The longest command that is read; real ones have some hundred bytes.
    private static let longestCommand = 64 << 10

    /// Takes over a handle of the shim.
    init(handle: OpaquePointer, limits: NetworkLimits) {
        unsafe self.handle = handle
        self.limits = limits
    }

    deinit { unsafe dcm_association_close(handle) }

    /// Calls a peer.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)``.
    convenience init(
        calling peer: PeerAddress, as callingTitle: String, contexts: [PresentationContext],
        limits: NetworkLimits, identity: TLSIdentity?
    ) throws {
        guard peer.fingerprint == nil || identity != nil else {
            throw DicomError.peerFailed(reason: "it asks for TLS and there is no certificate here")
        }
        let text = contexts.map(\.line).joined()
        let secured = peer.fingerprint == nil ? nil : identity
        var shimLimits = limits.shim
        var handle: OpaquePointer?
        // All texts and the TLS handle outlive the call, which copies what it keeps.
        do {
            try unsafe peer.host.withCString { host in
                try unsafe callingTitle.withCString { calling in
                    try unsafe peer.title.withCString { called in
                        try unsafe (peer.fingerprint ?? "").withCString { fingerprint in
                            var call = unsafe dcm_call(
                                host: host, port: UInt32(clamping: peer.port), calling: calling,
                                called: called,
                                connect_seconds: UInt32(clamping: limits.connectSeconds),
                                tls: secured?.handle, fingerprint: fingerprint)
                            try unsafe ShimCall.checked { message, size in
                                unsafe dcm_connect(
                                    &call, &shimLimits, text, &handle, message, size)
                            }
                        }
                    }
                }
            }
        } catch DicomError.unreadable(let reason) {
            throw DicomError.peerFailed(reason: reason)
        }
        guard let opened = unsafe handle else { throw DicomError.peerFailed(reason: "no answer") }
        unsafe self.init(handle: opened, limits: limits)
    }

    // MARK: Negotiation

    /// Who is at the other end.
    var request: AssociationRequest {
        var peer = dcm_peer()
        unsafe dcm_association_peer(handle, &peer)
        // The shim ends every text with 0 inside its field.
        func text<T>(_ field: T) -> String {
            unsafe withUnsafeBytes(of: field) { bytes in
                ShimCall.text(unsafe bytes.map { CChar(bitPattern: $0) })
            }
        }
        let fingerprint = text(peer.fingerprint)
        return AssociationRequest(
            callingTitle: text(peer.calling), calledTitle: text(peer.called),
            address: text(peer.address), isTLS: peer.is_tls != 0,
            fingerprint: fingerprint.isEmpty ? nil : fingerprint)
    }

    /// The contexts that are proposed, or accepted once the association stands.
    ///
    /// - Throws: ``DicomError/malformed(reason:)``.
    func contexts() throws -> [PresentationContext] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        try unsafe ShimCall.checked { message, size in
            unsafe dcm_association_contexts(handle, &start, &count, message, size)
        }
        // Allocated by the call, copied and freed here.
        defer { unsafe dcm_free(start) }
        let text = unsafe String(
            decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        return text.split(separator: "\n").compactMap(PresentationContext.init(line:))
    }

    /// Accepts the association with these contexts.
    ///
    /// - Throws: ``DicomError`` when the answer cannot be sent.
    func accept(_ contexts: [PresentationContext]) throws {
        let text = contexts.map(\.line).joined()
        try unsafe ShimCall.checked { message, size in
            unsafe dcm_association_accept(handle, text, message, size)
        }
    }

    /// Refuses the association.
    func reject(_ refusal: AssociationRefusal) {
        let (result, source, reason) = refusal.code
        unsafe dcm_association_reject(handle, result, source, reason)
    }

    // MARK: Messages

    /// Waits for the next command.
    func nextCommand(seconds: Int) -> Incoming {
        var bytes: [UInt8] = []
        var waiting = seconds
        while true {
            var part = unsafe dcm_part()
            switch unsafe dcm_association_receive(handle, UInt32(clamping: waiting), &part) {
            case DCM_PART: break
            case DCM_RELEASED: return .released
            case DCM_GONE: return .gone
            // In the middle of a command silence is the end.
            case DCM_SILENT: return bytes.isEmpty ? .silent : .gone
            default: return .broken
            }
            guard unsafe part.is_command != 0,
                unsafe part.count <= Self.longestCommand - bytes.count
            else { return .broken }
            // Valid until the next call for the association.
            unsafe bytes += UnsafeBufferPointer(start: part.bytes, count: part.count)
            waiting = limits.stallSeconds
            guard unsafe part.is_last != 0 else { continue }
            guard let command = try? DimseCommand(decoding: bytes) else { return .broken }
            return .command(command, context: unsafe part.context)
        }
    }

    /// Receives the data set of the last command, part by part.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)`` when the peer stops before its end; what `body`
    ///   throws.
    func receiveData(
        context: UInt8, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        while true {
            var part = unsafe dcm_part()
            let event = unsafe dcm_association_receive(
                handle, UInt32(clamping: limits.stallSeconds), &part)
            guard event == DCM_PART, unsafe part.is_command == 0,
                unsafe part.context == context
            else { throw DicomError.peerFailed(reason: "it stopped in the middle of a data set") }
            // Valid until the next call for the association.
            try unsafe body(UnsafeBufferPointer(start: part.bytes, count: part.count))
            if unsafe part.is_last != 0 { return }
        }
    }

    /// Receives the data set of the last command into memory.
    ///
    /// - Throws: ``DicomError/limitExceeded(what:)``, else as ``receiveData(context:_:)``.
    func receiveData(context: UInt8, limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try unsafe receiveData(context: context) { part in
            guard part.count <= limit - bytes.count else {
                throw DicomError.limitExceeded(what: "a message of more than \(limit) bytes")
            }
            unsafe bytes += part
        }
        return bytes
    }

    /// Sends a command and, when given, its data set.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)`` when the peer is gone.
    func send(_ command: DimseCommand, data: [UInt8]? = nil, context: UInt8) throws {
        try send(command.encoded, context: context, isCommand: true, isLast: true)
        if let data { try send(data, context: context, isCommand: false, isLast: true) }
    }

    /// Sends bytes of a command or a data set.
    ///
    /// - Throws: ``DicomError/peerFailed(reason:)`` when the peer is gone.
    func send(_ bytes: [UInt8], context: UInt8, isCommand: Bool, isLast: Bool) throws {
        let status = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe dcm_association_send(
                handle, context, isCommand ? 1 : 0, isLast ? 1 : 0, buffer.baseAddress,
                buffer.count)
        }
        guard status == 0 else { throw DicomError.peerFailed(reason: "the connection broke") }
    }

    /// Whether something has arrived that was not received yet.
    var hasData: Bool { unsafe dcm_association_has_data(handle) != 0 }

    // MARK: The end

    /// Asks for the release and waits for the answer.
    func release() { unsafe _ = dcm_association_release(handle) }

    /// Grants the release that the peer asked for.
    func acknowledgeRelease() { unsafe dcm_association_acknowledge_release(handle) }

    func abort() { unsafe dcm_association_abort(handle) }

    /// Ends the connection under whoever uses it; the only call for any thread.
    func interrupt() { unsafe dcm_association_interrupt(handle) }
}
