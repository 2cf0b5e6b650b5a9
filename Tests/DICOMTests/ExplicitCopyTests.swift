import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Copies that everybody reads")
struct ExplicitCopyTests {
    private static func header(syntax: String, colours: String, samples: Int) -> DataSet {
        var data = DataSet()
        data.set(.transferSyntaxUID, syntax)
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.7")
        data.set(.sopInstanceUID, "1.2.3")
        data.set(.patientName, "Müller^Jörg")
        data.set(.samplesPerPixel, samples)
        data.set(.photometricInterpretation, colours)
        if samples > 1 { data.set(.planarConfiguration, 1) }
        data.set(.rows, 1)
        data.set(.columns, 3)
        data.set(.bitsAllocated, 8)
        data.set(.bitsStored, 8)
        data.set(.highBit, 7)
        data.set(.pixelRepresentation, 0)
        return data
    }

    private static func frames(_ bytes: [UInt8], samples: Int = 1, frames: Int = 1) -> PixelFrames {
        PixelFrames(
            rows: 1, columns: 3, frames: frames, samplesPerPixel: samples, bitsAllocated: 8,
            isSigned: false, isFloatingPoint: false, wasLossy: false, bytes: bytes)
    }

    @Test("A copy has the same pixels and text, in a coding of its own")
    func copy() async throws {
        let header = Self.header(
            syntax: "1.2.840.10008.1.2.4.90", colours: "MONOCHROME2", samples: 1)
        let bytes = try ExplicitCopy.fileBytes(header: header, pixels: Self.frames([7, 8, 9]))
        #expect(bytes.count % 2 == 0)
        let folder = try ReferenceFiles.scratch("explicit-copy")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "copy.dcm")
        try Data(bytes).write(to: file)
        let read = try await InProcessSource().header(path: file.path)
        #expect(read.string(.transferSyntaxUID) == UID.explicitVRLittleEndian)
        #expect(read.string(.patientName) == "Müller^Jörg")
        let pixels = try await InProcessSource().frames(path: file.path)
        #expect(Array(pixels.bytes.prefix(3)) == [7, 8, 9])
    }

    @Test(
        "Colours are named as the decoder leaves them, one pixel after the other",
        arguments: [
            ("1.2.840.10008.1.2.4.90", "YBR_RCT", "RGB"),
            ("1.2.840.10008.1.2.4.91", "YBR_ICT", "RGB"),
            ("1.2.840.10008.1.2.4.50", "YBR_FULL_422", "YBR_FULL"),
            ("1.2.840.10008.1.2.5", "RGB", "RGB"), ("1.2.840.10008.1.2", "YBR_FULL", "YBR_FULL"),
            ("1.2.840.10008.1.2.1", "YBR_FULL_422", "YBR_FULL"),
            ("1.2.840.10008.1.2.4.50", "YBR_PARTIAL_422", "YBR_FULL"),
            // Nothing converts these where they are not compressed.
            ("1.2.840.10008.1.2.1", "YBR_PARTIAL_422", "YBR_PARTIAL_422"),
            ("1.2.840.10008.1.2", "YBR_PARTIAL_420", "YBR_PARTIAL_420"),
        ])
    func colours(syntax: String, stored: String, named: String) async throws {
        let header = Self.header(syntax: syntax, colours: stored, samples: 3)
        let bytes = try ExplicitCopy.fileBytes(
            header: header, pixels: Self.frames(Array(1 ... 9), samples: 3))
        let folder = try ReferenceFiles.scratch("explicit-colours")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "copy.dcm")
        try Data(bytes).write(to: file)
        let read = try await InProcessSource().header(path: file.path)
        #expect(read.string(.photometricInterpretation) == named)
        #expect(read.integer(.planarConfiguration) == 0)
    }

    @Test("A frame has its own values, in planes where the file says so")
    func nativeBytes() throws {
        let two = Self.frames(Array(1 ... 18), samples: 3, frames: 2)
        #expect(try two.nativeBytes(frame: 1) == Array(10 ... 18))
        #expect(
            try two.nativeBytes(frame: 1, inPlanes: true) == [10, 13, 16, 11, 14, 17, 12, 15, 18])
        for frame in [-1, 2] {
            #expect(throws: DicomError.self) { try two.nativeBytes(frame: frame) }
        }
        // Three bits a frame: the second begins in the middle of a byte.
        let bits = PixelFrames(
            rows: 1, columns: 3, frames: 3, samplesPerPixel: 1, bitsAllocated: 1, isSigned: false,
            isFloatingPoint: false, wasLossy: false, bytes: [0b1110_1011, 0b0000_0001])
        #expect(
            try (0 ..< 3).map { try bits.nativeBytes(frame: $0) } == [[0b011], [0b101], [0b111]])
    }

    @Test("What is no image has no pixels, and floats lie in an element of their own")
    func elements() {
        #expect(DataSet().pixelElement == nil)
        var data = Self.header(syntax: "1.2", colours: "MONOCHROME2", samples: 1)
        #expect(data.pixelElement == Attribute(0x7fe0, 0x0010, .OB))
        data.set(.bitsAllocated, 16)
        #expect(data.pixelElement == .pixelData)
        data.remove(.bitsStored)
        data.set(.bitsAllocated, 32)
        #expect(data.pixelElement == .floatPixelData)
        data.set(.bitsAllocated, 64)
        #expect(data.pixelElement == .doubleFloatPixelData)
    }
}
