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

    package struct Territory: Hashable, Sendable {
        package var name: String
        /// What entered the patient, at administration.
        package var injectedActivityGBq: Double
        /// Whether the infusion was stopped early for a clinical reason.
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
        territories = try top.sections("territories") {
            Territory(
                name: try $0.string("name"),
                injectedActivityGBq: try PlanSpec.positive($0, "injectedActivityGBq"),
                stasis: try $0.optionalFlag("stasis") ?? false)
        }
        try top.finish()
        if let hours = hoursAfterAdministration, hours < 0 {
            throw WorkflowError.refused(
                sentence: "'hoursAfterAdministration' must be 0 or more, not \(hours).")
        }
        guard !territories.isEmpty else {
            throw WorkflowError.refused(sentence: "'territories' must list what was given.")
        }
    }
}
