import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Pathway
import Storage
import Workflows

extension GrevyServer {
    /// Signed plans with their sidecars, and the key that checks them.
    var signedExportRoutes: [Route] {
        [
            Route(.get, "/public-key", .anyone) { _ in
                Answer.download(
                    Array(signingKey.publicKey.pem.utf8), mediaType: "application/x-pem-file",
                    name: "grevy-public-key.pem")
            },
            Route(.get, "/administration/audit-head", .right(.readAudit)) { call in
                let head = try await HeadSigning(folder: folder, key: signingKey)
                    .signed(by: call.account.actor)
                return Answer.download(
                    head, mediaType: "application/octet-stream", name: "grevy-audit.head")
            },
            Route(
                .get, "/cases/{case}/plans/{plan}/signed/{file}", .ofCase(.export), signedFile),
        ]
    }

    /// Signs the audit chain's end into the data folder every day, until the task is cancelled.
    ///
    /// - Parameter logger: Told when it could not be done; it is tried again every hour.
    func keepHeads(logger: Logger) async {
        let signing = HeadSigning(folder: folder, key: signingKey)
        while !Task.isCancelled {
            do { try await signing.keepToday() } catch {
                logger.error("no audit head", metadata: ["error": "\(type(of: error))"])
            }
            // A machine that slept has missed no more than an hour of the new day.
            let seconds = min(3600, HeadSigning.secondsToNextDay(Date()) + 1)
            try? await Task.sleep(for: .seconds(seconds))
        }
    }

    private func signedFile(_ call: Call) async throws -> Response {
        let name = try call.parameter("file")
        let isSidecar = name.hasSuffix(".sig")
        guard let file = SignedExport.File(rawValue: isSidecar ? String(name.dropLast(4)) : name)
        else { throw Refusal.notFound }
        let export = SignedExport(
            folder: folder, key: signingKey, patient: try call.caseOwner,
            actor: try call.account.actor)
        let plan = try call.parameter("plan")
        let bytes =
            isSidecar
            ? try await export.sidecar(file, of: plan) : try await export.bytes(file, of: plan)
        return Answer.download(
            bytes, mediaType: isSidecar ? "application/octet-stream" : file.mediaType, name: name)
    }
}
