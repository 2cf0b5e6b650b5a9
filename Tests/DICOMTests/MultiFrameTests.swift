import DICOM
import Foundation
import Imaging
import Testing
import _TestSupport

/// Objects as enhanced writers make them, from data sets in memory; expected values by hand.
@Suite("Enhanced multi-frame objects and mappings")
struct MultiFrameTests {
    private static func mapping(slope: Double, unit: String) -> DataSet {
        var code = DataSet()
        code.set(.codeValue, unit)
        var mapping = DataSet()
        mapping.set(.realWorldValueSlope, slope)
        mapping.set(.realWorldValueIntercept, 0.0)
        mapping.set(.measurementUnitsCodeSequence, [code])
        return mapping
    }

    @Test("an enhanced PET takes each frame's own mapping to becquerels per millilitre")
    func enhancedPET() async throws {
        let source = MemorySource.enhanced(
            sopClass: "1.2.840.10008.5.1.4.1.1.130", modality: "PT", unit: "US",
            frames: [(6.0, 100, 2.0), (0.0, 300, 0.5), (3.0, 50, 10.0)].map { z, word, slope in
                EnhancedFrame(z: z, word: word, slope: 7) {
                    $0.set(
                        .realWorldValueMappingSequence,
                        [Self.mapping(slope: slope, unit: "Bq/ml")])
                }
            })
        let series = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(series.quantity == .becquerelsPerML)
        // 300 · 0.5, 50 · 10, 100 · 2; the modality's own slope of 7 has no unit and is not used.
        #expect([0, 1, 2].map { series.volume[2, 1, $0] } == [150, 500, 200])
        #expect(series.volume.geometry.spacingMM == [1.5, 2, 3])
    }

    @Test("frames of an enhanced PET in different units are refused, not mixed")
    func mixedUnits() async throws {
        let source = MemorySource.enhanced(
            sopClass: "1.2.840.10008.5.1.4.1.1.130", modality: "PT", unit: nil,
            frames: [(0.0, "Bq/ml"), (3.0, "{SUVbw}g/ml")].map { z, unit in
                EnhancedFrame(z: z, word: 1, slope: 1) {
                    $0.set(.realWorldValueMappingSequence, [Self.mapping(slope: 1, unit: unit)])
                }
            })
        await #expect {
            _ = try await SeriesAssembler.assemble(source.files, source: source)
        } throws: { error in
            guard case DicomError.refused("series.mixed-units", _) = error else { return false }
            return true
        }
    }

    @Test("an enhanced MR splits by echo and rescales each frame by itself")
    func enhancedMR() async throws {
        func echo(_ milliseconds: Double) -> (inout DataSet) -> Void {
            { item in
                var echo = DataSet()
                echo.set(.effectiveEchoTime, milliseconds)
                item.set(.mrEchoSequence, [echo])
            }
        }
        let source = MemorySource.enhanced(
            sopClass: "1.2.840.10008.5.1.4.1.1.4.1", modality: "MR", unit: "US",
            frames: [
                EnhancedFrame(z: 3, word: 10, slope: 2, intercept: 1, group: echo(4.6)),
                EnhancedFrame(z: 0, word: 10, slope: 3, intercept: 0, group: echo(2.3)),
                EnhancedFrame(z: 0, word: 10, slope: 4, intercept: 0, group: echo(4.6)),
                EnhancedFrame(z: 3, word: 10, slope: 5, intercept: -1, group: echo(2.3)),
            ])
        let stacks = try await SeriesAssembler.stacks(source.files, source: source)
        #expect(stacks.map(\.label) == ["echo 1 of 2", "echo 2 of 2"])
        #expect(
            stacks.map { [$0.series.volume[0, 0, 0], $0.series.volume[0, 0, 1]] }
                == [[30, 49], [40, 21]])
    }

    @Test("a real-world value map applied to a PET series gives its unit and its values")
    func appliedMap() async throws {
        var source = MemorySource()
        for k in 0 ..< 2 {
            var header = SliceMaker.header(
                sopClass: "1.2.840.10008.5.1.4.1.1.128", modality: "PT",
                position: [0, 0, Double(3 * k)], instance: k + 1)
            header.set(.units, "BQML")
            header.set(.rescaleSlope, 5.0)
            source.add("p\(k)", header, words: Array(repeating: 1000 + k, count: 6))
        }
        func map(instances: [String]) throws -> RealWorldValueMap {
            var item = DataSet()
            item.set(
                .referencedImageSequence,
                instances.map {
                    var reference = DataSet()
                    reference.set(.referencedSOPInstanceUID, $0)
                    return reference
                })
            item.set(
                .realWorldValueMappingSequence,
                [Self.mapping(slope: 0.000375125, unit: "{SUVbw}g/ml")])
            var header = DataSet()
            header.set(.referencedImageRealWorldValueMappingSequence, [item])
            return try RealWorldValueMap.read(header: header).value
        }
        let series = try await SeriesAssembler.assemble(
            source.files, source: source, applying: try map(instances: ["1.2.3.1", "1.2.3.2"]))
        #expect(series.quantity == .standardisedUptakeValue)
        // The map counts from stored values, not from rescaled ones.
        #expect(series.volume[0, 0, 0] == Float(1000 * 0.000375125))
        #expect(series.volume[0, 0, 1] == Float(1001 * 0.000375125))
        #expect(series.findings.codes().contains("rwvm.applied"))
        let partial = try map(instances: ["1.2.3.1"])
        await #expect {
            _ = try await SeriesAssembler.assemble(
                source.files, source: source, applying: partial)
        } throws: { error in
            guard case DicomError.refused("rwvm.partial", _) = error else { return false }
            return true
        }
    }

    @Test("Philips counts become Bq/mL with the scanner's factor, or SUV when only that is there")
    func philipsCounts() async throws {
        var source = MemorySource()
        for k in 0 ..< 2 {
            var header = SliceMaker.header(
                sopClass: "1.2.840.10008.5.1.4.1.1.128", modality: "PT",
                position: [0, 0, Double(3 * k)], instance: k + 1)
            header.set(.units, "CNTS")
            header.set(.rescaleSlope, 0.5 + Double(k))
            header.set(.philipsActivityConcentrationScaleFactor, 4.0)
            header.set(.philipsSUVScaleFactor, 0.25)
            source.add("p\(k)", header, words: Array(repeating: 10, count: 6))
        }
        let activity = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(activity.quantity == .becquerelsPerML)
        #expect([0, 1].map { activity.volume[1, 1, $0] } == [20, 60])
        #expect(activity.findings.codes().contains("pet.philips-counts"))
        for path in source.headers.keys {
            source.headers[path]?.remove(.philipsActivityConcentrationScaleFactor)
        }
        let uptake = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(uptake.quantity == .standardisedUptakeValue)
        #expect([0, 1].map { uptake.volume[1, 1, $0] } == [1.25, 3.75])
        #expect(uptake.findings.codes().contains("pet.philips-suv-only"))
    }

    @Test(
        "the modality table of mlut_18 gives the values that pydicom's apply_modality_lut gives",
        .enabled(if: RealFiles.isPresent))
    func modalityTable() async throws {
        try await RealFiles.withUnpacked("quirks/files/mlut_18.dcm.gz") { folder in
            let object = try await RealFiles.object(folder.appending(path: "mlut_18.dcm"))
            var header = object.header
            // A test image without a place; its table is what counts here.
            header.set(.imagePositionPatient, [0.0, 0, 0])
            header.set(.imageOrientationPatient, [1.0, 0, 0, 0, 1, 0])
            header.set(.pixelSpacing, [1.0, 1])
            var source = MemorySource()
            source.headers["m"] = header
            source.pixels["m"] = object.pixels
            let volume = try await SeriesAssembler.assemble(source.files, source: source).volume
            // pydicom 3.0.2: uint16, 0 to 65535, sum of all, first five of the first row.
            #expect(volume.sum() == 8_697_190_668)
            #expect(volume.statistics.minimum == 0 && volume.statistics.maximum == 65535)
            #expect(volume.voxels.prefix(5) == [32759, 49147, 49147, 32759, 32759])
        }
    }
}

/// SEG objects in memory; expected values by hand.
@Suite("Label maps and fractions")
struct SegmentationKindTests {
    private func header(type: String, frames: [(z: Double, segment: Int?)]) -> DataSet {
        var header = DataSet()
        header.set(.segmentationType, type)
        header.set(.frameOfReferenceUID, "1.2.4")
        header.set(
            .segmentSequence,
            [(1, "Liver"), (2, "Tumour")].map { number, label in
                var segment = DataSet()
                segment.set(.segmentNumber, number)
                segment.set(.segmentLabel, label)
                return segment
            })
        header.setSharedPlane(spacingBetweenSlices: 3)
        header.set(
            .perFrameFunctionalGroupsSequence,
            frames.map { frame in
                var position = DataSet()
                position.set(.imagePositionPatient, [0, 0, frame.z])
                var item = DataSet()
                item.set(.planePositionSequence, [position])
                if let segment = frame.segment {
                    var identification = DataSet()
                    identification.set(.referencedSegmentNumber, segment)
                    item.set(.segmentIdentificationSequence, [identification])
                }
                return item
            })
        return header
    }

    private func pixels(_ bytes: [UInt8], bits: Int = 8) -> PixelFrames {
        PixelFrames(
            rows: 2, columns: 3, frames: bytes.count * 8 / bits / 6, samplesPerPixel: 1,
            bitsAllocated: bits, isSigned: false, wasLossy: false, bytes: bytes)
    }

    /// Voxel indices and shares of a mask.
    private func voxels(_ mask: RegionMask) -> [Int: Float] {
        var found: [Int: Float] = [:]
        mask.forEachVoxel { index, share in found[index] = share }
        return found
    }

    @Test("a label map of 8 or 16 bits gives each label its voxels", arguments: [8, 16])
    func labelMap(bits: Int) throws {
        let header = header(type: "LABELMAP", frames: [(3, nil), (0, nil)])
        let labels: [UInt8] = [0, 1, 1, 2, 2, 0, 1, 0, 0, 0, 0, 2]
        let bytes = bits == 8 ? labels : labels.flatMap { [$0, 0] }
        let seg = try Segmentation.read(header: header, pixels: pixels(bytes, bits: bits)).value
        #expect(seg.kind == .labelMap && seg.segments.map(\.label) == ["Liver", "Tumour"])
        // The second frame lies lower: it is slice 0, six voxels per slice.
        #expect(voxels(seg.segments[0].mask) == [0: 1, 7: 1, 8: 1])
        #expect(voxels(seg.segments[1].mask) == [5: 1, 9: 1, 10: 1])
        // 3 voxels of 1.5 x 2 x 3 mm.
        #expect(abs(seg.segments[1].mask.volumeML - 0.027) < 1e-12)
    }

    @Test("a label that is not described as a segment is refused")
    func unknownLabel() throws {
        let header = header(type: "LABELMAP", frames: [(0, nil)])
        #expect {
            _ = try Segmentation.read(header: header, pixels: pixels([0, 0, 3, 0, 0, 0]))
        } throws: { error in
            guard case DicomError.refused("seg.segment-unknown", _) = error else { return false }
            return true
        }
    }

    @Test(
        "fractions are shares of the stated maximum; probabilities are reported")
    func fractions() throws {
        var header = header(type: "FRACTIONAL", frames: [(0, 1), (3, 1), (0, 2)])
        header.set(.maximumFractionalValue, 200)
        header.set(.segmentationFractionalType, "OCCUPANCY")
        let bytes: [UInt8] = [0, 50, 100, 200, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 150]
        let reading = try Segmentation.read(header: header, pixels: pixels(bytes))
        #expect(voxels(reading.value.segments[0].mask) == [1: 0.25, 2: 0.5, 3: 1, 6: 0.1])
        #expect(voxels(reading.value.segments[1].mask) == [5: 0.75])
        // (0.25 + 0.5 + 1 + 0.1) voxels of 9 mm³; shares are Float.
        #expect(abs(reading.value.segments[0].mask.volumeML - 0.01665) < 1e-8)
        #expect(!reading.findings.codes().contains("seg.probability"))
        header.set(.segmentationFractionalType, "PROBABILITY")
        let guessed = try Segmentation.read(header: header, pixels: pixels(bytes))
        #expect(guessed.findings.codes().contains("seg.probability"))
        header.remove(.maximumFractionalValue)
        #expect(throws: DicomError.self) {
            _ = try Segmentation.read(header: header, pixels: pixels(bytes))
        }
    }
}
