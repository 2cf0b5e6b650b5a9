import Dosimetry
import Foundation
import Imaging
import Testing

@Suite("Dose uncertainty")
struct DoseUncertaintyTests {
    @Test(
        "the worked sphere of the notes on EANM's guidance comes out, with and without covariance")
    func workedExample() throws {
        // Computed by the notes (prrt.md 2.12), no publication: d 40 mm, a 4.42 mm, FWHM 10 mm,
        // R = 1/(1 + (4 mL/v)^0.8), u(Q) 3 %, fit 4 %. Digits as printed there.
        let outline = try OutlineUncertainty(diameterMM: 40, voxelMM: 4.42, resolutionMM: 10)
        #expect(abs(outline.diameterSigmaMM - 6.271) < 0.0005)
        #expect(abs(outline.relativeVolumeSigma - 0.470) < 0.0005)
        #expect(abs(outline.edgeHeight(resolutionMM: 10) - 0.8306) < 0.00005)
        let recovery = 1 / (1 + pow(4 / outline.volumeML, 0.8))
        #expect(abs(recovery - 0.8456) < 0.00005)
        let counts = outline.countExponent(resolutionMM: 10, recovery: recovery)
        let dose = ImageDoseUncertainty(
            relativeVolumeSigma: outline.relativeVolumeSigma, countExponent: counts,
            recoveryExponent: 0.8 * (1 - recovery), calibrationRelativeSigma: 0.03,
            fitRelativeSigma: 0.04, massExponent: 0.98)
        #expect(abs(counts * outline.relativeVolumeSigma - 0.231) < 0.0005)
        #expect(abs(dose.recoveryExponent * outline.relativeVolumeSigma - 0.058) < 0.0005)
        // 17.55 %: the notes cut off, 17.5.
        #expect(abs(dose.activityRelativeSigma - 0.175) < 0.001)
        #expect(abs(dose.timeIntegratedActivityRelativeSigma - 0.180) < 0.0005)
        #expect(abs(dose.doseFactorRelativeSigma - 0.461) < 0.0005)
        #expect(abs(dose.doseRelativeSigma - 0.292) < 0.0005)
        let noCovarianceOfS = hypot(
            dose.timeIntegratedActivityRelativeSigma, dose.doseFactorRelativeSigma)
        #expect(abs(noCovarianceOfS - 0.49) < 0.006)
    }

    @Test("components add in quadrature, and the interval is that of the log-normal distribution")
    func combination() throws {
        let dose = try DoseUncertainty([
            UncertaintyComponent(.calibration, relativeSigma: 0.3, basis: "test"),
            UncertaintyComponent(.contour, relativeSigma: 0.4, basis: "test"),
        ])
        #expect(abs(dose.relativeSigma - 0.5) < 1e-15)
        #expect(abs(dose.logSigma - log(1.25).squareRoot()) < 1e-15)
        let factors = dose.factors95
        #expect(abs(factors.lowerBound * factors.upperBound - 1) < 1e-15)
        // 97.5 % of the distribution lies below the upper end, 2.5 % below the lower.
        for (factor, chance) in [(factors.upperBound, 0.975), (factors.lowerBound, 0.025)] {
            let found = dose.probability(ofDoseGy: 40, atMostGy: 40 * factor)
            #expect(abs(found - chance) < 1e-12)
        }
        #expect(abs(dose.probability(ofDoseGy: 40, atMostGy: 40) - 0.5) < 1e-15)
        let small = try DoseUncertainty([
            UncertaintyComponent(.calibration, relativeSigma: 0.02, basis: "test")
        ])
        // For small u: 1 ± 1.96 u up to (1.96 u)²/2 = 0.0008.
        #expect(abs(small.factors95.upperBound - 1.0392) < 0.0009)
        #expect(abs(small.factors95.lowerBound - 0.9608) < 0.0009)
    }

    @Test("without doubt a limit is kept or not; zero dose keeps it, zero limit is not kept")
    func edges() throws {
        let sure = DoseUncertainty([])
        #expect(sure.probability(ofDoseGy: 5, atMostGy: 5) == 1)
        #expect(sure.probability(ofDoseGy: 5.1, atMostGy: 5) == 0)
        #expect(sure.factors95 == 1 ... 1)
        let unsure = try DoseUncertainty([
            UncertaintyComponent(.contour, relativeSigma: 1, basis: "test")
        ])
        #expect(unsure.probability(ofDoseGy: 0, atMostGy: 0) == 1)
        #expect(unsure.probability(ofDoseGy: 1, atMostGy: 0) == 0)
        #expect(throws: DoseError.self) {
            try UncertaintyComponent(.contour, relativeSigma: -1, basis: "test")
        }
        #expect(throws: DoseError.self) {
            try UncertaintyComponent(.contour, relativeSigma: .nan, basis: "test")
        }
    }

    @Test(
        "a recovery curve is linear between its points, and beyond them follows diameter and surface"
    )
    func recoveryCurve() throws {
        let curve = try RecoveryCurve([
            .init(diameterMM: 40, recovery: 0.8, sigma: 0.02),
            .init(diameterMM: 20, recovery: 0.4, sigma: 0.06),
        ])
        #expect(abs(curve(diameterMM: 30).recovery - 0.6) < 1e-15)
        #expect(abs(curve(diameterMM: 30).sigma - 0.04) < 1e-15)
        #expect(curve(diameterMM: 20).recovery == 0.4)
        #expect(abs(curve(diameterMM: 10).recovery - 0.2) < 1e-15)
        // What is missing, 0.2 at 40 mm, falls as 1/d.
        #expect(abs(curve(diameterMM: 80).recovery - 0.9) < 1e-15)
        #expect(abs(curve(diameterMM: 80).sigma - 0.01) < 1e-15)
        for wrong in [
            [], [(0.0, 0.5, 0.0)], [(10, 0, 0)], [(10, 0.5, -1)], [(9, 1, 0), (9, 1, 0)],
        ] {
            #expect(throws: DoseError.self) {
                try RecoveryCurve(
                    wrong.map { .init(diameterMM: $0.0, recovery: $0.1, sigma: $0.2) })
            }
        }
    }

    @Test("the bias of partial volume is that of a sphere in a uniform background")
    func partialVolume() {
        // Uptake 10 in a background of 2 seen with R = 0.6: mean 2 + 0.6·8 = 6.8.
        let seen = 6.8
        let bias = PartialVolume.bias(recovery: 0.6, tumourToNormalRatio: seen / 2)
        #expect(abs(seen * (1 + bias) - 10) < 1e-12)
        let sigma = PartialVolume.relativeSigma(
            recovery: 0.6, recoverySigma: 0, tumourToNormalRatio: seen / 2)
        #expect(abs(sigma - bias / 3.0.squareRoot()) < 1e-15)
        // The slope of the bias by R, by differences: second order in the step.
        let (h, u) = (1e-4, 0.05)
        let slope =
            (PartialVolume.bias(recovery: 0.6 + h, tumourToNormalRatio: 3.4)
                - PartialVolume.bias(recovery: 0.6 - h, tumourToNormalRatio: 3.4)) / (2 * h)
        let whole = PartialVolume.relativeSigma(
            recovery: 0.6, recoverySigma: u, tumourToNormalRatio: 3.4)
        #expect(abs(whole * whole - (bias * bias / 3 + slope * slope * u * u)) < 1e-6)
        #expect(PartialVolume.bias(recovery: 1, tumourToNormalRatio: nil) == 0)
    }
}
