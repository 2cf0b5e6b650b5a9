import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows

/// What `grevy check` says of contoured structures.
@Suite("Structures of a second check")
struct CheckStructureTests {
    /// Single precision of doses in files and sums.
    private static let rounding = 1e-5
    /// Two voxels, one above the other.
    private static let tumour = CheckCase.Box(
        name: "Tumour", columns: 4.5 ... 5.5, rows: 6.5 ... 7.5, slices: 6 ..< 8)

    /// The local dose times `factor`, in the tumour times `inTumour` besides.
    private static func plan(
        _ one: CheckCase, factor: Float = 1, inTumour: Float
    ) async throws -> Volume<Float> {
        var dose = try await one.dose(.local).scaled(by: Double(factor))
        for k in tumour.slices { dose[5, 7, k] *= inTumour }
        return dose
    }

    /// Closed form: doses are interpolated in the planes of contours, and the mean of 1 - |x| over a
    /// voxel is 3/4 along each axis, so the tumour's mean falls by 9/16 of the voxels' 15 %.
    @Test("a tumour that is off is named where the whole dose agrees")
    func tumour() async throws {
        try await CheckCase.run { one in
            let dose = try await one.dose(.local)
            try one.writePlan(try await Self.plan(one, inTumour: 0.85))
            try one.writeStructures(CheckCase.Box.two + [Self.tumour])
            let report = try await one.check(.local, structures: true)
            #expect(report.totals.residualPercent < 2 && report.gamma.globalPassPercent > 95)
            #expect(report.causes.map(\.code) == ["structure"])
            let row = try #require(report.structures.last)
            let fall = 0.15 * 9 / 16 * Double(dose[5, 7, 6] + dose[5, 7, 7]) / 2
            #expect(abs((row.recomputed.meanGy - row.plan.meanGy) / fall - 1) < 1e-3)
            let sentence = try #require(report.causes.first?.sentence)
            let percent = String(format: "%+.1f", try #require(row.meanDifferencePercent))
            #expect(sentence.contains("the mean of 'Tumour' by \(percent) %"))
            #expect(!sentence.contains("Liver") && !sentence.contains("Lung"))
        }
    }

    @Test("doses within 2 % in every structure agree; a structure beside a factor is named too")
    func factor() async throws {
        try await CheckCase.run { one in
            try one.writeStructures(CheckCase.Box.two + [Self.tumour])
            func codes(_ factor: Float, _ inTumour: Float) async throws -> [String] {
                try one.writePlan(try await Self.plan(one, factor: factor, inTumour: inTumour))
                return try await one.check(.local, structures: true).causes.map(\.code)
            }
            #expect(try await codes(1.015, 1) == ["agrees"])
            #expect(try await codes(1.05, 1) == ["scale"])
            #expect(try await codes(1.05, 0.85) == ["scale", "structure"])
        }
    }

    @Test("a convention is named only where every structure carries its factor")
    func convention() async throws {
        try await CheckCase.run { one in
            let profile = try ConventionProfile.named("ifu-glass")
            let decay = try DecayData(.y90)
            // From decays on, the half-life in C has no part.
            let factor = Float(
                profile.energyPerDecay.joules / (decay.electronKeVPerDecay * 1.602_176_634e-16))
            try one.writeStructures(CheckCase.Box.two + [Self.tumour])
            func sentence(_ inTumour: Float) async throws -> String {
                try one.writePlan(try await Self.plan(one, factor: factor, inTumour: inTumour))
                let report = try await one.check(.local, structures: true)
                #expect(report.causes.map(\.code) == ["agrees"])
                return report.causes[0].sentence
            }
            #expect(try await sentence(1).contains("ifu-glass"))
            // 9/16 of 1 % is more than the 0.3 % within which a factor is one.
            #expect(try await !sentence(0.99).contains("ifu-glass"))
        }
    }

    /// Two simulations of one dose differ by chance; a fifth of a structure at 80 % does not.
    @Test("chance is no difference, a difference beyond chance is one")
    func noise() async throws {
        try await CheckCase.run { one in
            var dose = try await one.dose(.montecarlo, histories: 300_000, seed: 7)
            // 290,000 of the decays: the mean is known to 0.1 %.
            try one.writeStructures([CheckCase.Box.two[0]])
            try one.writePlan(dose)
            let same = try await one.check(.montecarlo, histories: 300_000, structures: true)
            #expect(!same.causes.contains { $0.code == "structure" })
            for k in 4 ..< 10 { for j in 4 ..< 11 { dose[3, j, k] *= 0.8 } }
            try one.writePlan(dose)
            let other = try await one.check(.montecarlo, histories: 300_000, structures: true)
            let cause = try #require(other.causes.first { $0.code == "structure" })
            #expect(cause.sentence.contains("the mean of 'Liver'"))
        }
    }

    @Test("structures that cannot be compared are named with the reason")
    func leftOut() async throws {
        try await CheckCase.run { one in
            try one.writePlan(try await one.dose(.local))
            try one.writeStructures(
                CheckCase.Box.two + [
                    CheckCase.Box(name: "Gas", columns: 17.6 ... 19.4),
                    CheckCase.Box(name: "Elsewhere", columns: 40.5 ... 45.5),
                ])
            let report = try await one.check(.local, structures: true)
            #expect(report.structures.map(\.name) == ["Liver", "Lung"])
            let left = report.findings.filter { $0.code == "check.structure-left-out" }
            #expect(left.map(\.subject) == ["Gas", "Elsewhere"])
            #expect(left.allSatisfy { $0.severity == .warning })
        }
    }
}
