import Dosimetry

extension PlanDocument {
    /// How well one dose is known: its 95 % interval and what makes it up.
    package struct Uncertainty: Codable, Hashable, Sendable {
        package var components: [Component]
        /// One combined standard deviation over the dose.
        package var relativeSigma: Double
        package var lowerGy: Double
        package var upperGy: Double
        /// The interval of any other dose of the structure is that dose times these.
        package var lowerFactor: Double
        package var upperFactor: Double
        /// Of the BED, which rises faster than the dose; `nil` without BED.
        package var bedLowerGy: Double?
        package var bedUpperGy: Double?

        package struct Component: Codable, Hashable, Sendable {
            /// `statistical`, `calibration`, `contour`, `partial-volume`, `registration`,
            /// `dose-constant`, `lung-shunt`.
            package var kind: String
            package var relativeSigma: Double
            /// Where the truth probably lies, relative and signed; `nil` on either side.
            package var bias: Double?
            package var basis: String
        }
    }
}

extension PlanDocument.Uncertainty {
    init(_ uncertainty: DoseUncertainty, doseGy: Double, bedGy: (Double) throws -> Double?) rethrows
    {
        let factors = uncertainty.factors95
        components = uncertainty.components.map {
            Component(
                kind: $0.kind.rawValue, relativeSigma: $0.relativeSigma,
                bias: $0.bias == 0 ? nil : $0.bias, basis: $0.basis)
        }
        relativeSigma = uncertainty.relativeSigma
        lowerFactor = factors.lowerBound
        upperFactor = factors.upperBound
        lowerGy = doseGy * factors.lowerBound
        upperGy = doseGy * factors.upperBound
        bedLowerGy = try bedGy(lowerGy)
        bedUpperGy = try bedGy(upperGy)
    }
}
