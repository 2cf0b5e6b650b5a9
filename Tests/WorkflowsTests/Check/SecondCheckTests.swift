import DICOM
import Foundation
import Imaging
import Physics
import Quantities
import Testing
import Workflows
import _TestSupport

/// `grevy check` on plan doses made wrong in a known way.
@Suite("Second check")
struct SecondCheckTests {
    /// Single precision of doses in files and sums.
    private static let rounding = 1e-5

    @Test("the same dose agrees: all voxels pass, the scale is 1, no structure differs")
    func identical() async throws {
        try await CheckCase.run { one in
            try one.writePlan(try await one.dose(.montecarlo, histories: 100_000))
            try one.writeStructures()
            let activity = try NIfTI.read(one.url("tia.nii"))
            let report = try await one.check(.montecarlo, histories: 100_000, structures: true)
            #expect(report.causes.map(\.code) == ["agrees"])
            #expect(report.gamma.globalPassPercent == 100 && report.gamma.localPassPercent == 100)
            #expect(report.gamma.voxels > 200 && report.gamma.distanceMM == 4)
            #expect(abs(report.totals.scale - 1) < Self.rounding)
            #expect(abs(report.totals.energyRatio - 1) < Self.rounding)
            #expect(report.structures.map(\.name) == ["Liver", "Lung"])
            for row in report.structures {
                #expect(abs(try #require(row.meanDifferencePercent)) < 100 * Self.rounding)
                // Independent decays would give N inside 1/√N times √(1 + 0.6²), 0.6 being the
                // scatter of energies, and more where many escape, as in lung; places and energies
                // drawn evenly make it smaller. The lower end only tells a wrong unit.
                let share = activity.share(ofColumns: row.name == "Liver" ? 3 ..< 8 : 13 ..< 17)
                let sigma = try #require(row.recomputedMeanSigmaGy) / row.recomputed.meanGy
                #expect((0.1 ... 3).contains(sigma * (100_000 * share).squareRoot()))
            }
            let codes = report.findings.map(\.code)
            #expect(codes.contains("check.no-frame-of-reference"))
        }
    }

    @Test("a dose from other random numbers agrees")
    func otherSeed() async throws {
        try await CheckCase.run { one in
            try one.writePlan(try await one.dose(.montecarlo, histories: 1_000_000, seed: 7))
            let report = try await one.check(.montecarlo, histories: 1_000_000)
            #expect(report.causes.map(\.code) == ["agrees"])
            // The energies of Y-90's electrons scatter by 0.6 of their mean: 0.06 % each, 1 sigma,
            // after a million.
            #expect(abs(report.totals.energyRatio - 1) < 3e-3)
        }
    }

    /// Closed form: the scale is the factor, whatever the dose.
    @Test("a factor is found as scale, in every structure and in the energy")
    func scale() async throws {
        try await CheckCase.run { one in
            try one.writePlan(try await one.dose(.kernel).scaled(by: 1.05))
            try one.writeStructures()
            let report = try await one.check(.kernel, structures: true)
            let cause = try #require(report.causes.first)
            #expect(report.causes.count == 1 && cause.code == "scale")
            #expect(abs(try #require(cause.evidence["scale"]) - 1.05) < Self.rounding)
            #expect(abs(report.totals.energyRatio - 1.05) < Self.rounding)
            #expect(report.totals.residualPercent < 100 * Self.rounding)
            for row in report.structures {
                #expect(abs(try #require(row.meanDifferencePercent) - 5) < 1e-3)
                #expect(abs(row.plan.d2Gy / row.recomputed.d2Gy - 1.05) < Self.rounding)
                #expect(row.recomputedMeanSigmaGy == nil)
            }
        }
    }

    @Test("the factor of a convention is named with its profile")
    func convention() async throws {
        try await CheckCase.run { one in
            let decay = try DecayData(.y90)
            let profile = try ConventionProfile.named("ifu-glass")
            let own =
                decay.electronKeVPerDecay * 1.602_176_634e-7 * decay.halfLifeSeconds / log(2)
            let factor = profile.doseConstantGyKgPerGBq / own
            try one.writePlan(try await one.dose(.local).scaled(by: factor))
            // As an image of counts with all its activity: then C is the constant, not E.
            let gigabecquerels =
                try NIfTI.read(one.url("tia.nii")).sum() * log(2) / decay.halfLifeSeconds / 1e9
            let report = try await one.check(.local) {
                $0.calibration = .injected(gigabecquerels: gigabecquerels)
            }
            let cause = try #require(report.causes.first)
            #expect(cause.code == "agrees" && cause.sentence.contains("profile ifu-glass"))
            #expect(abs(report.totals.scale / factor - 1) < Self.rounding)
        }
    }

    @Test("1 g/mL taken for all matter is named")
    func water() async throws {
        try await CheckCase.run { one in
            // Local dose in water is that in matter times its density.
            let dose = try await one.dose(.local).scaled(by: CheckCase.density(50))
            try one.writePlan(dose)
            let report = try await one.check(.local)
            #expect(report.causes.first?.code == "scale")
            #expect(report.causes.first?.sentence.contains("1 g/mL taken") == true)
        }
    }

    @Test("local deposition against Monte Carlo is named as such")
    func local() async throws {
        try await CheckCase.run { one in
            try one.writePlan(try await one.dose(.local))
            let report = try await one.check(.montecarlo, histories: 300_000)
            let cause = try #require(report.causes.first)
            #expect(cause.code == "blur" && cause.sentence.contains("local deposition"))
            #expect(abs(try #require(cause.evidence["scale"]) - 1) < Self.rounding)
            #expect(report.gamma.globalPassPercent < 95)
        }
    }

    /// Closed form: local dose goes as one over the density.
    @Test("another density of lung is found in lung alone, with the ratio of the densities")
    func lung() async throws {
        try await CheckCase.run { one in
            try one.write("other.nii") { i, _, _ in CheckCase.ct(i, lung: -550) }
            try one.writePlan(try await one.dose(.local, ct: "other.nii"))
            let report = try await one.check(.local)
            let cause = try #require(report.causes.first)
            #expect(report.causes.count == 1 && cause.code == "lung-density")
            let ratio = CheckCase.density(-700) / CheckCase.density(-550)
            #expect(abs(try #require(cause.evidence["lungRatio"]) / ratio - 1) < Self.rounding)
        }
    }

    @Test("another density of lung is found beside another method")
    func lungByLocal() async throws {
        try await CheckCase.run { one in
            try one.write("other.nii") { i, _, _ in CheckCase.ct(i, lung: -550) }
            try one.writePlan(try await one.dose(.local, ct: "other.nii"))
            let report = try await one.check(.kernel)
            #expect(report.causes.map(\.code) == ["blur", "lung-density"])
            let ratio = CheckCase.density(-700) / CheckCase.density(-550)
            let found = try #require(report.causes.last?.evidence["lungRatio"])
            #expect(abs(found / ratio - 1) < Self.rounding)
        }
    }

    @Test("another density of lung is found between two noisy simulations too")
    func noisyLung() async throws {
        try await CheckCase.run { one in
            try one.write("other.nii") { i, _, _ in CheckCase.ct(i, lung: -400) }
            try one.writePlan(
                try await one.dose(.montecarlo, ct: "other.nii", histories: 1_000_000, seed: 7))
            let report = try await one.check(.montecarlo, histories: 1_000_000)
            #expect(report.causes.contains { $0.code == "lung-density" })
        }
    }

    @Test("a dose shifted by a voxel is named with the shift in mm")
    func shift() async throws {
        try await CheckCase.run { one in
            let dose = try await one.dose(.kernel)
            var moved = dose
            let shape = dose.geometry.shape
            for k in 0 ..< shape.z {
                for j in 0 ..< shape.y {
                    for i in 0 ..< shape.x { moved[i, j, k] = j == 0 ? 0 : dose[i, j - 1, k] }
                }
            }
            try one.writePlan(moved)
            let report = try await one.check(.kernel)
            let cause = try #require(report.causes.first)
            #expect(cause.code == "shift")
            #expect(
                cause.evidence["shiftXMM"] == 0 && cause.evidence["shiftYMM"] == 4
                    && cause.evidence["shiftZMM"] == 0)
        }
    }

    /// The kernel dose times 1 ± `depth`, with the sign that `sign` gives a voxel.
    private static func disturbed(
        _ one: CheckCase, depth: Float, factor: Float = 1,
        _ sign: @Sendable (_ n: Int, _ k: Int) -> Bool
    ) async throws -> Volume<Float> {
        var dose = try await one.dose(.kernel)
        dose.updateSlices { k, slice in
            for n in slice.indices { slice[n] *= factor * (sign(n, k) ? 1 + depth : 1 - depth) }
        }
        return dose
    }

    @Test("noise of the plan dose is told as noise, with a scale beside it", arguments: [1, 1.1])
    func noise(factor: Float) async throws {
        try await CheckCase.run { one in
            try one.writePlan(
                try await Self.disturbed(one, depth: 0.04, factor: factor) { n, k in
                    var draws = SplitMix(seed: UInt64(k * 320 + n))
                    return draws.next() & 1 == 0
                })
            let report = try await one.check(.kernel)
            #expect(report.causes.map(\.code) == (factor == 1 ? ["noise"] : ["scale", "noise"]))
            // ± 4 % everywhere leaves 4 %.
            #expect(abs(report.totals.residualPercent - 4) < 0.1)
        }
    }

    @Test("a pattern that no cause explains is told as unexplained")
    func unexplained() async throws {
        try await CheckCase.run { one in
            // Head ± 10 % feet: neither noise nor shift nor blur.
            try one.writePlan(try await Self.disturbed(one, depth: 0.1) { _, k in k < 7 })
            let report = try await one.check(.kernel)
            #expect(report.causes.map(\.code) == ["unexplained"])
        }
    }

    @Test("maps hold plan minus recomputed dose, and gamma where voxels were compared")
    func maps() async throws {
        try await CheckCase.run { one in
            let dose = try await one.dose(.kernel)
            try one.writePlan(dose.scaled(by: 1.5))
            let report = try await one.check(.kernel) {
                $0.differenceOut = one.url("difference.nii.gz")
                $0.gammaOut = one.url("gamma.nii")
            }
            let difference = try NIfTI.read(one.url("difference.nii.gz"))
            #expect(abs(difference[5, 7, 7] / dose[5, 7, 7] - 0.5) < 1e-4)
            let gamma = try NIfTI.read(one.url("gamma.nii"))
            let compared = gamma.withVoxels { span in span.indices.count { span[$0] >= 0 } }
            #expect(compared == report.gamma.voxels)
            #expect(gamma[0, 0, 0] == -1)
        }
    }

    /// Closed form: local dose goes as one over the density, which has a floor of 0.1 g/mL in gas.
    @Test("gas in a structure carries no dose unless asked")
    func gas() async throws {
        try await CheckCase.run { one in
            // Half of the columns of 'Lung' are air.
            try one.write("ct.nii") { i, _, _ in i < 11 ? 50 : i < 15 ? -700 : -1000 }
            try one.writePlan(try await one.dose(.kernel))
            try one.writeStructures()
            func lung(_ countsGas: Bool) async throws -> CheckReport.Structure {
                let report = try await one.check(.local, structures: true) {
                    $0.countsGas = countsGas
                }
                return try #require(report.structures.last)
            }
            let (left, counted) = (try await lung(false), try await lung(true))
            #expect(abs(counted.volumeML - 4 * 7 * 6 * 0.064) < 1e-5)
            #expect(abs(left.volumeML - 2 * 7 * 6 * 0.064) < 1e-5)
            let ratio = counted.recomputed.d2Gy / left.recomputed.d2Gy
            #expect(abs(ratio / (CheckCase.density(-700) / 0.1) - 1) < Self.rounding)
            #expect(left.findings.contains { $0.code == "dose.gas-left-out" })
            #expect(!counted.findings.contains { $0.code == "dose.gas-left-out" })
        }
    }

    @Test("structures of another frame, a dose without dose and negative activity are refused")
    func refusals() async throws {
        try await CheckCase.run { one in
            func refusal(_ structures: Bool = false) async -> String {
                do {
                    _ = try await one.check(.local, structures: structures)
                    return ""
                } catch { return "\(error)" }
            }
            let dose = try await one.dose(.local)
            try one.writePlan(dose)
            try one.writeStructures(frame: "2.25.8")
            #expect(await refusal(true).contains("structures and the plan dose lie in different"))
            try one.writePlan(dose.scaled(by: 0))
            #expect(await refusal().contains("0 in every voxel"))
            try one.writePlan(dose)
            try one.write("tia.nii") { i, _, _ in i == 4 ? -1 : 1 }
            #expect(await refusal().contains("not negative"))
            try one.write("tia.nii") { i, _, _ in i == 19 ? 1 : 0 }
            #expect(await refusal().contains("recomputed dose is 0 in every voxel of matter"))
        }
    }
}

extension Volume where Scalar == Float {
    /// The share of the sum that lies in columns.
    fileprivate func share(ofColumns columns: Range<Int>) -> Double {
        withVoxels { voxels in
            voxels.indices.reduce(0.0) {
                $0 + (columns.contains($1 % geometry.shape.x) ? Double(voxels[$1]) : 0)
            }
        } / sum()
    }
}
