import Foundation
import Transfer

/// A provider of sign-in: its addresses and keys, fetched when they are needed.
package actor IdentityProvider {
    package nonisolated let settings: ProviderSettings
    private let client: WebClient
    private var known: (discovery: Discovery, until: ContinuousClock.Instant)?
    private var keys: [TokenKey] = []

    /// What of the discovery document is used (OpenID Connect Discovery 1.0 section 3).
    private struct Discovery: Decodable {
        let issuer: String
        let authorization_endpoint: String
        let token_endpoint: String
        let jwks_uri: String
        let token_endpoint_auth_methods_supported: [String]?
    }

    private struct Tokens: Decodable {
        let id_token: String
    }

    /// Addresses may move and keys may be withdrawn; keys are fetched again, too, when a token names
    /// another one.
    private static let discoverySeconds = 3600
    private static let mostBytes = 1 << 20

    package init(_ settings: ProviderSettings) {
        self.settings = settings
        client = WebClient(
            trust: settings.trust,
            limits: TransferLimits(connectSeconds: 10, stallSeconds: 15, totalSeconds: 20))
    }

    /// What ties a request to the browser that began it.
    struct Request {
        /// Goes to the provider and comes back.
        let state: String
        let nonce: String
        /// Goes to the provider with the code only; its hash goes before (PKCE, RFC 7636).
        let verifier: String
        /// Where the browser comes back to.
        let callback: String
    }

    /// The address that the browser is sent to.
    ///
    /// - Parameters:
    ///   - request: This request's secrets.
    ///   - isFresh: Whether the person must sign in now, whoever is signed in there.
    /// - Returns: An absolute address.
    /// - Throws: ``ProviderRefusal/unreachable(sentence:)``.
    func address(for request: Request, isFresh: Bool) async throws -> String {
        let endpoint = try await discovery().authorization_endpoint
        let challenge = Base64URL.encoded(Secret.digest(request.verifier))
        var fields = [
            ("response_type", "code"), ("client_id", settings.clientID),
            ("redirect_uri", request.callback), ("scope", "openid"), ("state", request.state),
            ("nonce", request.nonce), ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]
        if isFresh { fields += [("max_age", "0"), ("prompt", "login")] }
        let query = fields.map { "\($0)=\(PercentCoding.coded($1))" }.joined(separator: "&")
        return endpoint + (endpoint.contains("?") ? "&" : "?") + query
    }

    /// Changes a code into a token and checks it.
    ///
    /// - Throws: ``TokenFlaw``, ``ProviderRefusal/unreachable(sentence:)``.
    func claims(code: String, _ request: Request, now: Date) async throws -> IdentityToken.Claims {
        let token = try IdentityToken(try await idToken(code: code, request))
        // Once: an unknown key may be a new one.
        if !token.isOf(keys) { keys = try await fetchedKeys() }
        return try token.claims(
            keys,
            IdentityToken.Expected(
                issuer: settings.issuer, clientID: settings.clientID, nonce: request.nonce,
                now: now))
    }

    private func idToken(code: String, _ request: Request) async throws -> String {
        let discovery = try await discovery()
        var fields = [
            (name: "grant_type", value: "authorization_code"), ("code", code),
            ("redirect_uri", request.callback), ("code_verifier", request.verifier),
        ]
        let methods = discovery.token_endpoint_auth_methods_supported ?? []
        let isPosted =
            !methods.contains("client_secret_basic") && methods.contains("client_secret_post")
        if isPosted {
            fields += [("client_id", settings.clientID), ("client_secret", settings.clientSecret)]
        }
        let answer = try await fetched(discovery.token_endpoint) { address in
            var request = WebRequest.form(address, fields)
            if !isPosted {
                // RFC 6749 section 2.3.1: both are coded as in forms first.
                let pair = [settings.clientID, settings.clientSecret].map(PercentCoding.coded)
                    .joined(separator: ":")
                request.headers["Authorization"] =
                    "Basic \(Data(pair.utf8).base64EncodedString())"
            }
            return request
        }
        guard let tokens = try? JSONDecoder().decode(Tokens.self, from: answer) else {
            throw TokenFlaw.malformed
        }
        return tokens.id_token
    }

    private func discovery() async throws -> Discovery {
        if let known, known.until > .now { return known.discovery }
        let base = settings.issuer.hasSuffix("/") ? settings.issuer : settings.issuer + "/"
        let bytes = try await fetched(base + ".well-known/openid-configuration") {
            WebRequest("GET", $0)
        }
        guard let found = try? JSONDecoder().decode(Discovery.self, from: bytes),
            found.issuer == settings.issuer,
            let start = try? WebAddress(found.authorization_endpoint),
            start.isSecure || start.isLoopback
        else {
            throw ProviderRefusal.unreachable(
                sentence: "\(settings.label) does not describe itself as the issuer that is set.")
        }
        known = (found, .now + .seconds(Self.discoverySeconds))
        keys = []
        return found
    }

    private func fetchedKeys() async throws -> [TokenKey] {
        let bytes = try await fetched(try await discovery().jwks_uri) { WebRequest("GET", $0) }
        return try TokenKey.all(bytes)
    }

    private func fetched(
        _ text: String, _ request: (WebAddress) -> WebRequest
    ) async throws -> Data {
        do {
            var request = request(try WebAddress(text))
            request.mostBytes = Self.mostBytes
            request.headers["Accept"] = "application/json"
            let answer = try await client.answer(to: request)
            guard answer.status == 200 else {
                throw ProviderRefusal.unreachable(
                    sentence: "\(settings.label) refused Grevy's request (\(answer.status)). Try "
                        + "again; whoever runs the server may have to look at its settings.")
            }
            return answer.body
        } catch let error as TransferError {
            throw ProviderRefusal.unreachable(sentence: error.description)
        }
    }
}
