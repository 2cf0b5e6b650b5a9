import DICOM
import Foundation
import Testing
import _TestSupport

/// Archives read by Python's zipfile, an independent reader, and by our own.
@Suite("Writing ZIP archives")
struct ZipWriterTests {
    private static func python(_ script: String, _ file: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import zipfile, sys, hashlib\n\(script)", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }

    private static func archive(
        _ folder: URL, _ body: (inout ZipWriter) throws -> Void
    ) throws -> URL {
        let file = folder.appending(path: "a.zip")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        var zip = ZipWriter(handle)
        try body(&zip)
        try zip.finish()
        try handle.close()
        return file
    }

    @Test("Files come out of another program as they went in, and twice the same bytes")
    func round() throws {
        let folder = try ReferenceFiles.scratch("zip-writer")
        defer { try? FileManager.default.removeItem(at: folder) }
        let content = Data((0 ..< 3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let source = folder.appending(path: "source")
        try content.write(to: source)
        var seen = 0
        func make() throws -> Data {
            try Data(
                contentsOf: Self.archive(folder) { zip in
                    seen = 0
                    try zip.add("a/b", file: source) { seen += $0.count }
                    try zip.add("ü", bytes: Data("x".utf8))
                    try zip.add("empty", bytes: Data())
                })
        }
        let first = try make()
        #expect(try first == make() && seen == content.count)
        let told = try Self.python(
            """
            a = zipfile.ZipFile(sys.argv[1])
            assert a.testzip() is None
            assert [i.compress_type for i in a.infolist()] == [0, 0, 0]
            print(a.namelist(), hashlib.sha256(a.read('a/b')).hexdigest(), a.read('ü'))
            """, folder.appending(path: "a.zip"))
        #expect(
            told == "['a/b', 'ü', 'empty'] \(DicomSamples.sha256(Array(content))) b'x'\n")
        let ours = try ZipArchive(file: folder.appending(path: "a.zip"))
        #expect(ours.entries.map(\.name) == ["a/b", "ü", "empty"])
    }

    @Test("More files than 16 bits count have a directory of 64 bits")
    func manyFiles() throws {
        let folder = try ReferenceFiles.scratch("zip-many")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try Self.archive(folder) { zip in
            for n in 0 ..< 65_600 { try zip.add("\(n)", bytes: Data()) }
        }
        let told = try Self.python(
            "print(len(zipfile.ZipFile(sys.argv[1]).namelist()))", file)
        #expect(told == "65600\n")
    }
}
