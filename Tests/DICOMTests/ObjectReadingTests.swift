import DICOM
import Foundation
import Imaging
import Quantities
import Testing
import _TestSupport

/// Expected values: READMEs of `eclipse-dvh`, `prostate-dvh`, `dicom-objects`, `quirks`.
@Suite("Structures, doses, segmentations, reports", .enabled(if: RealFiles.isPresent))
struct ObjectReadingTests {
    private func object(_ path: String) async throws -> (header: DataSet, pixels: PixelFrames) {
        guard path.hasSuffix(".gz") else {
            return try await RealFiles.object(try RealFiles.url(path))
        }
        return try await RealFiles.withUnpacked(path) { folder in
            let name = URL(filePath: path).deletingPathExtension().lastPathComponent
            return try await RealFiles.object(folder.appending(path: name))
        }
    }

    private func header(_ path: String) async throws -> DataSet {
        guard path.hasSuffix(".gz") else {
            return try await InProcessSource().header(path: try RealFiles.url(path).path)
        }
        return try await RealFiles.withUnpacked(path) { folder in
            let name = URL(filePath: path).deletingPathExtension().lastPathComponent
            return try await InProcessSource().header(path: folder.appending(path: name).path)
        }
    }

    @Test("eclipse-dvh: structures by number and name")
    func eclipseStructures() async throws {
        let reading = try StructureSet.read(header: try await header("eclipse-dvh/rtss.dcm.gz"))
        #expect(reading.value.structures.map(\.number) == Array(1 ... 10))
        #expect(
            reading.value.structures.map(\.name) == [
                "BODY", "Areola", "Borders", "Breast", "Heart", "Lt Lung", "Nodes", "Scar",
                "Tumor Bed", "Tumor Bed Block",
            ])
        // All 441 contours of the file are closed; Areola's enclose no usable volume.
        let kept = reading.value.structures.map(\.contours.contours.count).reduce(0, +)
        #expect(kept <= 441 && kept > 400)
        #expect(reading.value.frameOfReferenceUID.hasSuffix(".36"))
    }

    @Test("eclipse-dvh: dose grid, maximum, sum, and stored curves whose statistics lie")
    func eclipseDose() async throws {
        let object = try await object("eclipse-dvh/rtdose.dcm.gz")
        let dose = try DoseObject.read(header: object.header, pixels: object.pixels).value.dose
            .grays
        #expect(dose.geometry.shape == [194, 129, 98])
        #expect(dose.geometry.spacingMM == [2.5, 2.5, 3])
        #expect(dose.geometry.originMM == [-228.6541915, -419.2444776, -122.4407])
        #expect(abs(Double(dose.statistics.maximum) - 14.680764) < 1e-6)
        #expect(dose[137, 51, 32] == dose.statistics.maximum)
        #expect(abs(dose.sum() - 372_889.484) < 0.02)
        let curves = StoredDVH.read(header: object.header)
        #expect(curves.value.count == 9)
        let block = try #require(curves.value.first { $0.roiNumbers == [10] })
        // Eclipse in expected.csv: 62.8827 cm3, mean 14.26482 Gy; bins are 0.01 Gy wide.
        #expect(abs(block.totalVolumeCM3 - 62.8827) < 1e-4)
        #expect(abs(try #require(block.meanDoseGy) - 14.26482) < 0.005)
        let stated = try #require(block.statedMean)
        #expect(abs(stated - 101.8916) < 1e-4)
        let finding = try #require(curves.findings.first { $0.subject == "ROI 10" })
        #expect(finding.code == "dvh.statistics-contradict")
        #expect(curves.findings.count == 9)
    }

    @Test("prostate-dvh: dose and structures share a frame of reference")
    func prostate() async throws {
        let object = try await object("prostate-dvh/rtdose.dcm.gz")
        let dose = try DoseObject.read(header: object.header, pixels: object.pixels).value
        #expect(dose.dose.grays.geometry.shape == [136, 86, 92])
        #expect(
            (dose.dose.grays.geometry.originMM - [-162.826019, -105.016863, -122.5]).length < 1e-5)
        let (mean, _, maximum) = dose.dose.grays.statistics
        // Converted with 1e-6 Gy steps.
        #expect(abs(mean - 9.940781) < 2e-6 && abs(Double(maximum) - 47.07565) < 5e-6)
        let set = try StructureSet.read(header: try await header("prostate-dvh/rtstruct.dcm.gz"))
            .value
        #expect(
            set.structures.map(\.name) == [
                "BODY", "Bladder", "Femoral Head Lt", "Femoral Head RT", "PTV", "Rectum",
            ])
        #expect(set.frameOfReferenceUID == dose.frameOfReferenceUID)
    }

    @Test(
        "a relative dose is not called Gy",
        arguments: ["rtdose", "rtdose_expb", "rtdose_rle", "rtdose_1frame"])
    func relativeDose(name: String) async throws {
        // The unit is refused from the header, before pixels are needed.
        let header = try await header("dicom-objects/rt-small/\(name).dcm")
        let none = PixelFrames(
            rows: 10, columns: 10, frames: 0, samplesPerPixel: 1, bitsAllocated: 32,
            isSigned: false, wasLossy: false, bytes: [])
        #expect(
            throws: DicomError.refused(
                code: "rtdose.not-gray", reason: "the dose unit is RELATIVE, not Gy")
        ) { _ = try DoseObject.read(header: header, pixels: none) }
    }

    @Test("a dose with a Number of Frames that is no number is refused, not read as one frame")
    func badFrames() async throws {
        var header = try await header("quirks/files/badVR.dcm")
        header.set(.doseUnits, "GY")
        let pixels = PixelFrames(
            rows: 10, columns: 10, frames: 1, samplesPerPixel: 1, bitsAllocated: 32,
            isSigned: false, wasLossy: false, bytes: Array(repeating: 0, count: 400))
        #expect {
            _ = try DoseObject.read(header: header, pixels: pixels)
        } throws: { error in
            guard case DicomError.refused("rtdose.frames-invalid", _) = error else { return false }
            return true
        }
    }

    @Test(
        "liver SEG: voxels per slice, in three codings",
        arguments: ["liver", "liver_expb", "liver_j2k"])
    func liver(name: String) async throws { try await checkLiver(name) }

    /// pydicom's file has all four bytes swapped, dcmconv swaps those of each 16-bit word.
    @Test("32-bit doses in big endian are read in either order of words, with a finding")
    func bigEndianDose() async throws {
        let source = InProcessSource()
        func small(_ name: String) async throws -> [UInt8] {
            let path = try RealFiles.url("dicom-objects/rt-small/\(name).dcm").path
            return try await source.frames(path: path).bytes
        }
        #expect(try await small("rtdose_expb") == small("rtdose"))
        let scratch = try ReferenceFiles.scratch("big-endian")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let little = try DicomSamples.gunzipped("eclipse-dvh/rtdose.dcm.gz", into: scratch)
        let big = scratch.appending(path: "big.dcm").path
        try DicomSamples.run("dcmconv", ["+tb", little, big])
        #expect(try await source.frames(path: big).bytes == source.frames(path: little).bytes)
        let dose = try DoseObject.read(
            header: await source.header(path: big), pixels: await source.frames(path: big))
        // As the set's README has it.
        #expect(abs((dose.value.dose.grays.voxels.max() ?? 0) - 14.680764) < 1e-6)
        #expect(dose.findings.codes().contains("rtdose.word-order"))
    }

    @Test("32-bit values in big endian whose order cannot be told are refused", arguments: [0, 1])
    func ambiguousBigEndian(kind: Int) async throws {
        let scratch = try ReferenceFiles.scratch("big-endian-ambiguous")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let little = scratch.appending(path: "little.dcm").path
        let big = scratch.appending(path: "big.dcm").path
        var data = SliceMaker.header(position: [0, 0, 0])
        for (attribute, value) in [
            (Attribute.samplesPerPixel, 1), (.bitsAllocated, 32), (.bitsStored, 32), (.highBit, 31),
            (.pixelRepresentation, 0), (.rows, 2), (.columns, 3),
        ] { data.set(attribute, value) }
        data.set(.photometricInterpretation, "MONOCHROME2")
        // Small numbers, and noise over all 32 bits.
        let words: [UInt32] =
            kind == 0
            ? [1, 2, 3, 5, 7, 9]
            : [0x8000_1000, 0x1000_8000, 0x9000_2000, 0x2000_9000, 0xa000_1000, 0x1000_a000]
        data.setBytes(
            .pixelData,
            words.flatMap { word in (0 ..< 4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
        try DicomWriter.write(data, path: little)
        try DicomSamples.run("dcmconv", ["+tb", little, big])
        _ = try await InProcessSource().frames(path: little)
        await #expect(throws: DicomError.self) {
            _ = try await InProcessSource().frames(path: big)
        }
    }

    private func checkLiver(_ name: String) async throws {
        let object = try await object("dicom-objects/liver-seg/\(name).dcm")
        let seg = try Segmentation.read(header: object.header, pixels: object.pixels).value
        #expect(seg.kind == .binary && seg.segments.map(\.label) == ["Liver"])
        let mask = seg.segments[0].mask
        var perSlice = [0, 0, 0]
        mask.forEachVoxel { index, _ in perSlice[index / (512 * 512)] += 1 }
        #expect(perSlice == [36_233, 35_645, 35_220])
        #expect(abs(mask.volumeML - 70.3619) < 1e-4)
        #expect(mask.geometry.originMM.z == -128.69)
    }

    @Test("highdicom SEGs: binary, fractional and single-frame")
    func highdicom() async throws {
        for (name, kind, voxels) in [
            ("seg_image_ct_binary", Segmentation.Kind.binary, 638),
            ("seg_image_ct_binary_fractional", .fractional, 638),
            ("seg_image_ct_binary_single_frame", .binary, 1832),
        ] {
            let object = try await object("dicom-objects/highdicom/\(name).dcm")
            let reading = try Segmentation.read(header: object.header, pixels: object.pixels)
            #expect(reading.value.kind == kind)
            var (count, sum) = (0, 0.0)
            reading.value.segments[0].mask.forEachVoxel { _, share in
                count += 1
                sum += Double(share)
            }
            #expect(count == voxels && sum == Double(voxels))
            #expect(reading.findings.codes().contains("seg.probability") == (kind == .fractional))
        }
    }

    @Test("PET report: segment volume, real-world map and the numbers of the report")
    func petReport() async throws {
        let object = try await object("dicom-objects/pet-sr/seg.dcm")
        let seg = try Segmentation.read(header: object.header, pixels: object.pixels).value
        var voxels = 0
        seg.segments[0].mask.forEachVoxel { _, _ in voxels += 1 }
        #expect(voxels == 795)
        #expect(abs(seg.segments[0].mask.volumeML - 33.582) < 1e-3)
        let map = try RealWorldValueMap.read(
            header: try await header("dicom-objects/pet-sr/rwvm.dcm")
        ).value
        #expect(map.mappings.map(\.slope) == [0.000375125])
        #expect(map.mappings[0].unit == "{SUVbw}g/ml")
        #expect(map.mappings[0].instanceUIDs.count == 191)
        let report = StructuredReport(header: try await header("dicom-objects/pet-sr/sr.dcm"))
        #expect(report.title == "Imaging Measurement Report")
        #expect(report.value("Volume") == 33.5824)
        #expect(report.value("Total Lesion Glycolysis") == 202.008)
        #expect(report.value("Standardized Added Metabolic Activity") == 107.283)
        let suv = report.measurements.filter { $0.name == "SUVbw" }.map(\.value)
        for expected in [6.01529, 2.91136, 10.3814, 9.45534, 1.62653, 5.71824] {
            #expect(suv.contains(expected))
        }
        #expect(report.value("SUVbw", modifier: "Mean") == 6.01529)
        #expect(report.value("SUVbw", modifier: "Median") == 5.71824)
    }

    @Test("encapsulated PDF: the padding byte is not part of the document")
    func document() async throws {
        let header = try await header("dicom-objects/pdf/sample-pdf.dcm")
        let document = try EncapsulatedDocument.read(header: header).value
        #expect(document.mimeType == "application/pdf")
        #expect(document.bytes.count == 20_575 && document.bytes.last == 0x0a)
        #expect(
            try RealFiles.sha256(document.bytes + [0])
                == "0868d2ab96d55b5f580f20c5dd78a0e305c7135778b06f4b6191dd79492b2890")
    }

    @Test("kinds of real objects are told apart")
    func kinds() async throws {
        let expected: [(String, ObjectKind)] = [
            ("dicom-objects/pet-sr/sr.dcm", .structuredReport),
            ("dicom-objects/pet-sr/seg.dcm", .segmentation),
            ("dicom-objects/pet-sr/rwvm.dcm", .realWorldValueMap),
            ("dicom-objects/pet-sr/parametric_map_float.dcm", .parametricMap),
            ("dicom-objects/pdf/sample-pdf.dcm", .encapsulatedPDF),
            ("dicom-objects/rt-small/rtplan.dcm", .plan),
            ("dicom-objects/rt-small/rtstruct.dcm", .structureSet),
            ("dicom-objects/rt-small/rtdose.dcm", .dose),
            ("nm-planar/heart-13frames.dcm", .nm),
        ]
        for (path, kind) in expected {
            let summary = try ObjectSummary(header: try await header(path))
            #expect(summary.kind == kind, "\(path)")
        }
    }
}
