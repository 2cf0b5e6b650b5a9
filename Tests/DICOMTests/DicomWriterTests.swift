import DICOM
import Foundation
import Testing
import _TestSupport

@Suite("Written file")
struct DicomWriterTests {
    private func sample() -> DataSet {
        var data = DataSet()
        data.set(.sopClassUID, "1.2.840.10008.5.1.4.1.1.2")
        data.set(.sopInstanceUID, UID.derived(seed: 1, index: 1))
        data.set(.patientName, "Jérôme^山田")
        data.set(.rows, 2)
        data.set(.columns, 3)
        data.set(.bitsAllocated, 16)
        data.set(.bitsStored, 16)
        data.set(.highBit, 15)
        data.set(.samplesPerPixel, 1)
        data.set(.photometricInterpretation, "MONOCHROME2")
        data.set(.pixelRepresentation, 1)
        data.set(.pixelSpacing, [0.1 + 0.2, 1.0 / 3])
        var item = DataSet()
        item.set(.codeMeaning, "Liver")
        data.set(.anatomicRegionSequence, [item, DataSet()])
        data.setBytes(.pixelData, [0, 0, 1, 0, 255, 255, 0, 128, 255, 127, 2, 0])
        return data
    }

    private func withFile(_ data: DataSet, _ body: (String) async throws -> Void) async throws {
        let folder = try ReferenceFiles.scratch("writer")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "a.dcm").path
        try DicomWriter.write(data, path: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.dcm"])
        try await body(path)
    }

    @Test("comes back value for value")
    func roundTrip() async throws {
        let data = sample()
        try await withFile(data) { path in
            let source = InProcessSource()
            let header = try await source.header(path: path)
            #expect(header.string(.patientName) == "Jérôme^山田")
            #expect(header.string(.specificCharacterSet) == "ISO_IR 192")
            #expect(header.string(.transferSyntaxUID) == UID.explicitVRLittleEndian)
            #expect(header.string(.implementationClassUID) == UID.implementationClass)
            #expect(header.items(.anatomicRegionSequence).count == 2)
            #expect(header.items(.anatomicRegionSequence)[0].string(.codeMeaning) == "Liver")
            for (tag, element) in data.elements
            where tag != Attribute.pixelData.tag { #expect(header[tag] == element) }
            let frames = try await source.frames(path: path)
            #expect(try frames.values(frame: 0) == [0, 1, -1, -32768, 32767, 2])
            let slices = try await source.slices(
                [SliceRequest(path: path, slope: 2, intercept: -1)], rows: 2, columns: 3
            ).values
            #expect(slices == [-1, 1, -3, -65537, 65533, 3])
        }
    }

    @Test("keeps a number to 16 characters of decimal string")
    func decimalStrings() throws {
        // 16 characters leave at least ten significant digits whatever the size and sign.
        for value in [1.0 / 3, -1.0 / 3e-7, 6.02214076e23, -1.23456789012345e-100, 0, 25] {
            var data = DataSet()
            data.set(.sliceThickness, value)
            let back = try #require(data.decimal(.sliceThickness))
            #expect(abs(back - value) <= abs(value) * 1e-9)
        }
    }

    @Test("is refused when a number does not fit its VR")
    func refusesMisfits() {
        for change: (inout DataSet) -> Void in [
            { $0.set(.rows, 70_000) }, { $0.set(.sliceThickness, .nan) },
            { $0.set(.studyInstanceUID, "1.2.x") },
            { $0.set(.studyInstanceUID, String(repeating: "1", count: 66)) },
            { $0.set(.instanceNumber, 3_000_000_000) }, { $0.remove(.sopClassUID) },
        ] {
            var data = sample()
            change(&data)
            #expect(throws: DicomError.self) { try DicomWriter.fileBytes(data) }
        }
    }

    @Test("has identifiers that are valid, distinct and, from a seed, the same every time")
    func identifiers() {
        var family = UIDGenerator(seed: 7)
        let uids = (0 ..< 1000).map { _ in family.next() } + (0 ..< 1000).map { _ in UID.random() }
        #expect(Set(uids).count == 2000)
        #expect(uids.allSatisfy { $0.utf8.count <= 64 && $0.hasPrefix("2.25.") })
        #expect(uids.allSatisfy { UInt128($0.dropFirst(5)) != nil })
        #expect(uids[5] == UID.derived(seed: 7, index: 5))
    }
}
