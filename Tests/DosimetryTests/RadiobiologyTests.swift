import Dosimetry
import Imaging
import Physics
import Quantities
import Testing

@Suite("Radiobiology")
struct RadiobiologyTests {
    /// Vectors print three decimals.
    static let printed = 0.0005

    static func model(
        _ alphaBetaGy: Double, _ repairHours: Double, _ hours: Double
    ) throws
        -> BEDModel
    {
        try BEDModel(
            alphaBetaGy: alphaBetaGy, repairHalfTime: TimeSpan(hours: repairHours),
            effectiveHalfLife: TimeSpan(hours: hours))
    }

    static func histogram() throws -> DoseVolumeHistogram {
        let grid = try row(4)
        return try DoseVolumeHistogram(
            dose: DoseMap(grays: Volume(voxels: [50, 100, 150, 200], geometry: grid)),
            region: region(0 ..< 4, of: grid))
    }

    @Test(
        "BED of liver and tumour after Y-90 is that of vector V28",
        arguments: [
            (2.5, 2.5, 40.0, 63.988), (2.5, 2.5, 70, 143.463), (2.5, 2.5, 75, 159.333),
            (2.5, 2.5, 120, 335.892), (10, 1.5, 120, 152.877), (10, 1.5, 205, 300.947),
            (10, 1.5, 191.3, 274.852), (10, 1.5, 292, 486.667),
        ])
    func v28(alphaBeta: Double, repair: Double, gray: Double, bed: Double) throws {
        let model = try Self.model(alphaBeta, repair, 64.2)
        #expect(abs(model.bedGy(doseGy: gray) - bed) < Self.printed)
        #expect(abs(model.eqd2Gy(doseGy: gray) * (1 + 2 / alphaBeta) - bed) < Self.printed)
    }

    @Test(
        "BED after Ho-166 is that of vector V29",
        arguments: [(2.5, 2.5, 40.0, 94.608), (10, 1.5, 100, 153.004)])
    func v29(alphaBeta: Double, repair: Double, gray: Double, bed: Double) throws {
        let value = try Self.model(alphaBeta, repair, 26.8).bed(of: AbsorbedDose(grays: gray))
        #expect(abs(value.value - bed) < Self.printed)
        #expect(value.parameters["alphaBetaGy"] == alphaBeta)
    }

    @Test("four doses have the equivalent uniform doses of vector V30")
    func v30() throws {
        let histogram = try Self.histogram()
        let eud = try histogram.survivalEUD(alphaPerGy: 0.002)
        #expect(abs(eud.value - 121.879) < Self.printed)
        let eubed = try histogram.uniformBED(
            alphaPerGy: 0.002, model: Self.model(10, 1.5, 64.2))
        // BED voxels are Float: 1e-5 Gy.
        #expect(abs(eubed.value - 160.162) < Self.printed + 1e-5)
        #expect(abs(try histogram.generalisedEUD(exponent: -10).value - 57.429) < Self.printed)
        #expect(abs(try histogram.generalisedEUD(exponent: 1).value - 125) < 1e-9)
    }

    @Test("extreme exponents and sensitivities tend to the ends of the dose range")
    func extremes() throws {
        let histogram = try Self.histogram()
        // mean of four: the fourth root of 4 to the power 1/500 off.
        #expect(abs(try histogram.generalisedEUD(exponent: 500).value - 200) < 1)
        #expect(abs(try histogram.generalisedEUD(exponent: -500).value - 50) < 1)
        #expect(abs(try histogram.survivalEUD(alphaPerGy: 100).value - 50) < 0.02)
        #expect(abs(try histogram.survivalEUD(alphaPerGy: 1e-6).value - 125) < 0.01)
    }

    @Test(
        "the Lyman model gives the probabilities of vector V31",
        arguments: [(30.0, 0.0654), (40, 0.2049), (52, 0.5), (70, 0.8918)])
    func v31(gray: Double, probability: Double) throws {
        let model = try LymanModel(td50Gy: 52, slope: 0.28)
        #expect(abs(model.ntcp(uniformDoseGy: gray).value - probability) < 0.00005)
    }

    @Test("tumour control is one half where the logit is zero")
    func logistic() throws {
        let model = try LogisticControlModel(b0: -2.92, b1PerGy: 0.01)
        #expect(abs(model.tcp(doseGy: 292).value - 0.5) < 1e-12)
        #expect(throws: DoseError.self) { try LogisticControlModel(b0: 0, b1PerGy: 0) }
    }
}
