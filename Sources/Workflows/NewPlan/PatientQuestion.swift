import Therapy

/// What selection asks about a patient, as a page asks it.
package struct PatientQuestion: Hashable, Sendable {
    /// As plan files call it, with its unit.
    package let key: String
    package let title: String
    /// Whether the answer is yes (1) or no (0).
    package let isFlag: Bool

    package static let all = PatientFacts.Fact.allCases.filter(\.isAsked).map {
        PatientQuestion(key: $0.rawValue, title: $0.title, isFlag: $0.isFlag)
    }
}

extension PlanSpec {
    /// What the plan says of the patient, by the questions' keys.
    package var patientAnswers: [String: Double] {
        Dictionary(
            (patient?.values ?? [:]).map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $1 })
    }
}

extension PatientFacts.Fact {
    fileprivate var title: String {
        switch self {
        case .ecog: "ECOG performance status"
        case .bilirubinUmolPerL: "Bilirubin (µmol/L)"
        case .lifeExpectancyWeeks: "Life expectancy (weeks)"
        case .daysSinceChemotherapy: "Days since chemotherapy"
        case .ascites: "Ascites"
        case .clinicalLiverFailure: "Clinical liver failure"
        case .liverDominant: "Disease mostly in the liver"
        case .priorLiverDirectedTherapy: "Earlier liver-directed therapy"
        case .priorPRRT: "Earlier PRRT"
        case .cirrhosis: "Cirrhosis"
        case .liverVolumeML: "Liver volume (mL)"
        case .treatedLiverShare: "Treated share of the liver"
        }
    }
}
