/// What is known of a patient that selection for SIRT asks about; no name, no number.
public struct PatientFacts: Hashable, Sendable {
    /// One fact; the name carries the unit, yes and no are 1 and 0.
    public enum Fact: String, Hashable, Sendable, CaseIterable {
        case ecog, bilirubinUmolPerL, lifeExpectancyWeeks, daysSinceChemotherapy
        case ascites, clinicalLiverFailure, liverDominant, priorLiverDirectedTherapy, priorPRRT
        case cirrhosis
        /// Known from the plan's own contours.
        case liverVolumeML, treatedLiverShare

        /// Whether the answer is yes or no.
        public var isFlag: Bool {
            switch self {
            case .ascites, .clinicalLiverFailure, .liverDominant, .priorLiverDirectedTherapy,
                .priorPRRT, .cirrhosis:
                true
            case .ecog, .bilirubinUmolPerL, .lifeExpectancyWeeks, .daysSinceChemotherapy,
                .liverVolumeML, .treatedLiverShare:
                false
            }
        }

        /// Whether a person has to tell it.
        public var isAsked: Bool { self != .liverVolumeML && self != .treatedLiverShare }
    }

    /// 1.1 mg/dL are 18.8 µmol/L, from the molar mass 584.66 g/mol.
    public static let bilirubinUmolPerLPerMgPerDL = 17.104

    public private(set) var values: [Fact: Double] = [:]

    public init() {}

    /// Adds a fact.
    ///
    /// - Throws: ``TherapyError/outOfRange(key:value:allowed:)``.
    public mutating func set(_ fact: Fact, _ value: Double) throws {
        if fact.isFlag {
            values[fact] = try Checked.within(0 ... 1, value, fact.rawValue)
        } else if fact == .ecog {
            guard value.rounded() == value else {
                throw TherapyError.outOfRange(key: "ecog", value: value, allowed: "0 to 5, whole")
            }
            values[fact] = try Checked.within(0 ... 5, value, fact.rawValue)
        } else {
            values[fact] = try Checked.notNegative(value, fact.rawValue)
        }
    }

    /// What a person could have told and did not, in the order of ``Fact``.
    public var missing: [Fact] { Fact.allCases.filter { $0.isAsked && values[$0] == nil } }
}
