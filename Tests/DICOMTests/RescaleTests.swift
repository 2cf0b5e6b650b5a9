import DICOM
import Imaging
import Quantities
import Testing

/// Rescale Slope and Intercept are of type 1 in CT and PET: what stands for them is spoken of.
@Suite("A missing rescale")
struct RescaleTests {
    private static let pet = "1.2.840.10008.5.1.4.1.1.128"
    private static let nm = "1.2.840.10008.5.1.4.1.1.20"

    /// Two slices of the value 10, the second changed by `second`.
    private func series(
        _ sopClass: String, _ modality: String, both: (inout DataSet) -> Void = { _ in },
        second: (inout DataSet) -> Void = { _ in }
    ) async throws -> ImageSeries {
        var source = MemorySource()
        for n in 0 ..< 2 {
            var header = SliceMaker.header(
                sopClass: sopClass, modality: modality, position: [0, 0, Double(n)], instance: n)
            both(&header)
            if n == 1 { second(&header) }
            source.add("f\(n)", header, words: Array(repeating: 10, count: 6))
        }
        return try await SeriesAssembler.assemble(source.files, source: source)
    }

    private func finding(_ code: String, in series: ImageSeries) throws -> Finding {
        try #require(series.findings.first { $0.code == code })
    }

    @Test(
        "of a CT is an error whatever its rescale type says",
        arguments: [nil, "HU", "US"],
        [[Attribute.rescaleSlope], [.rescaleIntercept], [.rescaleSlope, .rescaleIntercept]])
    func ct(type: String?, missing: [Attribute]) async throws {
        let series = try await series(
            SliceMaker.ctClass, "CT", both: { if let type { $0.set(.rescaleType, type) } },
            second: { header in missing.forEach { header.remove($0) } })
        #expect(series.quantity == .hounsfieldUnits)
        let found = try finding("ct.no-rescale", in: series)
        #expect(found.severity == .error && found.sentence.contains("1 of 2"))
        #expect(found.sentence.contains("Slope") == missing.contains(.rescaleSlope))
        #expect(found.sentence.contains("Intercept") == missing.contains(.rescaleIntercept))
    }

    @Test("that is there is not spoken of")
    func complete() async throws {
        for (sopClass, modality) in [(SliceMaker.ctClass, "CT"), (Self.pet, "PT")] {
            let series = try await series(
                sopClass, modality, both: { if modality == "PT" { $0.set(.units, "BQML") } })
            #expect(!series.findings.codes().contains { $0.hasSuffix("no-rescale") })
        }
    }

    @Test("leaves a PET without its unit", arguments: ["BQML", "GML", "CNTS"])
    func petSlope(units: String) async throws {
        let series = try await series(
            Self.pet, "PT", both: { $0.set(.units, units) },
            second: { $0.remove(.rescaleSlope) })
        #expect(series.quantity == .other(unit: ""))
        #expect(try finding("pet.no-rescale", in: series).severity == .error)
    }

    @Test("intercept of a PET is 0, with a warning")
    func petIntercept() async throws {
        let series = try await series(
            Self.pet, "PT",
            both: {
                $0.set(.units, "BQML")
                $0.set(.rescaleSlope, 4.0)
                $0.remove(.rescaleIntercept)
            })
        #expect(series.quantity == .becquerelsPerML && series.volume[0, 0, 0] == 40)
        #expect(try finding("pet.no-rescale", in: series).severity == .warning)
    }

    @Test(
        "of an NM image counts where a unit or half a rescale is stated",
        arguments: [
            (nil, [.rescaleSlope, .rescaleIntercept], nil),
            (nil, [.rescaleIntercept], .warning),
            ("BQML", [.rescaleSlope, .rescaleIntercept], .error),
            ("BQML", [.rescaleSlope], .error),
        ] as [(String?, [Attribute], Finding.Severity?)])
    func nm(units: String?, missing: [Attribute], severity: Finding.Severity?) async throws {
        var header = SliceMaker.header(sopClass: Self.nm, modality: "NM", position: [0, 0, 0])
        header.set(.imageType, ["DERIVED", "PRIMARY", "RECON TOMO", "EMISSION"])
        header.set(.numberOfFrames, 2)
        header.set(.spacingBetweenSlices, 3.0)
        if let units { header.set(.units, units) }
        missing.forEach { header.remove($0) }
        var source = MemorySource()
        source.add("nm", header, words: Array(repeating: 10, count: 12))
        let series = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(series.quantity == (units == nil ? .counts : .becquerelsPerML))
        #expect(series.findings.first { $0.code == "nm.no-rescale" }?.severity == severity)
    }

    @Test("is none where a real-world mapping takes its place")
    func mapped() async throws {
        var unit = DataSet()
        unit.set(.codeValue, "Bq/ml")
        var mapping = DataSet()
        mapping.set(.realWorldValueSlope, 2.0)
        mapping.set(.realWorldValueIntercept, 0.0)
        mapping.set(.measurementUnitsCodeSequence, [unit])
        let source = MemorySource.enhanced(
            sopClass: "1.2.840.10008.5.1.4.1.1.130", modality: "PT", unit: nil,
            frames: [0.0, 3].map { z in
                EnhancedFrame(z: z, word: 10, slope: 1) { group in
                    group.remove(.pixelValueTransformationSequence)
                    group.set(.realWorldValueMappingSequence, [mapping])
                }
            })
        let series = try await SeriesAssembler.assemble(source.files, source: source)
        #expect(series.quantity == .becquerelsPerML && series.volume[0, 0, 0] == 20)
        #expect(!series.findings.codes().contains("pet.no-rescale"))
    }
}
