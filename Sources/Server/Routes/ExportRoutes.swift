import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Taking a case out as one archive, by who may export or has a share to download.
    var exportRoutes: [Route] {
        [
            Route(.get, "/cases/{case}/exports", .ofCase(.export, shared: .download)) { call in
                try await exportsPage(call, sentence: nil)
            },
            Route(
                .post, "/cases/{case}/exports", .ofCase(.export, shared: .download), beginExport),
            Route(
                .get, "/cases/{case}/exports/{export}", .ofCase(.export, shared: .download),
                exportFile),
        ]
    }

    struct ExportsPage: Sendable {
        struct Written: Sendable {
            let id: String
            let label: String
        }

        struct Kept: Sendable {
            let path: String
            let made: String
            let until: String
            let megabytes: String
            let sentence: String
            let isDeidentified: Bool
        }

        let banner: Banner
        let written: [Written]
        let hasWritten: Bool
        let exports: [Kept]
        let hasExports: Bool
        let isOwners: Bool
        let longestProject: Int
        let sentence: String?
        let csrf: String
    }

    private func exportsPage(_ call: Call, sentence: String?) async throws -> Response {
        let (patient, reader) = (try call.caseOwner, try reader(call))
        let choices = try await CaseExportWorkflow(folder: folder, source: source).choices(
            reader, for: call.account)
        let page = ExportsPage(
            banner: Banner(patient),
            written: choices.written.map { ExportsPage.Written(id: $0.id, label: $0.label) },
            hasWritten: !choices.written.isEmpty,
            exports: choices.exports.map { export in
                ExportsPage.Kept(
                    path: "/cases/\(patient.id)/exports/\(export.id)",
                    made: Moment.text(export.createdAt.ISO8601Format()),
                    until: Moment.text(export.endsAt.ISO8601Format()),
                    megabytes: Figures.fixed(Double(export.byteCount) / 1e6, 1),
                    sentence: export.sentence, isDeidentified: export.isDeidentified)
            }, hasExports: !choices.exports.isEmpty, isOwners: try call.sight.isOwners,
            longestProject: CaseExportOptions.longestProject, sentence: sentence,
            csrf: call.session?.csrfToken ?? "")
        return Answer.page(
            try pages.render("exports", title: "Take out", session: call.session, page),
            status: sentence == nil ? .ok : .badRequest)
    }

    private func beginExport(_ call: Call) async throws -> Response {
        let identity = try call.field("identity")
        guard ["kept", "removed"].contains(identity),
            let dates = CaseExportOptions.Dates(rawValue: call.form["dates"] ?? "moved")
        else { throw Refusal.badRequest("Say whether the identity is kept, and what of dates.") }
        do {
            let options = try CaseExportOptions(
                isDeidentified: identity == "removed", dates: dates,
                project: call.form["project"] ?? "",
                lookedAt: call.form.filter { $0.key.hasPrefix("se-") && $0.value == "yes" }
                    .keys.sorted())
            _ = try await JobWorkflow(folder: folder).export(
                call.caseOwner.id, options: options, by: call.account)
        } catch WorkflowError.refused(let sentence) {
            return try await exportsPage(call, sentence: sentence)
        }
        return Answer.seeOther("/jobs")
    }

    private func exportFile(_ call: Call) async throws -> Response {
        let (account, patient) = (try call.account, try call.caseOwner)
        let (id, sight) = (try call.parameter("export"), try call.sight)
        let all = try folder.exports.exports(
            of: patient.id, organisation: account.organisation.id)
        guard let export = all.first(where: { $0.id == id }), export.isCovered(by: sight) else {
            throw Refusal.notFound
        }
        _ = try await folder.audit.append(
            AuditEvent(
                actor: account.actor, action: "export.download", subject: "patient-\(patient.id)",
                detail: ["export": export.id, "sha256": export.sha256]))
        let name = export.isDeidentified ? "case-deidentified.zip" : "case-\(patient.id).zip"
        let headers: HTTPFields = [
            .contentType: "application/zip", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"\(name)\"",
        ]
        let file = folder.exports.archive(of: export)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(contentLength: export.byteCount) { writer in
                try await SentBytes.file(file).write(to: &writer)
                try await writer.finish(nil)
            })
    }

    /// Removes exports that are a day old, now and every ten minutes, until the task is cancelled.
    ///
    /// - Parameter logger: Told when it could not be done.
    func removeOldExports(logger: Logger) async {
        let seconds = 600.0
        while !Task.isCancelled {
            do {
                for export in try folder.exports.sweep() {
                    _ = try await folder.audit.append(
                        AuditEvent(
                            actor: "server", action: "export.remove",
                            subject: "patient-\(export.patient)", detail: ["export": export.id]))
                }
            } catch {
                logger.error("exports", metadata: ["error": "\(type(of: error))"])
            }
            try? await Task.sleep(for: .seconds(seconds))
        }
    }
}
