import DICOM
import Foundation
import Testing
import _TestSupport

/// Colours of pictures that are no volume: ultrasound, captures.
@Suite("Colours of pictures")
struct ColourPaletteTests {
    private static let descriptors: [Attribute] = [
        .redPaletteColorLookupTableDescriptor, .greenPaletteColorLookupTableDescriptor,
        .bluePaletteColorLookupTableDescriptor,
    ]
    private static let data: [Attribute] = [
        .redPaletteColorLookupTableData, .greenPaletteColorLookupTableData,
        .bluePaletteColorLookupTableData,
    ]
    private static let segments: [Attribute] = [
        .segmentedRedPaletteColorLookupTableData, .segmentedGreenPaletteColorLookupTableData,
        .segmentedBluePaletteColorLookupTableData,
    ]

    private static func header(
        _ descriptor: [Int], _ tables: [[UInt8]], as attributes: [Attribute] = data,
        isSigned: Bool = false
    ) -> DataSet {
        var header = DataSet()
        header.set(.pixelRepresentation, isSigned ? 1 : 0)
        for attribute in descriptors { header.set(attribute, descriptor) }
        for (attribute, bytes) in zip(attributes, tables) { header.setBytes(attribute, bytes) }
        return header
    }

    private static func words(_ values: [Int]) -> [UInt8] {
        values.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    }

    @Test("Values beyond the palette have the colours of its ends")
    func ends() throws {
        let palette = try ColourPalette(
            Self.header([3, 10, 8], [[1, 2, 3, 0], [11, 12, 13, 0], [21, 22, 23, 0]]))
        #expect(
            palette.rgb([0, 10, 11, 12, 200]) == [
                1, 11, 21, 1, 11, 21, 2, 12, 22, 3, 13, 23, 3, 13, 23,
            ])
    }

    @Test("Entries of 16 bits give their upper byte, 8 bits in words their only one")
    func widths() throws {
        let wide = [0x1200, 0x34ff].map { $0 }
        let palette = try ColourPalette(
            Self.header([2, 0, 16], Array(repeating: Self.words(wide), count: 3)))
        #expect(palette.rgb([0, 1]) == [0x12, 0x12, 0x12, 0x34, 0x34, 0x34])
        for bits in [8, 16] {
            let narrow = try ColourPalette(
                Self.header([2, 0, bits], Array(repeating: Self.words([7, 9]), count: 3)))
            #expect(narrow.rgb([0, 1]) == [7, 7, 7, 9, 9, 9])
        }
    }

    @Test("A first value that is written as if it had no sign has one where the pixels have")
    func sign() throws {
        let palette = try ColourPalette(
            Self.header(
                [2, 0x10000 - 5, 8], Array(repeating: [1, 2], count: 3), isSigned: true))
        #expect(palette.rgb([-6, -5, -4]) == [1, 1, 1, 1, 1, 1, 2, 2, 2])
    }

    @Test("Segments: given entries, a line to a value, and earlier ones again")
    func segmented() throws {
        // 10, 20; up to 60 in four; both again.
        let numbers = [0, 2, 0x0a00, 0x1400, 1, 4, 0x3c00, 2, 2, 0, 0]
        let palette = try ColourPalette(
            Self.header(
                [12, 0, 16], Array(repeating: Self.words(numbers), count: 3), as: Self.segments))
        let reds = palette.rgb((0 ..< 12).map(Double.init)).enumerated()
            .filter { $0.offset % 3 == 0 }.map(\.element)
        #expect(reds == [10, 20, 30, 40, 50, 60, 10, 20, 30, 40, 50, 60])
    }

    @Test(
        "A palette that cannot be is refused",
        arguments: [
            header([3, 0, 8], [[1, 2], [1, 2], [1, 2]]),
            header([2, 0, 8], [[1, 2], [1, 2]]),
            header([2, 0, 12], [[1, 2], [1, 2], [1, 2]]),
            // A line from nowhere, and segments that repeat themselves.
            header([4, 0, 16], Array(repeating: words([1, 4, 9]), count: 3), as: segments),
            header([4, 0, 16], Array(repeating: words([2, 9, 0, 0]), count: 3), as: segments),
        ])
    func refused(header: DataSet) {
        #expect(throws: DicomError.self) { try ColourPalette(header) }
    }

    @Test(
        "Segments that add nothing are refused before anything repeats them",
        .timeLimit(.minutes(1)),
        arguments: [
            // Empty segments, and as many times all of them as fit into 1 MB.
            Array(repeating: [0, 0], count: 1 << 16)
                + Array(repeating: [2, 0xffff, 0, 0], count: 98_304),
            [[0, 2, 7, 8], [1, 0, 9], [0, 2, 7, 8]], [[0, 2, 7, 8], [2, 0, 0, 0], [0, 2, 7, 8]],
        ])
    func empty(segments: [[Int]]) {
        let table = Self.words(segments.flatMap(\.self))
        #expect(
            throws: DicomError.malformed(
                reason: "the palette of colours cannot be read: a segment adds nothing")
        ) {
            try ColourPalette(
                Self.header([4, 0, 16], Array(repeating: table, count: 3), as: Self.segments))
        }
    }

    @Test("Segments are repeated until the table is full, and no further")
    func full() throws {
        func palette(_ repeats: Int) throws -> ColourPalette {
            // One entry a segment; all segments so far again, and again.
            let numbers = Array(repeating: [0, 1, 0x2a00], count: 0x8000).flatMap(\.self)
            let table = Self.words(
                numbers + Array(repeating: [2, 0x8000, 0, 0], count: repeats).flatMap(\.self))
            return try ColourPalette(
                Self.header([0, 0, 16], Array(repeating: table, count: 3), as: Self.segments))
        }
        #expect(try palette(1).rgb([0, 65_535]) == Array(repeating: 0x2a, count: 6))
        #expect(
            throws: DicomError.malformed(
                reason: "the palette of colours cannot be read: it is too long")
        ) { try palette(2) }
    }

    /// One row of native YBR_FULL_422, Y1 Y2 Cb Cr.
    private static func halved(columns: Int, bytes: [UInt8]) throws -> [UInt8] {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.6.1")
        data.set(.sopInstanceUID, "1.2.3")
        data.set(.studyInstanceUID, "1.2")
        data.set(.seriesInstanceUID, "1.2.4")
        data.set(.modality, "US")
        data.set(.samplesPerPixel, 3)
        data.set(.photometricInterpretation, "YBR_FULL_422")
        data.set(.planarConfiguration, 0)
        data.set(.rows, 1)
        data.set(.columns, columns)
        data.set(.bitsAllocated, 8)
        data.set(.bitsStored, 8)
        data.set(.highBit, 7)
        data.set(.pixelRepresentation, 0)
        data.setBytes(.pixelData, bytes)
        return try DicomWriter.fileBytes(data)
    }

    private func pixels(_ file: [UInt8]) async throws -> [UInt8] {
        let folder = try ReferenceFiles.scratch("halved-colours")
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "file.dcm")
        try Data(file).write(to: url)
        return try await InProcessSource().frames(path: url.path).bytes
    }

    @Test("Two pixels of native YBR_FULL_422 share their chrominances")
    func shared() async throws {
        let file = try Self.halved(columns: 4, bytes: [1, 2, 90, 91, 3, 4, 80, 81])
        #expect(try await pixels(file) == [1, 90, 91, 2, 90, 91, 3, 80, 81, 4, 80, 81])
    }

    @Test("One that holds every sample all the same is read as it is, a shorter one refused")
    func whole() async throws {
        let bytes: [UInt8] = Array(1 ... 12)
        #expect(try await pixels(Self.halved(columns: 4, bytes: bytes)) == bytes)
        for (columns, count) in [(4, 6), (5, 10)] {
            let file = try Self.halved(columns: columns, bytes: Array(bytes.prefix(count)))
            await #expect(throws: DicomError.self) { try await pixels(file) }
        }
    }
}
