import Yams

extension PlanSpec {
    /// Returns a plan file with other activities and nothing else changed.
    ///
    /// The body-surface rule allows no other activity than its own, so that such a plan becomes one
    /// by voxel doses. Whoever accepted a registration has not seen one that may be computed anew:
    /// that word stays with the kept registration and leaves the file.
    ///
    /// - Parameters:
    ///   - yaml: The kept plan's file.
    ///   - planID: Its id, for the first line.
    ///   - injectedGBq: One per territory, in the file's order.
    /// - Returns: The new file's text.
    /// - Throws: ``WorkflowError/refused(sentence:)`` when an activity is out of range or the file
    ///   cannot be changed so.
    package static func changed(
        yaml: String, of planID: String, injectedGBq: [Double]
    ) throws -> String {
        var wanted = try PlanSpec(yaml: yaml)
        guard injectedGBq.count == wanted.territories.count else {
            throw WorkflowError.refused(
                sentence:
                    "The plan has \(wanted.territories.count) territories, not \(injectedGBq.count)."
            )
        }
        for (n, activity) in injectedGBq.enumerated() {
            guard activity > 0, activity <= mostGigabecquerels else {
                throw WorkflowError.refused(
                    sentence:
                        "The activity of '\(wanted.territories[n].name)' must be above 0 and at most \(mostGigabecquerels) GBq."
                )
            }
            wanted.territories[n].aim = .injectedActivityGBq(activity)
        }
        guard var top = try Node.document(yaml)?.mapping,
            var territories = top["territories"]?.sequence
        else { throw WorkflowError.refused(sentence: "The kept plan file cannot be changed.") }
        for (n, activity) in injectedGBq.enumerated() {
            guard var territory = territories[n].mapping else { continue }
            territory["aim"] = nil
            territory["injectedActivityGBq"] = Node(String(activity))
            territories[n] = .mapping(territory)
        }
        top["territories"] = .sequence(territories)
        if wanted.method == .bsa {
            (wanted.method, wanted.bodySurface) = (.voxel, nil)
            top["method"] = Node(MethodChoice.voxel.rawValue)
            top["bsa"] = nil
        }
        if wanted.registration.kind != .identity, var registration = top["registration"]?.mapping {
            wanted.registration.acceptedBy = nil
            registration["acceptedBy"] = nil
            top["registration"] = .mapping(registration)
        }
        let text =
            try "# \(planID) with other activities.\n"
            + Yams.serialize(node: .mapping(top), allowUnicode: true)
        guard try PlanSpec(yaml: text) == wanted else {
            throw WorkflowError.refused(sentence: "The kept plan file cannot be changed.")
        }
        return text
    }
}
