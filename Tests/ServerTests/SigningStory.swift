import Foundation
import HTTPTypes
import Pathway
import Storage
import Testing
import Workflows
import _TestSupport

/// The people who sign, and a plan of the first organisation's patient that waits for them.
struct SigningStory {
    typealias Browser = ServerFixture.Browser

    let fixture: ServerFixture
    let maker: Browser
    let checker: Browser
    let practitioner: Browser
    let administrator: Browser
    var patient: Int64 { fixture.patients[0] }
    var caseID: String { "patient-\(patient)" }

    init(
        _ label: String, isEntitled: Bool = true, at place: URL? = nil,
        provider: ProviderSettings? = nil
    ) async throws {
        fixture = try await ServerFixture(label, at: place, provider: provider)
        maker = try await fixture.browser(.physicist)
        checker = try await fixture.browser(.physicist)
        practitioner = try await fixture.browser(.nuclearMedicinePhysician)
        administrator = try await fixture.browser(.administrator)
        if isEntitled { try await entitle(practitioner) }
    }

    func entitle(
        _ person: Browser, from: String = "2020-01-01", to: String = "2099-12-31",
        procedure: Procedure = .sirt, site: String? = nil
    ) async throws {
        try await fixture.folder.accounts.entitle(
            person.account.id,
            to: Entitlement(
                procedure: procedure, site: site ?? person.account.organisation.name,
                licenceNumber: "L-17", validFrom: from, validTo: to), by: "test")
    }

    /// Keeps a plan that rests on a registration.
    func plan(
        activityGBq: Double = 2.5, warning: String? = nil, registration: String = "r"
    ) async throws -> DerivedRecord {
        let ground = try await save("registration", Array(registration.utf8), [])
        return try await save(
            "plan", PlanJSON.bytes(activityGBq: activityGBq, warning: warning),
            [DerivedInput("registration", .derived(ground.id))])
    }

    func save(
        _ kind: String, _ bytes: [UInt8], _ inputs: [DerivedInput],
        mediaType: String = "application/json"
    ) async throws -> DerivedRecord {
        let object = try await fixture.folder.objects.put(bytes)
        return try await fixture.folder.records.save(
            DerivedDraft(
                caseID: caseID, kind: kind, name: "main", content: object, mediaType: mediaType,
                inputs: inputs, softwareVersion: "0.1"), by: "test")
    }

    func path(_ plan: DerivedRecord) -> String { "/cases/\(patient)/plans/\(plan.id)" }

    func state() async throws -> CaseState { try await fixture.folder.records.state(of: patient) }

    @discardableResult
    func confirm() async throws -> ServerFixture.Reply {
        try await fixture.send(.post, "/cases/\(patient)/confirm-identity", maker)
    }

    @discardableResult
    func sign(
        _ plan: DerivedRecord, _ meaning: SignatureMeaning, _ person: Browser,
        digest: String? = nil, code: String? = nil, more: [String: String] = [:]
    ) async throws -> ServerFixture.Reply {
        let form = [
            "csrf": person.csrf, "digest": digest ?? plan.draft.content.hex,
            "code": try code ?? fixture.freshCode(),
        ].merging(more) { $1 }
        return try await fixture.send(
            .post, "\(path(plan))/sign/\(meaning.rawValue)", person, form: form)
    }

    @discardableResult
    func end(
        _ plan: DerivedRecord, _ how: String, _ person: Browser, reason: String = "a test"
    ) async throws -> ServerFixture.Reply {
        try await fixture.send(
            .post, "\(path(plan))/\(how)", person,
            form: ["csrf": person.csrf, "reason": reason])
    }

    /// Takes a plan through all three signatures.
    func signAll(_ plan: DerivedRecord) async throws {
        try await confirm()
        for (meaning, person) in [
            (SignatureMeaning.made, maker), (.checked, checker), (.prescribed, practitioner),
        ] {
            let reply = try await sign(plan, meaning, person)
            try #require(reply.status == 303, "\(meaning): \(reply.text)")
        }
    }

    /// Signatures on a plan that count.
    func counting(_ plan: DerivedRecord) async throws -> [SignatureRecord] {
        try await fixture.folder.records.signatures(plan: plan.id).filter { $0.ending == nil }
    }
}
