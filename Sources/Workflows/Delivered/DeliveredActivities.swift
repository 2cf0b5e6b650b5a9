import Physics
import Quantities
import Therapy

/// What each of a plan's territories was to get and got, in the plan's order.
struct DeliveredActivities {
    struct Entry {
        let planned: PlanDocument.Territory
        /// `nil` for a territory that the delivery file does not list.
        let delivered: DeliveredActivity?

        var injected: Activity { delivered?.injected ?? .zero }
    }

    let entries: [Entry]

    var injected: Activity { entries.reduce(.zero) { $0 + $1.injected } }

    /// - Throws: ``WorkflowError/refused(sentence:)`` when the plan has no such territory;
    ///   ``TherapyError``.
    init(_ given: [DeliveredSpec.Territory], plan: PlanDocument) throws {
        for territory in given
        where !plan.territories.contains(where: { $0.name == territory.name }) {
            let known = plan.territories.map(\.name).joined(separator: ", ")
            throw WorkflowError.refused(
                sentence: "The plan has no territory '\(territory.name)'; it has \(known).")
        }
        entries = try plan.territories.map { planned in
            let territory = given.first { $0.name == planned.name }
            return Entry(
                planned: planned,
                delivered: try territory.map {
                    try DeliveredActivity(
                        territory: $0.name,
                        plannedInjected: Activity(gigabecquerels: planned.injectedActivityGBq),
                        vial: Activity(gigabecquerels: $0.vialActivityGBq),
                        residualFraction: $0.residualFraction, stasis: $0.stasis)
                })
        }
    }

    /// C · Σ A_inj,k · L_k / M on the plan's lung mass.
    func lungDose(mass: Mass, profile: ConventionProfile) throws -> AbsorbedDose {
        let chains = try entries.filter { $0.delivered != nil }.map {
            try ActivityChain(
                injected: $0.injected, residualFraction: 0,
                lungShuntFraction: $0.planned.lungShuntFraction)
        }
        return LungDose.mean(chains, mass: mass, profile: profile)
    }

    func findings(_ rails: GuardRails) -> [Finding] {
        entries.flatMap { entry in
            entry.delivered?.findings(rails) ?? [
                Finding(
                    "delivered.territory-not-given", .warning,
                    "The delivery file does not list this territory of the plan; it counts as not treated.",
                    subject: entry.planned.name)
            ]
        }
    }
}
