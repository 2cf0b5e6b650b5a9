import Physics
import Quantities
import Testing
import Therapy

@Suite("Constants of planning")
struct PlanConstantsTests {
    @Test("the table that is shown holds the numbers that the code uses")
    func agreement() throws {
        let constants = try PlanConstants()
        for (id, device) in [
            ("glass-shelf-life", SIRTDevice.glass), ("resin-hours", .resin),
            ("holmium-shelf-life", .holmium),
        ] {
            let hours = try constants.values(id, "hours")
            #expect(hours == [device.usableHours.lowerBound, device.usableHours.upperBound])
        }
        let sizes = try constants.values("glass-sizes", "sizeGBq")
        let steps = VialSearch.glassSizesGBq
        #expect(sizes == [steps[0], steps[steps.count - 1], steps[1] - steps[0]])
        #expect(try constants.value("resin-vial", "vialGBq") == VialSearch.resinVialGBq)
        #expect(try constants.value("resin-vial", "spheres") == ResinDraw.spheresPerVial)
        #expect(
            try constants.value("glass-sphere-activity", "becquerels")
                == SIRTDevice.glass.becquerelsPerSphere)
        #expect(
            try constants.value("holmium-sphere-activity", "becquerels")
                == SIRTDevice.holmium.becquerelsPerSphere)
        #expect(try constants.value("order-delay", "hours") == GlassOrderSearch.delay.hours)
        let lung = (LungDoseLimit.conventionalSingle, LungDoseLimit.conventionalCumulative)
        #expect(try constants.value("lung-limits", "singleGy") == lung.0.grays)
        #expect(try constants.value("lung-limits", "cumulativeGy") == lung.1.grays)
        #expect(try constants.value("bsa-surface", "factor") == BSAMethod.duBoisFactor)
        #expect(
            try constants.values("bsa-surface", "exponents")
                == [BSAMethod.duBoisHeightExponent, BSAMethod.duBoisWeightExponent])
        #expect(try constants.value("bsa-surface", "offsetM2") == BSAMethod.surfaceOffset)
    }

    @Test("the shown reduction table is the rule at each of its steps")
    func reduction() throws {
        let constants = try PlanConstants()
        let id = "bsa-lung-shunt-reduction"
        let from = try constants.values(id, "fromShunt")
        let taken = try constants.values(id, "reduction")
        for (shunt, share) in zip(from, taken) {
            #expect(try BSAMethod.reductionFraction(lungShuntFraction: shunt) == share)
        }
        for (shunt, share) in zip(from.dropFirst(), taken) {
            #expect(try BSAMethod.reductionFraction(lungShuntFraction: shunt.nextDown) == share)
        }
        let last = try constants.value(id, "nothingAbove")
        #expect(try BSAMethod.reductionFraction(lungShuntFraction: last) == taken.last)
        #expect(try BSAMethod.reductionFraction(lungShuntFraction: last.nextUp) == 1)
    }

    /// The domain notes list these as not verified; a change needs somebody who read the source.
    @Test(
        "what nobody has read in a primary document says so",
        arguments: [
            "bed-tumour", "bed-normal-liver", "glass-shelf-life", "glass-sizes",
            "glass-calibration", "resin-hours", "holmium-shelf-life", "bsa-lung-shunt-reduction",
            "lung-limits",
        ])
    func unchecked(id: String) throws {
        let row = try #require(try PlanConstants().rows.first { $0.id == id })
        #expect(row.status == .unchecked)
        #expect(!row.source.isEmpty)
    }

    @Test("repair parameters are those of tumour and normal liver, and of nothing else")
    func repair() throws {
        let constants = try PlanConstants()
        let tumour = try #require(try constants.repair(of: .tumour))
        #expect(tumour.alphaBetaGy == 10 && tumour.repairHalfTimeHours == 1.5)
        for role in [StructureRole.normalPerfused, .normalWholeLiver] {
            let liver = try #require(try constants.repair(of: role))
            #expect(liver.alphaBetaGy == 2.5 && liver.repairHalfTimeHours == 2.5)
        }
        for role in [StructureRole.perfused, .lungs, .other] {
            #expect(try constants.repair(of: role) == nil)
        }
    }

    @Test("a plan is shown the constants of its own device and uses")
    func used() throws {
        let constants = try PlanConstants()
        let glass = constants.used(by: .glass, for: [.order]).map(\.id)
        #expect(glass.contains("glass-shelf-life") && !glass.contains("resin-hours"))
        #expect(constants.used(by: .resin, for: [.bsa]).count == 2)
        #expect(constants.used(by: .glass, for: [.bsa]).isEmpty)
    }
}
