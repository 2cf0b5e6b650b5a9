/// What was given and which image shows it: a delivery file.
package struct DeliveredSpec: Hashable, Sendable {
    /// Id of the kept plan, `plan-12`.
    package var plan: String
    package var image: String
    package var imageCT: String?
    package var registration: PlanSpec.RegistrationChoice
    /// From administration to the instant the image's values are decay-corrected to.
    ///
    /// `nil` takes the image's own times.
    package var hoursAfterAdministration: Double?
    package var territories: [Territory]
    /// `nil` takes the plan's.
    package var uncertainty: PlanSpec.UncertaintyChoice?

    package struct Territory: Hashable, Sendable {
        package var name: String
        /// In the vial at administration, or what entered the patient when no residual is given.
        package var vialActivityGBq: Double
        package var residualFraction: Double
        /// Whether the infusion was stopped early because flow stopped.
        package var stasis: Bool
    }

    /// Reads a delivery file.
    ///
    /// - Throws: ``WorkflowError/refused(sentence:)`` naming the key and the line.
    package init(yaml text: String) throws {
        let top = try SpecReader(document: text)
        plan = try top.string("plan")
        image = try top.string("image")
        imageCT = try top.optionalString("imageCT")
        registration = try PlanSpec.registration(in: top)
        hoursAfterAdministration = try top.optionalDecimal("hoursAfterAdministration")
        territories = try top.sections("territories", Self.territory)
        uncertainty = try top.optionalSection("uncertainty", PlanSpec.uncertainty)
        try top.finish()
        if let hours = hoursAfterAdministration, hours < 0 {
            throw WorkflowError.refused(
                sentence: "'hoursAfterAdministration' must be 0 or more, not \(hours).")
        }
        guard !territories.isEmpty else {
            throw WorkflowError.refused(sentence: "'territories' must list what was given.")
        }
        guard Set(territories.map(\.name)).count == territories.count else {
            throw WorkflowError.refused(
                sentence: "A territory is listed twice; give what it got in all.")
        }
    }

    /// Either what entered the patient, or the vial with the residual measured after it.
    private static func territory(_ section: SpecReader) throws -> Territory {
        let name = try section.string("name")
        let stasis = try section.optionalFlag("stasis") ?? false
        let injected = try section.optionalDecimal("injectedActivityGBq")
        let vial = try section.optionalDecimal("vialActivityGBq")
        guard (injected == nil) != (vial == nil) else {
            throw WorkflowError.refused(
                sentence:
                    "Territory '\(name)' needs either 'injectedActivityGBq' or 'vialActivityGBq' with 'residualFraction'."
            )
        }
        if injected != nil {
            return Territory(
                name: name,
                vialActivityGBq: try PlanSpec.positive(section, "injectedActivityGBq"),
                residualFraction: 0, stasis: stasis)
        }
        return Territory(
            name: name, vialActivityGBq: try PlanSpec.positive(section, "vialActivityGBq"),
            residualFraction: try PlanSpec.fraction(section, "residualFraction"), stasis: stasis)
    }
}
