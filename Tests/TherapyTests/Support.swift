import Physics
import Quantities
import Testing
import Therapy

/// Constants of the test vectors: C 49.67, T 64.1 h unless said otherwise.
func profile(
    density: Double = 1.03, halfLifeHours: Double = 64.1, constant: Double = 49.67
) throws
    -> ConventionProfile
{
    try ConventionProfile(
        name: "test", nuclide: .y90, doseConstantGyKgPerGBq: constant,
        halfLife: TimeSpan(hours: halfLifeHours), tissueDensityGPerML: density, source: "test")
}

/// Expects equality but for the rounding of a handful of products.
func expectSame(
    _ value: Double, _ expected: Double, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(
        abs(value - expected) <= 1e-12 * max(abs(expected), 1), "\(value), not \(expected)",
        sourceLocation: sourceLocation)
}
