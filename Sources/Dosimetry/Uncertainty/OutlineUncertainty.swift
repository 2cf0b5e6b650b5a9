#if canImport(Glibc)
import Glibc
#else
import Foundation
#endif

/// How well the size of a roughly spherical outline is known.
///
/// Source: Gear et al., EANM practical guidance on uncertainty analysis for molecular radiotherapy
/// absorbed dose calculations, EJNMMI 2018;45:2456 (framework; the formulas as given in domain
/// notes that derived them again).
public struct OutlineUncertainty: Hashable, Sendable {
    public let diameterMM: Double
    /// One standard deviation of the diameter, in millimetres.
    public let diameterSigmaMM: Double

    /// An outline drawn on an image: u²(d) = a²/6 + FWHM²/(4 ln 2).
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    public init(diameterMM: Double, voxelMM: Double, resolutionMM: Double) throws {
        try self.init(
            diameterMM: diameterMM,
            diameterSigmaMM: (voxelMM * voxelMM / 6 + resolutionMM * resolutionMM / (4 * log(2)))
                .squareRoot())
    }

    /// An outline whose border as a whole lies off by `boundarySigmaMM`, one standard deviation.
    ///
    /// - Throws: ``DoseError/outOfRange(parameter:value:)``.
    public init(diameterMM: Double, boundarySigmaMM: Double) throws {
        try self.init(diameterMM: diameterMM, diameterSigmaMM: 2 * boundarySigmaMM)
    }

    private init(diameterMM: Double, diameterSigmaMM: Double) throws {
        guard diameterMM > 0, diameterMM.isFinite else {
            throw DoseError.outOfRange(parameter: "diameterMM", value: diameterMM)
        }
        guard diameterSigmaMM >= 0, diameterSigmaMM.isFinite else {
            throw DoseError.outOfRange(parameter: "diameterSigmaMM", value: diameterSigmaMM)
        }
        self.diameterMM = diameterMM
        self.diameterSigmaMM = diameterSigmaMM
    }

    public var volumeML: Double { .pi / 6000 * diameterMM * diameterMM * diameterMM }

    /// u(v)/v = 3·u(d)/d.
    public var relativeVolumeSigma: Double { 3 * diameterSigmaMM / diameterMM }

    /// d ln C / d ln v of the counts inside a blurred sphere without background: φ/(2R).
    ///
    /// φ = erf(2r/(σ√2)) − 2σ/(r√(2π))·(1 − e^(−2r²/σ²)), the mean height of the blurred edge.
    ///
    /// - Parameters:
    ///   - resolutionMM: Full width at half maximum, above 0.
    ///   - recovery: R, the mean over the sphere, above 0.
    /// - Returns: The exponent of v that the counts follow.
    public func countExponent(resolutionMM: Double, recovery: Double) -> Double {
        edgeHeight(resolutionMM: resolutionMM) / (2 * recovery)
    }

    /// φ of ``countExponent(resolutionMM:recovery:)``, 0 to 1.
    public func edgeHeight(resolutionMM: Double) -> Double {
        let sigma = resolutionMM / (8 * log(2)).squareRoot()
        let radius = diameterMM / 2
        return erf(2 * radius / (sigma * 2.0.squareRoot()))
            - 2 * sigma / (radius * (2 * Double.pi).squareRoot())
            * (1 - exp(-2 * radius * radius / (sigma * sigma)))
    }
}

/// The uncertainty of a dose from calibrated images of one source region: D = Ã·S.
///
/// A = C/(Q·R) with counts C, calibration Q and recovery R; S = c₁·m^(−c₂). Counts, recovery and
/// mass all hang on the volume v, so their errors are one error with one sign: the exponents of v
/// are summed before they are squared.
///
/// Source: as ``OutlineUncertainty``.
public struct ImageDoseUncertainty: Hashable, Sendable {
    /// u(v)/v.
    public var relativeVolumeSigma: Double
    /// d ln C / d ln v.
    public var countExponent: Double
    /// d ln R / d ln v; 0 where no recovery was applied.
    public var recoveryExponent: Double
    /// u(R)/R of the fitted curve itself.
    public var curveRelativeSigma: Double
    /// u(Q)/Q.
    public var calibrationRelativeSigma: Double
    /// The random part of the time-integrated activity.
    public var fitRelativeSigma: Double
    /// c₂ of S = c₁·m^(−c₂).
    public var massExponent: Double

    public init(
        relativeVolumeSigma: Double, countExponent: Double, recoveryExponent: Double,
        curveRelativeSigma: Double = 0, calibrationRelativeSigma: Double, fitRelativeSigma: Double,
        massExponent: Double
    ) {
        self.relativeVolumeSigma = relativeVolumeSigma
        self.countExponent = countExponent
        self.recoveryExponent = recoveryExponent
        self.curveRelativeSigma = curveRelativeSigma
        self.calibrationRelativeSigma = calibrationRelativeSigma
        self.fitRelativeSigma = fitRelativeSigma
        self.massExponent = massExponent
    }

    /// u(A)/A: u² = u²(Q) + u²(R) + u²(C) − 2u(R, C), where u(R, C) > 0 lowers it.
    public var activityRelativeSigma: Double {
        quadrature([
            calibrationRelativeSigma, curveRelativeSigma,
            (countExponent - recoveryExponent) * relativeVolumeSigma,
        ])
    }

    /// u(Ã)/Ã: the systematic part of the activity once, not per scan, and the fit's.
    public var timeIntegratedActivityRelativeSigma: Double {
        quadrature([activityRelativeSigma, fitRelativeSigma])
    }

    /// u(S)/S = c₂·u(m)/m.
    public var doseFactorRelativeSigma: Double { massExponent * relativeVolumeSigma }

    /// u(D)/D: u² = u²(Ã) + u²(S) + 2u(Ã, S), where u(Ã, S) < 0 lowers it.
    public var doseRelativeSigma: Double {
        quadrature([
            calibrationRelativeSigma, curveRelativeSigma, fitRelativeSigma,
            (countExponent - recoveryExponent - massExponent) * relativeVolumeSigma,
        ])
    }

    private func quadrature(_ parts: [Double]) -> Double {
        parts.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}
