import Foundation
import HTTPTypes
import Hummingbird
package import Pathway
import Workflows

/// What a route for programs says about itself; the OpenAPI document is made of it.
package struct APIOperation: Sendable {
    /// A name that programs call it by.
    let id: String
    let summary: String
    /// What a token must be good for; `nil` where anyone may ask.
    package let scope: AccessScope?
    var query: [QueryField] = []
    var body = Body.none
    var status = HTTPResponse.Status.ok
    /// What the answer may come as; whoever asks chooses where there is more than one.
    var mediaTypes = ["application/json"]
    /// The schema of the answer.
    var answer: @Sendable (SchemaBook) throws -> JSONValue = { _ in ["type": "object"] }

    /// What a request brings.
    enum Body: Hashable, Sendable {
        case none
        case planFile
        case instances
    }

    /// A field after the question mark.
    struct QueryField: Sendable {
        let name: String
        let about: String
        let schema: JSONValue
    }

    init(_ id: String, _ summary: String, scope: AccessScope?) {
        (self.id, self.summary, self.scope) = (id, summary, scope)
    }
}

extension Route {
    /// The addresses of the JSON interface begin with this.
    static let apiPath = "/api/v1"

    /// Whether programs ask at an address, which are told what went wrong as RFC 9457 says.
    static func isForPrograms(_ path: String) -> Bool {
        path.hasPrefix(apiPath) || path.hasPrefix(imagesPath)
    }

    /// A route of the JSON interface, whose answer is what its schema says.
    ///
    /// - Parameters:
    ///   - method: GET, or POST for what changes something.
    ///   - path: After ``apiPath``.
    ///   - requirement: As for every route.
    ///   - operation: What the route says about itself.
    ///   - make: Makes the answer.
    /// - Returns: The route.
    static func api<Value: Codable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ requirement: Requirement,
        _ operation: APIOperation, _ make: @escaping @Sendable (Call) async throws -> Value
    ) -> Route {
        var operation = operation
        operation.answer = { try $0.schema(of: Value.self) }
        let (status, names) = (operation.status, operation.query.map(\.name))
        return Route(method, apiPath + path, requirement, api: operation) { call in
            try call.checkFields(names)
            return try Answer.json(try await make(call), status: status)
        }
    }
}

extension Call {
    /// - Throws: ``Refusal/badRequest(_:)`` for a field after the question mark that is not among
    ///   those known.
    func checkFields(_ known: [String]) throws {
        try checkNoToken()
        guard try queryFields.allSatisfy({ known.contains($0.name) }) else {
            throw Refusal.badRequest("There is no field of that name after the question mark.")
        }
    }

    /// - Throws: ``Refusal/badRequest(_:)`` when a token stands after the question mark.
    func checkNoToken() throws {
        guard try !queryFields.contains(where: { ["token", "access_token"].contains($0.name) })
        else {
            throw Refusal.badRequest(
                "A token in an address is seen by others: send it in the header "
                    + "'Authorization', and revoke this one.")
        }
    }
}

/// What went wrong, for programs.
///
/// Source: RFC 9457.
struct Problem: Codable, Sendable {
    var type = "about:blank"
    let title: String
    let status: Int
    let detail: String

    static let mediaType = "application/problem+json"

    /// The answer that says it.
    static func answer(status: HTTPResponse.Status, _ sentence: String) -> Response {
        let problem = Problem(
            title: status.reasonPhrase, status: status.code, detail: sentence)
        let encoder = JSONEncoder()
        // Equal refusals are equal bytes: what is absent looks like what is somebody else's.
        encoder.outputFormatting = .sortedKeys
        let body = (try? encoder.encode(problem)) ?? Data()
        var headers: HTTPFields = [.contentType: mediaType, .cacheControl: "no-store"]
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: Answer.body(Array(body)))
    }
}
