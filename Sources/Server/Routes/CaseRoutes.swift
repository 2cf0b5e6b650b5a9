import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import Pathway
import Quantities
import Storage
import Workflows

extension GrevyServer {
    /// The worklist, a case, and its images.
    var caseRoutes: [Route] {
        [
            Route(.get, "/", .signedIn) { call in
                let account = try call.account
                guard account.role.rights.contains(.readCase) else {
                    return Answer.seeOther("/administration/accounts")
                }
                try Gate.checkSecondFactor(account)
                try await folder.accounts.noteAccess(
                    by: account, to: "organisation-\(account.organisation.id)", action: "GET /")
                return try await worklistPage(call)
            },
            Route(.get, "/cases/{case}", .ofCase(.readCase), casePage),
            Route(.get, "/cases/{case}/documents/{record}", .ofCase(.readCase), document),
            Route(.get, "/cases/{case}/volumes/{id}", .ofCase(.readCase)) { call in
                let volumes = try volumes(call)
                let id = try call.parameter("id")
                let tag = try await volumes.tag(of: id)
                return try await kept(call, tag: tag) {
                    try await volumes.volume(id) { try await image($0, tag: tag, volumes) }
                }
            },
            Route(.get, "/cases/{case}/previews/{series}", .ofCase(.readCase)) { call in
                let volumes = try volumes(call)
                let id = try call.parameter("series")
                let tag = try await volumes.tag(of: id)
                return try await kept(call, tag: "preview of \(tag)") {
                    try CaseVolumes.preview(of: await image(id, tag: tag, volumes))
                }
            },
            Route(.get, "/cases/{case}/masks/{series}/{ct}/{name}", .ofCase(.readCase)) { call in
                let volumes = try volumes(call)
                let (series, ct) = (try call.parameter("series"), try call.parameter("ct"))
                let name = try call.parameter("name").removingPercentEncoding ?? ""
                let ctTag = try await volumes.tag(of: ct)
                let tag = try await "\(volumes.tag(of: series)) \(ctTag) \(name)"
                return try await kept(call, tag: tag) {
                    let grid = try await grids.value(ctTag) {
                        try await image(ct, tag: ctTag, volumes).volume.geometry
                    }
                    return try await volumes.mask(name, of: series, on: grid)
                }
            },
        ]
    }

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
            let isOutdated: Bool
            let reason: String
            /// Where it opens; `nil` when it has no page.
            let path: String?
        }

        let banner: Banner
        let studies: [Study]
        let computed: [Computed]
        let hasNothingComputed: Bool
        let state: String
        let waitsForMe: String?
        let mayConfirmIdentity: Bool
        let mayBeginNextCourse: Bool
        let comments: CommentsSection
        /// What meetings decided, the latest first.
        let decisions: [DecisionLine]
        let moves: [Move]
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

    private func casePage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let file = try await CaseFile(
            patient: patient, for: call.account, folder: folder)
        let mayMatch = try call.account.role.rights.contains(.matchIdentity)
        let names = try await self.names()
        let page = CasePage(
            banner: Banner(patient),
            studies: file.studies.map { study in
                CasePage.Study(
                    date: study.date, description: study.description,
                    series: study.series.map { series in
                        CasePage.Series(
                            id: series.id, modality: series.modality,
                            description: series.description, instances: series.instances,
                            findings: series.findings.map(CasePage.FindingLine.init),
                            path: Self.imagesPath(of: series, patient))
                    })
            },
            computed: file.computed.map { Self.line($0, patient) },
            hasNothingComputed: file.computed.isEmpty, state: file.state.rawValue,
            waitsForMe: file.waitsForMe,
            mayConfirmIdentity: mayMatch
                && CaseMove.move(from: file.state, by: .confirmIdentity) != nil,
            mayBeginNextCourse: try call.account.role.rights.contains(.plan)
                && CaseMove.move(from: file.state, by: .nextCourse) != nil,
            comments: try await commentsSection(call, names: names),
            decisions: try await decisionLines(of: patient.id),
            moves: file.moves.map { move in
                CasePage.Move(
                    time: Moment.text(move.movedAt), act: move.act.rawValue,
                    to: move.to.rawValue,
                    person: move.account.flatMap { names[$0] } ?? "the program",
                    plan: move.plan ?? "", reason: move.reason)
            }, csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("case", title: "Case", session: call.session, page))
    }

    /// Slices open as a volume, everything else frame by frame.
    private static func imagesPath(
        of series: CaseFile.Series, _ patient: PatientRecord
    ) -> String? {
        let base = "/cases/\(patient.id)"
        switch series.modality {
        case "RTSTRUCT", "SEG", "RTDOSE", "RTPLAN", "SR", "PR", "REG", "DOC", "KO": return nil
        case "CT" where series.instances > 1, "PT" where series.instances > 1,
            "MR" where series.instances > 1:
            return "\(base)/images?left=\(series.id)"
        default: return "\(base)/series/\(series.id)"
        }
    }

    private static func line(
        _ record: DerivedRecord, _ patient: PatientRecord
    ) -> CasePage.Computed {
        let base = "/cases/\(patient.id)"
        let path: String? =
            switch record.draft.kind {
            case "plan": "\(base)/plans/\(record.id)"
            case "report": "\(base)/documents/\(record.id)"
            case "verification": "\(base)/delivered/\(record.id)"
            default: nil
            }
        var reason = ""
        if case .outdated(let why) = record.state { reason = why }
        return CasePage.Computed(
            id: record.id, kind: record.draft.kind, name: record.draft.name,
            version: record.version,
            made: String(record.createdAt.prefix(16).replacing("T", with: " ")),
            isOutdated: record.state != .current, reason: reason, path: path)
    }

    /// A kept report, as it was made; it runs nothing.
    private func document(_ call: Call) async throws -> Response {
        let id = try call.parameter("record")
        let records = try await folder.records.derived(
            caseID: "patient-\(call.caseOwner.id)", kind: "report")
        guard let record = records.first(where: { $0.id == id }),
            ["text/html", "application/pdf"].contains(record.draft.mediaType)
        else { throw Refusal.notFound }
        let bytes = try await folder.objects.bytes(of: record.draft.content)
        return Answer.document(bytes, mediaType: record.draft.mediaType)
    }

    func volumes(_ call: Call) throws -> CaseVolumes {
        CaseVolumes(folder: folder, source: source, patient: try call.caseOwner.id)
    }

    /// The image of a series, read once for its preview, itself and the grid of its masks.
    private func image(
        _ series: String, tag: String, _ volumes: CaseVolumes
    ) async throws -> ImageSeries {
        try await images.value(tag) { try await volumes.image(series) }
    }

    static func short(_ tag: String) -> String {
        ObjectDigest(of: Array(tag.utf8)).hex
    }

    /// Sends a volume, or that the browser's own copy is still right; asked for anew every time,
    /// because access may have ended.
    ///
    /// What does not last is kept in memory alone: a request chooses among so many that they would
    /// fill the disk.
    func kept(
        _ call: Call, tag: String, mediaType: String = "application/gzip",
        isLasting: Bool = true,
        _ bytes: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> Response {
        // The case is part of the tag: one image in two cases is two things.
        let full = "\"\(Self.short("\(try call.caseOwner.id) \(tag)").prefix(32))\""
        var headers: HTTPFields = [.contentType: mediaType, .eTag: full]
        headers[.cacheControl] = "private, no-cache"
        if call.request.headers[.ifNoneMatch] == full {
            return Response(status: .notModified, headers: headers)
        }
        if let body = await cache.kept(full) {
            return Response(status: .ok, headers: headers, body: Answer.body(body))
        }
        let body = try await heavy(call) {
            try await cache.value(full) {
                isLasting ? try await made.bytes(tag, make: bytes) : try await bytes()
            }
        }
        return Response(status: .ok, headers: headers, body: Answer.body(body))
    }
}

/// Whose data a page shows.
struct Banner: Sendable {
    let caseID: Int64
    let name: String
    let birthDate: String
    let patientID: String
    let issuer: String?
    let sex: String?

    init(_ patient: PatientRecord) {
        caseID = patient.id
        name = ReadableIdentity.name(patient.identity.name)
        birthDate = ReadableIdentity.date(patient.identity.birthDate)
        patientID = patient.identity.patientID
        issuer = patient.identity.issuer.isEmpty ? nil : patient.identity.issuer
        sex = patient.identity.sex.isEmpty ? nil : patient.identity.sex
    }
}
