import CDicomShim
import Foundation
import Synchronization

/// Listens for DICOM peers and serves them: echo, storage, queries, retrieval, storage commitment.
///
/// Every association has a thread, because DCMTK waits for its peer where it reads. Who may do what,
/// and what happens to instances, is the delegate's to say.
///
/// Safe to share: the listener's handle is used by the thread that accepts, which closes it at its
/// end, and by ``stop()``, under the lock that also says whether it is still open.
@safe
package final class DicomNode: @unchecked Sendable {
    /// Where and how a node listens.
    package struct Settings: Sendable {
        /// Numeric address.
        package var address: String
        /// 0 takes a free one.
        package var port: Int
        /// AE title, at most 16 characters: what we are when we call peers.
        package var title: String
        /// With it the node speaks TLS only.
        package var identity: TLSIdentity?
        /// What we show to peers with TLS that we call.
        package var callingIdentity: TLSIdentity?
        package var limits: NetworkLimits

        package init(
            address: String = "127.0.0.1", port: Int, title: String,
            identity: TLSIdentity? = nil, callingIdentity: TLSIdentity? = nil,
            limits: NetworkLimits = NetworkLimits()
        ) {
            self.callingIdentity = callingIdentity ?? identity
            self.address = address
            self.port = port
            self.title = title
            self.identity = identity
            self.limits = limits
        }
    }

    private struct State {
        /// `nil` once closed.
        var isOpen = true
        var associations: [ObjectIdentifier: Association] = [:]
    }

    /// The port that it listens at.
    package let port: Int
    private let listener: OpaquePointer
    private let settings: Settings
    private let delegate: any DicomNodeDelegate
    private let inbox: InstanceInbox
    private let state = Mutex(State())
    /// Threads that have not ended.
    private let threads = DispatchGroup()

    /// Starts to listen.
    ///
    /// - Throws: ``DicomError/unreadable(reason:)`` when the address cannot be listened at.
    package init(
        _ settings: Settings, inbox: InstanceInbox, delegate: any DicomNodeDelegate
    ) throws {
        var listener: OpaquePointer?
        var port: UInt32 = 0
        var limits = settings.limits.shim
        // Settings outlive the call; the shim keeps its own reference to the TLS context.
        try unsafe ShimCall.checked { message, size in
            unsafe dcm_listen(
                settings.address, UInt32(clamping: settings.port), &limits,
                settings.identity?.handle, &listener, &port, message, size)
        }
        guard let opened = unsafe listener else {
            throw DicomError.unreadable(reason: "the address cannot be listened at")
        }
        unsafe self.listener = opened
        self.port = Int(port)
        self.settings = settings
        self.delegate = delegate
        self.inbox = inbox
        threads.enter()
        Waiting.thread("dicom-listener") { self.acceptAll() }
    }

    /// How many associations there are now.
    package var associationCount: Int { state.withLock { $0.associations.count } }

    /// Stops: no further associations, those that there are end at once, also amid an instance.
    ///
    /// All threads are over when this returns. What was acknowledged is on disk.
    package func stop() async {
        let associations = state.withLock { state in
            // Open as long as `isOpen` says so, which changes under this lock only.
            if state.isOpen { unsafe dcm_listener_stop(listener) }
            return Array(state.associations.values)
        }
        for association in associations { association.interrupt() }
        await withCheckedContinuation { continuation in
            threads.notify(queue: .global()) { continuation.resume() }
        }
    }

    private func acceptAll() {
        defer { threads.leave() }
        while let handle = unsafe dcm_listener_next(listener) {
            let association = unsafe Association(handle: handle, limits: settings.limits)
            let id = ObjectIdentifier(association)
            let isRoom = state.withLock { state in
                guard state.associations.count < settings.limits.mostAssociations else {
                    return false
                }
                state.associations[id] = association
                return true
            }
            guard isRoom else {
                association.reject(.busy)
                continue
            }
            threads.enter()
            Waiting.thread("dicom-association") {
                self.serve(association)
                self.state.withLock { _ = $0.associations.removeValue(forKey: id) }
                self.threads.leave()
            }
        }
        state.withLock { state in
            state.isOpen = false
            unsafe dcm_listener_close(listener)
            // Those that came in while `stop` was looking.
            for association in state.associations.values { association.interrupt() }
        }
    }

    private func serve(_ association: Association) {
        let request = association.request
        let delegate = delegate
        guard request.callingTitle.isPlainTitle, request.calledTitle.isPlainTitle else {
            return association.reject(.notAllowed)
        }
        let admission = Waiting.for { await delegate.admission(of: request) }
        switch admission {
        case .refused(let refusal): association.reject(refusal)
        case .admitted(let rights):
            precondition(
                InstanceInbox.isLabel(rights.label), "a label of \(rights.label.utf8.count) bytes")
            guard let accepted = try? association.contexts().compactMap(\.accepted),
                (try? association.accept(accepted)) != nil
            else { return }
            NodeSession(
                association: association, delegate: delegate,
                peer: AdmittedPeer(request: request, rights: rights), contexts: accepted,
                inbox: inbox,
                caller: Caller(
                    title: settings.title, limits: settings.limits,
                    identity: settings.callingIdentity)
            ).run()
        }
    }
}

extension String {
    /// Whether this can be an AE title (PS3.5 §6.2): 1 to 16 printable ASCII characters without a
    /// backslash.
    package var isPlainTitle: Bool {
        (1 ... 16).contains(utf8.count)
            && utf8.allSatisfy { (0x20 ..< 0x7f).contains($0) && $0 != UInt8(ascii: "\\") }
    }
}
