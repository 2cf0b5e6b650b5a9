/// One key that a calculation reads: what it means, its unit, and whether it must be there.
package struct CalculationKey: Hashable, Sendable {
    package enum Need: Hashable, Sendable {
        case required
        /// Exactly one of the keys that say so.
        case oneOf
        /// The text says what happens without it.
        case optional(String)
    }

    package let name: String
    package let need: Need
    package let meaning: String

    init(_ name: String, _ meaning: String) {
        self.init(name, .required, meaning)
    }

    init(_ name: String, _ need: Need, _ meaning: String) {
        self.name = name
        self.need = need
        self.meaning = meaning
    }
}

extension CalculationKey {
    static let nuclide = CalculationKey("nuclide", .optional("Y-90"), "Y-90 or Ho-166")
    static let doseConstant = CalculationKey(
        "doseConstantGyKgPerGBq", .optional("49.67; Ho-166 15.87"), "dose constant C")
    static let halfLife = CalculationKey(
        "halfLifeHours", .optional("64.1; Ho-166 26.8"), "half-life T")
    static let density = CalculationKey(
        "tissueDensityGPerML", .optional("1.03"), "density of liver and tumour")
    static let lungMass = CalculationKey("lungMassKg", .optional("1.0"), "mass of both lungs")
    static let lungShunt = CalculationKey(
        "lungShuntFraction", "share of the injected activity that goes to the lungs, [0, 1)")
    static let residual = CalculationKey(
        "residualFraction", "share of the vial that is not injected, [0, 1)")
}
