import Quantities
import Testing
import Therapy

@Suite("Patient selection")
struct PatientGatesTests {
    private static func codes(
        _ facts: [(PatientFacts.Fact, Double)], device: SIRTDevice = .resin
    ) throws -> Set<String> {
        var known = PatientFacts()
        for (fact, value) in facts { try known.set(fact, value) }
        return Set(
            try PatientGates().findings(known, derived: PatientFacts(), device: device)
                .map(\.code)
        ).subtracting(["patient.facts-missing"])
    }

    @Test(
        "a criterion speaks from its own bound on",
        arguments: [
            (PatientFacts.Fact.ecog, 2.0, 3.0, "patient.ecog-high"),
            (.bilirubinUmolPerL, 33.9, 34, "patient.bilirubin-high"),
            (.lifeExpectancyWeeks, 12.1, 12, "patient.life-expectancy-short"),
            (.daysSinceChemotherapy, 61, 60, "patient.recent-chemotherapy"),
            (.ascites, 0, 1, "patient.ascites"),
            (.clinicalLiverFailure, 0, 1, "patient.liver-failure"),
            (.liverDominant, 1, 0, "patient.not-liver-dominant"),
            (.priorLiverDirectedTherapy, 0, 1, "patient.prior-liver-therapy"),
            (.priorPRRT, 0, 1, "patient.prior-prrt"), (.cirrhosis, 0, 1, "patient.cirrhosis"),
            (.liverVolumeML, 1500, 1499, "patient.liver-small"),
            (.treatedLiverShare, 0.94, 0.95, "patient.whole-liver-session"),
        ])
    func bounds(fact: PatientFacts.Fact, inside: Double, outside: Double, code: String) throws {
        #expect(try Self.codes([(fact, inside)]).isEmpty)
        #expect(try Self.codes([(fact, outside)]) == [code])
    }

    @Test("the bilirubin that halves the liver limit is told for glass alone")
    func glass() throws {
        #expect(
            try Self.codes([(.bilirubinUmolPerL, 20)], device: .glass)
                == ["patient.bilirubin-raised"])
        #expect(try Self.codes([(.bilirubinUmolPerL, 20)], device: .resin).isEmpty)
    }

    @Test("no criterion is an error, and each names its source")
    func neverDecides() throws {
        var facts = PatientFacts()
        for fact in PatientFacts.Fact.allCases {
            try facts.set(fact, [.liverDominant, .lifeExpectancyWeeks].contains(fact) ? 0 : 1)
        }
        let findings = try PatientGates().findings(
            facts, derived: PatientFacts(), device: .glass)
        #expect(findings.count >= 9)
        #expect(findings.allSatisfy { $0.severity != .error && $0.sentence.contains("Source: ") })
    }

    @Test("what was not told is named, and nothing told is one note")
    func missing() throws {
        var facts = PatientFacts()
        try facts.set(.ecog, 1)
        let findings = try PatientGates().findings(
            facts, derived: PatientFacts(), device: .resin)
        #expect(findings.map(\.code) == ["patient.facts-missing"])
        #expect(findings[0].sentence.contains("ascites"))
        #expect(!findings[0].sentence.contains("ecog"))
        let none = try PatientGates().findings(nil, derived: PatientFacts(), device: .resin)
        #expect(none.map(\.code) == ["patient.not-given"])
    }

    @Test("values that no patient has are refused")
    func refusals() throws {
        var facts = PatientFacts()
        #expect(throws: TherapyError.self) { try facts.set(.ecog, 1.5) }
        #expect(throws: TherapyError.self) { try facts.set(.ecog, 6) }
        #expect(throws: TherapyError.self) { try facts.set(.bilirubinUmolPerL, -1) }
        #expect(throws: TherapyError.self) { try facts.set(.bilirubinUmolPerL, .nan) }
    }

    @Test("1.1 mg/dL of bilirubin are 18.8 µmol/L")
    func units() {
        // 18.8 is rounded to a tenth.
        #expect(abs(1.1 * PatientFacts.bilirubinUmolPerLPerMgPerDL - 18.8) < 0.05)
    }
}
