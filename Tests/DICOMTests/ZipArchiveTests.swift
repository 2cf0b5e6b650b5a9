import DICOM
import Foundation
import Testing
import _TestSupport

/// Archives made by Python's zipfile, an independent writer, and some that nobody should open.
@Suite("ZIP archives")
struct ZipArchiveTests {
    /// Makes archives in the folder `d` with Python; `z` is the module zipfile.
    private static func make(_ label: String, _ script: String) throws -> URL {
        let folder = try ReferenceFiles.scratch(label)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import zipfile as z, struct, sys, stat\nd = sys.argv[1]\np = d + '/a.zip'\n\(script)",
            folder.path,
        ]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return folder
    }

    private static func unpacked(_ folder: URL) throws -> [String: [UInt8]] {
        let archive = try ZipArchive(file: folder.appending(path: "a.zip"))
        var files: [String: [UInt8]] = [:]
        for entry in archive.entries {
            let target = folder.appending(path: "out")
            try archive.unpack(entry, to: target)
            files[entry.name] = Array(try Data(contentsOf: target))
        }
        return files
    }

    private static func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch DicomError.refused(let code, _) { return code } catch {
            return "\(error)"
        }
        return nil
    }

    @Test("Stored, deflated and 64-bit files come out as they went in")
    func round() throws {
        let folder = try Self.make(
            "zip-round",
            """
            with z.ZipFile(p, 'w') as a:
                a.writestr('a/b/stored', bytes(range(256)))
                a.writestr('dir/', b'')
                a.writestr('empty', b'')
                a.writestr('ü', b'x' * 1000000, compress_type=z.ZIP_DEFLATED)
                with a.open('wide', 'w', force_zip64=True) as f: f.write(b'wide')
                a.comment = b'PK\\x05\\x06' + b'c' * 50
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try Self.unpacked(folder)
        #expect(files.keys.sorted() == ["a/b/stored", "empty", "wide", "ü"])
        #expect(files["a/b/stored"] == (0 ... 255).map { UInt8($0) })
        #expect(files["empty"] == [] && files["wide"] == Array("wide".utf8))
        #expect(files["ü"] == [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000))
    }

    @Test(
        "A name that leads out, a link, and a locked file are refused, each by its own",
        arguments: [
            ("a.writestr('../../etc/x', b'1')", "zip-path"),
            ("a.writestr('a/../../x', b'1')", "zip-path"),
            ("a.writestr('/etc/passwd', b'1')", "zip-path"),
            ("a.writestr('..\\\\x', b'1')", "zip-path"),
            ("a.writestr('C:/x', b'1')", "zip-path"),
            (
                "i = z.ZipInfo('link'); i.create_system = 3; "
                    + "i.external_attr = (stat.S_IFLNK | 0o777) << 16; "
                    + "a.writestr(i, '/etc/passwd')", "zip-link"
            ),
            ("a.writestr('x', b'1' * 100, compress_type=z.ZIP_BZIP2)", "zip-method"),
        ])
    func refused(line: String, code: String) throws {
        let folder = try Self.make(
            "zip-refused", "with z.ZipFile(p, 'w') as a:\n    \(line)\n    a.writestr('good', b'1')"
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let archive = try ZipArchive(file: folder.appending(path: "a.zip"))
        try #require(archive.entries.count == 2)
        let target = folder.appending(path: "out")
        #expect(Self.code { try archive.unpack(archive.entries[0], to: target) } == code)
        #expect(!FileManager.default.fileExists(atPath: target.path))
        #expect(Self.code { try archive.unpack(archive.entries[1], to: target) } == nil)
    }

    @Test("A bomb is refused before anything of it is unpacked")
    func bomb() throws {
        let folder = try Self.make(
            "zip-bomb",
            """
            with z.ZipFile(p, 'w', z.ZIP_DEFLATED) as a:
                with a.open('zeros', 'w', force_zip64=True) as f:
                    for n in range(300): f.write(bytes(1 << 20))
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(
            Self.code { _ = try ZipArchive(file: folder.appending(path: "a.zip")) } == "zip-limit")
        var limits = ZipArchive.Limits()
        limits.freeBytes = 1 << 30
        limits.bytes = 299 << 20
        let file = folder.appending(path: "a.zip")
        #expect(Self.code { _ = try ZipArchive(file: file, limits: limits) } == "zip-limit")
    }

    @Test("More files than allowed, and files that share bytes, are refused")
    func overlap() throws {
        let folder = try Self.make(
            "zip-overlap",
            """
            with z.ZipFile(p, 'w') as a:
                for n in range(3): a.writestr(str(n), b'x' * 1000)
            b = bytearray(open(p, 'rb').read())
            at = b.find(b'PK\\x01\\x02'); at = b.find(b'PK\\x01\\x02', at + 1)
            b[at + 42:at + 46] = struct.pack('<I', 10)
            open(d + '/over.zip', 'wb').write(b)
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a.zip")
        var limits = ZipArchive.Limits()
        limits.entries = 2
        #expect(Self.code { _ = try ZipArchive(file: file, limits: limits) } == "zip-limit")
        let over = folder.appending(path: "over.zip")
        #expect(Self.code { _ = try ZipArchive(file: over) } == "zip-limit")
    }

    @Test("A file that is longer than the directory says is stopped at that length")
    func lie() throws {
        let folder = try Self.make(
            "zip-lie",
            """
            with z.ZipFile(p, 'w', z.ZIP_DEFLATED) as a: a.writestr('x', bytes(5000000))
            b = bytearray(open(p, 'rb').read())
            at = b.find(b'PK\\x01\\x02')
            b[at + 24:at + 28] = struct.pack('<I', 10)
            open(p, 'wb').write(b)
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let archive = try ZipArchive(file: folder.appending(path: "a.zip"))
        let target = folder.appending(path: "out")
        #expect(Self.code { try archive.unpack(archive.entries[0], to: target) } == "zip-broken")
        let size = try FileManager.default.attributesOfItem(atPath: target.path)[.size] as? Int
        #expect(try #require(size) < 1_000_000)
    }

    @Test("An archive cut off anywhere, or with any byte changed, ends in a sentence")
    func damaged() throws {
        let folder = try Self.make(
            "zip-damaged",
            """
            with z.ZipFile(p, 'w', z.ZIP_DEFLATED) as a:
                a.writestr('one', b'hello ' * 20); a.writestr('two', b'x' * 30)
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = Array(try Data(contentsOf: folder.appending(path: "a.zip")))
        let file = folder.appending(path: "b.zip")
        func outcome(_ bytes: [UInt8]) throws -> String? {
            try Data(bytes).write(to: file)
            return Self.code {
                let archive = try ZipArchive(file: file)
                for entry in archive.entries {
                    try archive.unpack(entry, to: folder.appending(path: "out"))
                }
            }
        }
        for count in bytes.indices {
            let code = try #require(try outcome(Array(bytes[..<count])))
            #expect(code.hasPrefix("zip-"), "\(count): \(code)")
        }
        for at in bytes.indices {
            var changed = bytes
            changed[at] ^= 0xff
            if let code = try outcome(changed) { #expect(code.hasPrefix("zip-"), "\(at): \(code)") }
        }
    }
}
