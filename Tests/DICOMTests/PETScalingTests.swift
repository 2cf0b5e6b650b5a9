import DICOM
import Foundation
import Quantities
import Testing
import _TestSupport

@Suite("PETScaling")
struct PETScalingTests {
    /// One case of `pet-suv-headers/expected.csv`.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let factor: Double
        let seconds: Double?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "SIEMENS", factor: 0.00042748316187197236, seconds: 8264),
        Case(name: "GE_MEDICAL_AND_BQML", factor: 0.0005367387681819742, seconds: 4281),
        Case(name: "PHILIPS_BQML", factor: 0.0007463747013889488, seconds: 3657),
        Case(name: "PHILIPS_CNTS_AND_SUV", factor: 0.000728, seconds: nil),
        Case(
            name: "RADIOPHARM_DATETIME_UNDEFINED", factor: 0.0003721089202818729,
            seconds: 3871.843),
    ]

    private func headers(_ name: String) throws -> [DataSet] {
        let url = try RealFiles.url("pet-suv-headers/\(name)-instances.json")
        let list = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
        return (list as? [[String: Any]] ?? []).map(header)
    }

    private func header(_ json: [String: Any]) -> DataSet {
        var data = DataSet()
        var agent = DataSet()
        data.set(.modality, "PT")
        let texts: [(String, Attribute)] = [
            ("SeriesDate", .seriesDate), ("SeriesTime", .seriesTime),
            ("AcquisitionDate", .acquisitionDate), ("AcquisitionTime", .acquisitionTime),
            ("DecayCorrection", .decayCorrection), ("Units", .units),
        ]
        for (key, attribute) in texts {
            if let text = json[key] as? String { data.set(attribute, text) }
        }
        let agentTexts: [(String, Attribute)] = [
            ("RadiopharmaceuticalStartTime", .radiopharmaceuticalStartTime),
            ("RadiopharmaceuticalStartDateTime", .radiopharmaceuticalStartDateTime),
        ]
        for (key, attribute) in agentTexts {
            if let text = json[key] as? String { agent.set(attribute, text) }
        }
        func number(_ key: String) -> Double? { (json[key] as? NSNumber)?.doubleValue }
        if let weight = number("PatientWeight") { data.set(.patientWeight, weight) }
        if let dose = number("RadionuclideTotalDose") { agent.set(.radionuclideTotalDose, dose) }
        if let life = number("RadionuclideHalfLife") { agent.set(.radionuclideHalfLife, life) }
        data.set(.radiopharmaceuticalInformationSequence, [agent])
        let philips = json["PhilipsPETPrivateGroup"] as? [String: String] ?? [:]
        if let factor = philips["SUVScaleFactor"] { data.set(.philipsSUVScaleFactor, factor) }
        if let factor = philips["ActivityConcentrationScaleFactor"] {
            data.set(.philipsActivityConcentrationScaleFactor, factor)
        }
        return data
    }

    @Test(
        "the SUV factors of five real series come out as calculate-suv gives them",
        .enabled(if: RealFiles.isPresent), arguments: cases)
    func realHeaders(expected: Case) throws {
        let headers = try headers(expected.name)
        let factor = try PETScaling.suvbwFactor(headers: headers)
        // The same formula in double precision; the README found 1e-11.
        #expect(abs(factor / expected.factor - 1) < 1e-9)
        if let seconds = expected.seconds {
            let agent = PETScaling(headers: headers).radiopharmaceutical
            let elapsed = try #require(agent.secondsFromInjectionToReference)
            #expect(abs(elapsed - seconds) < 1e-6)
        }
    }

    private func sample() -> DataSet {
        header([
            "SeriesDate": "20240301", "SeriesTime": "003000", "AcquisitionDate": "20240301",
            "AcquisitionTime": "003000", "DecayCorrection": "START", "Units": "BQML",
            "PatientWeight": 70, "RadionuclideTotalDose": 2e8, "RadionuclideHalfLife": 3600,
            "RadiopharmaceuticalStartTime": "233000",
        ])
    }

    @Test("an injection before midnight without a date counts as the day before")
    func midnight() throws {
        // One half-life passed: f = 1000 · 70 / 1e8.
        #expect(abs(try PETScaling.suvbwFactor(headers: [sample()]) / 7e-4 - 1) < 1e-12)
        let codes = PETScaling(headers: [sample()]).findings.codes()
        #expect(codes == ["nuclear.injection-date-assumed"])
    }

    @Test("the SUV of a unit is that of the values as they are shown")
    func perUnit() throws {
        #expect(abs(try PETScaling.suvPerBecquerelPerML(headers: [sample()]) / 7e-4 - 1) < 1e-12)
        var counts = sample()
        counts.set(.units, "CNTS")
        counts.set(.philipsActivityConcentrationScaleFactor, "2.5")
        // Values are shown in Bq/mL: the scanner's factor is in them already.
        #expect(abs(try PETScaling.suvPerBecquerelPerML(headers: [counts]) / 7e-4 - 1) < 1e-12)
        #expect(throws: DicomError.self) {
            var uptake = sample()
            uptake.set(.units, "GML")
            _ = try PETScaling.suvPerBecquerelPerML(headers: [uptake])
        }
    }

    @Test("an acquisition before the series time is the reference")
    func acquisitionFirst() throws {
        var late = sample()
        late.set(.seriesTime, "020000")
        let scaling = PETScaling(headers: [late, sample()])
        #expect(scaling.radiopharmaceutical.secondsFromInjectionToReference == 3600)
        #expect(scaling.findings.codes().contains("pet.reference-acquisition"))
    }

    /// A guess would lose or count twice all decay from injection to the image.
    @Test("a PET that does not state its decay correction tells no time")
    func unstated() throws {
        var header = sample()
        header.set(.modality, "PT")
        #expect(
            PETScaling(headers: [header]).radiopharmaceutical.secondsFromInjectionToReference
                == 3600)
        header.remove(.decayCorrection)
        let agent = PETScaling(headers: [header]).radiopharmaceutical
        #expect(agent.secondsFromInjectionToReference == nil && agent.decayCorrection == nil)
    }

    @Test("correction to the administration needs no times")
    func administration() throws {
        var header = sample()
        header.set(.decayCorrection, "ADMIN")
        #expect(abs(try PETScaling.suvbwFactor(headers: [header]) / 3.5e-4 - 1) < 1e-12)
    }

    @Test(
        "SUV is withheld with the reason when something is missing",
        arguments: [
            "weight", "dose", "half-life", "injection time", "decay correction", "unit",
            "tiny dose",
        ])
    func withheld(what: String) throws {
        var header = sample()
        var agent = header.items(.radiopharmaceuticalInformationSequence)[0]
        switch what {
        case "weight": header.set(.patientWeight, 0.0)
        case "dose": agent.remove(.radionuclideTotalDose)
        case "half-life": agent.remove(.radionuclideHalfLife)
        case "injection time": agent.remove(.radiopharmaceuticalStartTime)
        case "decay correction": header.set(.decayCorrection, "NONE")
        case "unit": header.set(.units, "PROPCNTS")
        default: agent.set(.radionuclideTotalDose, 200.0)
        }
        header.set(.radiopharmaceuticalInformationSequence, [agent])
        #expect {
            _ = try PETScaling.suvbwFactor(headers: [header])
        } throws: { error in
            guard case DicomError.refused("pet.suv-withheld", _) = error else { return false }
            return true
        }
    }

    /// ``sample()``, corrected to 00:30, with another injection.
    private func zoned(injection: String, corrected: String? = nil, local: String? = nil) -> DataSet
    {
        var header = sample()
        var agent = header.items(.radiopharmaceuticalInformationSequence)[0]
        agent.set(.radiopharmaceuticalStartDateTime, injection)
        header.set(.radiopharmaceuticalInformationSequence, [agent])
        if let corrected { header.set(.decayCorrectionDateTime, corrected) }
        if let local { header.set(.timezoneOffsetFromUTC, local) }
        return header
    }

    @Test(
        "an offset from UTC moves the injection to the images' clock, or is spoken of",
        arguments: [
            ("20240229223000+0000", "+0100", 3600.0, false),
            ("20240229233000+0100", "+0100", 3600.0, false),
            ("20240229233000+0100", nil, 3600.0, true),
            ("20240229233000", nil, 3600.0, false),
        ])
    func zone(injection: String, local: String?, seconds: Double, isSpokenOf: Bool) throws {
        let scaling = PETScaling(headers: [zoned(injection: injection, local: local)])
        #expect(scaling.radiopharmaceutical.secondsFromInjectionToReference == seconds)
        #expect(scaling.findings.codes().contains("nuclear.zone-not-stated") == isSpokenOf)
    }

    @Test("two times with offsets need no zone of the object")
    func twoZones() throws {
        let scaling = PETScaling(headers: [
            zoned(injection: "20240229223000+0000", corrected: "20240301003000+0100")
        ])
        #expect(scaling.radiopharmaceutical.secondsFromInjectionToReference == 3600)
        #expect(!scaling.findings.codes().contains("nuclear.zone-not-stated"))
    }
}
