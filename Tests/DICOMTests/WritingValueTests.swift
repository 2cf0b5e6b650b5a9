import DICOM
import Foundation
import Imaging
import Quantities
import Testing
import _TestSupport

/// Writes an object, reads it back with DCMTK and compares values.
@Suite("Written values")
struct WritingValueTests {
    private func readBack(_ data: DataSet) async throws -> (DataSet, PixelFrames) {
        let folder = try ReferenceFiles.scratch("values")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "object.dcm").path
        try DicomWriter.write(data, path: path)
        let source = InProcessSource()
        return (try await source.header(path: path), try await source.frames(path: path))
    }

    private func words(_ frames: PixelFrames) -> [Int] {
        stride(from: 0, to: frames.bytes.count, by: 2).map { n in
            let word = UInt16(frames.bytes[n]) | UInt16(frames.bytes[n + 1]) << 8
            return frames.isSigned ? Int(Int16(bitPattern: word)) : Int(word)
        }
    }

    @Test("CT numbers and slice positions come back exactly")
    func ctRoundTrip() async throws {
        let geometry = try WritingSamples.oblique()
        for (k, written) in try WritingSamples.ct().dataSets.enumerated() {
            let (data, frames) = try await readBack(written)
            let sliceSize = geometry.shape.x * geometry.shape.y
            #expect(words(frames) == (0 ..< sliceSize).map { -1000 + 10 * (k * sliceSize + $0) })
            let position = try #require(data.decimals(.imagePositionPatient))
            let expected = geometry.positionMM(index: Vector3(0, 0, Double(k)))
            // Sixteen characters hold at least ten digits: 1e-9 mm of some tens of millimetres.
            for (a, b) in zip(position, [expected.x, expected.y, expected.z]) {
                #expect(abs(a - b) < 1e-8)
            }
            #expect(data.decimals(.pixelSpacing) == [2.5, 2])
        }
    }

    @Test("PET concentrations come back within half a step of their slice, negatives too")
    func petRoundTrip() async throws {
        let geometry = try WritingSamples.oblique()
        let sliceSize = geometry.shape.x * geometry.shape.y
        for (k, written) in try WritingSamples.pet().dataSets.enumerated() {
            let (data, frames) = try await readBack(written)
            let slope = try #require(data.decimal(.rescaleSlope))
            for (n, word) in words(frames).enumerated() {
                let value = Double(Float(-5000) + Float(1234.5) * Float(k * sliceSize + n))
                #expect(abs(Double(word) * slope - value) <= slope / 2 * (1 + 1e-9))
            }
        }
    }

    @Test("an ADMIN-corrected PET says what the values were multiplied by")
    func administrationFactor() throws {
        let data = try #require(try WritingSamples.pet(.administration).dataSets.first)
        let factor = try #require(data.decimal(.decayFactor))
        // 16 characters of a decimal string keep at least 12 digits here.
        #expect(abs(factor - exp2(21 / 64.2)) < 1e-10)
    }

    @Test("doses come back within half a step and negatives become a finding")
    func doseRoundTrip() async throws {
        let objects = try WritingSamples.dose()
        let (data, frames) = try await readBack(try #require(objects.dataSets.first))
        let scaling = try #require(data.decimal(.doseGridScaling))
        for n in 0 ..< frames.bytes.count / 4 {
            var stored = 0
            for b in 0 ..< 4 { stored |= Int(frames.bytes[4 * n + b]) << (8 * b) }
            let expected = max(0, Double(Float(-2) + Float(0.731) * Float(n)))
            #expect(abs(Double(stored) * scaling - expected) <= scaling / 2 * (1 + 1e-9))
        }
        // −2, −1.269 and −0.538 Gy: three voxels, 3.807 Gy of the ramp's sum of 20 530.14 Gy.
        let finding = try #require(objects.findings.first)
        #expect(finding.code == "rtdose.negative-clipped")
        #expect(finding.sentence.hasPrefix("3 voxels with negative dose (lowest -2 Gy)"))
        #expect(finding.sentence.contains("adds 0.02 %"))
        #expect(data.decimals(.gridFrameOffsetVector) == [0, 3, 6, 9, 12])
    }

    @Test("binary frames hold the voxels that are at least half inside")
    func binaryFrames() throws {
        let data = try #require(try WritingSamples.segments(.binary).dataSets.first)
        let bytes = try #require(data.bytes(.pixelData))
        let bits = (0 ..< 189).map { (n: Int) -> UInt8 in
            let byte: UInt8 = bytes[n / 8]
            return (byte >> UInt8(n % 8)) & 1
        }
        var expected = [UInt8](repeating: 0, count: 3 * 63)
        // Slice 1 then slice 2 of the box (1...3, 1...2) in rows of nine; then the full slab.
        for (frame, shares) in [[1, 0, 1, 0, 1, 1], [0, 1, 1, 1, 1, 0]].enumerated() {
            for (n, share) in shares.enumerated() {
                expected[frame * 63 + (1 + n / 3) * 9 + 1 + n % 3] = UInt8(share)
            }
        }
        for n in 126 ..< 189 { expected[n] = 1 }
        #expect(bits == expected)
        #expect(data.integer(.numberOfFrames) == 3)
    }

    @Test("fractional frames hold the share in steps of 1/255")
    func fractionalFrames() throws {
        let data = try #require(try WritingSamples.segments(.fractional).dataSets.first)
        let bytes = try #require(data.bytes(.pixelData))
        let shares: [Float] = [1, 0.4, 0.6, 0, 1, 1]
        for (n, share) in shares.enumerated() {
            #expect(bytes[(1 + n / 3) * 9 + 1 + n % 3] == UInt8((share * 255).rounded()))
        }
    }

    @Test("contours name the slice they lie on and keep their corners to 0.1 µm")
    func contourRoundTrip() throws {
        let geometry = try WritingSamples.oblique()
        let data = try #require(try WritingSamples.structures().dataSets.first)
        let contours = try #require(data.items(.roiContourSequence).first).items(.contourSequence)
        for (n, contour) in contours.enumerated() {
            let image = try #require(contour.items(.contourImageSequence).first)
            #expect(image.string(.referencedSOPInstanceUID) == "2.25.5\(n + 1)")
            let corner = geometry.positionMM(index: Vector3(1, 1, Double(n + 1)))
            let numbers = try #require(contour.decimals(.contourData))
            for (a, b) in zip(numbers, [corner.x, corner.y, corner.z]) {
                #expect(abs(a - b) <= 0.5001e-4)
            }
        }
        #expect(data.strings(.structureSetLabel) == ["A label that is"])
        let region = data.items(.structureSetROISequence)[0]
        #expect(region.string(.roiName) == "Leber / Größe")
        #expect(region.string(.roiDescription) == "Größe as drawn")
    }

    @Test("values that no object can hold are refused")
    func refusals() throws {
        let geometry = try WritingSamples.oblique()
        let nan = Volume<Float>(repeating: .nan, geometry: geometry)
        #expect(throws: DicomError.self) {
            try CTSeriesWriter(series: WritingSamples.series(1), frameOfReferenceUID: "2.25.7")
                .compose(
                    HounsfieldMap(hounsfieldUnits: nan), instanceUIDs: WritingSamples.uids(5))
        }
        #expect(throws: DicomError.self) {
            try DoseWriter(series: WritingSamples.series(1), planUID: "2.25.9").compose(
                DoseObject(dose: DoseMap(grays: nan), frameOfReferenceUID: "2.25.7"),
                instanceUID: "2.25.64")
        }
        let tooMany = Volume<Float>(repeating: 70000, geometry: geometry)
        #expect(throws: DicomError.self) {
            try NuclearMedicineWriter(
                series: WritingSamples.series(1), tracer: WritingSamples.technetium,
                viewDuration: TimeSpan(seconds: 1)
            ).composeTomographic(
                CountMap(counts: tooMany), frameOfReferenceUID: "2.25.7", instanceUID: "2.25.60")
        }
        #expect(throws: DicomError.self) {
            try DocumentWriter(series: WritingSamples.series(1)).compose(
                pdf: [1, 2, 3], title: "", instanceUID: "2.25.65")
        }
        let clipped = try CTSeriesWriter(
            series: WritingSamples.series(1), frameOfReferenceUID: "2.25.7"
        ).compose(HounsfieldMap(hounsfieldUnits: tooMany), instanceUIDs: WritingSamples.uids(5))
        #expect(clipped.findings.map(\.code) == ["ct.written-clipped"])
    }
}
