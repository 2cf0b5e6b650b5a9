import DICOM
import Foundation
import Hummingbird
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    struct CasePage: Sendable {
        struct Study: Sendable {
            let date: String
            let description: String
            let series: [Series]
        }

        struct Series: Sendable {
            let id: String
            let modality: String
            let description: String
            let instances: Int
            let findings: [FindingLine]
            /// Where its images open; `nil` for what is no image.
            let path: String?
            /// Who brought it; `nil` for readers of a share.
            let bringer: String?
            /// Where the number of files comes from.
            let source: String
        }

        struct FindingLine: Sendable {
            let isNote: Bool
            /// What it is about; `nil` when it is the whole.
            let subject: String?
            let sentence: String

            init(_ finding: Finding) {
                isNote = finding.severity == .note
                subject = finding.subject
                sentence = finding.sentence
            }
        }

        struct Computed: Sendable {
            let id: String
            let kind: String
            let name: String
            let version: Int
            let made: String
            /// Who, with their organisation where that is not the case's owner.
            let maker: String
            let isOutdated: Bool
            let reason: String
            /// Where it opens; `nil` when it has no page.
            let path: String?
            let source: String
        }

        /// Why the case is open to somebody who is not its owner.
        struct Origin: Sendable {
            let from: String
            let purpose: String
            /// `nil` when it is no referral.
            let question: String?
            /// How far the referral is; `nil` before its first step.
            let step: String?
            /// Whether your organisation has still to say something.
            let isAsked: Bool
            let until: String
            let rights: String
        }

        /// An access without a share.
        struct Emergency: Sendable {
            let from: String
            let reason: String
            let until: String
        }

        /// What somebody is about to share.
        struct Preview: Sendable {
            let recipient: String
            let lines: [String]
            let path: String
            let fields: [ShareForm.Field]
        }

        let banner: Banner
        /// Where delivered doses are asked for; `nil` before the treatment, and for who does not plan.
        let deliveryPath: String?
        /// For the owner's people alone.
        let timeline: Timeline?
        /// Whether the reader's own organisation has the case, and this is no preview.
        let isOwners: Bool
        /// Whether the reader's organisation may add plans and volumes of interest.
        let mayAdd: Bool
        let origins: [Origin]
        let emergency: Emergency?
        let preview: Preview?
        let studies: [Study]
        let computed: [Computed]
        let hasNothingComputed: Bool
        let state: String
        let waitsForMe: String?
        let isReferred: Bool
        let mayConfirmIdentity: Bool
        let mayBeginNextCourse: Bool
        /// Whether the reader may take out what they see.
        let mayExport: Bool
        let comments: CommentsSection
        /// What meetings decided, the latest first.
        let decisions: [DecisionLine]
        let hasNoDecision: Bool
        /// Target lesions of the owner's case; `nil` without any.
        let lesions: LesionLines?
        let moves: [Move]
        /// What the page's counts come from.
        let origin: [PlanPage.Fact]
        let csrf: String

        struct Move: Sendable {
            let time: String
            let act: String
            let to: String
            let person: String
            let plan: String
            let reason: String
        }
    }

    /// The page of a case as it is seen by a sight, the caller's own or one that is about to be
    /// given to somebody.
    func casePage(
        _ call: Call, seen sight: CaseSight, preview: CasePage.Preview?
    ) async throws -> Response {
        let patient = try call.caseOwner
        let reader = CaseReader(folder: folder, patient: patient.id, sight: sight)
        let file = try await CaseFile(reader, for: call.account)
        let isOwners = sight.isOwners
        let rights = try isOwners ? call.account.role.rights : []
        let names = try await folder.accounts.names()
        let makers = try await folder.accounts.fullNames(ofCase: patient.id)
        let decisions = isOwners ? try await decisionLines(of: patient.id) : []
        let page = CasePage(
            banner: Banner(patient),
            deliveryPath: rights.contains(.plan)
                ? Self.givenPlan(file).map { "/cases/\(patient.id)/plans/\($0)/delivered" } : nil,
            timeline: isOwners
                ? CasePage.Timeline(try await CaseTimeline(reader), of: patient.id) : nil,
            isOwners: isOwners, mayAdd: try preview == nil && call.mayAdd,
            origins: try await origins(of: sight),
            emergency: try await emergency(of: sight, patient), preview: preview,
            studies: file.studies.map { Self.study($0, of: patient) },
            computed: file.computed.map { Self.line($0, patient, makers) },
            hasNothingComputed: file.computed.isEmpty, state: file.state.rawValue,
            waitsForMe: file.waitsForMe,
            isReferred: isOwners && file.state == .referred,
            mayConfirmIdentity: rights.contains(.matchIdentity) && file.state == .quarantined,
            mayBeginNextCourse: rights.contains(.plan)
                && CaseMove.move(from: file.state, by: .nextCourse) != nil,
            mayExport: try preview == nil && call.account.role.rights.contains(.export)
                && call.opened?.rights.contains(.download) == true && !sight.isEmergency,
            comments: try await commentsSection(
                call, seen: sight, isPreview: preview != nil, names: names),
            decisions: decisions, hasNoDecision: decisions.isEmpty,
            lesions: isOwners
                ? CasePage.LesionLines(try await folder.records.lesions(of: patient.id), names)
                : nil,
            moves: file.moves.map { Self.move($0, makers) },
            origin: countingFacts(of: "what you see of this case", for: try call.account),
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("case", title: "Case", session: call.session, page))
    }

    private static func study(
        _ study: CaseFile.Study, of patient: PatientRecord
    ) -> CasePage.Study {
        CasePage.Study(
            date: study.date, description: study.description,
            series: study.series.map { series in
                CasePage.Series(
                    id: series.id, modality: series.modality,
                    description: series.description, instances: series.instances,
                    findings: series.findings.map(CasePage.FindingLine.init),
                    path: imagesPath(of: series, patient), bringer: series.bringer,
                    source: series.source)
            })
    }

    private static func move(_ move: CaseMoveRecord, _ makers: [String: String]) -> CasePage.Move {
        CasePage.Move(
            time: Moment.text(move.movedAt), act: move.act.rawValue, to: move.to.rawValue,
            person: move.account == nil ? "the program" : makers[move.actor] ?? "",
            plan: move.plan ?? "", reason: move.reason)
    }

    /// The plan whose treatment was given last, in a case whose treatment was given.
    private static func givenPlan(_ file: CaseFile) -> String? {
        guard file.state.wasGiven else { return nil }
        return file.moves.last { $0.act == .recordTreatment }?.plan
    }

    private func origins(of sight: CaseSight) async throws -> [CasePage.Origin] {
        guard case .shares(let ids) = sight.ground else { return [] }
        var origins: [CasePage.Origin] = []
        for share in try await folder.shares.shares(ids) {
            let last = try await folder.shares.steps(of: share).last
            origins.append(
                CasePage.Origin(
                    from: share.owner.name, purpose: share.purpose,
                    question: share.question.isEmpty ? nil : share.question,
                    step: last?.sentence, isAsked: last?.to.isOver != true,
                    until: Moment.text(share.expiresAt.ISO8601Format()),
                    rights: ShareLine.text(share.rights)))
        }
        return origins
    }

    private func emergency(
        of sight: CaseSight, _ patient: PatientRecord
    ) async throws -> CasePage.Emergency? {
        guard case .emergency(let id) = sight.ground else { return nil }
        return try await folder.shares.emergencies(patient: patient.id).first { $0.id == id }.map {
            CasePage.Emergency(
                from: $0.owner.name, reason: $0.reason,
                until: Moment.text($0.expiresAt.ISO8601Format()))
        }
    }

    /// Kinds of series that hold no pictures.
    static let kindsWithoutPictures: Set = [
        "RTSTRUCT", "SEG", "RTDOSE", "RTPLAN", "SR", "PR", "REG", "DOC", "KO",
    ]

    /// Slices open as a volume, everything else frame by frame.
    private static func imagesPath(
        of series: CaseFile.Series, _ patient: PatientRecord
    ) -> String? {
        let base = "/cases/\(patient.id)"
        switch series.modality {
        case let kind where kindsWithoutPictures.contains(kind): return nil
        case "CT" where series.instances > 1, "PT" where series.instances > 1,
            "MR" where series.instances > 1:
            return "\(base)/images?left=\(series.id)"
        default: return "\(base)/series/\(series.id)"
        }
    }

    private static func line(
        _ record: DerivedRecord, _ patient: PatientRecord, _ makers: [String: String]
    ) -> CasePage.Computed {
        let base = "/cases/\(patient.id)"
        let path: String? =
            switch record.draft.kind {
            case "plan": "\(base)/plans/\(record.id)"
            case "report": "\(base)/documents/\(record.id)"
            case "verification": "\(base)/delivered/\(record.id)"
            // Its name begins with the plan that was given.
            case "treatment":
                record.draft.name.split(separator: " ").first.map {
                    "\(base)/plans/\($0)/treatment"
                }
            default: nil
            }
        var reason = ""
        if case .outdated(let why) = record.state { reason = why }
        return CasePage.Computed(
            id: record.id, kind: record.draft.kind, name: record.draft.name,
            version: record.version,
            made: CaseTimeline.minute(record.createdAt),
            maker: makers[record.createdBy] ?? record.createdBy,
            isOutdated: record.state != .current, reason: reason, path: path,
            source: record.source(makers))
    }
}
