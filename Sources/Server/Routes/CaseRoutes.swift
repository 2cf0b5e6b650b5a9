import DICOM
import Foundation
import HTTPTypes
import Hummingbird
import Imaging
import Pathway
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
                try Gate.checkSecondFactor(account, call.session)
                try await folder.accounts.noteAccess(
                    by: account, to: "organisation-\(account.organisation.id)", action: "GET /")
                return try await worklistPage(call)
            },
            Route(.get, "/cases/{case}", .ofCase(.readCase, shared: .view)) { call in
                try await casePage(call, seen: call.sight, preview: nil)
            },
            Route(
                .get, "/cases/{case}/documents/{record}", .ofCase(.readCase, shared: .view),
                document),
            Route(.get, "/cases/{case}/volumes/{id}", .ofCase(.readCase, shared: .view)) { call in
                let volumes = try volumes(call)
                let id = try call.parameter("id")
                let tag = try await volumes.tag(of: id)
                let reduction = try Self.reduction(call.query["reduction"])
                let shown = reduction == 1 ? tag : "reduced by \(reduction) of \(tag)"
                return try await kept(call, tag: shown, isLasting: reduction == 1) {
                    try await volumes.volume(id, reduction: reduction) {
                        try await image($0, tag: tag, volumes)
                    }
                }
            },
            Route(
                .get, "/cases/{case}/previews/{series}", .ofCase(.readCase, shared: .view)
            ) { call in
                let volumes = try volumes(call)
                let id = try call.parameter("series")
                let tag = try await volumes.tag(of: id)
                return try await kept(call, tag: "preview of \(tag)") {
                    try await volumes.preview(id)
                }
            },
            Route(
                .get, "/cases/{case}/masks/{series}/{ct}/{name}", .ofCase(.readCase, shared: .view)
            ) { call in
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

    /// A kept report, as it was made; it runs nothing.
    private func document(_ call: Call) async throws -> Response {
        let id = try call.parameter("record")
        let record = try await reader(call).record(id, kind: "report")
        guard ["text/html", "application/pdf"].contains(record.draft.mediaType) else {
            throw Refusal.notFound
        }
        let bytes = try await folder.objects.bytes(of: record.draft.content)
        return Answer.document(bytes, mediaType: record.draft.mediaType)
    }

    /// What the caller sees of the case; everything of a case is found by it.
    func reader(_ call: Call) throws -> CaseReader {
        CaseReader(folder: folder, patient: try call.caseOwner.id, sight: try call.sight)
    }

    func volumes(_ call: Call) throws -> CaseVolumes {
        CaseVolumes(try reader(call), source: source)
    }

    /// The image of a series, read once for itself and the grid of its masks.
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
        isLasting: Bool = true, owner: String? = nil,
        _ bytes: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> Response {
        // The case is part of the tag: one image in two cases is two things.
        let owner = try owner ?? String(call.caseOwner.id)
        let full = "\"\(Self.short("\(owner) \(tag)").prefix(32))\""
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
