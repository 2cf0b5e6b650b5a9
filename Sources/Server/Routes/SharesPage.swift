import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    struct SharesPage: Sendable {
        struct Choice: Sendable {
            let value: String
            let label: String
            let isChosen: Bool
        }

        /// Things to choose from, under one heading.
        struct Group: Sendable {
            let title: String
            let items: [Choice]
        }

        let banner: Banner
        let csrf: String
        let base: String
        /// Why nothing was shared; `nil` when nothing was refused.
        let sentence: String?
        let mayShare: Bool
        let organisations: [Choice]
        let hasOrganisations: Bool
        let groups: [Group]
        let form: ShareForm
        let mostDays: Int
        let longestPurpose: Int
        let shares: [ShareLine]
        let hasShares: Bool
    }

    /// A share as its owner sees it.
    struct ShareLine: Sendable {
        struct Opening: Sendable {
            let at: String
            let person: String
            let what: String
        }

        let id: Int64
        let recipient: String
        let purpose: String
        /// `nil` when it is no referral.
        let question: String?
        /// How far the referral is; `nil` when it is none.
        let step: String?
        let isDeclined: Bool
        let rights: String
        let made: String
        let until: String
        let state: String
        let isActive: Bool
        /// Who ended it, when and why; `nil` unless somebody did.
        let ending: String?
        let items: [String]
        let openings: [Opening]
        let hasOpenings: Bool
        let endPath: String

        static func text(_ rights: Set<ShareRight>) -> String {
            ShareRight.allCases.filter(rights.contains).map(\.title).joined(separator: ", ")
        }
    }

    func sharesPage(
        _ call: Call, _ form: ShareForm, sentence: String?
    ) async throws -> Response {
        let account = try call.account
        let (patient, reader) = (try call.caseOwner, try reader(call))
        let others = try await folder.shares.organisations().filter {
            $0.id != account.organisation.id
        }
        let groups = try await groups(reader, form)
        let names = try await itemNames(reader)
        var lines: [ShareLine] = []
        for share in try await folder.shares.shares(
            of: patient.id, owner: account.organisation.id)
        {
            lines.append(try await line(share, names))
        }
        let page = SharesPage(
            banner: Banner(patient), csrf: call.session?.csrfToken ?? "",
            base: "/cases/\(patient.id)/shares", sentence: sentence,
            mayShare: account.role.rights.contains(.share),
            organisations: others.map {
                SharesPage.Choice(
                    value: "\($0.id)", label: $0.name, isChosen: $0.id == form.recipient)
            }, hasOrganisations: !others.isEmpty, groups: groups, form: form,
            mostDays: ShareTerms.mostDays, longestPurpose: ShareTerms.longestPurpose,
            shares: lines, hasShares: !lines.isEmpty)
        return Answer.page(
            try pages.render("shares", title: "Sharing", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    /// What there is to choose: the present question is ticked until somebody says otherwise.
    private func groups(
        _ reader: CaseReader, _ form: ShareForm
    ) async throws -> [SharesPage.Group] {
        let from = try await folder.shares.studiesFrom(of: reader.patient)
        let series = try await reader.series()
        var groups: [SharesPage.Group] = []
        for study in try await reader.studies().reversed() {
            let isPrior = study.description.date < from
            let day = ReadableIdentity.date(study.description.date)
            groups.append(
                SharesPage.Group(
                    title: "\(day) \(study.description.description)"
                        + (isPrior ? " (earlier study)" : ""),
                    items: series.filter { $0.study == study.id }.map { series in
                        let text = series.description
                        return SharesPage.Choice(
                            value: series.shortID,
                            label: "\(text.modality) \(text.description), "
                                + "\(series.instanceCount) files",
                            isChosen: form.isFilled
                                ? form.items.contains(series.shortID) : !isPrior)
                    }))
        }
        let computed = try await reader.derived().reversed().filter {
            ["plan", "dose", "report", "verification", "delivered-dose"].contains($0.draft.kind)
        }
        groups.append(
            SharesPage.Group(
                title: "Plans, doses and reports",
                items: computed.map { record in
                    let isCurrent = record.state == .current
                    return SharesPage.Choice(
                        value: record.id,
                        label: "\(record.id), \(record.draft.name), version \(record.version)"
                            + (isCurrent ? "" : ", outdated"),
                        isChosen: form.isFilled ? form.items.contains(record.id) : isCurrent)
                }))
        groups.append(
            SharesPage.Group(
                title: "Registrations and volumes of interest, to plan with",
                items: try await ground(reader).map { record in
                    SharesPage.Choice(
                        value: record.id,
                        label: "\(record.id), \(record.draft.name)"
                            + (record.acceptance == nil ? ", not accepted" : ""),
                        isChosen: form.items.contains(record.id))
                }))
        return groups.filter { !$0.items.isEmpty }
    }

    /// What counts now of that which plans stand on beside images.
    private func ground(_ reader: CaseReader) async throws -> [DerivedRecord] {
        let vois = try await reader.vois().compactMap { $0.head?.record }
        return try await reader.derived(kind: "registration").filter { $0.state == .current } + vois
    }

    /// What items of shares are called, by the ids that records name.
    func itemNames(_ reader: CaseReader) async throws -> [String: String] {
        var names: [String: String] = [:]
        for series in try await reader.series() {
            let text = series.description
            names["series-\(series.id)"] =
                "\(series.shortID) \(text.modality) \(text.description)"
        }
        for record in try await reader.derived() {
            names[record.id] = "\(record.id) \(record.draft.name)"
        }
        return names
    }

    private func line(
        _ share: ShareRecord, _ names: [String: String]
    ) async throws -> ShareLine {
        let state = share.state(at: folder.shares.moment)
        let openings = try await folder.shares.openings(of: "share-\(share.id)")
        let last = try await folder.shares.steps(of: share).last
        return ShareLine(
            id: share.id, recipient: share.recipient.name, purpose: share.purpose,
            question: share.question.isEmpty ? nil : share.question,
            step: share.question.isEmpty ? nil : last?.sentence ?? "sent, not received yet",
            isDeclined: last?.to == .declined, rights: ShareLine.text(share.rights),
            made: "\(Moment.text(share.createdAt)) by \(share.createdBy)",
            until: Moment.text(share.expiresAt.ISO8601Format()), state: state.rawValue,
            isActive: state == .active,
            ending: share.ending.map { "\(Moment.text($0.at)) by \($0.by): \($0.reason)" },
            items: try await folder.shares.items(of: share.id).map { item in
                (names[item.name] ?? item.name) + (item.isChosen ? "" : " (comes along)")
            } + (share.includesFuture ? ["what is added later"] : []),
            openings: openings.map { opening in
                ShareLine.Opening(
                    at: Moment.text(opening.at), person: opening.person,
                    what: opening.item.map { names[$0] ?? $0 } ?? "the case's pages")
            }, hasOpenings: !openings.isEmpty,
            endPath: "/cases/\(share.patient)/shares/\(share.id)/end")
    }
}
