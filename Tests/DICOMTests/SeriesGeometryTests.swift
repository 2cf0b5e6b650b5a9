import DICOM
import Foundation
import Imaging
import Quantities
import Testing

@Suite("SeriesAssembler geometry")
struct SeriesGeometryTests {
    /// Position arithmetic in `Double` on numbers of a few hundred millimetres.
    private let tolerance = 1e-9

    private func build(_ source: MemorySource) async throws -> ImageSeries {
        try await SeriesAssembler.assemble(source.files, source: source)
    }

    @Test("slices in any file order are sorted by position, not by instance number")
    func order() async throws {
        let series = try await build(SliceMaker.ct(slices: [2, 0, 3, 1], step: [0, 0, 4]))
        #expect(series.volume.geometry.shape == [3, 2, 4])
        #expect(series.volume.geometry.spacingMM == [1.5, 2, 4])
        #expect(series.quantity == .hounsfieldUnits)
        for k in 0 ..< 4 {
            for j in 0 ..< 2 {
                for i in 0 ..< 3 {
                    #expect(series.volume[i, j, k] == Float(10 * k + 3 * j + i))
                }
            }
        }
        #expect(series.findings.isEmpty)
    }

    @Test(
        "every orientation gives a right-handed grid whose voxels lie where the files say",
        arguments: [
            [1, 0, 0, 0, 1, 0],  // head first supine
            [-1, 0, 0, 0, 1, 0],  // normal towards the feet
            [-1, 0, 0, 0, -1, 0],  // prone
            [0, 1, 0, 0, 0, -1],  // sagittal
            [1, 0, 0, 0, 0, -1],  // coronal
            [0.8, 0.6, 0, -0.36, 0.48, 0.8],  // oblique
        ] as [[Double]])
    func orientation(vectors: [Double]) async throws {
        let row = Vector3(vectors[0], vectors[1], vectors[2])
        let column = Vector3(vectors[3], vectors[4], vectors[5])
        let normal = row.cross(column)
        let origin = Vector3(-12.5, 30.25, -401.75)
        // Written against the normal, so that they have to be reversed.
        let source = SliceMaker.ct(
            slices: [0, 1, 2], origin: origin, step: -2.5 * normal, orientation: vectors)
        let volume = try await build(source).volume
        #expect(abs(volume.geometry.axes.determinant - 1) < tolerance)
        for n in 0 ..< 3 {
            for (i, j) in [(0, 0), (2, 1)] {
                let place =
                    origin + (-2.5 * Double(n)) * normal + (1.5 * Double(i)) * row
                    + (2 * Double(j)) * column
                let index = volume.geometry.index(positionMM: place)
                let (x, y, z) = (
                    Int(index.x.rounded()), Int(index.y.rounded()), Int(index.z.rounded())
                )
                #expect(abs(index.z - Double(z)) < tolerance)
                #expect(volume[x, y, z] == Float(10 * n + 3 * j + i))
            }
        }
    }

    @Test("a gap is refused with its place, or the longest run kept when that is asked for")
    func gap() async throws {
        let source = SliceMaker.ct(slices: [0, 1, 3, 4, 5], step: [0, 0, 5])
        await #expect {
            _ = try await build(source)
        } throws: { error in
            guard case DicomError.refused("series.gap", let reason) = error else { return false }
            return reason.contains("between 5 and 15 mm")
        }
        let kept = try await SeriesAssembler.assemble(
            source.files, source: source, gaps: .longestRun)
        #expect(kept.volume.geometry.shape.z == 3)
        #expect(kept.volume.geometry.originMM.z == 15)
        #expect(kept.findings.codes() == ["series.gap"])
    }

    @Test("a slice that is there twice with equal pixels is used once and reported")
    func duplicate() async throws {
        let source = SliceMaker.ct(slices: [0, 1, 1, 2], step: [0, 0, 5])
        let series = try await build(source)
        #expect(series.volume.geometry.shape.z == 3)
        #expect(series.findings.codes() == ["series.duplicate-slice"])
        #expect(series.findings[0].sentence.contains("at 5 mm"))
    }

    @Test("two different slices at one position are refused")
    func conflict() async throws {
        var source = SliceMaker.ct(slices: [0, 1, 2], step: [0, 0, 5])
        source.add(
            "x", SliceMaker.header(position: [0, 0, 5], instance: 50), words: [9, 9, 9, 9, 9, 9])
        await #expect {
            _ = try await build(source)
        } throws: { error in
            guard case DicomError.refused("series.duplicate-conflict", _) = error else {
                return false
            }
            return true
        }
    }

    @Test(
        "a part of the slices has their values and their place, and what is wrong with them alone")
    func slab() async throws {
        var source = SliceMaker.ct(slices: [3, 0, 2, 1, 4], origin: [7, 8, 9], step: [0, 0, 5])
        for slices in [0 ..< 5, 0 ..< 1, 1 ..< 4, 4 ..< 5] {
            let slab = try await SeriesAssembler.order(source.files).slab(slices, from: source)
            #expect(slab.geometry.shape == [3, 2, slices.count])
            #expect(slab.geometry.originMM == [7, 8, 9 + 5 * Double(slices.lowerBound)])
            for (n, k) in slices.enumerated() { #expect(slab[2, 1, n] == Float(10 * k + 5)) }
        }
        source.add(
            "x", SliceMaker.header(position: [7, 8, 14], instance: 50), words: [9, 9, 9, 9, 9, 9])
        let stack = try SeriesAssembler.order(source.files)
        #expect(try await stack.slab(2 ..< 5, from: source)[0, 0, 0] == 20)
        await #expect(throws: DicomError.self) { try await stack.slab(0 ..< 2, from: source) }
    }

    @Test("time points at the same positions become volumes of their own, in order of time")
    func temporal() async throws {
        var source = MemorySource()
        for time in [2, 1, 10] {
            for n in 0 ..< 3 {
                var header = SliceMaker.header(
                    position: [0, 0, 5 * Double(n)], instance: 10 * time + n)
                header.set(.temporalPositionIdentifier, time)
                source.add("t\(time)-\(n)", header, words: Array(repeating: time, count: 6))
            }
        }
        await #expect(throws: DicomError.self) { _ = try await build(source) }
        let stacks = try await SeriesAssembler.stacks(source.files, source: source)
        #expect(stacks.map(\.label).first == "temporal position 1 of 3")
        #expect(stacks.map { $0.series.volume[0, 0, 0] } == [1, 2, 10])
    }

    @Test("tilted slices are refused with their angle", arguments: [2.0, 16.5])
    func tilt(degrees: Double) async throws {
        let angle = degrees * .pi / 180
        let source = SliceMaker.ct(
            slices: Array(0 ..< 12), step: [0, 0, 2.5],
            orientation: [1, 0, 0, 0, cos(angle), sin(angle)])
        await #expect {
            _ = try await build(source)
        } throws: { error in
            guard case DicomError.refused("ct.gantry-tilt", let reason) = error else {
                return false
            }
            return reason.contains(String(format: "%.3f degrees", degrees))
        }
    }

    @Test("distances 3 % off are evened and reported, 10 % off are refused")
    func uneven() async throws {
        func source(_ second: Double) -> MemorySource {
            var source = MemorySource()
            for (n, z) in [0, second, 20, 30, 40].enumerated() {
                source.add(
                    "f\(n)", SliceMaker.header(position: [0, 0, z], instance: n),
                    words: [0, 0, 0, 0, 0, 0])
            }
            return source
        }
        let series = try await build(source(10.3))
        #expect(series.volume.geometry.spacingMM.z == 10)
        #expect(series.findings.codes() == ["series.uneven-spacing"])
        #expect(series.findings[0].sentence.contains("9.7 to 10.3 mm"))
        await #expect(throws: DicomError.self) { _ = try await build(source(11)) }
    }

    @Test("padding reads as air, unsigned and signed pixels and 12 stored bits read right")
    func values() async throws {
        var source = MemorySource()
        for n in 0 ..< 2 {
            var header = SliceMaker.header(position: [0, 0, Double(n)], instance: n)
            header.set(.rescaleIntercept, -1000.0)
            header.setBytes(.pixelPaddingValue, [0x30, 0xf8])  // −2000 as two's complement
            source.add("f\(n)", header, words: [-2000, 0, 1000, 2000, -5, 32767])
        }
        let series = try await build(source)
        #expect(Array(series.volume.voxels.prefix(6)) == [-1024, -1000, 0, 1000, -1005, 31767])
        #expect(series.findings.codes() == ["image.padding"])
    }

    @Test("lossy pixels are a warning on CT")
    func lossy() async throws {
        var source = SliceMaker.ct(slices: [0, 1], step: [0, 0, 1])
        for path in source.headers.keys {
            source.headers[path]?.set(.lossyImageCompression, "01")
        }
        let series = try await build(source)
        #expect(series.findings.map(\.severity) == [.warning])
        #expect(series.findings.codes() == ["image.lossy"])
    }

    @Test("missing UIDs are invented the same way every time and differ between studies")
    func inventedUIDs() throws {
        var header = SliceMaker.header(position: [0, 0, 0])
        header.remove(.studyInstanceUID)
        header.remove(.seriesInstanceUID)
        header.remove(.sopInstanceUID)
        let first = try ObjectSummary(header: header)
        #expect(first == (try ObjectSummary(header: header)))
        #expect(first.findings.codes() == Array(repeating: "object.uid-invented", count: 3))
        header.set(.frameOfReferenceUID, "1.2.5")
        let other = try ObjectSummary(header: header)
        #expect(other.study.studyInstanceUID != first.study.studyInstanceUID)
        for uid in [first.seriesInstanceUID, first.sopInstanceUID] {
            #expect(uid.hasPrefix("2.25.") && uid.count <= 64)
        }
    }

    @Test("an enhanced CT is read by its functional groups, frames in any order")
    func enhanced() async throws {
        let source = MemorySource.enhanced(
            sopClass: "1.2.840.10008.5.1.4.1.1.2.1", modality: "CT", unit: "HU",
            frames: [6, 0, 3].map {
                EnhancedFrame(z: Double($0), word: $0, slope: 2, intercept: Double($0))
            })
        let series = try await build(source)
        #expect(series.volume.geometry.spacingMM == [1.5, 2, 3])
        #expect([0, 1, 2].map { series.volume[1, 1, $0] } == [0, 9, 18])
        #expect(series.quantity == .hounsfieldUnits)
    }
}
