import Cryptography
import DICOM
import Foundation
import Pathway
import Storage

extension CaseExport {
    struct Packed {
        let byteCount: Int
        let sha256: String
        let manifest: ExportManifest
    }

    private static let readMe = "README.txt"
    private static let directory = "DICOMDIR"
    private static let manifestName = "manifest.json"

    /// Whether so many of all are worth a word: every twentieth part is.
    static func isStep(_ done: Int, of all: Int) -> Bool {
        let steps = 20
        return all > 0 && (done == 0 || done * steps / all != (done - 1) * steps / all)
    }

    /// Puts all files into an archive, with their digests and what is signed for them; the DICOMDIR
    /// leaves `unlisted` out, and there is none where that is `nil`.
    func pack(
        _ build: ExportBuild, _ manifest: ExportManifest, unlisted: Set<String>?, part: URL
    ) async throws -> Packed {
        var manifest = manifest
        try Data().write(to: part, options: .withoutOverwriting)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: part.path)
        let handle = try FileHandle(forWritingTo: part)
        defer { try? handle.close() }
        var zip = ZipWriter(handle)
        let readMe = Data(ExportReadMe.text(manifest).utf8)
        try zip.add(Self.readMe, bytes: readMe)
        manifest.files.append(Self.line(Self.readMe, readMe))
        var files = build.tree.files
        if unlisted != nil {
            files.insert(ExportTree.File(path: Self.directory, digest: nil, isDicom: false), at: 0)
        }
        for (n, file) in files.enumerated() {
            try Task.checkCancellation()
            if Self.isStep(n, of: files.count) {
                say(
                    0.5 + 0.5 * Double(n) / Double(files.count),
                    "\(n) of \(files.count) files packed")
            }
            manifest.files.append(try Self.add(file, of: build.tree.root, to: &zip, unlisted))
        }
        let text = try CanonicalJSON.encoded(manifest)
        try zip.add(Self.manifestName, bytes: text)
        try zip.add("\(Self.manifestName).sig", bytes: Data(try await sign(Array(text), manifest)))
        try zip.finish()
        try handle.synchronize()
        let written = try FileHandle(forReadingFrom: part)
        defer { try? written.close() }
        let (digest, count) = try SHA256.digest(of: written)
        return Packed(
            byteCount: count, sha256: Hexadecimal.digits(digest), manifest: manifest)
    }

    /// The end of the audit chain, whose last entry says that this was taken out.
    private func sign(_ text: [UInt8], _ manifest: ExportManifest) async throws -> [UInt8] {
        var detail = ["files": "\(manifest.files.count)", "identity": manifest.identity]
        detail["dates"] = manifest.dates
        if case .shares(let ids) = reader.sight.ground {
            detail["shares"] = ids.map { "share-\($0)" }.joined(separator: " ")
        }
        return try await HeadSigning(folder: folder, key: key).signed(
            manifest: text, of: reader.caseID, detail: detail, by: actor)
    }

    private static func add(
        _ file: ExportTree.File, of root: URL, to zip: inout ZipWriter, _ unlisted: Set<String>?
    ) throws -> ExportManifest.File {
        var hash = SHA256()
        let count = try zip.add(file.path, file: root.appending(path: file.path)) {
            hash.update($0)
        }
        let digest = Hexadecimal.digits(hash.digest)
        guard file.digest == nil || file.digest?.hex == digest else {
            throw StorageError.corrupted(entity: "object", detail: "its bytes have another hash")
        }
        return ExportManifest.File(
            path: file.path, sha256: digest, byteCount: count,
            isInDirectory: file.isDicom ? unlisted?.contains(file.path) == false : nil)
    }

    private static func line(_ path: String, _ bytes: Data) -> ExportManifest.File {
        ExportManifest.File(
            path: path, sha256: ObjectDigest(of: Array(bytes)).hex, byteCount: bytes.count,
            isInDirectory: nil)
    }

}
