import Foundation
import Hummingbird
import Logging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Letting another organisation see a case, and what became of that.
    var shareRoutes: [Route] {
        let shares = "/cases/{case}/shares"
        return [
            Route(.get, shares, .ofCase(.readCase)) { call in
                try await sharesPage(call, ShareForm(), sentence: nil)
            },
            Route(.post, shares, .ofCase(.share), share),
            Route(.get, "/cases/{case}/access", .ofCase(.readCase, shared: .view), accessPage),
            Route(.post, "\(shares)/{share}/end", .ofCase(.share), endShare),
        ]
    }

    private func endShare(_ call: Call) async throws -> Response {
        guard let id = Int64(try call.parameter("share")) else { throw Refusal.notFound }
        let patient = try call.caseOwner.id
        try await folder.shares.revoke(
            id, of: patient, reason: call.field("reason"), by: call.account)
        try await live.contentsChanged(ofCase: patient)
        do {
            for share in try await folder.shares.shares([id]) {
                try await cancelPlans(of: share.recipient.id, inCase: patient, call)
            }
        } catch { Self.noteUncancelled(error, call) }
        return Answer.seeOther("/cases/\(patient)/shares")
    }

    /// Ends the planning of people who may not plan in a case any more: nothing of it would be kept.
    ///
    /// A job that cannot be ended keeps none of the others.
    private func cancelPlans(
        of organisation: Int64, inCase patient: Int64, _ call: Call
    ) async throws {
        let account = try call.account
        let all = try await folder.jobs.jobs(organisation: organisation, patient: patient)
        for job in all where job.kind == JobTask.planKind && !job.state.isOver {
            do {
                let person = try await folder.accounts.account(job.account)
                guard try await folder.shares.access(to: patient, for: person, as: .plan) == nil
                else { continue }
                do { try await jobs.cancel(job.id, by: account.actor) } catch StorageError.notFound
                {
                    // It is over by itself.
                    continue
                }
            } catch { Self.noteUncancelled(error, call) }
        }
    }

    /// The share is over all the same.
    private static func noteUncancelled(_ error: any Error, _ call: Call) {
        call.context.logger.error(
            "a job was not cancelled", metadata: ["error": "\(type(of: error))"])
    }

    /// Shows what the recipient will see, or shares; a refusal comes with the form as it was.
    private func share(_ call: Call) async throws -> Response {
        let form = ShareForm(call.form)
        do {
            let draft = try await draft(form, call)
            switch form.act {
            case "preview":
                let sight = try await folder.shares.preview(draft, by: call.account)
                return try await casePage(
                    call, seen: sight, preview: try await preview(form, draft))
            case "share":
                _ = try await folder.shares.create(draft, by: call.account)
                try await live.contentsChanged(ofCase: draft.patient)
                return Answer.seeOther("/cases/\(draft.patient)/shares")
            default:
                return try await sharesPage(call, form, sentence: nil)
            }
        } catch let refusal as ShareRefusal {
            return try await sharesPage(call, form, sentence: refusal.sentence)
        }
    }

    /// What a form asks for; ids that are not the case's are refused.
    private func draft(_ form: ShareForm, _ call: Call) async throws -> ShareDraft {
        let reader = try reader(call)
        var left = form.items
        var series: Set<Int64> = []
        for record in try await reader.series() where left.remove(record.shortID) != nil {
            series.insert(record.id)
        }
        var records: Set<String> = []
        for record in try await reader.derived() where left.remove(record.id) != nil {
            records.insert(record.id)
        }
        guard left.isEmpty else { throw ShareRefusal.item }
        guard let recipient = form.recipient else { throw ShareRefusal.recipient }
        return ShareDraft(
            patient: reader.patient, recipient: recipient, terms: try form.terms, series: series,
            records: records)
    }

    private func preview(
        _ form: ShareForm, _ draft: ShareDraft
    ) async throws -> CasePage.Preview {
        let recipient = try await folder.shares.organisations().first {
            $0.id == draft.recipient
        }
        let terms = draft.terms
        var lines = [
            "For: \(terms.purpose)", "For \(terms.days) days",
            "They may " + ShareLine.text(terms.rights),
        ]
        lines.append(
            terms.includesFuture
                ? "What is added to the case later is shared too"
                : "Nothing that is added later is shared")
        if terms.includesInternal { lines.append("Internal comments are shown") }
        if !terms.question.isEmpty { lines.append("A referral, which asks: \(terms.question)") }
        return CasePage.Preview(
            recipient: recipient?.name ?? "", lines: lines,
            path: "/cases/\(draft.patient)/shares", fields: form.fields)
    }
}

/// The fields of the form that shares.
struct ShareForm: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
    }

    var act = ""
    var recipient: Int64?
    var purpose = ""
    var question = ""
    var days = "\(ShareTerms.usualDays)"
    var mayComment = false
    var mayDownload = false
    var mayPlan = false
    var includesFuture = false
    var includesPriors = false
    var includesInternal = false
    /// Short ids of series and ids of computed objects.
    var items: Set<String> = []
    /// Whether somebody has filled it in.
    var isFilled = false

    /// The form before anybody has filled it in.
    init() {}

    init(_ fields: [String: String]) {
        isFilled = true
        act = fields["act"] ?? ""
        recipient = fields["recipient"].flatMap(Int64.init)
        purpose = (fields["purpose"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        question = (fields["question"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        days = fields["days"] ?? ""
        mayComment = fields["comment"] == "yes"
        mayDownload = fields["download"] == "yes"
        mayPlan = fields["plan"] == "yes"
        includesFuture = fields["future"] == "yes"
        includesPriors = fields["priors"] == "yes"
        includesInternal = fields["internal"] == "yes"
        items = Set(
            fields.filter { $0.key.hasPrefix(Self.itemPrefix) && $0.value == "yes" }
                .map { String($0.key.dropFirst(Self.itemPrefix.count)) })
    }

    static let itemPrefix = "item-"

    var terms: ShareTerms {
        get throws {
            guard let days = Int(days) else { throw ShareRefusal.days }
            var rights: Set<ShareRight> = [.view]
            if mayComment { rights.insert(.comment) }
            if mayDownload { rights.insert(.download) }
            if mayPlan { rights.insert(.plan) }
            return try ShareTerms(
                purpose: purpose, rights: rights, days: days, includesFuture: includesFuture,
                includesPriors: includesPriors, includesInternal: includesInternal,
                question: question)
        }
    }

    /// What a page sends again unchanged.
    var fields: [Field] {
        var fields = [
            Field(name: "recipient", value: recipient.map(String.init) ?? ""),
            Field(name: "purpose", value: purpose), Field(name: "question", value: question),
            Field(name: "days", value: days),
        ]
        let ticks = [
            ("comment", mayComment), ("download", mayDownload), ("plan", mayPlan),
            ("future", includesFuture), ("priors", includesPriors), ("internal", includesInternal),
        ]
        fields += ticks.filter(\.1).map { Field(name: $0.0, value: "yes") }
        return fields
            + items.sorted().map { Field(name: "\(Self.itemPrefix)\($0)", value: "yes") }
    }
}
