import DICOM
import Testing

/// The unit comes from what a series states, never from its modality.
@Suite("What the values of a series mean")
struct SeriesQuantityTests {
    private static func header(
        _ sopClass: String, _ modality: String, _ more: (inout DataSet) -> Void
    ) -> SeriesFile {
        var header = DataSet()
        header.set(.sopClassUID, sopClass)
        header.set(.modality, modality)
        header.set(.rows, 2)
        header.set(.columns, 2)
        header.set(.bitsAllocated, 16)
        header.set(.bitsStored, 16)
        header.set(.highBit, 15)
        header.set(.pixelRepresentation, 0)
        header.set(.samplesPerPixel, 1)
        header.set(.photometricInterpretation, "MONOCHROME2")
        header.set(.imagePositionPatient, [0.0, 0, 0])
        header.set(.imageOrientationPatient, [1.0, 0, 0, 0, 1, 0])
        header.set(.pixelSpacing, [1.0, 1])
        header.set(.rescaleSlope, 1.0)
        header.set(.rescaleIntercept, 0.0)
        more(&header)
        return SeriesFile(path: "memory", header: header)
    }

    private static let pet = "1.2.840.10008.5.1.4.1.1.128"

    @Test(
        "a PET is what its Units say",
        arguments: [
            ("BQML", ImageSeries.Quantity.becquerelsPerML), ("CNTS", .counts),
            ("GML", .standardisedUptakeValue),
        ])
    func pet(_ units: String, _ expected: ImageSeries.Quantity) throws {
        let file = Self.header(Self.pet, "PT") { $0.set(.units, units) }
        #expect(try SeriesAssembler.quantity(of: file) == expected)
    }

    @Test("a CT is in HU unless its rescale type says otherwise, and an MR has no unit")
    func others() throws {
        let ct = "1.2.840.10008.5.1.4.1.1.2"
        #expect(
            try SeriesAssembler.quantity(of: Self.header(ct, "CT") { $0.set(.rescaleType, "HU") })
                == .hounsfieldUnits)
        #expect(
            try SeriesAssembler.quantity(of: Self.header(ct, "CT") { $0.set(.rescaleType, "MGML") })
                == .other(unit: "MGML"))
        let mr = Self.header("1.2.840.10008.5.1.4.1.1.4", "MR") { _ in }
        #expect(try SeriesAssembler.quantity(of: mr) == .other(unit: ""))
    }

    @Test("a file without a place is refused, not guessed")
    func noPlace() {
        let file = Self.header(Self.pet, "PT") { $0.set(.pixelSpacing, [Double]()) }
        #expect(throws: DicomError.self) { try SeriesAssembler.quantity(of: file) }
    }
}
