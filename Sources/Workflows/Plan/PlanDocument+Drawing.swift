extension PlanDocument {
    /// What to draw from a resin vial at treatment, in all and for each territory.
    ///
    /// `nil` for a device whose vials are given whole. Shares are of the volume of the well shaken
    /// vial; they hold at the time of treatment, for which the activities are.
    package func drawing(from option: VialOption) -> String? {
        guard let share = option.drawFraction else { return nil }
        let needed = Figures.gbq(option.neededActivityGBq)
        guard share <= 1 else {
            return "it does not hold the \(needed) GBq that are needed "
                + "(\(Figures.percent(share)) % of it)"
        }
        let spheres = option.sphereCount.map {
            " (\(Figures.fixed($0 / 1e6, 1)) million spheres)"
        }
        var text =
            "draw \(needed) GBq as of treatment, \(Figures.percent(share)) % of its volume\(spheres ?? "")"
        if territories.count > 1 {
            let parts = territories.map {
                let part = $0.vialActivityGBq / option.activityAtTreatmentGBq
                return "\($0.name) \(Figures.gbq($0.vialActivityGBq)) GBq, "
                    + "\(Figures.percent(part)) %"
            }
            text += ": \(parts.joined(separator: "; "))"
        }
        return text
    }

    /// The vial closest to the need; of those to draw from, the closest that holds enough.
    func closest(of options: [VialOption]) -> VialOption? {
        options.first { $0.drawFraction.map { $0 <= 1 } ?? true } ?? options.first
    }
}
