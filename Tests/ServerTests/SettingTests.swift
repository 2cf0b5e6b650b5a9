import Foundation
import HTTPTypes
import Pathway
import Server
import Storage
import Testing
import Workflows

@Suite("Settings of a site")
struct SettingTests {
    private static let path = "/administration/settings"
    private static let curve = "hu,densityGPerML\r\n-1000,0.001\r\n0,1.0\r\n1500,1.9"

    private static func add(
        _ fixture: ServerFixture, _ browser: ServerFixture.Browser,
        _ more: [String: String] = [:]
    ) async throws -> ServerFixture.Reply {
        let form = [
            "csrf": browser.csrf, "kind": "density-curve", "name": "scanner-3",
            "date": "2026-11-02", "reason": "calibrated with the phantom", "table": curve,
        ].merging(more) { $1 }
        return try await fixture.send(.post, path, browser, form: form)
    }

    @Test("Versions add up with date, author and reason, and none is overwritten")
    func versions() async throws {
        let fixture = try await ServerFixture("settings-versions")
        let physicist = try await fixture.browser(.physicist)
        let administrator = try await fixture.browser(.administrator)
        #expect(try await Self.add(fixture, physicist).headers[.location] == "\(Self.path)/1")
        let next = try await Self.add(
            fixture, administrator,
            ["table": Self.curve.replacing("1.9", with: "2.0"), "reason": "new tube"])
        #expect(next.headers[.location] == "\(Self.path)/2")
        let list = try await fixture.send(.get, Self.path, physicist).text
        for part in ["2026-11-02", "Medical physicist", "Administrator", "new tube", "in use"] {
            #expect(list.contains(part), "\(part)")
        }
        let first = try await fixture.send(.get, "\(Self.path)/1", physicist).text
        #expect(first.contains("1500,1.9") && !first.contains("in use"))
        let second = try await fixture.send(.get, "\(Self.path)/2", physicist).text
        #expect(second.contains("1500,2.0") && second.contains("in use"))
        let actions = try await fixture.folder.audit.entries(last: 20).map(\.action)
        #expect(actions.filter { $0 == "setting.add" }.count == 2)
    }

    @Test("What is not right is refused, and what was typed stays on the page")
    func refused() async throws {
        let fixture = try await ServerFixture("settings-refused")
        let browser = try await fixture.browser(.physicist)
        for wrong in [
            ["name": "Scanner 3"], ["name": ""], ["date": "2026-13-01"], ["date": "today"],
            ["reason": " "], ["table": "hu,densityGPerML\n0,1\n-1,1"],
            ["kind": "profile", "name": "eanm2022"],
        ] {
            let reply = try await Self.add(fixture, browser, wrong)
            #expect(reply.status == 400 && reply.text.contains("role=\"alert\""), "\(wrong)")
        }
        let reply = try await Self.add(fixture, browser, ["date": "today"])
        #expect(reply.text.contains("calibrated with the phantom"))
        #expect(try await Self.add(fixture, browser, ["kind": "happiness"]).status == 400)
        #expect(try await fixture.folder.records.settings(organisation: nil).isEmpty)
    }

    @Test("Another organisation sees none of it; what the machine keeps is there for all")
    func organisations() async throws {
        let fixture = try await ServerFixture("settings-other")
        let browser = try await fixture.browser(.physicist)
        let other = try await fixture.browser(.physicist, organisation: 1)
        _ = try await Self.add(fixture, browser)
        #expect(try await fixture.send(.get, "\(Self.path)/1", other).status == 404)
        #expect(!(try await fixture.send(.get, Self.path, other).text.contains("scanner-3")))
        try await SettingWorkflow(folder: fixture.folder, organisation: nil, actor: "root").add(
            .densityCurve, name: "of-the-machine", table: Self.curve, date: "2026-11-02",
            reason: "first")
        for person in [browser, other] {
            let list = try await fixture.send(.get, Self.path, person).text
            #expect(list.contains("of-the-machine"))
        }
    }
}
