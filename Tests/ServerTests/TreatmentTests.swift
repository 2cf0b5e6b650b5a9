import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows

@Suite("Treatment sheets")
struct TreatmentTests {
    /// The fixture's clock stands at 2026-11-18 11:06:50 UTC; the plan's vial is of March.
    static let form = [
        "vial": "V-1", "lot": "L-9", "calibratedGBq": "7", "calibrationTime": "2026-03-06T12:00",
        "calibrationZone": "+00:00", "zone": "+01:00", "measuredGBq": "2.6",
        "measurementTime": "2026-03-10T10:00", "territory": "right",
        "catheter": "right hepatic artery", "start": "2026-03-10T11:00",
        "end": "2026-03-10T11:20", "residualGBq": "0.02", "residualTime": "2026-03-10T12:00",
        "stasis": "no", "by": "Dr A",
    ]

    static func save(
        _ story: SigningStory, _ plan: DerivedRecord, _ changes: [String: String] = [:],
        by person: SigningStory.Browser? = nil
    ) async throws -> ServerFixture.Reply {
        let person = person ?? story.maker
        let form = form.merging(["csrf": person.csrf, "act": "save"]) { $1 }
            .merging(changes) { $1 }
        return try await story.fixture.send(
            .post, "\(story.path(plan))/treatment/1", person, form: form)
    }

    static func signed(_ label: String) async throws -> (SigningStory, DerivedRecord) {
        let story = try await SigningStory(label)
        let plan = try await story.plan()
        try await story.signAll(plan)
        return (story, plan)
    }

    private static func sheets(_ story: SigningStory) async throws -> [TreatmentSheet] {
        var sheets: [TreatmentSheet] = []
        for record in try await story.fixture.folder.records.derived(
            caseID: story.caseID, kind: "treatment")
        {
            let bytes = try await story.fixture.folder.objects.bytes(of: record.draft.content)
            sheets.append(try JSONDecoder().decode(TreatmentSheet.self, from: Data(bytes)))
        }
        return sheets
    }

    @Test("A saved sheet moves the case to delivered, and its numbers follow decay")
    func saved() async throws {
        let (story, plan) = try await Self.signed("treatment-saved")
        let reply = try await Self.save(story, plan)
        #expect(reply.status == 303, "\(reply.text)")
        #expect(try await story.state() == .delivered)
        // In the line of time by its start, UTC, among the signatures; and the way to what comes next.
        let shown = try await story.fixture.send(.get, "/cases/\(story.patient)", story.maker).text
        for part in [
            "<h2>Timeline</h2>", "2026-03-10 10:00", "GBq of Y-90", "signed as prescribed",
            "\(story.path(plan))/treatment", "\(story.path(plan))/delivered", "2026-01-05",
        ] { #expect(shown.contains(part), "\(part)") }
        let sheet = try #require(try await Self.sheets(story).first)
        // Half-life 64.2 h. Measurement 93 h after calibration: 7 · 2^(−93/64.2) = 2.56451.
        #expect(abs(sheet.expectedAtMeasurementGBq - 7 * exp2(-93 / 64.2)) < 1e-9)
        // Start one hour after the measurement; residual one hour after the start.
        let atStart = 2.6 * exp2(-1 / 64.2)
        let left = 0.02 * exp2(1 / 64.2)
        #expect(abs(sheet.activityAtStartGBq - atStart) < 1e-9)
        #expect(abs(sheet.administeredActivityGBq - (atStart - left)) < 1e-9)
        #expect(abs(sheet.residualFraction - left / atStart) < 1e-12)
        #expect(sheet.planSHA256 == plan.draft.content.hex && sheet.deviations.isEmpty)
        let page = try await story.fixture.send(
            .get, "\(story.path(plan))/treatment/1/sheet", story.checker)
        for text in ["V-1", "2.600 GBq", "right hepatic artery", "UTC+01:00", "Medical physicist"] {
            #expect(page.text.contains(text), "\(text)")
        }
        let withdrawal = try await story.end(plan, "withdraw", story.practitioner)
        #expect(withdrawal.status == 409)
    }

    @Test("Only a fully signed, current plan opens a sheet")
    func needsSignatures() async throws {
        let story = try await SigningStory("treatment-signatures")
        let plan = try await story.plan()
        try await story.confirm()
        func open() async throws -> Int {
            try await story.fixture.send(
                .get, "\(story.path(plan))/treatment/1", story.maker
            ).status
        }
        #expect(try await open() == 409)
        try await story.sign(plan, .made, story.maker)
        try await story.sign(plan, .checked, story.checker)
        #expect(try await open() == 409)
        #expect(try await Self.save(story, plan).status == 409)
        try await story.sign(plan, .prescribed, story.practitioner)
        #expect(try await open() == 200)
        _ = try await story.save("registration", Array("r2".utf8), [])
        #expect(try await open() == 409)
        #expect(try await Self.save(story, plan).status == 409)
        #expect(try await Self.sheets(story).isEmpty)
        let oncologist = try await story.fixture.browser(.oncologist)
        #expect(try await Self.save(story, plan, by: oncologist).status == 403)
    }

    @Test(
        "A form with a fault is shown again with everything that was typed",
        arguments: [
            (["measuredGBq": "2,6"], "with a point"), (["measuredGBq": "2600"], "MBq"),
            (["measuredGBq": "0"], "as 2.5"), (["vial": " "], "number on the vial"),
            (["zone": "1"], "offset from UTC"), (["start": "tomorrow"], "date and time"),
            (["end": "2026-03-10T10:59"], "before the start"),
            (["end": "2026-03-12T11:20", "residualTime": "2026-03-12T12:00"], "more than a day"),
            (["residualTime": "2026-03-10T11:10"], "before it"),
            (["measurementTime": "2026-03-10T11:01"], "after it"),
            (["residualGBq": "3"], "More is left"), (["stasis": ""], "yes or no"),
            (["catheter": ""], "tip was"), (["by": ""], "who gave it"),
            (
                [
                    "start": "2026-11-18T12:00", "end": "2026-11-18T13:30",
                    "residualTime": "2026-11-18T13:40",
                ], "in the future"
            ),
        ])
    func faults(change: [String: String], sentence: String) async throws {
        let (story, plan) = try await Self.signed("treatment-faults")
        let reply = try await Self.save(story, plan, change)
        #expect(reply.status == 400 && reply.text.contains(sentence))
        for (name, typed) in Self.form.merging(change, uniquingKeysWith: { $1 })
        where name != "stasis" {
            #expect(reply.text.contains("value=\"\(typed)\""), "\(name)")
        }
        #expect(try await story.state() == .prescribed)
        #expect(try await Self.sheets(story).isEmpty)
    }

    @Test(
        "A vial or territory that differs from the plan needs a reason",
        arguments: [
            (["territory": "segment 4"], "planned for"),
            (["calibratedGBq": "10", "calibrationTime": "2026-03-05T02:00"], "none of those"),
            (["measuredGBq": "2.2"], "the calibration by"),
            (["measuredGBq": "3.1"], "the plan by"),
        ])
    func deviations(change: [String: String], sentence: String) async throws {
        let (story, plan) = try await Self.signed("treatment-deviations")
        let refused = try await Self.save(story, plan, change)
        #expect(refused.status == 400 && refused.text.contains(sentence))
        #expect(refused.text.contains("Say why vial or territory differ"))
        #expect(try await Self.sheets(story).isEmpty)
        let reason = ["reason": "spasm of the artery"]
        #expect(
            try await Self.save(story, plan, change.merging(reason) { $1 }).status == 303)
        let sheet = try #require(try await Self.sheets(story).first)
        #expect(!sheet.deviations.isEmpty && sheet.deviationReason == "spasm of the artery")
    }

    @Test("A correction is a new version with a reason; the first one stays")
    func corrected() async throws {
        let (story, plan) = try await Self.signed("treatment-corrected")
        #expect(try await Self.save(story, plan).status == 303)
        let change = ["residualGBq": "0.03"]
        #expect(try await Self.save(story, plan, change).status == 400)
        let reason = ["correction": "residual was misread"]
        #expect(
            try await Self.save(story, plan, change.merging(reason) { $1 }).status == 303)
        let sheets = try await Self.sheets(story)
        #expect(sheets.map(\.residualActivityGBq) == [0.02, 0.03])
        let records = try await story.fixture.folder.records.derived(
            caseID: story.caseID, kind: "treatment")
        #expect(records.map(\.version) == [1, 2])
        #expect(records.last?.createdBy == "account-\(story.maker.account.id)")
        #expect(try await story.state() == .delivered)
    }

    @Test("Checking a form saves nothing and says what the vial holds now")
    func checked() async throws {
        let (story, plan) = try await Self.signed("treatment-checked")
        let reply = try await Self.save(story, plan, ["act": "check"])
        #expect(reply.status == 200)
        let hours = ServerFixture.moment.timeIntervalSince1970 + 90 - 1_772_798_400
        let expected = 7 * exp2(-hours / 3600 / 64.2)
        #expect(reply.text.contains(Figures.gbq(expected) + " GBq"))
        #expect(try await Self.sheets(story).isEmpty)
        let first = try await story.fixture.send(
            .get, "\(story.path(plan))/treatment/1", story.maker)
        #expect(first.text.contains("value=\"7\"") && first.text.contains("2026-03-06T12:00"))
    }

    @Test("What was delivered stays signed when the plan becomes outdated, and says so")
    func outdatedLater() async throws {
        let (story, plan) = try await Self.signed("treatment-outdated")
        #expect(try await Self.save(story, plan).status == 303)
        _ = try await story.save("registration", Array("r2".utf8), [])
        #expect(try await story.state() == .delivered)
        #expect(try await story.counting(plan).count == 3)
        let sidecar = try await story.fixture.send(
            .get, "\(story.path(plan))/signed/plan.json.sig", story.maker)
        #expect(sidecar.text.contains("outdatedAsOfExport"))
        let records = try await story.fixture.folder.records.derived(
            caseID: story.caseID, kind: "treatment")
        #expect(records.map(\.state) == [.current])
        _ = try await story.save(
            "verification", Array("v".utf8), [DerivedInput("plan", .derived(plan.id))])
        #expect(try await story.state() == .verified)
    }
}
