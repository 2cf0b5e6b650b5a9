import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Who opened what of a case, from the audit trail.
    struct AccessPage: Sendable {
        struct Line: Sendable {
            let at: String
            let person: String
            let organisation: String
            let what: String
            let ground: String
        }

        let banner: Banner
        let isOwners: Bool
        let lines: [Line]
        let hasLines: Bool
        let most: Int
    }

    /// How many lines the page has at most.
    private static let accessLines = 200

    /// The owner's people see everybody's openings, others those of their own organisation.
    func accessPage(_ call: Call) async throws -> Response {
        let (patient, reader) = (try call.caseOwner, try reader(call))
        let isOwners = reader.sight.isOwners
        let names = try await itemNames(reader)
        var found: [(opening: ShareOpening, ground: String)] = []
        for (subject, ground) in try await grounds(call, isOwners: isOwners) {
            found += try await folder.shares.openings(of: subject, atMost: Self.accessLines)
                .map { ($0, ground) }
        }
        found.sort { $0.opening.at > $1.opening.at }
        let page = AccessPage(
            banner: Banner(patient), isOwners: isOwners,
            lines: found.prefix(Self.accessLines).map { opening, ground in
                AccessPage.Line(
                    at: Moment.text(opening.at), person: opening.person,
                    organisation: opening.organisation,
                    what: opening.item.map { names[$0] ?? $0 } ?? opening.action, ground: ground)
            }, hasLines: !found.isEmpty, most: Self.accessLines)
        return Answer.page(
            try pages.render("access", title: "Who opened it", session: call.session, page))
    }

    /// What the trail calls the ways to a case that the reader may know of.
    private func grounds(
        _ call: Call, isOwners: Bool
    ) async throws -> [(subject: String, ground: String)] {
        let (patient, home) = (try call.caseOwner.id, try call.account.organisation)
        let shares =
            isOwners
            ? try await folder.shares.shares(of: patient, owner: home.id)
            : try await folder.shares.shares(of: patient, recipient: home.id)
        let emergencies = try await folder.shares.emergencies(patient: patient).filter {
            isOwners || $0.organisation == home
        }
        return (isOwners ? [("patient-\(patient)", "own case")] : [])
            + shares.map {
                ("share-\($0.id)", "share \($0.id): \(isOwners ? $0.recipient.name : $0.purpose)")
            } + emergencies.map { ("emergency-\($0.id)", "emergency: \($0.reason)") }
    }
}
