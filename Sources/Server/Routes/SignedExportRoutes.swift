import HTTPTypes
import Hummingbird
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
            Route(
                .get, "/cases/{case}/plans/{plan}/signed/{file}",
                .ofCase(.export, shared: .download), signedFile),
        ]
    }

    private func signedFile(_ call: Call) async throws -> Response {
        let name = try call.parameter("file")
        let isSidecar = name.hasSuffix(".sig")
        guard let file = SignedExport.File(rawValue: isSidecar ? String(name.dropLast(4)) : name)
        else { throw Refusal.notFound }
        let export = SignedExport(
            try reader(call), key: signingKey, patient: try call.caseOwner,
            actor: try call.account.actor)
        let plan = try call.parameter("plan")
        let bytes =
            isSidecar
            ? try await export.sidecar(file, of: plan) : try await export.bytes(file, of: plan)
        return Answer.download(
            bytes, mediaType: isSidecar ? "application/octet-stream" : file.mediaType, name: name)
    }
}
