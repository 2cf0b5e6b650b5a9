import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing

@Suite("Signatures")
struct SigningTests {
    @Test("Three persons take a plan from ready to prescribed, and every move is kept")
    func story() async throws {
        let story = try await SigningStory("sign-story")
        let plan = try await story.plan()
        #expect(try await story.state() == .quarantined)
        #expect(try await story.sign(plan, .made, story.maker).status == 409)
        try await story.signAll(plan)
        #expect(try await story.state() == .prescribed)
        let signatures = try await story.counting(plan)
        #expect(signatures.map(\.meaning) == [.made, .checked, .prescribed])
        #expect(Set(signatures.map(\.account)).count == 3)
        #expect(signatures.allSatisfy { $0.digest == plan.draft.content })
        #expect(signatures[2].entitlement?.entitlement.licenceNumber == "L-17")
        let moves = try await story.fixture.folder.records.moves(of: story.patient)
        #expect(
            moves.map(\.act) == [
                .receiveImages, .confirmIdentity, .signPlan, .signCheck, .prescribe,
            ])
        let people = [story.maker, story.maker, story.checker, story.practitioner]
        #expect(moves.dropFirst().map(\.account) == people.map(\.account.id))
        let page = try await story.fixture.send(
            .get, "/cases/\(story.patient)", story.maker)
        #expect(page.text.contains("confirm-identity") && page.text.contains("prescribed"))
    }

    @Test("Whoever has signed signs no second time, whatever the meaning")
    func samePerson() async throws {
        let story = try await SigningStory("sign-same")
        let plan = try await story.plan()
        try await story.confirm()
        let doctor = story.practitioner
        #expect(try await story.sign(plan, .made, doctor).status == 303)
        let own = try await story.sign(plan, .checked, doctor)
        #expect(own.status == 400 && own.text.contains("three persons"))
        #expect(try await story.sign(plan, .checked, story.checker).status == 303)
        let prescription = try await story.sign(plan, .prescribed, doctor)
        #expect(prescription.status == 400 && prescription.text.contains("three persons"))
        #expect(try await story.state() == .checked)
    }

    @Test("An administrator and roles without the right sign nothing", arguments: Role.people)
    func rights(role: Role) async throws {
        let story = try await SigningStory("sign-right-\(role.rawValue)")
        let plan = try await story.plan()
        try await story.confirm()
        let person = try await story.fixture.browser(role)
        let made = try await story.sign(plan, .made, person)
        #expect((made.status == 303) == role.rights.contains(.signPlan))
        guard made.status != 303 else { return }
        #expect(made.status == 403)
        #expect(try await story.state() == .ready)
        let digest = plan.draft.content
        await #expect(throws: SigningRefusal.right) {
            _ = try await story.fixture.folder.records.sign(
                SigningRequest(
                    patient: story.patient, plan: plan.id, digest: digest, meaning: .made,
                    account: person.account.id, proof: .code(step: .max), procedure: .sirt))
        }
    }

    @Test(
        "Prescribing needs an entitlement of that day to that procedure at that site",
        arguments: ["none", "expired", "not yet", "other procedure", "other site", "ended"])
    func entitlement(kind: String) async throws {
        let story = try await SigningStory("sign-entitled", isEntitled: false)
        switch kind {
        case "expired":
            try await story.entitle(story.practitioner, from: "2020-01-01", to: "2020-12-31")
        case "not yet":
            try await story.entitle(story.practitioner, from: "2098-01-01")
        case "other procedure": try await story.entitle(story.practitioner, procedure: .prrt)
        case "other site":
            let other = story.fixture.organisations[1].name
            try await story.entitle(story.practitioner, site: other)
            let page = try await story.fixture.send(
                .get, "/administration/entitlements", story.administrator)
            #expect(page.text.contains("for another site"))
        case "ended":
            try await story.entitle(story.practitioner)
            let held = try await story.fixture.folder.accounts.entitlements()
            try await story.fixture.folder.accounts.end(
                entitlement: try #require(held.first).id, reason: "left", by: "test")
        default: break
        }
        let plan = try await story.plan()
        try await story.confirm()
        try await story.sign(plan, .made, story.maker)
        try await story.sign(plan, .checked, story.checker)
        let refused = try await story.sign(plan, .prescribed, story.practitioner)
        #expect(refused.status == 400 && refused.text.contains("entitlement"))
        #expect(try await story.state() == .checked)
        let worklist = try await story.fixture.send(.get, "/", story.practitioner)
        #expect(!worklist.text.contains("waits for you"))
        try await story.entitle(story.practitioner)
        #expect(try await story.sign(plan, .prescribed, story.practitioner).status == 303)
    }

    @Test("A returned plan is signed again and accepted; the reason is shown")
    func returned() async throws {
        let story = try await SigningStory("sign-returned")
        let plan = try await story.plan()
        try await story.confirm()
        try await story.sign(plan, .made, story.maker)
        #expect(try await story.end(plan, "return", story.checker, reason: " ").status == 400)
        #expect(try await story.end(plan, "return", story.maker).status == 400)
        let reason = "liver contour misses segment 6"
        #expect(try await story.end(plan, "return", story.checker, reason: reason).status == 303)
        #expect(try await story.state() == .ready)
        #expect(try await story.counting(plan).isEmpty)
        let page = try await story.fixture.send(
            .get, "\(story.path(plan))/signatures", story.maker)
        #expect(page.text.contains(reason))
        #expect(try await story.sign(plan, .made, story.maker).status == 303)
        #expect(try await story.sign(plan, .checked, story.checker).status == 303)
        #expect(try await story.end(plan, "return", story.practitioner).status == 303)
        #expect(try await story.state() == .ready)
    }

    @Test("A signer withdraws with a reason, and all signatures of the plan end")
    func withdrawn() async throws {
        let story = try await SigningStory("sign-withdrawn")
        let plan = try await story.plan()
        try await story.signAll(plan)
        let other = try await story.fixture.browser(.radiologist)
        #expect(try await story.end(plan, "withdraw", other).status == 400)
        // From prescribed only who may prescribe goes back.
        #expect(try await story.end(plan, "withdraw", story.maker).status == 403)
        #expect(try await story.end(plan, "withdraw", story.practitioner).status == 303)
        #expect(try await story.state() == .ready)
        let all = try await story.fixture.folder.records.signatures(plan: plan.id)
        #expect(all.count == 3 && all.allSatisfy { $0.ending?.act == .withdrawSignature })
    }

    @Test("A plan that changed after the page was loaded is not signed: 409")
    func changed() async throws {
        let story = try await SigningStory("sign-changed")
        let plan = try await story.plan()
        try await story.confirm()
        let other = String(repeating: "0", count: 64)
        #expect(try await story.sign(plan, .made, story.maker, digest: other).status == 409)
        let newer = try await story.plan(activityGBq: 2.4)
        #expect(try await story.sign(plan, .made, story.maker).status == 409)
        #expect(try await story.sign(newer, .made, story.maker).status == 303)
        let page = try await story.fixture.send(
            .get, "\(story.path(newer))/signatures", story.checker)
        for text in ["totalInjectedActivityGBq", "2.5", "2.4", plan.id] {
            #expect(page.text.contains(text))
        }
    }

    @Test("What changes upstream makes signatures void and leads the case back")
    func outdated() async throws {
        let story = try await SigningStory("sign-outdated")
        let plan = try await story.plan()
        try await story.signAll(plan)
        _ = try await story.save("registration", Array("r2".utf8), [])
        #expect(try await story.state() == .ready)
        let all = try await story.fixture.folder.records.signatures(plan: plan.id)
        #expect(all.count == 3 && all.allSatisfy { $0.ending?.act == .outdate })
        #expect(all.allSatisfy { $0.ending?.reason.contains("was replaced by") == true })
        #expect(try await story.sign(plan, .made, story.maker).status == 409)
    }

    @Test("A code signs once, a wrong one never, and a recovery code not at all")
    func codes() async throws {
        let story = try await SigningStory("sign-codes")
        let plan = try await story.plan()
        try await story.confirm()
        for wrong in ["", "000000x", "ABCD-EFGH-IJKL-MNOP"] {
            #expect(try await story.sign(plan, .made, story.maker, code: wrong).status == 400)
        }
        let code = try story.fixture.freshCode()
        #expect(try await story.sign(plan, .made, story.maker, code: code).status == 303)
        #expect(try await story.end(plan, "withdraw", story.maker).status == 303)
        let again = try await story.sign(plan, .made, story.maker, code: code)
        #expect(again.status == 400 && again.text.contains("has been used"))
    }

    @Test("Wrong codes that come together are counted one by one")
    func codesTogether() async throws {
        let story = try await SigningStory("sign-together")
        let plan = try await story.plan()
        try await story.confirm()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0 ..< 12 {
                group.addTask {
                    try await story.sign(plan, .made, story.maker, code: "000000x").status
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [400: 5, 429: 7])
    }

    @Test("Findings must be read before a plan is signed")
    func findings() async throws {
        let story = try await SigningStory("sign-findings")
        let plan = try await story.plan(warning: "The gallbladder is close.")
        try await story.confirm()
        let page = try await story.fixture.send(
            .get, "\(story.path(plan))/signatures", story.maker)
        #expect(page.text.contains("The gallbladder is close."))
        #expect(try await story.sign(plan, .made, story.maker).status == 400)
        let reply = try await story.sign(plan, .made, story.maker, more: ["findings": "read"])
        #expect(reply.status == 303)
    }

    @Test("While one plan is being signed no other of the case is")
    func otherPlan() async throws {
        let story = try await SigningStory("sign-other")
        let plan = try await story.plan()
        let bytes = try await story.fixture.folder.objects.put(Array("{}".utf8))
        try await story.confirm()
        try await story.sign(plan, .made, story.maker)
        let other = try await story.fixture.folder.records.save(
            DerivedDraft(
                caseID: story.caseID, kind: "plan", name: "other", content: bytes,
                mediaType: "application/json", inputs: [], softwareVersion: "0.1"), by: "test")
        for meaning in [SignatureMeaning.made, .checked] {
            await #expect(throws: SigningRefusal.self) {
                _ = try await story.fixture.folder.records.sign(
                    SigningRequest(
                        patient: story.patient, plan: other.id, digest: bytes, meaning: meaning,
                        account: story.checker.account.id, proof: .code(step: .max),
                        procedure: .sirt))
            }
        }
        #expect(try await story.state() == .planned)
    }

    @Test("The worklist counts what waits for the reader")
    func waiting() async throws {
        let story = try await SigningStory("sign-waiting")
        func page(_ person: SigningStory.Browser) async throws -> String {
            try await story.fixture.send(.get, "/", person).text
        }
        #expect(try await page(story.maker).contains("confirm whose images these are"))
        try await story.confirm()
        #expect(try await page(story.maker).contains("make a plan"))
        let plan = try await story.plan()
        #expect(try await page(story.maker).contains("One case waits for you."))
        try await story.sign(plan, .made, story.maker)
        #expect(try await !page(story.maker).contains("waits for you"))
        #expect(try await page(story.checker).contains("check the plan"))
        try await story.sign(plan, .checked, story.checker)
        #expect(try await page(story.practitioner).contains("prescribe"))
        #expect(try await !page(story.checker).contains("waits for you"))
    }

    @Test("Only physicians of the own organisation are entitled, with sound days")
    func administration() async throws {
        let story = try await SigningStory("sign-administration", isEntitled: false)
        let admin = story.administrator
        func enter(_ account: Int64, _ from: String, _ to: String) async throws -> Int {
            try await story.fixture.send(
                .post, "/administration/entitlements", admin,
                form: [
                    "csrf": admin.csrf, "account": "\(account)", "procedure": "sirt",
                    "licence": "L-17", "from": from, "to": to,
                ]
            ).status
        }
        let doctor = story.practitioner.account.id
        let stranger = try await story.fixture.browser(.radiologist, organisation: 1)
        #expect(try await enter(story.maker.account.id, "2026-01-01", "2099-01-01") == 400)
        #expect(try await enter(stranger.account.id, "2026-01-01", "2099-01-01") == 400)
        #expect(try await enter(doctor, "2026-13-01", "2099-01-01") == 400)
        #expect(try await enter(doctor, "2026-02-30", "2099-01-01") == 400)
        #expect(try await enter(doctor, "2026-02-02", "2026-02-01") == 400)
        #expect(try await story.fixture.folder.accounts.entitlements().isEmpty)
        #expect(try await enter(doctor, "2026-01-01", "2099-01-01") == 303)
        let page = try await story.fixture.send(.get, "/administration/entitlements", admin)
        #expect(page.text.contains("L-17") && page.text.contains("current"))
        let site = try await story.fixture.folder.accounts.entitlements().map(\.entitlement.site)
        #expect(site == [story.fixture.organisations[0].name])
        let held = try #require(
            try await story.fixture.folder.accounts.entitlements().first)
        let ended = try await story.fixture.send(
            .post, "/administration/entitlements/\(held.id)/end", admin,
            form: ["csrf": admin.csrf, "reason": "left the hospital"])
        #expect(ended.status == 303)
        #expect(
            try await story.fixture.folder.accounts.currentEntitlement(
                of: doctor, to: .sirt, inCaseOf: story.patient) == nil)
    }
}
