import Foundation
import HTTPTypes
import Hummingbird
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Volumes of interest of a case: the editor, the list, masks, and what makes versions.
    var voiRoutes: [Route] {
        [
            Route(.get, "/cases/{case}/vois", .ofCase(.readCase, shared: .plan), voiPage),
            Route(.get, "/cases/{case}/vois/list", .ofCase(.readCase, shared: .plan)) { call in
                try Answer.json(try await voiLines(of: vois(call).list(), call))
            },
            Route(
                .get, "/cases/{case}/vois/withdrawn", .ofCase(.readCase, shared: .plan)
            ) { call in
                try Answer.json(try await voiLines(of: vois(call).withdrawn(), call))
            },
            Route(
                .get, "/cases/{case}/vois/scene/{series}", .ofCase(.readCase, shared: .plan)
            ) { call in
                try await heavy(call) {
                    try Answer.json(
                        try await VOIScene(reader(call), patient: call.caseOwner)
                            .scene(on: call.parameter("series"), source: source))
                }
            },
            Route(
                .get, "/cases/{case}/vois/versions/{version}/mask",
                .ofCase(.readCase, shared: .view)
            ) { call in
                let file = try await reader(call).mask(ofVersion: call.parameter("version"))
                return try await kept(call, tag: file.tag) { file.bytes }
            },
            Route(.post, "/cases/{case}/vois", .ofCase(.prepareCase, shared: .plan)) { call in
                let request = try VOIForm(call.form)
                return try await answer(
                    call,
                    heavy(call) {
                        try await vois(call).make(request.operation, in: request.target)
                    })
            },
            Route(.post, "/cases/{case}/vois/import", .ofCase(.prepareCase, shared: .plan)) {
                call in
                let names = call.form["structure"].map { [$0] } ?? []
                try await heavy(call) {
                    _ = try await vois(call).takeOver(
                        call.field("series"), names: names, on: call.form["ct"], role: nil)
                }
                return try Answer.json(
                    try await voiLines(of: vois(call).list(), call), status: .created)
            },
            Route(
                .post, "/cases/{case}/vois/drawn", .ofCase(.prepareCase, shared: .plan), keepDrawn),
            Route(.post, "/cases/{case}/vois/rename", .ofCase(.prepareCase, shared: .plan)) {
                call in
                try await answer(
                    call,
                    vois(call).rename(
                        call.field("name"), to: call.field("to"), base: call.field("version")))
            },
            Route(.post, "/cases/{case}/vois/withdraw", .ofCase(.prepareCase, shared: .plan)) {
                call in
                try await answer(
                    call,
                    vois(call).withdraw(
                        call.field("name"), base: call.field("version"),
                        reason: call.field("reason")))
            },
            Route(.post, "/cases/{case}/vois/restore", .ofCase(.prepareCase, shared: .plan)) {
                call in
                guard let number = Int64(try call.field("number")) else {
                    throw Refusal.badRequest("The field 'number' is no number.")
                }
                return try await answer(call, vois(call).restore(number))
            },
            Route(.post, "/cases/{case}/vois/accept", .ofCase(.plan, shared: .plan)) { call in
                let voi = try await vois(call).accept(
                    call.field("name"), version: call.field("version"),
                    note: call.form["note"] ?? "")
                return try Answer.json(try await voiLines(of: [voi], call).first)
            },
        ]
    }

    /// The most bytes of a drawn mask; runs of a liver on a 512 x 512 x 300 CT take one megabyte.
    private static let drawnBytes = 24 << 20

    func vois(_ call: Call) throws -> VOIWorkflow {
        VOIWorkflow(
            folder: folder, source: source, actor: try call.account.actor,
            patient: try call.caseOwner.id, sight: try call.sight)
    }

    private func keepDrawn(_ call: Call) async throws -> Response {
        let target = try VOIForm.target(call.query)
        guard call.request.headers[.contentType] == "application/octet-stream" else {
            throw Refusal.badRequest("A drawn mask is sent as application/octet-stream.")
        }
        let bytes = try await FormBody.bytes(of: call.request, limit: Self.drawnBytes)
        return try await answer(
            call, heavy(call) { try await vois(call).keep(drawn: bytes, in: target) })
    }

    struct VOISavedLine: Encodable, Sendable {
        let version: String
        let voi: VOIShown
    }

    /// 409 where another version came between; what was sent is kept all the same.
    private func answer(_ call: Call, _ saved: VOIWorkflow.Kept) async throws -> Response {
        let line = VOISavedLine(
            version: saved.version, voi: try await voiLines(of: [saved.voi], call)[0])
        return try Answer.json(line, status: saved.isAside ? .conflict : .created)
    }

    /// The list with people's names in place of their accounts.
    private func voiLines(of vois: [VOIShown], _ call: Call) async throws -> [VOIShown] {
        let names = try await folder.accounts.fullNames(ofCase: call.caseOwner.id)
        func named(_ version: VOIShown.Version) -> VOIShown.Version {
            var version = version
            version.author = names[version.author] ?? version.author
            version.acceptedBy = version.acceptedBy.map { names[$0] ?? $0 }
            return version
        }
        return vois.map { voi in
            var voi = voi
            voi.current = named(voi.current)
            voi.versions = voi.versions.map(named)
            return voi
        }
    }

    struct VOIPage: Sendable {
        struct Choice: Sendable {
            let id: String
            let name: String
            var isShown = false
        }

        let banner: Banner
        let csrf: String
        let base: String
        /// The CT that is shown; `nil` when the case has none.
        let ct: String?
        let cts: [Choice]
        let layers: [Choice]
        let structureSets: [Choice]
        let hasStructureSets: Bool
        let mayDraw: Bool
        let mayAccept: Bool
    }

    private func voiPage(_ call: Call) async throws -> Response {
        let patient = try call.caseOwner
        let rights = try call.account.role.rights
        let series = try await reader(call).series()
        func choices(_ modalities: Set<String>) -> [VOIPage.Choice] {
            series.filter { modalities.contains($0.description.modality) }.map {
                VOIPage.Choice(
                    id: $0.shortID,
                    name: "\($0.description.modality) \($0.description.description)")
            }
        }
        let cts = choices(["CT"])
        let wanted = try call.query["ct"]
        let first = try await vois(call).list().first?.series
        let ct =
            (cts.first { $0.id == wanted } ?? cts.first { $0.id == first })?.id
            ?? series.filter { $0.description.modality == "CT" }
            .max { $0.instanceCount < $1.instanceCount }
            .map { $0.shortID }
        let structureSets = choices(["RTSTRUCT", "SEG"])
        let page = VOIPage(
            banner: Banner(patient), csrf: call.session?.csrfToken ?? "",
            base: "/cases/\(patient.id)/vois",
            ct: ct,
            cts: cts.map { VOIPage.Choice(id: $0.id, name: $0.name, isShown: $0.id == ct) },
            layers: choices(["CT", "PT", "NM", "MR"]), structureSets: structureSets,
            hasStructureSets: !structureSets.isEmpty,
            mayDraw: rights.contains(.prepareCase), mayAccept: rights.contains(.plan))
        return Answer.page(
            try pages.render("vois", title: "Volumes of interest", session: call.session, page))
    }
}
