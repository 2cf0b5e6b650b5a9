import Foundation
import HTTPTypes
import NIOCore
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("JSON interface")
struct APITests {
    @Test("The OpenAPI document and the route table name the same operations")
    func document() async throws {
        let fixture = try await ServerFixture("api-document")
        let reply = try await fixture.send(.get, "/api/v1/openapi.json")
        #expect(reply.status == 200 && reply.headers[.contentType] == "application/json")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any])
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let written = Set(paths.flatMap { path, item in item.keys.map { "\($0) \(path)" } })
        let table = fixture.server.routes.filter { Self.isForPrograms($0.path) }
            .map { "\($0.method.rawValue.lowercased()) \($0.path)" }
        #expect(written == Set(table) && table.count == written.count)
        let ids = paths.values.flatMap(\.values).compactMap {
            ($0 as? [String: Any])?["operationId"] as? String
        }
        #expect(Set(ids).count == table.count)
        for route in fixture.server.routes {
            #expect((route.api != nil) == Self.isForPrograms(route.path), "\(route.path)")
        }
    }

    private static func isForPrograms(_ path: String) -> Bool {
        path.hasPrefix("/api/") || path.hasPrefix("/dicomweb/")
    }

    @Test("Every reference of the document leads somewhere")
    func references() async throws {
        let fixture = try await ServerFixture("api-references")
        let text = try await fixture.send(.get, "/api/v1/openapi.json").text
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        let names = text.matches(of: /"#\/components\/schemas\/([\w.]+)"/).map { String($0.1) }
        #expect(names.count > 20)
        for name in names { #expect(schemas[name] != nil, "\(name)") }
        let limit = try #require(schemas["PlanDocument.Limit"] as? [String: Any])
        let required = try #require(limit["required"] as? [String])
        #expect(required.contains("limitGy") && !required.contains("probabilityMet"))
        let properties = try #require(limit["properties"] as? [String: [String: String]])
        #expect(properties["probabilityMet"] == ["type": "number"])
        #expect(properties["isMet"] == ["type": "boolean"])
    }

    @Test("Programs are told what is wrong as RFC 9457 says, pages as before")
    func problems() async throws {
        let fixture = try await ServerFixture("api-problems")
        let browser = try await fixture.browser(.surgeon)
        for (path, status) in [
            ("/api/v1/cases/999", 404), ("/api/v1/cases/x", 404), ("/api/v1/nothing", 404),
            ("/api/v1/cases?limit=0", 400), ("/api/v1/cases?limit=201", 400),
            ("/api/v1/cases?state=happy", 400), ("/api/v1/cases?sate=ready", 400),
            ("/api/v1/cases?waiting=yes", 400), ("/api/v1/jobs/99", 404),
            ("/api/v1/cases/99999999999999999999", 404),
        ] {
            let reply = try await fixture.send(
                .get, path, browser, headers: [.accept: "text/html, application/json"])
            #expect(reply.status == status, "\(path)")
            #expect(reply.headers[.contentType] == "application/problem+json", "\(path)")
            let problem = try #require(
                try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any])
            #expect(problem["status"] as? Int == status)
            #expect((problem["detail"] as? String)?.isEmpty == false)
        }
        let page = try await fixture.send(.get, "/cases/999", browser)
        #expect(page.headers[.contentType] != "application/problem+json")
    }

    @Test("Cases are found by word, state and what waits, and come in pages")
    func cases() async throws {
        let fixture = try await ServerFixture("api-cases")
        let browser = try await fixture.browser(.coordinator)
        func total(_ query: String) async throws -> (total: Int?, count: Int?) {
            let reply = try await fixture.send(.get, "/api/v1/cases?\(query)", browser)
            let list = try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any]
            return (list?["total"] as? Int, (list?["cases"] as? [Any])?.count)
        }
        #expect(try await total("") == (1, 1))
        #expect(try await total("search=number0%20p0") == (1, 1))
        #expect(try await total("search=number1") == (0, 0))
        #expect(try await total("state=quarantined") == (1, 1))
        #expect(try await total("state=delivered") == (0, 0))
        #expect(try await total("waiting=true") == (1, 1))
        #expect(try await total("offset=1&limit=1") == (1, 0))
        let surgeon = try await fixture.browser(.surgeon)
        let reply = try await fixture.send(.get, "/api/v1/cases?waiting=true", surgeon)
        #expect(reply.text.contains("\"total\":0"))
    }

    @Test("A plan is asked for as a job; a plan file that cannot be read is refused")
    func request() async throws {
        let fixture = try await ServerFixture("api-plan")
        let browser = try await fixture.browser(.physicist)
        let path = "/api/v1/cases/\(fixture.patients[0])/plans"
        let token: HTTPFields = [try #require(HTTPField.Name("X-CSRF-Token")): browser.csrf]
        let good = ServerFixture.plan(histories: 1000)
        for (text, status) in [
            (good, 202), ("device: [", 400), ("", 400), ("\u{0}", 400), ("a: 1", 400),
            (good.replacing("ActivityGBq: 2.574", with: "ActivityGBq: -1"), 400),
            (String(repeating: "x", count: 300_000), 413),
        ] {
            let reply = try await fixture.send(
                .post, path, browser, headers: token, body: ByteBuffer(string: text))
            #expect(reply.status == status, "\(text.prefix(20)): \(reply.status) \(reply.text)")
        }
        let bytes = ByteBuffer(bytes: [0xff, 0xfe, 0x00])
        #expect(
            try await fixture.send(.post, path, browser, headers: token, body: bytes).status == 400)
        let jobs = try await fixture.send(
            .get, "/api/v1/cases/\(fixture.patients[0])/jobs", browser)
        #expect(jobs.text.contains("\"state\":\"queued\"") && jobs.text.contains("\"id\":1"))
        #expect(try await fixture.send(.get, "/api/v1/jobs/1", browser).status == 200)
        let other = try await fixture.browser(.physicist, organisation: 1)
        #expect(try await fixture.send(.get, "/api/v1/jobs/1", other).status == 404)
    }

    @Test("A plan comes with its signatures and the document that is signed")
    func plan() async throws {
        let story = try await SigningStory("api-plan-signed")
        let plan = try await story.plan()
        try await story.confirm()
        let maker = try await story.fixture.browser(.physicist)
        #expect(try await story.sign(plan, .made, maker).status == 303)
        let reply = try await story.fixture.send(
            .get, "/api/v1/cases/\(story.patient)/plans/\(plan.id)", maker)
        #expect(reply.status == 200)
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(reply.bytes)) as? [String: Any])
        let signatures = try #require(answer["signatures"] as? [[String: Any]])
        #expect(signatures.map { $0["meaning"] as? String } == ["made"])
        #expect(signatures.map { $0["counts"] as? Bool } == [true])
        let document = try #require(answer["document"] as? [String: Any])
        #expect(document["schema"] as? String == "grevy-plan/1")
        let reading = try await story.fixture.folder.audit.entries(last: 20).map(\.action)
        #expect(reading.contains("access.GET /api/v1/cases/{case}/plans/{plan}"))
    }
}
