import DICOM
import Foundation
import Storage
import Testing
import Workflows
import _TestSupport

@Suite("Names of imported files")
struct ImportNameTests {
    @Test("Files whose names and folders are not UTF-8 are imported, and named as Latin-1")
    func latin1() async throws {
        let (work, folder) = try await SmallPatient.imported("import-names")
        defer { try? FileManager.default.removeItem(at: work) }
        let disc = work.appending(path: "disc")
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = [
            "-c",
            #"""
            mkdir -p "$2/$(printf 'M\374ller')" && cp "$1"/rtstruct/* "$2/$(printf '\3501.dcm')" &&
            cp "$1"/nm-spect/* "$2/$(printf 'M\374ller')/spect" && printf text > "$2/readme"
            """#, "sh", work.appending(path: "patient/dicom").path, disc.path,
        ]
        try shell.run()
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        let summary = try await ImportWorkflow(
            folder: folder, source: InProcessSource(), actor: "test"
        ).run(paths: [disc])
        // The same bytes came in before under other names.
        #expect(summary.files == 3 && summary.alreadyStored == 2 && summary.refused == 0)
        let files = try await folder.records.files(run: summary.importID)
        let names = Set(files.map { String($0.path.dropFirst(disc.path.count)) })
        #expect(names == ["/è1.dcm", "/Müller/spect", "/readme"])
        #expect(try await folder.check(rereadingObjects: false).isEmpty)
    }
}
