import Foundation
import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// Confirming whose images a case has, and the three signatures on a plan.
    var signingRoutes: [Route] {
        let plan = "/cases/{case}/plans/{plan}"
        return [
            Route(.post, "/cases/{case}/confirm-identity", .ofCase(.matchIdentity)) { call in
                let patient = try call.caseOwner.id
                try await folder.records.confirmIdentity(of: patient, by: call.account.id)
                return Answer.seeOther("/cases/\(patient)")
            },
            Route(.post, "/cases/{case}/next-course", .ofCase(.plan)) { call in
                let patient = try call.caseOwner.id
                try await SigningWorkflow.beginNextCourse(
                    of: patient, reason: try call.field("reason"), account: call.account,
                    folder: folder)
                return Answer.seeOther("/cases/\(patient)")
            },
            Route(.get, "\(plan)/signatures", .ofCase(.readCase, shared: .plan)) { call in
                try await signingPage(call, sentence: nil)
            },
            Route(.post, "\(plan)/sign/made", .ofCase(.signPlan, shared: .plan)) { call in
                try await sign(call, as: .made)
            },
            Route(.post, "\(plan)/sign/checked", .ofCase(.signPlan, shared: .plan)) { call in
                try await sign(call, as: .checked)
            },
            Route(.post, "\(plan)/sign/prescribed", .ofCase(.prescribe)) { call in
                try await sign(call, as: .prescribed)
            },
            Route(.post, "\(plan)/sign/made/again", .ofCase(.signPlan, shared: .plan)) { call in
                try await signInAgain(call, as: .made)
            },
            Route(.post, "\(plan)/sign/checked/again", .ofCase(.signPlan, shared: .plan)) { call in
                try await signInAgain(call, as: .checked)
            },
            Route(.post, "\(plan)/sign/prescribed/again", .ofCase(.prescribe)) { call in
                try await signInAgain(call, as: .prescribed)
            },
            Route(.post, "\(plan)/return", .ofCase(.signPlan, shared: .plan)) { call in
                try await endSignatures(call, by: .returnPlan)
            },
            Route(.post, "\(plan)/withdraw", .ofCase(.signPlan, shared: .plan)) { call in
                try await endSignatures(call, by: .withdrawSignature)
            },
        ]
    }

    struct SigningPage: Sendable {
        struct Signature: Sendable {
            let meaning: String
            let name: String
            let role: String
            let signedAt: String
            /// Licence, site and days of a prescription.
            let entitlement: String?
            /// How it came to count no more.
            let ending: String?
        }

        struct Change: Sendable {
            let path: String
            let before: String
            let after: String
        }

        let banner: Banner
        let base: String
        let name: String
        let plan: String
        let state: String
        let digest: String
        let sentence: String?
        let obstacle: String?
        let signatures: [Signature]
        let hasNoSignatures: Bool
        let earlier: String?
        /// Where the earlier plan's numbers come from.
        let earlierSource: String?
        let changes: [Change]
        let moreChanges: Int?
        let findings: [CasePage.FindingLine]
        let hasNoFindings: Bool
        let mustReadFindings: Bool
        /// The last part of the address that signs; `nil` when this person signs nothing now.
        let signs: String?
        let statement: String
        let entitlement: String?
        let mayReturn: Bool
        let mayWithdraw: Bool
        let isFullySigned: Bool
        let confirmation: Confirmation
        let origin: [PlanPage.Fact]
        let csrf: String
    }

    /// How the reader of a page can confirm a signature.
    struct Confirmation: Sendable {
        /// Whether a code of an authenticator can.
        let hasCode: Bool
        /// Where a new sign-in can; `nil` for nowhere.
        let provider: String?
        /// When this session signed in again for this signature; `nil` when it has not.
        let signedInAgain: String?
    }

    /// - Parameters:
    ///   - call: By whom the page is read.
    ///   - subject: What is to be signed; `nil` for nothing now.
    ///   - meaning: What the signature would say.
    ///   - digest: Of what the page shows, hexadecimal.
    /// - Returns: What its reader can confirm that with.
    /// - Throws: `StorageError`.
    func confirmation(
        _ call: Call, of subject: String?, meaning: String, digest: String
    ) async throws -> Confirmation {
        let account = try call.account
        let isBound = try await accounts.isBound(account)
        var again: String?
        if isBound, let subject,
            let proof = try await accounts.signedInAgain(
                for: subject, meaning: meaning, account: account, token: call.token ?? ""),
            proof.intent.digest == digest
        {
            again = Moment.text(proof.authenticatedAt.ISO8601Format())
        }
        return Confirmation(
            hasCode: account.hasSecondFactor,
            provider: isBound ? accounts.provider?.settings.label : nil, signedInAgain: again)
    }

    private func workflow(_ call: Call) throws -> SigningWorkflow {
        SigningWorkflow(
            folder: folder, accounts: accounts, patient: try call.caseOwner, sight: try call.sight)
    }

    private func sign(_ call: Call, as meaning: SignatureMeaning) async throws -> Response {
        do {
            let (account, plan) = (try call.account, try call.parameter("plan"))
            var hasReadFindings = call.form["findings"] == "read"
            if case .signedInAgain(let token) = call.evidence {
                // What was ticked before the browser left.
                hasReadFindings =
                    try await accounts.signedInAgain(
                        for: plan, meaning: meaning.rawValue, account: account, token: token)?
                    .intent.hasReadFindings == true
            }
            _ = try await workflow(call).sign(
                plan, as: meaning, digest: call.field("digest"), hasReadFindings: hasReadFindings,
                evidence: call.evidence, account: account)
        } catch {
            return try await signingPage(call, refusing: error)
        }
        return Answer.seeOther(try path(call))
    }

    /// Keeps what is to be signed and sends the browser to the provider.
    private func signInAgain(_ call: Call, as meaning: SignatureMeaning) async throws -> Response {
        do {
            let account = try call.account
            let intent = try await workflow(call).intent(
                call.parameter("plan"), as: meaning, digest: call.field("digest"),
                hasReadFindings: call.form["findings"] == "read", account: account)
            return try await leave(
                call, for: .sign(intent, account, token: call.token ?? "", way: try path(call)))
        } catch {
            return try await signingPage(call, refusing: error)
        }
    }

    private func endSignatures(_ call: Call, by act: CaseMove.Act) async throws -> Response {
        do {
            try await workflow(call).end(
                call.parameter("plan"), by: act, reason: call.form["reason"] ?? "",
                account: call.account)
        } catch {
            return try await signingPage(call, refusing: error)
        }
        return Answer.seeOther(try path(call))
    }

    private func path(_ call: Call) throws -> String {
        "/cases/\(try call.caseOwner.id)/plans/\(try call.parameter("plan"))/signatures"
    }

    /// Shows the page again with why nothing was done; what is no refusal goes on.
    private func signingPage(_ call: Call, refusing error: any Error) async throws -> Response {
        switch Refusal(error) {
        case .badRequest(let sentence)?, .conflict(let sentence)?:
            var answer = try await signingPage(call, sentence: sentence)
            answer.status = Refusal(error)?.status ?? .badRequest
            return answer
        default: throw error
        }
    }

    private func signingPage(_ call: Call, sentence: String?) async throws -> Response {
        let view = try await workflow(call).view(call.parameter("plan"), for: call.account)
        let page = SigningPage(
            view, patient: try call.caseOwner, sentence: sentence,
            confirmation: try await confirmation(
                call, of: view.meaning.map { _ in view.plan.id },
                meaning: view.meaning?.rawValue ?? "", digest: view.digest.hex),
            names: try await folder.accounts.fullNames(ofCase: call.caseOwner.id),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("signing", title: "Signatures", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }
}

extension GrevyServer.SigningPage {
    /// More lines than this help nobody; the rest is counted.
    private static let shownChanges = 200

    init(
        _ view: SigningWorkflow.View, patient: PatientRecord, sentence: String?,
        confirmation: GrevyServer.Confirmation, names: [String: String], csrf: String
    ) {
        banner = Banner(patient)
        base = "/cases/\(patient.id)/plans/\(view.plan.id)"
        (name, plan) = (view.document.name, view.plan.id)
        state = view.state.rawValue
        digest = view.digest.hex
        (self.sentence, obstacle) = (sentence, view.obstacle)
        signatures = view.signatures.map(Signature.init)
        hasNoSignatures = view.signatures.isEmpty
        earlier = view.earlier?.id
        earlierSource = view.earlier?.source(names)
        origin = GrevyServer.PlanPage.Fact.origin(view.plan, view.document, names: names)
        changes = view.changes.prefix(Self.shownChanges).map {
            Change(path: $0.path, before: $0.before, after: $0.after)
        }
        let more = view.changes.count - Self.shownChanges
        moreChanges = more > 0 ? more : nil
        findings = view.document.findings.map(GrevyServer.CasePage.FindingLine.init)
        hasNoFindings = view.document.findings.isEmpty
        mustReadFindings = !view.openFindings.isEmpty
        signs = view.meaning?.rawValue
        statement =
            switch view.meaning {
            case .made?: "I made this plan and answer for it."
            case .checked?: "I have checked this plan and found nothing against it."
            case .prescribed?: "I prescribe this treatment."
            case nil: ""
            }
        entitlement = view.meaning == .prescribed ? view.entitlement.map(Self.text) : nil
        (mayReturn, mayWithdraw) = (view.mayReturn, view.mayWithdraw)
        isFullySigned = view.isFullySigned
        (self.confirmation, self.csrf) = (confirmation, csrf)
    }

    fileprivate static func text(_ record: EntitlementRecord) -> String {
        let held = record.entitlement
        return "\(held.procedure.title), \(held.site), licence \(held.licenceNumber), "
            + "\(held.validFrom) to \(held.validTo)"
    }
}

extension GrevyServer.SigningPage.Signature {
    fileprivate init(_ record: SignatureRecord) {
        meaning = record.meaning.title
        (name, role) = (record.fullName, record.role.title)
        signedAt = Moment.text(record.signedAt)
        entitlement = record.entitlement.map(GrevyServer.SigningPage.text)
        ending = record.ending.map { ending in
            let how =
                switch ending.act {
                case .returnPlan: "returned"
                case .withdrawSignature: "withdrawn"
                default: "void"
                }
            return "\(how) \(Moment.text(ending.endedAt)): \(ending.reason)"
        }
    }
}

extension Call {
    /// What a form that signs shows of who signs: a code, or that they signed in again.
    var evidence: SigningEvidence {
        form["again"] == "yes"
            ? .signedInAgain(token: token ?? "") : .code(form["code"] ?? "")
    }
}

/// How moments of the record are shown.
enum Moment {
    /// `2026-01-05 10:30 UTC` of `2026-01-05T10:30:12.345Z`.
    static func text(_ time: String) -> String {
        "\(CaseTimeline.minute(time)) UTC"
    }
}
