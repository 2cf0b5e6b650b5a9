import Foundation
import Imaging
import Testing

/// Headers that lie or are cut off: each is refused, none ends the program.
@Suite("Hostile image files")
struct HostileImageFileTests {
    private static let good = [
        "type": "uint8", "dimension": "3", "sizes": "3 2 2", "encoding": "raw",
        "space": "LPS", "space directions": "(2,0,0) (0,3,0) (0,0,4)", "space origin": "(0,0,0)",
    ]

    private static func nrrd(_ changes: [String: String?], voxels: Int = 12) -> [UInt8] {
        let fields = changes.reduce(into: good) { $0[$1.key] = $1.value }
        let lines = fields.map { "\($0.key): \($0.value)" }.sorted()
        let text = (["NRRD0004"] + lines).joined(separator: "\n") + "\n\n"
        return Array(text.utf8) + [UInt8](repeating: 1, count: voxels)
    }

    private static func refuses(_ bytes: [UInt8]) -> String? {
        do {
            _ = try ImageFile(bytes: bytes) { _ in
                throw ImagingError.fileNotRead(reason: "no such file")
            }
            return nil
        } catch { return "\(error)" }
    }

    @Test("the header that the others are made from is read")
    func control() { #expect(Self.refuses(Self.nrrd([:])) == nil) }

    @Test(
        "an NRRD header that cannot be right is refused",
        arguments: [
            ["type": "block"], ["type": "int64"], ["type": nil], ["type": "int16"],
            ["dimension": "4"], ["dimension": nil], ["sizes": "3 2"], ["sizes": "3 2 -2"],
            ["sizes": "0 2 2"], ["sizes": "3 2 2 1"], ["sizes": "3 2 3"], ["sizes": "3 2 1"],
            ["sizes": "9223372036854775807 2 2"], ["sizes": "1 1 -9223372036854775808"],
            ["sizes": "3000000000 3000000000 3000000000"], ["sizes": "100000 100000 100"],
            ["sizes": "99999999999999999999 1 1"], ["sizes": "3.0 2 2"], ["encoding": "hex"],
            ["encoding": "bzip2"], ["encoding": "gzip"], ["encoding": nil],
            ["space": "scanner-xyz"],
            ["space": nil], ["space directions": nil],
            ["space directions": "none (0,3,0) (0,0,4)"],
            ["space directions": "(nan,nan,nan) (0,3,0) (0,0,4)"],
            ["space directions": "(0,0,0) (0,3,0) (0,0,4)"],
            ["space directions": "(2,0,0) (2,0,0) (0,0,4)"],
            ["space directions": "(2,1,0) (0,3,0) (0,0,4)"],
            ["space directions": "(1e308,0,0) (0,1e308,0) (0,0,1e308)"],
            ["space directions": "(2,0,0) (0,3,0)"],
            ["space directions": ")2,0,0( (0,3,0) (0,0,4)"],
            ["space directions": "(2,0) (0,3) (0,4)"], ["space origin": "(0,0,inf)"],
            ["space origin": "0 0 0"], ["space units": "\"inch\" \"mm\" \"mm\""],
            ["byte skip": "-2"], ["byte skip": "9223372036854775807"], ["byte skip": "1"],
            ["line skip": "1"], ["data file": "../../etc/passwd"], ["data file": "/etc/passwd"],
            ["data file": "LIST"], ["data file": "slice%03d.raw 1 2 1"],
            ["data file": "absent.raw"],
        ])
    func lies(changes: [String: String?]) {
        #expect(Self.refuses(Self.nrrd(changes)) != nil)
    }

    @Test("sizes that do not go with the bytes are said in figures")
    func figures() throws {
        let sentence = try #require(Self.refuses(Self.nrrd(["sizes": "3 2 3"])))
        #expect(sentence.contains("18 bytes") && sentence.contains("12 are there"))
    }

    @Test("16 bit voxels need a byte order")
    func byteOrder() {
        let short = Self.nrrd(["type": "int16"], voxels: 24)
        #expect(Self.refuses(short) != nil)
        #expect(Self.refuses(Self.nrrd(["type": "int16", "endian": "big"], voxels: 24)) == nil)
        #expect(Self.refuses(Self.nrrd(["type": "int16", "endian": "pdp"], voxels: 24)) != nil)
    }

    @Test("every cut of a good file is refused")
    func truncated() throws {
        let whole = Self.nrrd([:])
        for length in 0 ..< whole.count {
            #expect(Self.refuses(Array(whole.prefix(length))) != nil, "\(length)")
        }
        let volume = Volume<Float>(
            repeating: 1, geometry: try VolumeGeometry(shape: [2, 2, 2], spacingMM: [1, 1, 1]))
        let nifti = try NIfTI.encoded(volume, description: "")
        for length in 0 ..< nifti.count {
            #expect(Self.refuses(Array(nifti.prefix(length))) != nil, "\(length)")
        }
    }

    @Test("a header of text without end and one with a field twice are refused")
    func endless() {
        #expect(
            Self.refuses(Array("NRRD0004\n# ".utf8) + [UInt8](repeating: 0x61, count: 3 << 20))
                != nil)
        #expect(Self.refuses(Array("NRRD0009\n\n".utf8)) != nil)
        #expect(
            Self.refuses(Array("NRRD0004\ntype: uint8\nType: uint8\n\n".utf8))?
                .contains("twice") == true)
    }

    @Test(
        "a NIfTI header that cannot be right is refused",
        arguments: [
            (42, [0xff, 0xff]), (42, [0, 0]), (40, [0, 0]), (40, [2, 0]), (40, [9, 0]),
            (48, [2, 0]), (70, [0, 4]), (70, [128, 0]), (108, [0, 0, 0, 0]),
            (108, [0, 0, 0xc0, 0x7f]), (108, [0, 0, 0x80, 0x7f]), (123, [5]),
            (280, [0, 0, 0xc0, 0x7f]), (280, [0, 0, 0, 0]), (344, [0x6e, 0x69, 0x31]),
        ] as [(Int, [UInt8])])
    func nifti(offset: Int, bytes: [UInt8]) throws {
        let volume = Volume<Float>(
            repeating: 1, geometry: try VolumeGeometry(shape: [2, 2, 2], spacingMM: [1, 1, 1]))
        var file = try NIfTI.encoded(volume, description: "")
        #expect(Self.refuses(file) == nil)
        if offset == 48 { file[40] = 4 }
        file.replaceSubrange(offset ..< offset + bytes.count, with: bytes)
        #expect(Self.refuses(file) != nil)
    }
}
