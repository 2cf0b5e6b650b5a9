import Physics
import Quantities
import Testing
import Therapy

@Suite("Thresholds and guard rails")
struct ThresholdTests {
    @Test("no row of another tumour is handed out for NET")
    func net() throws {
        let library = try ThresholdLibrary()
        for device in SIRTDevice.allCases {
            let rows = library.applicable(device: device, entity: "NET")
            #expect(rows.allSatisfy { ["NET", "any"].contains($0.entity) })
            #expect(rows.allSatisfy { ["any", device.rawValue].contains($0.device) })
            #expect(rows.contains { $0.id == "lung-single-convention" })
            let silent = library.findings(device: device, entity: "NET", choice: nil)
            #expect(silent.map(\.severity) == [.error])
            let choice = try ThresholdChoice(basis: "local rule of 2025", recordedBy: "a physicist")
            let recorded = library.findings(device: device, entity: "NET", choice: choice)
            #expect(recorded.map(\.severity) == [.note])
            #expect(recorded[0].sentence.contains("local rule of 2025"))
        }
        #expect(library.findings(device: .glass, entity: "HCC", choice: nil).isEmpty)
        #expect(library.findings(device: .glass, entity: "melanoma", choice: nil).count == 1)
    }

    @Test("a chosen row must exist and be of the same device")
    func chosen() throws {
        let library = try ThresholdLibrary()
        let choice = try ThresholdChoice(
            thresholdIDs: ["eanm2-mCRC-unilobar-tumour"], basis: "nearest metastases",
            recordedBy: "tumour board")
        let rows = try library.chosen(choice, device: .glass)
        #expect(rows.map(\.doseGy) == [189])
        #expect(throws: TherapyError.self) { try library.chosen(choice, device: .resin) }
        #expect(throws: TherapyError.self) {
            try ThresholdChoice(basis: " ", recordedBy: "somebody")
        }
    }

    @Test(
        "the tables carry the published numbers",
        arguments: [
            ("eanm2-HCC-unilobar-tumour", 205.0), ("eanm2-ICC-bilobar-tumour", 260),
            ("eanm2-mCRC-lobectomy-normal", 75), ("eanm3-mCRC-bilobar-normal", 40),
            ("eanm3-HCC-lobectomy-normal", 70), ("eanm4-mCRC-tumour", 90),
            ("eanm4-HCC-unilobar-perfused", 60), ("lung-cumulative-convention", 50),
            ("chansanti-response", 191.3),
        ])
    func rows(id: String, doseGy: Double) throws {
        let row = try #require(try ThresholdLibrary().thresholds.first { $0.id == id })
        #expect(row.doseGy == doseGy)
        #expect(!row.source.isEmpty && !row.evidenceLevel.isEmpty)
    }

    @Test("a rail compares the unrounded value, and the strictest that applies speaks")
    func rails() throws {
        let rails = try GuardRails()
        #expect(rails.check(.lungShuntFraction, 0.1).isEmpty)
        #expect(rails.check(.lungShuntFraction, 0.1.nextUp).map(\.code) == ["lung-shunt.raised"])
        #expect(rails.check(.lungShuntFraction, 0.21).map(\.code) == ["lung-shunt.high"])
        #expect(rails.check(.tumourToNormalRatio, 0.9).map(\.code) == ["tumour.ratio-below-one"])
        #expect(rails.check(.normalDoseGy, 60).isEmpty)
        #expect(rails.check(.normalDoseGy, 60, device: .resin).count == 1)
        #expect(rails.check(.normalDoseGy, 60, device: .glass).isEmpty)
        #expect(rails.check(.imageActivityDeviationFraction, 0.1501).count == 1)
        #expect(rails.check(.lungDoseGy, 30).isEmpty)
        let barely = try #require(rails.check(.lungDoseGy, 30.0000001).first)
        #expect(barely.sentence.contains("30.0000001 Gy, above 30 Gy"))
        #expect(
            try #require(rails.check(.lungDoseGy, 34.56789).first).sentence.contains("34.57 Gy"))
    }

    @Test("an image that holds 80 % of the injected activity is a finding")
    func imageActivity() throws {
        let rails = try GuardRails()
        let check = try ImageActivityCheck(
            imaged: Activity(gigabecquerels: 1.6), injected: Activity(gigabecquerels: 2))
        #expect(check.findings(rails).map(\.code) == ["pet.total-activity-off"])
        let delivered = try DeliveredActivity(
            territory: "left", plannedInjected: Activity(gigabecquerels: 1),
            vial: Activity(gigabecquerels: 1), residualFraction: 0.3, stasis: true)
        #expect(
            delivered.findings(rails).map(\.code)
                == ["delivered.stasis", "delivered.stopped-by-stasis"])
    }
}
