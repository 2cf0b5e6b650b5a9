import Quantities

/// What a plan says of doses that an engine computed from decay data.
extension PlanDocument {
    /// The runs behind a simulated dose.
    var physicalDoseTables: [ReportTable] {
        guard let physicalDose else { return [] }
        return [
            ReportTable(
                title: "Physical dose by \(software.engine)",
                note: physicalDose.sentence(profile: profile)
                    + " Decay data: \(physicalDose.decayData)",
                columns: [
                    .init("Territory"), .init("Decays simulated", isNumber: true),
                    .init("Seed", isNumber: true),
                ],
                rows: physicalDose.runs.map {
                    [$0.territory, "\($0.histories)", "\($0.seed)"]
                })
        ]
    }
}

extension PlanDocument.PhysicalDose {
    /// How the dose stands to the convention of the plan's profile.
    func sentence(profile: PlanDocument.Profile) -> String {
        "Voxel doses are physical, to \(doseTo ?? "medium"): \(Figures.fixed(doseConstantGyKgPerGBq, 2)) Gy kg/GBq of "
            + "electron energy, half-life \(Figures.fixed(halfLifeHours, 2)) h. The convention "
            + "\(profile.name) (\(Figures.fixed(profile.doseConstantGyKgPerGBq, 2))) is "
            + "\(Figures.fixed(conventionOverPhysical, 4)) of it; lung dose and vial decay follow "
            + "the convention."
    }
}
