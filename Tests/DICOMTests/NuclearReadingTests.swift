import DICOM
import Foundation
import Imaging
import Quantities
import Testing

@Suite("Nuclear medicine reading")
struct NuclearReadingTests {
    private func box(
        _ counts: [Float], columns: Int, rows: ClosedRange<Int>, columnRange: ClosedRange<Int>
    ) -> Double {
        var total = 0.0
        for row in rows {
            for column in columnRange { total += Double(counts[row * columns + column]) }
        }
        return total
    }

    @Test(
        "lung and kidney views: counts, rate and geometric means", .enabled(if: RealFiles.isPresent)
    )
    func planar() async throws {
        let object = try await RealFiles.object(
            try RealFiles.url("nm-planar/lung-kidney-2frames.dcm"))
        let reading = try PlanarImage.read(header: object.header, pixels: object.pixels)
        let image = reading.value
        #expect(image.frames.map(\.total) == [877_521, 718_967])
        #expect(image.columnSpacingMM == 2.3976 && image.rowSpacingMM == 2.3976)
        let rate = try #require(image.frames[0].countsPerSecond)
        #expect(abs(rate - 7312.6) < 0.05)
        #expect(image.frames.map(\.detector) == [1, 2])
        #expect(image.frames[0].energyKeV == [128.575, 149.425])
        #expect(image.frames.map(\.view) == [.unknown, .unknown])
        #expect(reading.findings.codes().contains("nm.view-unknown"))
        #expect(
            try RealFiles.sha256(object.pixels.bytes)
                == "e87aeeec5980bd3e3f8d5c44eaca8a1d5db5580a4a97f52b784f4a22ad2b1c9f")
        let back = image.mirrored(image.frames[1])
        let mean = image.geometricMean(image.frames[0], mirroring: image.frames[1])
        let cases: [(ClosedRange<Int>, ClosedRange<Int>, Double, Double, Double, Double)] = [
            (50 ... 139, 70 ... 199, 787_763, 641_547, 710_905.753, 692_751.569),
            (150 ... 204, 60 ... 209, 59_722, 47_104, 53_039.090, 49_595.363),
        ]
        for (rows, columns, front, behind, ofSums, pixelwise) in cases {
            func sum(_ counts: [Float]) -> Double {
                box(counts, columns: 256, rows: rows, columnRange: columns)
            }
            #expect(sum(image.frames[0].counts) == front)
            #expect(sum(back) == behind)
            #expect(abs((front * behind).squareRoot() - ofSums) < 1e-3)
            // Float roots: 6e-8 of each of 11,700 pixels at most.
            #expect(abs(sum(mean) - pixelwise) < 0.01)
        }
    }

    @Test(
        "a tomographic object without position is no volume, its counts are readable",
        .enabled(if: RealFiles.isPresent))
    func heart() async throws {
        let url = try RealFiles.url("nm-planar/heart-13frames.dcm")
        let object = try await RealFiles.object(url)
        let file = SeriesFile(path: url.path, header: object.header)
        await #expect {
            _ = try await SeriesAssembler.assemble([file], source: InProcessSource())
        } throws: { error in
            guard case DicomError.refused("nm.no-geometry", _) = error else { return false }
            return true
        }
        let image = try PlanarImage.read(header: object.header, pixels: object.pixels).value
        #expect(
            image.frames.map(\.total) == [
                24620, 27613, 39289, 52427, 56709, 52617, 51075, 53913, 54853, 45839, 31706, 22543,
                19945,
            ])
        #expect(image.frames.compactMap { $0.counts.max() }.max() == 141)
        #expect(
            try RealFiles.sha256(object.pixels.bytes)
                == "968ada7dfb213ae3559e4e58865dc58b1e3e4e5a000ffce42bcea1b0368bbc1e")
    }

    private func spect(spacing: Double?, thickness: Double = 4) -> MemorySource {
        var header = SliceMaker.header(
            sopClass: "1.2.840.10008.5.1.4.1.1.20", modality: "NM", position: [0, 0, 0])
        header.remove(.imagePositionPatient)
        header.remove(.imageOrientationPatient)
        header.set(.imageType, ["DERIVED", "PRIMARY", "RECON TOMO", "EMISSION"])
        header.set(.numberOfFrames, 3)
        header.set(.sliceVector, [3, 1, 2])
        header.set(.rescaleSlope, 0.5)
        header.set(.sliceThickness, thickness)
        if let spacing { header.set(.spacingBetweenSlices, spacing) }
        var detector = DataSet()
        detector.set(.imagePositionPatient, [10.0, 20, 30])
        detector.set(.imageOrientationPatient, [1.0, 0, 0, 0, 1, 0])
        header.set(.detectorInformationSequence, [detector])
        var source = MemorySource()
        source.add("spect", header, words: [3, 1, 2].flatMap { Array(repeating: $0, count: 6) })
        return source
    }

    @Test("the sign of the slice spacing says to which side slices are stacked")
    func spacingSign() async throws {
        let up = spect(spacing: 4)
        let upward = try await SeriesAssembler.assemble(up.files, source: up)
        #expect(upward.volume.geometry.originMM == [10, 20, 30])
        #expect([0, 1, 2].map { upward.volume[0, 0, $0] } == [0.5, 1, 1.5])
        #expect(upward.quantity == .counts)
        let down = spect(spacing: -4)
        let downward = try await SeriesAssembler.assemble(down.files, source: down)
        #expect(downward.volume.geometry.originMM == [10, 20, 22])
        #expect([0, 1, 2].map { downward.volume[0, 0, $0] } == [1.5, 1, 0.5])
        #expect(downward.findings.codes().contains("nm.negative-spacing"))
    }

    @Test("without a slice spacing the thickness stands in and is reported")
    func missingSpacing() async throws {
        let source = spect(spacing: nil, thickness: 3.5)
        let series = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(series.volume.geometry.spacingMM.z == 3.5)
        #expect(series.findings.codes().contains("nm.spacing-missing"))
    }

    @Test("a real-world value mapping makes counts into becquerels per millilitre")
    func calibrated() async throws {
        var source = spect(spacing: 4)
        var unit = DataSet()
        unit.set(.codeValue, "kBq/ml")
        var mapping = DataSet()
        mapping.set(.realWorldValueSlope, 2.0)
        mapping.set(.realWorldValueIntercept, 0.0)
        mapping.set(.measurementUnitsCodeSequence, [unit])
        source.headers["spect"]?.set(.realWorldValueMappingSequence, [mapping])
        let series = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(series.quantity == .becquerelsPerML)
        #expect(series.volume[0, 0, 1] == 4000)
    }

    @Test("opposite detector directions tell anterior from posterior")
    func views() throws {
        var header = SliceMaker.header(
            sopClass: "1.2.840.10008.5.1.4.1.1.20", modality: "NM", position: [0, 0, 0])
        header.set(.imageType, ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"])
        header.set(.numberOfFrames, 2)
        header.set(.detectorVector, [1, 2])
        header.set(
            .detectorInformationSequence,
            [1.0, -1].map { x in
                var detector = DataSet()
                detector.set(.imageOrientationPatient, [x, 0, 0, 0, 0, -1])
                return detector
            })
        let pixels = PixelFrames(
            rows: 2, columns: 3, frames: 2, samplesPerPixel: 1, bitsAllocated: 8, isSigned: false,
            wasLossy: false, bytes: [1, 2, 3, 4, 5, 6, 9, 4, 1, 6, 5, 4])
        let reading = try PlanarImage.read(header: header, pixels: pixels)
        #expect(reading.value.frames.map(\.view) == [.anterior, .posterior])
        #expect(!reading.findings.codes().contains("nm.view-unknown"))
        #expect(
            reading.value.geometricMean(
                reading.value.frames[0], mirroring: reading.value.frames[1])[0] == 1)
    }
}
