public import Quantities

/// What a structure is to a plan.
public enum StructureRole: String, Hashable, Sendable, CaseIterable {
    case tumour
    /// Normal liver inside a treated territory.
    case normalPerfused
    /// All liver without any tumour.
    case normalWholeLiver
    case perfused
    case lungs
    case other
}

/// The mean dose that one structure gets from each territory.
///
/// Absorbed dose is linear in activity and adds over territories, whichever method gave the
/// coefficients: partition, single compartment or a voxel map.
public struct StructureResponse: Hashable, Sendable {
    public let name: String
    public let role: StructureRole
    public let mass: Mass
    /// Gy per GBq injected, one per territory in the model's order; already with (1 − L), or
    /// with L for the lungs.
    public let graysPerGBq: [Double]

    public init(name: String, role: StructureRole, mass: Mass, graysPerGBq: [Double]) {
        self.name = name
        self.role = role
        self.mass = mass
        self.graysPerGBq = graysPerGBq
    }
}

/// Structure doses as a linear function of the activities injected into the territories.
public struct LinearDoseModel: Hashable, Sendable {
    public let territories: [String]
    public let responses: [StructureResponse]

    /// Creates the model.
    ///
    /// - Throws: ``TherapyError/inconsistent(reason:)`` when names repeat or a structure has not
    ///   one coefficient per territory, ``TherapyError/outOfRange(key:value:allowed:)`` for a
    ///   coefficient that is negative or not finite.
    public init(territories: [String], responses: [StructureResponse]) throws {
        guard !territories.isEmpty else {
            throw TherapyError.inconsistent(reason: "A plan needs a territory.")
        }
        for (kind, names) in [("territories", territories), ("structures", responses.map(\.name))] {
            if let name = names.firstRepeated {
                throw TherapyError.inconsistent(
                    reason: "Two \(kind) have the same name, '\(name)'. Tumours, other structures, "
                        + "territories and normal tissues ('Normal NAME') need names of their own.")
            }
        }
        for response in responses {
            guard response.graysPerGBq.count == territories.count else {
                throw TherapyError.inconsistent(
                    reason: "'\(response.name)' has \(response.graysPerGBq.count) coefficients "
                        + "for \(territories.count) territories.")
            }
            for value in response.graysPerGBq {
                _ = try Checked.notNegative(value, "graysPerGBq of \(response.name)")
            }
        }
        self.territories = territories
        self.responses = responses
    }

    /// Returns the response of a structure.
    ///
    /// - Throws: ``TherapyError/unknown(kind:name:)``.
    public func response(_ name: String) throws -> StructureResponse {
        guard let found = responses.first(where: { $0.name == name }) else {
            throw TherapyError.unknown(kind: "structure", name: name)
        }
        return found
    }

    /// Returns the mean dose of a structure, Σ_k d_k · A_k.
    ///
    /// - Throws: ``TherapyError/unknown(kind:name:)``, ``TherapyError/inconsistent(reason:)``.
    public func dose(_ name: String, injected: [Activity]) throws -> AbsorbedDose {
        guard injected.count == territories.count else {
            throw TherapyError.inconsistent(
                reason: "\(injected.count) activities for \(territories.count) territories.")
        }
        return Self.dose(try response(name), injected)
    }

    /// Returns the mean dose of every structure, in the order of ``responses``.
    ///
    /// - Throws: ``TherapyError/inconsistent(reason:)``.
    public func doses(injected: [Activity]) throws -> [AbsorbedDose] {
        try responses.map { try dose($0.name, injected: injected) }
    }

    static func dose(_ response: StructureResponse, _ injected: [Activity]) -> AbsorbedDose {
        AbsorbedDose(
            grays: zip(response.graysPerGBq, injected).reduce(0) {
                $0 + $1.0 * $1.1.gigabecquerels
            })
    }
}
