import Foundation
import Imaging
import Testing
import _TestSupport

/// Files made here byte by byte from the formats' definitions.
@Suite("Image files")
struct ImageFileTests {
    /// A file name's bytes, as a reader asks for them.
    private static func none(_ name: String) throws -> [UInt8] {
        throw ImagingError.fileNotRead(reason: "no file \(name)")
    }

    private static func read(_ header: [String], _ voxels: [UInt8]) throws -> ImageFile {
        let text = (["NRRD0004", "# made by a test"] + header).joined(separator: "\n") + "\n\n"
        return try ImageFile(bytes: Array(text.utf8) + voxels, sibling: none)
    }

    /// 3 x 2 x 2 voxels of 2, 3 and 4 mm.
    private static let place = [
        "dimension: 3", "sizes: 3 2 2", "space: left-posterior-superior",
        "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (10,20,30)",
    ]
    private static let shorts = ["type: int16", "endian: little", "encoding: raw"] + place

    private static func bytes<Word: FixedWidthInteger>(_ words: [Word], big: Bool) -> [UInt8] {
        words.flatMap { word in
            let all = (0 ..< Word.bitWidth / 8).map {
                UInt8(truncatingIfNeeded: word >> (8 * Word($0)))
            }
            return big ? all.reversed() : all
        }
    }

    /// The whole numbers from -1 to 10 as 16 bit words.
    private static func shortVoxels(big: Bool = false) -> [UInt8] {
        bytes((0 ..< 12).map { Int16($0 - 1) }, big: big)
    }

    private static func values(_ file: ImageFile) -> [Float] {
        file.volume.voxels
    }

    private static let expected = (0 ..< 12).map { Float($0 - 1) }

    @Test("an NRRD file has its voxels and its place")
    func plain() throws {
        let file = try Self.read(Self.shorts, Self.shortVoxels())
        let geometry = file.volume.geometry
        #expect(geometry.shape == [3, 2, 2] && geometry.spacingMM == [2, 3, 4])
        #expect(geometry.originMM == [10, 20, 30] && geometry.axes == .identity)
        #expect(Self.values(file) == Self.expected && !file.isMirrored)
    }

    @Test("scalars of every type and byte order have the same values")
    func scalars() throws {
        let numbers = 0 ..< 12
        for big in [false, true] {
            let cases: [(String, [UInt8])] = [
                ("uchar", Self.bytes(numbers.map { UInt8($0) }, big: big)),
                ("int8", Self.bytes(numbers.map { Int8($0) }, big: big)),
                ("short", Self.bytes(numbers.map { Int16($0) }, big: big)),
                ("unsigned short", Self.bytes(numbers.map { UInt16($0) }, big: big)),
                ("int", Self.bytes(numbers.map { Int32($0) }, big: big)),
                ("uint32", Self.bytes(numbers.map { UInt32($0) }, big: big)),
                ("float", Self.bytes(numbers.map { Float($0).bitPattern }, big: big)),
                ("double", Self.bytes(numbers.map { Double($0).bitPattern }, big: big)),
            ]
            for (type, voxels) in cases {
                let file = try Self.read(
                    ["type: \(type)", "endian: \(big ? "big" : "little")", "encoding: raw"]
                        + Self.place, voxels)
                #expect(Self.values(file) == numbers.map { Float($0) }, "\(type)")
            }
        }
    }

    @Test("places in RAS, in LAS and in centimetres are brought to LPS millimetres")
    func spaces() throws {
        func file(_ space: String, _ directions: String, _ origin: String) throws -> ImageFile {
            try Self.read(
                [
                    "type: short", "endian: little", "encoding: raw", "dimension: 3",
                    "sizes: 3 2 2", "space: \(space)", "space directions: \(directions)",
                    "space origin: \(origin)", "space units: \"cm\" \"cm\" \"cm\"",
                ], Self.shortVoxels())
        }
        let lps = try Self.read(Self.shorts, Self.shortVoxels())
        let ras = try file("RAS", "(-.2,0,0) (0, -0.3, 0) (0,0,.4)", "(-1,-2,3)")
        let las = try file("left-anterior-superior", "(.2,0,0) (0,-.3,0) (0,0,.4)", "(1,-2,3)")
        for other in [ras, las] {
            #expect(Self.values(other) == Self.expected && !other.isMirrored)
            for (a, b) in zip(other.volume.geometry.cornersMM, lps.volume.geometry.cornersMM) {
                // Rounding of the conversion.
                #expect((a - b).length < 1e-12)
            }
        }
    }

    @Test("without a space the axes are the patient's; CRLF and pairs of a user's own are read")
    func bare() throws {
        let text = [
            "NRRD0005", "type: uint8", "dimension: 3", "sizes: 3 2 2", "spacings: 2 3 4",
            "encoding: raw", "patient:=nobody", "", "",
        ].joined(separator: "\r\n")
        let file = try ImageFile(bytes: Array(text.utf8) + Array(0 ..< 12), sibling: Self.none)
        #expect(file.volume.geometry.spacingMM == [2, 3, 4])
        #expect(Self.values(file) == (0 ..< 12).map { Float($0) })
    }

    @Test("voxels in a file beside the header are read, also behind bytes to skip")
    func detached() throws {
        func file(_ more: [String], _ data: [UInt8]) throws -> ImageFile {
            let text = (["NRRD0004"] + Self.shorts + more).joined(separator: "\n")
            return try ImageFile(bytes: Array(text.utf8)) { name in
                try #require(name == "my voxels.raw")
                return data
            }
        }
        let name = "data file: my voxels.raw"
        let voxels = Self.shortVoxels()
        #expect(Self.values(try file([name], voxels)) == Self.expected)
        #expect(
            Self.values(try file([name, "byte skip: 3"], [7, 7, 7] + voxels)) == Self.expected)
        #expect(
            Self.values(try file([name, "byteskip: -1"], [7, 7, 7] + voxels)) == Self.expected)
    }

    /// Left-handed: the steps along x run towards the patient's right in LPS, y and z as LPS.
    @Test("a left-handed file keeps every voxel at its place and can be written as it was")
    func leftHanded() throws {
        var header = Self.shorts
        header[6] = "space directions: (-2,0,0) (0,3,0) (0,0,4)"
        let file = try Self.read(header, Self.shortVoxels())
        #expect(file.isMirrored)
        let geometry = file.volume.geometry
        for k in 0 ..< 2 {
            for j in 0 ..< 2 {
                for i in 0 ..< 3 {
                    let place = Vector3(
                        10 - 2.0 * Double(i), 20 + 3 * Double(j), 30 + 4 * Double(k))
                    let index = geometry.index(positionMM: place)
                    let found = file.volume[Int(index.x), Int(index.y), Int(index.z)]
                    #expect(found == Float(i + 3 * (j + 2 * k) - 1))
                }
            }
        }
        let written = try NIfTI.encoded(file.volume, description: "", isMirrored: true)
        // The voxels of the file stand in its own order again.
        let own = Self.bytes(Self.expected.map(\.bitPattern), big: false)
        #expect(Array(written.dropFirst(352)) == own)
        let back = try ImageFile(bytes: written, sibling: Self.none)
        #expect(back.isMirrored && back.volume.geometry == geometry)
        #expect(Self.values(back) == Self.values(file))
        // From the qform alone: no sform code.
        var quaternion = written
        quaternion[254] = 0
        let turned = try ImageFile(bytes: quaternion, sibling: Self.none)
        #expect(turned.isMirrored && Self.values(turned) == Self.values(file))
        for (a, b) in zip(turned.volume.geometry.cornersMM, geometry.cornersMM) {
            #expect((a - b).length < 1e-5, "single precision")
        }
    }

    @Test("a big-endian NIfTI file in metres is the same image")
    func bigEndian() throws {
        let geometry = try VolumeGeometry(
            shape: [3, 2, 2], spacingMM: [2, 3, 4], originMM: [10, 20, 30])
        let volume = try Volume(voxels: Self.expected, geometry: geometry)
        var bytes = try NIfTI.encoded(volume, description: "")
        let words: [(Range<Int>, Int)] = [
            (0 ..< 4, 4), (40 ..< 56, 2), (70 ..< 74, 2), (76 ..< 120, 4), (252 ..< 256, 2),
            (256 ..< 328, 4), (352 ..< bytes.count, 4),
        ]
        for (range, width) in words {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: width) {
                bytes[start ..< start + width].reverse()
            }
        }
        let same = try ImageFile(bytes: bytes, sibling: Self.none)
        #expect(same.volume.geometry == geometry && Self.values(same) == Self.expected)
        bytes[123] = 1
        let metres = try ImageFile(bytes: bytes, sibling: Self.none)
        #expect(metres.volume.geometry.originMM == [10_000, 20_000, 30_000])
        #expect(metres.volume.geometry.spacingMM == [2000, 3000, 4000])
    }
}
