import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Walking through a folder")
struct FolderWalkTests {
    /// A folder with names in Latin-1, a hidden file, a hidden folder and links.
    private func folder() throws -> URL {
        let folder = try ReferenceFiles.scratch("walk")
        try RealFiles.shell(
            #"""
            cd '\#(folder.path)' && mkdir -p a .hidden "$(printf 'M\374ller')"
            printf one > a/1; printf two > "$(printf 'M\374ller/\3501')"; printf three > 'a/ü'
            printf no > .hidden/x; printf no > .y; ln -s a/1 link; ln -s a linked
            """#)
        return folder
    }

    @Test("finds every regular file, whatever bytes its name has")
    func names() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let walk = FolderWalk(below: folder)
        #expect(walk.closed.isEmpty)
        #expect(
            walk.files.map { String($0.name.dropFirst(folder.path.count)) } == [
                "/Müller/è1", "/a/1", "/a/ü",
            ])
        #expect(walk.files.map(\.isText) == [false, true, true])
    }

    @Test("gives a file whose name is no text a link that is")
    func link() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try #require(FolderWalk(below: folder).files.first { !$0.isText })
        let link = folder.appending(path: "link to it")
        try file.link(at: link)
        #expect(try Data(contentsOf: link) == Data("two".utf8))
        #expect(throws: DicomError.self) { try file.link(at: link) }
    }

    @Test("names a folder that is not there")
    func absent() throws {
        let folder = try ReferenceFiles.scratch("walk").appending(path: "absent")
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let walk = FolderWalk(below: folder)
        #expect(walk.files.isEmpty && walk.closed == [folder.path])
    }
}
