package import HTTPTypes
package import Hummingbird
import NIOCore
package import Pathway
import Storage
import Synchronization

/// What must hold before a route's code runs.
package enum Requirement: Hashable, Sendable {
    /// Open to everybody: signing in, styles, health.
    case anyone
    /// Any account that has signed in, its second factor set up or not.
    case signedIn
    /// An account whose role has the right.
    case right(Right)
    /// An administrator of the organisation that set the server up: what concerns all of them.
    case keeper
    /// An account whose role has the right, and whose organisation has access to `{case}`: as its
    /// owner, or by a share that gives what is named here. Without a name the case is the owner's
    /// alone, and looks to others as if it did not exist.
    case ofCase(Right, shared: ShareRight? = nil)

    /// What the account's role must hold; `nil` where any role will do.
    var right: Right? {
        switch self {
        case .anyone, .signedIn: nil
        case .right(let right), .ofCase(let right, _): right
        case .keeper: .manageAccounts
        }
    }
}

/// One address of the server.
///
/// Without a requirement there is no route.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    /// Parts in braces are parameters: `/cases/{case}`.
    package let path: String
    package let requirement: Requirement
    /// Whether a person asks; what a page asks by itself keeps no session alive.
    let isUse: Bool
    /// Whether a locked session may ask too.
    let isOpenWhenLocked: Bool
    /// What a route of the JSON interface says about itself; `nil` for pages.
    ///
    /// Only such a route believes tokens.
    package let api: APIOperation?
    let answer: @Sendable (Call) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ requirement: Requirement,
        isUse: Bool = true, isOpenWhenLocked: Bool = false, api: APIOperation? = nil,
        _ answer: @escaping @Sendable (Call) async throws -> Response
    ) {
        (self.method, self.path, self.requirement) = (method, path, requirement)
        (self.isUse, self.isOpenWhenLocked) = (isUse, isOpenWhenLocked)
        (self.api, self.answer) = (api, answer)
    }

    /// Where machines ask whether the server lives.
    static let healthPath = "/healthz"

    /// The path as the router takes it.
    var routerPath: RouterPath {
        RouterPath(path.replacing("{", with: ":").replacing("}", with: ""))
    }
}

/// A request that has passed the gate.
struct Call: Sendable {
    let request: Request
    let context: GrevyContext
    /// `nil` only where anyone may call, and for machine clients.
    let session: SessionRecord?
    /// The account of a machine client that has brought a token.
    let machine: AccountRecord?
    /// The token of the session's cookie.
    let token: String?
    /// Fields of a form; empty for requests that change nothing.
    let form: [String: String]
    /// `{case}` and what is seen of it; `nil` where the path names no case.
    let opened: OpenedCase?
    /// Where it comes from.
    let origin: RequestOrigin

    /// Whoever calls a route that asks for an account.
    var account: AccountRecord {
        get throws {
            guard let account = session?.account ?? machine else { throw Refusal.signInFirst }
            return account
        }
    }

    /// The patient of `{case}`; `nil` where the path names no case.
    var patient: PatientRecord? { opened?.patient }

    /// The case of a route that names one.
    var caseOwner: PatientRecord {
        get throws {
            guard let patient else { throw Refusal.notFound }
            return patient
        }
    }

    /// What is seen of the case of a route that names one.
    var sight: CaseSight {
        get throws {
            guard let opened else { throw Refusal.notFound }
            return opened.sight
        }
    }

    /// Whether the caller's organisation may add plans and volumes of interest to the case: as its
    /// owner, or by a share that lets it plan.
    var mayAdd: Bool {
        get throws {
            guard let opened else { throw Refusal.notFound }
            return opened.rights.contains(.plan) && !opened.sight.isEmergency
        }
    }

    /// A part of the path.
    func parameter(_ name: String) throws -> String {
        guard let value = context.parameters.get(name) else { throw Refusal.notFound }
        return value
    }

    /// The fields after the path's question mark, decoded as forms write them.
    var query: [String: String] {
        get throws { try FormBody.fields(Array((request.uri.query ?? "").utf8)) }
    }

    /// A field that a form must have.
    func field(_ name: String) throws -> String {
        guard let value = form[name] else {
            throw Refusal.badRequest("The form lacks the field '\(name)'.")
        }
        return value
    }
}

/// What Hummingbird carries along with a request.
package struct GrevyContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The other end of the connection, without its port; empty where there is no connection.
    ///
    /// Who calls may stand behind it: ``Call/origin``.
    let peer: String
    /// The port that was called, by this end of the connection; `nil` where there is none.
    let port: Int?
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? ""
        port = source.channel.localAddress?.port
        channel = source.channel
    }

    /// Ends the connection, or the one stream of it that this request came by; what waits to be sent
    /// is dropped.
    func hangUp() { channel.close(promise: nil) }

    /// Returns when the connection has been given what was written.
    ///
    /// Writing leaves pieces to the connection's own thread and goes on, and only there it is found out
    /// that a reader takes nothing: who writes a lot at once would have written all of it by then.
    func written() async throws { try await channel.eventLoop.submit {}.get() }

    /// Does what is for nothing without its answer, and cancels it when the peer hangs up.
    func whileConnected<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        let leaving = Leaving { task.cancel() }
        channel.closeFuture.whenComplete { _ in leaving.happened() }
        defer { leaving.isNoMatter() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}

/// What to do when a connection closes, while it matters: the connection may stay for long after,
/// and must not keep the work's result.
private final class Leaving: Sendable {
    private let action: Mutex<(@Sendable () -> Void)?>

    init(_ action: @escaping @Sendable () -> Void) { self.action = Mutex(action) }

    func happened() {
        let action = action.withLock { $0 }
        action?()
    }

    func isNoMatter() { action.withLock { $0 = nil } }
}
