public import Physics

/// One plan computed with several convention profiles, for reading side by side; the profiles
/// are never mixed inside one column.
public struct ProfileComparison<Plan: Sendable>: Sendable {
    public let columns: [(profile: ConventionProfile, plan: Plan)]

    /// Computes the plan once per profile.
    ///
    /// - Throws: ``TherapyError/inconsistent(reason:)`` when profiles are of different nuclides,
    ///   and what `plan` throws.
    public init(_ profiles: [ConventionProfile], plan: (ConventionProfile) throws -> Plan) throws {
        guard Set(profiles.map(\.nuclide)).count <= 1 else {
            throw TherapyError.inconsistent(
                reason: "Profiles of different nuclides cannot be compared.")
        }
        columns = try profiles.map { ($0, try plan($0)) }
    }
}
