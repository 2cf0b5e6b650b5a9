import DICOM
import Foundation
import Phantom
import Testing
import _TestSupport

@Suite("Synthetic patient", .serialized)
struct SyntheticPatientTests {
    private func made(
        _ seed: UInt64, in folder: URL
    ) async throws -> (truth: PhantomTruth, files: [String: Data]) {
        let truth = try await SyntheticPatient.write(
            .sirtNet, options: PhantomOptions(seed: seed, isHalfSize: true), to: folder)
        var files: [String: Data] = [:]
        let walk = FileManager.default.enumerator(atPath: folder.path)
        while let path = walk?.nextObject() as? String {
            let url = folder.appending(path: path)
            if (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == false {
                files[path] = try Data(contentsOf: url)
            }
        }
        return (truth, files)
    }

    @Test("the same seed gives the same bytes, another seed other noise and identifiers")
    func repeats() async throws {
        let folder = try ReferenceFiles.scratch("phantom")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await made(5, in: folder.appending(path: "a")).files
        let again = try await made(5, in: folder.appending(path: "b")).files
        let other = try await made(6, in: folder.appending(path: "c")).files
        #expect(first.count == 249)
        #expect(first == again)
        #expect(Set(first.keys) == Set(other.keys))
        for (path, bytes) in first { #expect(bytes != other[path]) }
    }

    @Test("a folder with something in it is left alone")
    func refusesFullFolder() async throws {
        let folder = try ReferenceFiles.scratch("phantom")
        defer { try? FileManager.default.removeItem(at: folder) }
        let kept = folder.appending(path: "kept.txt")
        try Data("kept".utf8).write(to: kept)
        await #expect(throws: PhantomError.folderNotEmpty) {
            _ = try await SyntheticPatient.write(
                .sirtNet, options: PhantomOptions(isHalfSize: true), to: folder)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["kept.txt"])
        #expect(throws: PhantomError.unknownCase(name: "prrt")) { try PhantomCase.named("prrt") }
    }

    @Test(
        "dciodvfy finds no error in any series",
        .enabled(if: DicomValidator.isInstalled, "dciodvfy is not installed"))
    func isValid() async throws {
        let folder = try ReferenceFiles.scratch("phantom")
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try await made(1, in: folder).files.keys.filter { $0.hasSuffix("dcm") }
        let bySeries = Dictionary(grouping: files.sorted()) { $0.split(separator: "/")[1] }
        #expect(bySeries.count == 8)
        for paths in bySeries.values {
            for path in [paths.first, paths.last].compactMap(\.self) {
                let errors = try DicomValidator.errors(folder.appending(path: path).path)
                #expect(errors.isEmpty, "\(path): \(errors.joined(separator: "; "))")
            }
        }
    }

    private static let project = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let python = project.appending(path: ".venv/bin/python").path

    @Test(
        "pydicom and numpy find the truth in the files",
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: python), "there is no .venv"))
    func outsideCheck() async throws {
        let folder = try ReferenceFiles.scratch("phantom")
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try await made(1, in: folder)
        let script = Self.project.appending(path: "Tests/outside/check_phantom.py").path
        let output = try DicomValidator.output(Self.python, [script, folder.path])
        #expect(output.contains("\"failures\": []"), "\(output)")
    }
}
