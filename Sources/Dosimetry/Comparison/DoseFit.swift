/// How far one dose follows another up to a factor.
public struct DoseFit: Hashable, Sendable {
    /// s = Σ p·r / Σ r², the factor that leaves the least squares of p − s·r; 0 where r is 0.
    public let scale: Double
    /// √(Σ (p − s·r)² / Σ p²), from 0 (the same shape) to 1 (nothing in common).
    public let residual: Double

    /// Fits a dose.
    ///
    /// - Parameters:
    ///   - tested: The doses p, in Gy.
    ///   - reference: The doses r of the same voxels, as many.
    public init(_ tested: [Double], to reference: [Double]) {
        precondition(tested.count == reference.count, "\(tested.count), \(reference.count) doses")
        var (cross, square, size) = (0.0, 0.0, 0.0)
        for n in tested.indices {
            cross += tested[n] * reference[n]
            square += reference[n] * reference[n]
            size += tested[n] * tested[n]
        }
        let scale = square > 0 ? cross / square : 0
        // A pass of its own: 1 − (Σpr)² / (Σp²·Σr²) would lose half the digits.
        var left = 0.0
        for n in tested.indices {
            let difference = tested[n] - scale * reference[n]
            left += difference * difference
        }
        self.scale = scale
        residual = size > 0 ? (left / size).squareRoot() : 0
    }
}
