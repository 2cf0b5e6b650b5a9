import Foundation
import Testing

/// A plan and its verification by Monte Carlo, from files to the pages that a person reads.
@Suite("Simulated plans")
struct SimulatedPlanTests {
    private static let plan =
        SyntheticRecords.simulatedPlan(histories: 20_000) + """

            limits:
              - {structure: Normal Liver, meanDoseGy: 80, source: test}
            """

    private static func delivery(_ plan: String) -> String {
        """
        plan: \(plan)
        image: Y-90 PET, simulated
        imageCT: CT low dose PET, simulated
        registration: {kind: rigid-ct, acceptedBy: test}
        territories:
          - {name: right, injectedActivityGBq: 2.5}
          - {name: left, injectedActivityGBq: 1.1}
        """
    }

    /// One standard deviation of a component of a structure's dose, relative.
    private static func components(
        _ structure: [String: Any], _ key: String
    ) throws -> [String:
        Double]
    {
        let uncertainty = try #require(structure[key] as? [String: Any])
        let parts = try #require(uncertainty["components"] as? [[String: Any]])
        let low = try number(uncertainty, "lowerGy")
        let high = try number(uncertainty, "upperGy")
        let squares = try parts.reduce(0.0) {
            try $0 + number($1, "relativeSigma") * number($1, "relativeSigma")
        }
        // The sum in quadrature is what the interval is made from: ln(high/low) = 2 · 1.96 σ.
        let relative = try number(uncertainty, "relativeSigma")
        #expect(abs(squares.squareRoot() / relative - 1) < 1e-9)
        let sigma = log(1 + relative * relative).squareRoot()
        #expect(abs(log(high / low) / (2 * 1.959_964 * sigma) - 1) < 1e-5)
        return try Dictionary(
            parts.map { (try #require($0["kind"] as? String), try number($0, "relativeSigma")) },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("intervals and chances of plan and delivery hold the statistics of their runs apart")
    func statistics() throws {
        let records = try SyntheticRecords("simulated-plan")
        defer { records.remove() }
        try records.json(["import", records.path("patient/dicom")])
        try Data(Self.plan.utf8).write(to: records.work.appending(path: "plan.yaml"))
        let made = try records.json(
            ["plan", records.path("plan.yaml"), "--out", records.path("out"), "--no-pdf"])
        try checkPlan(made, records)
        let planID = try #require(made["planID"] as? String)
        try Data(Self.delivery(planID).utf8).write(
            to: records.work.appending(path: "delivered.yaml"))
        let delivered = try records.json(
            [
                "delivered", records.path("delivered.yaml"), "--out", records.path("given"),
                "--no-pdf",
            ])
        let document = try #require(delivered["delivered"] as? [String: Any])
        #expect(document["doseTo"] as? String == "medium")
        let structures = try #require(document["structures"] as? [[String: Any]])
        for structure in structures {
            for key in ["relativeUncertainty", "absoluteUncertainty"] {
                let found = try Self.components(structure, key)
                let sigma = try #require(found["statistical"], "\(structure["name"] ?? "")")
                #expect(sigma > 0 && sigma < 0.2)
            }
        }
    }

    private func checkPlan(_ made: [String: Any], _ records: SyntheticRecords) throws {
        let document = try #require(made["plan"] as? [String: Any])
        let structures = try #require(document["structures"] as? [[String: Any]])
        #expect(structures.count >= 6)
        for structure in structures {
            let found = try Self.components(structure, "uncertainty")
            let expected =
                try number(structure, "statisticalSigmaGy") / number(structure, "meanDoseGy")
            let sigma = try #require(found["statistical"])
            #expect(sigma > 0 && abs(sigma / expected - 1) < 1e-9)
            #expect(found.count > 4, "others stand beside it")
        }
        let limits = try #require(document["limits"] as? [[String: Any]])
        let chance = try number(
            try #require(limits.first { $0["structure"] as? String == "Normal Liver" }),
            "probabilityMet")
        #expect(chance > 0 && chance < 1)
        let page = String(decoding: try records.bytes("out/report.html"), as: UTF8.self)
        for words in [
            "How well the doses are known", "statistical", "95 %", "Monte Carlo histories",
            "Decays simulated", "monte-carlo/1", "physical, to medium",
        ] {
            #expect(page.contains(words), "\(words)")
        }
    }
}
