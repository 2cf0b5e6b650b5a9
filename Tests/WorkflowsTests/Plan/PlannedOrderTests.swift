import Foundation
import Quantities
import Testing
import Workflows

@Suite("Order of a plan")
struct PlannedOrderTests {
    private static let territories = """
        [{name: right, structure: Right, injectedActivityGBq: 1.9},
         {name: left, structure: Left, injectedActivityGBq: 0.6}]
        """

    @Test(
        "glass is offered inside shelf life and working hours, with doses on time, late and early")
    func glass() async throws {
        // Thursday, then Saturday, which is no working day, then Friday.
        let document = try await BoxPlan.run(
            BoxPlan.yaml(
                residual: 0.02, territories: Self.territories,
                more: """
                    order: {treatmentTime: "2026-12-03T10:00:00+00:00",
                      otherTreatmentTimes: ["2026-12-05T10:00:00Z", "2026-12-04T10:00:00Z"]}
                    """)
        ).document
        let options = try #require(document.order?.options)
        #expect(Set(options.map(\.territory)) == ["right", "left"])
        #expect(
            Set(options.compactMap(\.treatmentTime)) == [
                "2026-12-03T10:00:00Z", "2026-12-04T10:00:00Z",
            ])
        let delay = exp2(-4 / document.profile.halfLifeHours)
        for option in options {
            #expect((0 ... 288).contains(option.hoursAfterCalibration))
            #expect(abs(option.offTargetFraction) <= 0.1)
            #expect(option.isUsableFourHoursLater == (option.hoursAfterCalibration <= 284))
            let territory = try #require(
                document.territories.first { $0.name == option.territory })
            let structure = try #require(
                document.structures.first { $0.name == option.territory })
            #expect(abs(option.neededActivityGBq / territory.vialActivityGBq - 1) < 1e-12)
            // Only this territory's vial differs from the plan, and boxes do not overlap.
            let perfused = try #require(option.perfusedDoseGy)
            let expected =
                structure.meanDoseGy * option.activityAtTreatmentGBq / option.neededActivityGBq
            #expect(abs(perfused / expected - 1) < 1e-12)
            let late = try #require(option.perfusedDoseFourHoursLaterGy)
            #expect(abs(late / perfused - delay) < 1e-12)
            let early = try #require(option.deliveredDosesFourHoursEarlierGy?[option.territory])
            #expect(abs(early / perfused - 1 / delay) < 1e-12)
            let other = option.territory == "right" ? "left" : "right"
            let unchanged = try #require(
                document.structures.first { $0.name == other }?.meanDoseGy)
            #expect(abs(try #require(option.deliveredDosesGy?[other]) / unchanged - 1) < 1e-12)
        }
        let outside = document.findings.filter { $0.code == "order.outside-working-hours" }
        #expect(outside.compactMap(\.subject) == ["right", "left"])
    }

    @Test("a vial above need that breaks a limit says which")
    func exceeded() async throws {
        let document = try await BoxPlan.run(
            BoxPlan.yaml(
                more: """
                    limits: [{structure: Normal Liver, meanDoseGy: 20, source: test}]
                    order: {treatmentTime: "2026-12-03T10:00:00+00:00"}
                    """)
        ).document
        let options = try #require(document.order?.options)
        #expect(!options.isEmpty)
        for option in options {
            let breaks = option.offTargetFraction > 0
            #expect(option.limitsExceeded == (breaks ? ["Normal Liver"] : []))
        }
        // Of both kinds; the closest one of all decides on the finding.
        #expect(Set(options.map { $0.offTargetFraction > 0 }).count == 2)
        let breaks = options[0].offTargetFraction > 0
        let finding = document.findings.first { $0.code == "vials.exceeds-limit" }
        #expect((finding != nil) == breaks)
    }

    /// The limit lies at the dose of the plan, so that a larger vial breaks it and a smaller one not.
    @Test(
        "a closest vial that breaks a limit is told in words, and the largest that does not",
        arguments: ["2026-12-03T10:00:00+00:00", "2026-12-04T12:00:00Z", "2026-12-02T09:00:00Z"])
    func told(time: String) async throws {
        let document = try await BoxPlan.run(
            BoxPlan.yaml(
                more: """
                    limits: [{structure: Normal Liver, meanDoseGy: 20, source: test}]
                    order: {treatmentTime: "\(time)"}
                    """)
        ).document
        let options = try #require(document.order?.options)
        let lines = PlanText.order(document)
        let finding = document.findings.first { $0.code == "vials.exceeds-limit" }
        guard options[0].offTargetFraction > 0 else {
            #expect(finding == nil && lines.count == 1 && !lines[0].contains("exceeds"))
            return
        }
        #expect(lines[0].hasSuffix(", exceeds Normal Liver"))
        let sentence = try #require(finding?.sentence)
        #expect(sentence.contains("Normal Liver (") && sentence.contains(", above 20 Gy)"))
        let kept = options.filter { $0.offTargetFraction <= 0 }
        let largest = kept.max { $0.activityAtTreatmentGBq < $1.activityAtTreatmentGBq }
        #expect(lines.count == (largest == nil ? 1 : 2))
        if let largest {
            #expect(lines[1].contains(largest.calibrationTime) && !lines[1].contains("exceeds"))
            #expect(sentence.contains(largest.calibrationTime))
        }
    }

    @Test("no vial near the need, and no working hour, are findings")
    func nothing() async throws {
        let far = try await BoxPlan.run(
            BoxPlan.yaml(
                territories: "[{name: all, structure: Liver, injectedActivityGBq: 25}]",
                more: """
                    lungLimits: {singleGy: 1000, cumulativeGy: 1000, source: test}
                    order: {treatmentTime: "2026-12-03T10:00:00+00:00"}
                    """)
        ).document
        #expect(far.order?.options.isEmpty == true)
        let finding = try #require(far.findings.first { $0.code == "order.no-vial" })
        #expect(finding.sentence.contains("20.0 GBq"))

        let night = try await BoxPlan.run(
            BoxPlan.yaml(
                more: """
                    order: {treatmentTime: "2026-12-03T18:30:00+00:00",
                      workingHours: {first: 8, last: 18, weekdays: [Mon, Thu]}}
                    """)
        ).document
        #expect(night.order?.options.isEmpty == true)
        #expect(night.findings.contains { $0.code == "order.outside-working-hours" })
    }

    @Test("a Ho-166 vial per territory decays to the need, and past its shelf life is a finding")
    func holmium() async throws {
        let document = try await BoxPlan.run(
            BoxPlan.yaml(
                device: "holmium", profile: "ho", territories: Self.territories,
                more: """
                    order: {treatmentTime: "2026-12-03T12:00:00+00:00",
                      calibrationTime: "2026-11-30T08:00:00+00:00"}
                    """)
        ).document
        let options = try #require(document.order?.options)
        #expect(options.map(\.territory) == ["right", "left"])
        for (option, territory) in zip(options, document.territories) {
            let ordered = territory.vialActivityGBq * exp2(76 / 26.8)
            #expect(abs(option.vialGBq / ordered - 1) < 1e-12)
            let late = try #require(option.perfusedDoseFourHoursLaterGy)
            #expect(abs(late / (try #require(option.perfusedDoseGy)) - exp2(-4 / 26.8)) < 1e-12)
        }
        #expect(document.findings.filter { $0.code == "order.outside-shelf-life" }.count == 2)
    }

    @Test("a resin order is a share of one vial for all territories")
    func resin() async throws {
        let document = try await BoxPlan.run(
            BoxPlan.yaml(
                device: "resin", territories: Self.territories,
                more: """
                    order: {treatmentTime: "2026-12-03T12:00:00+00:00",
                      calibrationTime: "2026-12-03T12:00:00+00:00"}
                    """)
        ).document
        let option = try #require(document.order?.options.first)
        #expect(option.territory == "all")
        #expect(abs(try #require(option.drawFraction) - 2.5 / 3) < 1e-12)
        #expect(abs(try #require(option.sphereCount) / 44e6 - 2.5 / 3) < 1e-12)
        // Closed form: 1.9 and 0.6 of 3 GBq; 44 million spheres in all.
        let lines = PlanText.order(document)
        #expect(lines.count == 1)
        #expect(
            lines[0].hasSuffix(
                "; draw 2.500 GBq as of treatment, 83.3 % of its volume (36.7 million spheres): "
                    + "right 1.900 GBq, 63.3 %; left 0.600 GBq, 20.0 %"), "\(lines)")
        #expect(!lines[0].contains("% off"))
    }

    /// Closed form: 3.0 GBq at its calibration are 3.0 · 2^(24 / 64.2) = 3.89 GBq a day before.
    @Test("of resin vials the closest that holds enough is told, and else what is missing")
    func resinTooSmall() async throws {
        func told(_ calibration: String) async throws -> (line: String, findings: [String]) {
            let document = try await BoxPlan.run(
                BoxPlan.yaml(
                    device: "resin",
                    territories: "[{name: all, structure: Liver, injectedActivityGBq: 3.06}]",
                    more: """
                        lungLimits: {singleGy: 1000, cumulativeGy: 1000, source: test}
                        order: {treatmentTime: "2026-12-03T12:00:00+00:00"\(calibration)}
                        """)
            ).document
            return (
                try #require(PlanText.order(document).first),
                document.findings.map(\.code).filter { $0.hasPrefix("order.") }
            )
        }
        let (one, missing) = try await told(
            ", calibrationTime: \"2026-12-03T12:00:00+00:00\"")
        #expect(missing == ["order.no-vial"])
        #expect(one.contains("; it does not hold the 3.060 GBq that are needed (102.0 % of it)"))
        // 3.06 is nearer to 3.0 than to 3.89.
        let (choice, small) = try await told("")
        #expect(small == ["order.vial-too-small"])
        #expect(choice.contains("of 2026-12-04T12:00:00Z, 3.887 GBq at treatment"), "\(choice)")
        #expect(
            choice.contains("draw 3.060 GBq as of treatment, 78.7 % of its volume"), "\(choice)")
    }
}
