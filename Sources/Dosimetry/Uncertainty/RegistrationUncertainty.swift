public import Imaging

/// What a doubt about the place of the activity image does to a dose, by trying it out.
///
/// The dose is computed with the activity shifted by ± one step along each of three axes. With
/// r± the relative changes, a = (r₊ − r₋)/2 and b = (r₊ + r₋)/2 scaled from the step to one
/// standard deviation, the dose of a shift z (in standard deviations) is D·(1 + Σ aᵢzᵢ + bᵢzᵢ²).
/// The mean square deviation from D over normal z is Σ aᵢ² + 2 Σ bᵢ² + (Σ bᵢ)². Rotations and
/// deformations are not in it.
public struct RegistrationUncertainty: Hashable, Sendable {
    /// Root mean square deviation over the dose.
    public let relativeSigma: Double
    /// The mean deviation Σ bᵢ, signed: below 0 where any shift loses counts.
    public let meanDeviation: Double

    /// Takes relative doses at both ends of each axis.
    ///
    /// - Parameters:
    ///   - central: The dose without a shift, above 0; otherwise there is no deviation.
    ///   - plus: Doses after one step along each axis.
    ///   - minus: Doses after one step the other way.
    ///   - stepMM: Length of each axis's step, above 0.
    ///   - sigmaMM: One standard deviation of the shift along each axis.
    public init(
        central: Double, plus: Vector3<Double>, minus: Vector3<Double>, stepMM: Vector3<Double>,
        sigmaMM: Double
    ) {
        precondition(stepMM.smallest > 0, "steps must be above 0: \(stepMM)")
        var square = 0.0
        var mean = 0.0
        if central > 0 {
            for (high, low, step) in [
                (plus.x, minus.x, stepMM.x), (plus.y, minus.y, stepMM.y),
                (plus.z, minus.z, stepMM.z),
            ] {
                let t = sigmaMM / step
                let a = (high - low) / (2 * central) * t
                let b = ((high + low) / (2 * central) - 1) * t * t
                square += a * a + 2 * b * b
                mean += b
            }
        }
        relativeSigma = (square + mean * mean).squareRoot()
        meanDeviation = mean
    }

    /// Shifts by the standard deviation itself and asks for each dose.
    ///
    /// - Parameters:
    ///   - sigmaMM: One standard deviation of the shift along each axis, above 0.
    ///   - doseGy: The dose with the activity shifted by a vector in millimetres.
    public init(sigmaMM: Double, doseGy: (Vector3<Double>) throws -> Double) rethrows {
        func at(_ sign: Double) throws -> Vector3<Double> {
            Vector3(
                try doseGy(Vector3(sign * sigmaMM, 0, 0)),
                try doseGy(Vector3(0, sign * sigmaMM, 0)),
                try doseGy(Vector3(0, 0, sign * sigmaMM)))
        }
        self.init(
            central: try doseGy(.zero), plus: try at(1), minus: try at(-1),
            stepMM: Vector3(sigmaMM, sigmaMM, sigmaMM), sigmaMM: sigmaMM)
    }
}

extension ShareModel {
    /// Returns each structure's answer to shifts of the activity along the grid's axes.
    ///
    /// Steps are whole voxels, the number closest to `sigmaMM` and at least one, so that no
    /// interpolation blurs the image.
    ///
    /// - Parameter sigmaMM: One standard deviation along each axis, 0 or more.
    /// - Returns: One answer per structure.
    public func registration(sigmaMM: Double) -> [RegistrationUncertainty] {
        let spacing = counts.geometry.spacingMM
        func steps(_ spacingMM: Double) -> Int {
            max(1, Int(min(sigmaMM / spacingMM, 1e6).rounded()))
        }
        let n = Vector3(steps(spacing.x), steps(spacing.y), steps(spacing.z))
        let shifts: [Vector3<Int>] = [
            [n.x, 0, 0], [-n.x, 0, 0], [0, n.y, 0], [0, -n.y, 0], [0, 0, n.z], [0, 0, -n.z],
        ]
        let (central, doses) = (doses, doses(shiftedBy: shifts))
        return structures.indices.map { s in
            RegistrationUncertainty(
                central: central[s], plus: Vector3(doses[0][s], doses[2][s], doses[4][s]),
                minus: Vector3(doses[1][s], doses[3][s], doses[5][s]),
                stepMM: Vector3(
                    Double(n.x) * spacing.x, Double(n.y) * spacing.y, Double(n.z) * spacing.z),
                sigmaMM: sigmaMM)
        }
    }
}
