package import Quantities

/// What was administered, when, and what its radiation looks like.
package struct Radiotracer: Hashable, Sendable {
    /// The radionuclide (CID 18).
    package var nuclide: CodedConcept
    /// The agent it is bound to (CID 25); `nil` when no code fits.
    package var agent: CodedConcept?
    /// The product's name as text.
    package var name: String
    package var halfLife: TimeSpan
    package var administered: Activity
    /// `YYYYMMDD`.
    package var administrationDate: String
    /// `HHMMSS`.
    package var administrationTime: String
    /// Positrons per decay; `nil` for a single-photon tracer.
    package var positronFraction: Double?
    /// Energy window of single-photon imaging in keV; `nil` for PET.
    package var energyWindowKeV: ClosedRange<Double>?

    package init(
        nuclide: CodedConcept, agent: CodedConcept?, name: String, halfLife: TimeSpan,
        administered: Activity, administrationDate: String, administrationTime: String,
        positronFraction: Double? = nil, energyWindowKeV: ClosedRange<Double>? = nil
    ) {
        self.nuclide = nuclide
        self.agent = agent
        self.name = name
        self.halfLife = halfLife
        self.administered = administered
        self.administrationDate = administrationDate
        self.administrationTime = administrationTime
        self.positronFraction = positronFraction
        self.energyWindowKeV = energyWindowKeV
    }

    /// The codes of SNOMED CT that CID 18 and CID 25 name.
    package enum Code {
        package static let yttrium90 = CodedConcept("14691008", "SCT", "^90^Yttrium")
        package static let technetium99m = CodedConcept("72454006", "SCT", "^99m^Technetium")
        package static let yttrium90Microspheres = CodedConcept(
            "764678003", "SCT", "Yttrium^90^ microspheres")
        package static let macroaggregatedAlbumin = CodedConcept(
            "85693008", "SCT", "Technetium Tc^99m^ aggregated albumin")
    }

    /// Returns the item of Radiopharmaceutical Information Sequence.
    ///
    /// The unit of activity is 1e6 Bq in NM and 1 Bq in PET; PS3.3 differs between them.
    func item(activityUnitBecquerels unit: Double) -> DataSet {
        var item = DataSet()
        item.set(.radionuclideCodeSequence, [nuclide.item])
        if let agent { item.set(.radiopharmaceuticalCodeSequence, [agent.item]) }
        item.setFitted(.radiopharmaceutical, name)
        item.set(.radiopharmaceuticalStartTime, administrationTime)
        item.set(.radiopharmaceuticalStartDateTime, administrationDate + administrationTime)
        item.set(.radionuclideTotalDose, administered.becquerels / unit)
        item.set(.radionuclideHalfLife, halfLife.seconds)
        if let positronFraction { item.set(.radionuclidePositronFraction, positronFraction) }
        return item
    }
}

extension DataSet {
    /// Sets the NM/PET Patient Orientation module: recumbent, supine, head first.
    mutating func setSupineHeadFirst() {
        var orientation = CodedConcept("102538003", "SCT", "recumbent").item
        orientation.set(
            .patientOrientationModifierCodeSequence,
            [CodedConcept("40199007", "SCT", "supine").item])
        set(.patientOrientationCodeSequence, [orientation])
        set(
            .patientGantryRelationshipCodeSequence,
            [CodedConcept("102540008", "SCT", "headfirst").item])
    }
}
