import Foundation
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Questions to and from other organisations, and how far each is.
    var referralRoutes: [Route] {
        [
            Route(.get, "/referrals", .right(.readCase), referralsPage),
            Route(.post, "/referrals/{referral}", .right(.share)) { call in
                guard let id = Int64(try call.parameter("referral")) else {
                    throw Refusal.notFound
                }
                guard let state = Referral.State(rawValue: try call.field("act")) else {
                    throw Refusal.badRequest("There is no such step.")
                }
                try await folder.shares.move(
                    referral: id, to: state, text: call.form["text"] ?? "", by: call.account)
                return Answer.seeOther("/referrals")
            },
        ]
    }

    struct ReferralsPage: Sendable {
        struct Step: Sendable {
            let value: String
            let title: String
        }

        struct Line: Sendable {
            let id: Int64
            /// `nil` once the case is not shared any more.
            let casePath: String?
            let patient: String
            let other: String
            let purpose: String
            let question: String
            let state: String
            let isDone: Bool
            let isDeclined: Bool
            let until: String
            let moves: [String]
            let steps: [Step]
            let hasSteps: Bool
            /// Whether a step says something.
            let asksText: Bool
        }

        let received: [Line]
        let hasReceived: Bool
        let sent: [Line]
        let hasSent: Bool
        let mayShare: Bool
        let longestText: Int
        let csrf: String
    }

    private func referralsPage(_ call: Call) async throws -> Response {
        let account = try call.account
        let home = account.organisation.id
        try await folder.accounts.noteAccess(
            by: account, to: "organisation-\(home)", action: "GET /referrals")
        let all = try await folder.shares.referrals(of: home)
        let mayShare = account.role.rights.contains(.share)
        let moment = folder.shares.moment
        let received = all.filter { $0.share.recipient.id == home }.map {
            ReferralsPage.Line($0, from: true, maySteps: mayShare, at: moment)
        }
        let sent = all.filter { $0.share.owner.id == home }.map {
            ReferralsPage.Line($0, from: false, maySteps: false, at: moment)
        }
        let page = ReferralsPage(
            received: received, hasReceived: !received.isEmpty, sent: sent, hasSent: !sent.isEmpty,
            mayShare: mayShare, longestText: Referral.longestText,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("referrals", title: "Referrals", session: call.session, page))
    }
}

extension ReferralMoveRecord {
    /// The step as both sides read it.
    var sentence: String {
        "\(to.rawValue) \(Moment.text(at)) by \(by)" + (text.isEmpty ? "" : ": \(text)")
    }
}

extension GrevyServer.ReferralsPage.Line {
    fileprivate init(
        _ referral: ReferralRecord, from isReceived: Bool, maySteps: Bool, at moment: Date
    ) {
        let share = referral.share
        let isActive = share.state(at: moment) == .active
        let next = maySteps && isActive ? referral.state.next : []
        id = share.id
        casePath = referral.patient.map { "/cases/\($0.id)" }
        patient =
            referral.patient.map { patient in
                let identity = patient.identity
                return ReadableIdentity.name(identity.name)
                    + ", born \(ReadableIdentity.date(identity.birthDate)), \(identity.patientID)"
            } ?? "not shared any more"
        other = isReceived ? share.owner.name : share.recipient.name
        (purpose, question) = (share.purpose, share.question)
        state = referral.state.rawValue
        isDeclined = referral.state == .declined
        isDone = referral.state.isOver && !isDeclined
        until =
            isActive
            ? Moment.text(share.expiresAt.ISO8601Format())
            : "over: \(share.state(at: moment).rawValue)"
        moves =
            ["sent \(Moment.text(share.createdAt)) by \(share.createdBy)"]
            + referral.moves.map(\.sentence)
        steps = next.map { GrevyServer.ReferralsPage.Step(value: $0.rawValue, title: $0.step) }
        hasSteps = !next.isEmpty
        asksText = next.contains(where: \.needsText)
    }
}
