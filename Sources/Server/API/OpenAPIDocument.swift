import HTTPTypes
import Pathway
import Workflows

/// The description of the JSON interface, made from the routes themselves.
///
/// Source: OpenAPI Specification 3.1.0.
enum OpenAPIDocument {
    /// - Parameter routes: Every route; those of the interface are taken.
    /// - Returns: The document.
    /// - Throws: What a type throws that has no schema.
    static func document(of routes: [Route]) throws -> JSONValue {
        let book = SchemaBook()
        var paths: [String: [String: JSONValue]] = [:]
        for route in routes {
            guard let operation = route.api else { continue }
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] =
                try description(route, operation, book)
        }
        _ = try book.schema(of: Problem.self)
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Grevy", "version": "1",
                "description": .string(
                    "Cases, plans, doses, findings, jobs and images of one organisation. Software "
                        + "version \(Software.version). Not a medical device."),
            ],
            "paths": JSONValue(paths.mapValues { JSONValue($0) }),
            "components": [
                "schemas": JSONValue(book.components), "securitySchemes": securitySchemes,
            ],
        ]
    }

    private static let securitySchemes: JSONValue = [
        "token": [
            "type": "http", "scheme": "bearer",
            "description": "A token of a machine client, made by an administrator.",
        ],
        "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name),
            "description": .string(
                "A browser's session; what changes something also needs the header X-CSRF-Token "
                    + "and an Origin of this server."),
        ],
    ]

    private static func description(
        _ route: Route, _ operation: APIOperation, _ book: SchemaBook
    ) throws -> JSONValue {
        let schema = try operation.answer(book)
        let content = JSONValue(
            Dictionary(
                operation.mediaTypes.map { ($0, JSONValue(["schema": schema])) },
                uniquingKeysWith: { $1 }))
        var answers: [String: JSONValue] = [
            "\(operation.status.code)": [
                "description": "What was asked for.",
                "content": content,
            ]
        ]
        for (code, about) in refusals(of: route, operation) {
            answers["\(code)"] = [
                "description": .string(about),
                "content": [
                    Problem.mediaType: ["schema": ["$ref": "#/components/schemas/Problem"]]
                ],
            ]
        }
        var entry: [String: JSONValue] = [
            "operationId": .string(operation.id), "summary": .string(operation.summary),
            "parameters": .array(parameters(route, operation)), "responses": JSONValue(answers),
            "security": operation.scope.map {
                [["token": [.string($0.rawValue)]], ["session": []]]
            } ?? [],
        ]
        entry["requestBody"] = requestBody(operation.body)
        if operation.body == .instances {
            for (code, about) in [
                (202, "Some were kept, others not or with a warning; the answer says which."),
                (409, "None was kept; the answer says why."),
            ] {
                answers["\(code)"] = [
                    "description": .string(about), "content": content,
                ]
            }
            entry["responses"] = JSONValue(answers)
        }
        return JSONValue(entry)
    }

    private static func requestBody(_ body: APIOperation.Body) -> JSONValue? {
        switch body {
        case .none: nil
        case .planFile:
            [
                "required": true, "description": "A plan file (Docs/Plan-file.md).",
                "content": [
                    "application/yaml": [
                        "schema": [
                            "type": "string", "maxLength": .number(Double(FormBody.limitBytes)),
                        ]
                    ]
                ],
            ]
        case .instances:
            [
                "required": true, "description": "DICOM files, each a part (Docs/DICOMweb.md).",
                "content": [
                    "multipart/related": ["schema": [:]], "application/dicom": ["schema": [:]],
                ],
            ]
        }
    }

    private static func refusals(
        of route: Route, _ operation: APIOperation
    ) -> [(code: Int, about: String)] {
        var list = [(400, "The request is not written as this page says.")]
        if operation.scope != nil {
            list += [
                (401, "No token and no session, or one that is over."),
                (423, "The session is locked."),
                (403, "The token's scope or the account's role does not allow it."),
            ]
        }
        if route.path.contains("{") {
            list.append((404, "There is no such thing, or it is somebody else's."))
        }
        if operation.mediaTypes != ["application/json"], operation.body == .none {
            list.append((406, "None of the media types that are taken can be given."))
        }
        switch operation.body {
        case .none: break
        case .planFile: list.append((413, "The plan file is too large."))
        case .instances:
            list.append((415, "The body holds something else than DICOM files."))
            list.append((429, "Too much of this program waits already."))
        }
        if operation.body != .none { list.append((507, "The server's disk is full.")) }
        return list
    }

    /// Parts of paths that are numbers; others are names.
    private static let numbers = ["case", "job"]

    private static func parameters(_ route: Route, _ operation: APIOperation) -> [JSONValue] {
        let inPath = route.path.matches(of: /\{([a-z]+)\}/).map { match -> JSONValue in
            let name = String(match.1)
            let schema: JSONValue =
                numbers.contains(name) ? ["type": "integer", "minimum": 1] : ["type": "string"]
            return [
                "name": .string(name), "in": "path", "required": true, "schema": schema,
            ]
        }
        return inPath
            + operation.query.map { field in
                [
                    "name": .string(field.name), "in": "query", "required": false,
                    "description": .string(field.about), "schema": field.schema,
                ]
            }
    }
}
