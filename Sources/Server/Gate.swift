import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Pathway
import Storage
import Workflows

/// Stands before every route: who calls, may they, do they mean it.
struct Gate: Sendable {
    let settings: ServerSettings
    let folder: DataFolder
    let accounts: AccountWorkflow
    let pages: Pages
    let metrics: RequestMetrics
    /// How many cases wait for people, of about a thousand of them.
    let counts: SharedCache<Int>

    /// Answers a request by a route, or says why not.
    func answer(_ request: Request, _ context: GrevyContext, by route: Route) async -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            let call = try await call(request, context, route)
            response = try await answered(call, by: route)
            if call.opened != nil || route.path.hasPrefix(Route.imagesPath) {
                response.body = response.body.sent(
                    everySeconds: settings.lookSeconds, over: context
                ) {
                    try await isStillOpen(call, route)
                }
            }
        } catch {
            if Refusal(error) == nil, !(error is CancellationError) {
                // Errors carry no patient data by rule; those of others are named by type alone.
                context.logger.error("failed", metadata: ["error": "\(type(of: error))"])
            }
            response = await refused(error, request, route)
            response.headers[.retryAfter] = Refusal(error)?.retryAfterSeconds.map(String.init)
        }
        harden(&response)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        metrics.note(route, response.status, seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                "method": "\(route.method)", "route": "\(route.path)",
                "status": "\(response.status.code)", "seconds": "\(seconds)",
            ])
        return response
    }

    private func call(
        _ request: Request, _ context: GrevyContext, _ route: Route
    ) async throws -> Call {
        guard settings.accepts(authority: request.head.authority) else {
            throw Refusal.badRequest("This server is not called by that name.")
        }
        try settings.checkConnection(of: context.peer)
        // What watches over the server asks without a proxy's headers.
        let origin =
            route.path == Route.healthPath
            ? RequestOrigin(peer: context.peer, scheme: settings.scheme, isForwarded: false)
            : try settings.origin(of: request, over: context.peer)
        let machine = try await machine(request, route)
        let token = SessionCookie.token(in: request)
        var session: SessionRecord?
        if machine == nil, let token, route.requirement != .anyone || route.method != .get {
            session = try await accounts.session(token: token, isUse: route.isUse)
        }
        if session == nil, machine == nil, let token, route.requirement != .anyone,
            let locked = try await accounts.lockedSession(token: token)
        {
            guard route.isOpenWhenLocked else { throw Refusal.locked }
            session = locked
        }
        let caller = session?.account ?? machine
        try await checkRight(caller, session, route.requirement)
        var form: [String: String] = [:]
        // No page can make a browser send a token.
        if route.method != .get && route.method != .head && machine == nil {
            try Self.checkOrigin(request, scheme: origin.scheme)
            form = try await FormBody.fields(of: request)
            if let session { try Self.checkToken(request, form, session) }
        }
        var opened: OpenedCase?
        if case .ofCase(_, let shared) = route.requirement, let account = caller {
            let found = try await open(context, route, as: shared, for: account)
            session?.mayComment =
                account.role.rights.contains(.comment) && found.rights.contains(.comment)
            session?.isOwners = found.sight.isOwners
            opened = found
        } else if route.api != nil, let caller {
            try await folder.accounts.noteAccess(
                by: caller, to: "organisation-\(caller.organisation.id)",
                action: "\(route.method) \(route.path)")
        }
        if let account = session?.account, account.role.rights.contains(.readCase),
            request.headers[.accept]?.contains("text/html") == true
        {
            session?.waiting = try await waiting(for: account)
            let awaited = try await Awaited(for: account, folder: folder)
            session?.emergencies = awaited.emergencies.count
            session?.referrals = awaited.referrals.count
        }
        return Call(
            request: request, context: context, session: session, machine: machine, token: token,
            form: form, opened: opened, origin: origin)
    }

    /// How many cases wait for somebody; counted again after anything but reading, and every day.
    private func waiting(for account: AccountRecord) async throws -> Int {
        let day = accounts.now().ISO8601Format().prefix(10)
        let tag = "\(account.id) \(try await folder.audit.lastChange()) \(day)"
        return try await counts.value(tag) {
            try await Desk.waiting(for: account, folder: folder)
        }
    }

    /// The machine client that a request's token names; `nil` when it brings none, or brings it
    /// where no token is believed.
    func machine(_ request: Request, _ route: Route) async throws -> AccountRecord? {
        guard let scope = route.api?.scope, let field = request.headers[.authorization] else {
            return nil
        }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Refusal.tokenRefused
        }
        return try await accounts.machine(token: String(parts[1]), scope: scope)
    }

    private func checkRight(
        _ caller: AccountRecord?, _ session: SessionRecord?, _ requirement: Requirement
    ) async throws {
        if requirement == .anyone { return }
        guard let account = caller else { throw Refusal.signInFirst }
        guard let right = requirement.right else { return }
        guard account.role.rights.contains(right) else { throw Refusal.notAllowed }
        if requirement == .keeper {
            guard try await folder.accounts.keeper() == account.organisation.id else {
                throw Refusal.notAllowed
            }
        }
        try Self.checkSecondFactor(account, session)
    }

    /// Who signs or manages accounts sees nothing of patients before their second factor is set up,
    /// unless the organisation's own sign-in, which stands for it, began the session.
    static func checkSecondFactor(_ account: AccountRecord, _ session: SessionRecord?) throws {
        guard
            account.hasSecondFactor || !account.role.needsSecondFactor
                || session?.isByProvider == true
        else { throw Refusal.secondFactorFirst }
    }

    /// Browsers say where a request comes from; what comes from elsewhere changes nothing here.
    ///
    /// Pages whose address is a secret send the origin `null`; then the browser must say otherwise
    /// that the request is from here.
    private static func checkOrigin(_ request: Request, scheme: String) throws {
        let site = request.headers[.fetchSite]
        guard let origin = request.headers[.origin], let host = request.head.authority,
            origin == "\(scheme)://\(host)" || origin == "null" && site == "same-origin",
            site == nil || site == "same-origin"
        else { throw Refusal.badRequest("The request does not come from a page of this server.") }
    }

    private static func checkToken(
        _ request: Request, _ form: [String: String], _ session: SessionRecord
    ) throws {
        let given = request.headers[.csrfToken] ?? form["csrf"] ?? ""
        guard given == session.csrfToken else {
            throw Refusal.badRequest("The page is from an earlier session; load it again.")
        }
    }

    /// Pages get a page, everything else one sentence; what is our fault is not explained.
    private func refused(
        _ error: any Error, _ request: Request, _ route: Route
    ) async -> Response {
        let refusal = Refusal(error)
        if Route.isForPrograms(request.uri.path) {
            return Problem.answer(
                status: refusal?.status ?? .internalServerError,
                refusal?.sentence ?? "The server could not do this; its log says when.")
        }
        let wantsPage = request.headers[.accept]?.contains("text/html") == true
        if wantsPage, route.method == .get, refusal == .signInFirst {
            return Answer.seeOther("/sign-in")
        }
        if wantsPage, route.method == .get, refusal == .locked {
            return Answer.seeOther(UnlockPage.address(after: request.uri.path))
        }
        if wantsPage, refusal == .secondFactorFirst {
            return Answer.seeOther("/account/second-factor")
        }
        let status = refusal?.status ?? .internalServerError
        let sentence = refusal?.sentence ?? Self.ourFault(at: accounts.now())
        guard wantsPage else { return Answer.text(sentence + "\n", status: status) }
        let page = pages.message(
            title: refusal?.title ?? "The server failed", sentence, session: await reader(request))
        return Answer.page(page, status: status)
    }

    /// With the time, so that whoever runs the server finds it in the log.
    private static func ourFault(at time: Date) -> String {
        "The server could not do this. Try again; if it happens again, tell whoever runs it that "
            + "it was at \(time.formatted(.iso8601))."
    }

    /// Who reads a refusal, for the menu of its page; nobody when the server is called by a name
    /// that is not its own.
    private func reader(_ request: Request) async -> SessionRecord? {
        guard settings.accepts(authority: request.head.authority),
            let token = SessionCookie.token(in: request)
        else { return nil }
        return try? await accounts.session(token: token, isUse: false)
    }

    /// How long browsers that came by TLS come by nothing else, in seconds: a year.
    private static let strictSeconds = 31_536_000

    private func harden(_ response: inout Response) {
        if settings.isBehindTLS {
            response.headers[.strictTransportSecurity] = "max-age=\(Self.strictSeconds)"
        }
        response.headers[.contentTypeOptions] = "nosniff"
        // With `no-referrer` browsers would send forms with the origin `null`.
        if response.headers[.referrerPolicy] == nil {
            response.headers[.referrerPolicy] = "same-origin"
        }
        response.headers[.openerPolicy] = "same-origin"
        response.headers[.resourcePolicy] = "same-origin"
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
    }
}
