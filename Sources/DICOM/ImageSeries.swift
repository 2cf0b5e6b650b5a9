package import Imaging
package import Quantities

/// One series assembled into a volume, with what was assumed on the way.
package struct ImageSeries: Sendable {
    /// What a voxel value means.
    package enum Quantity: Hashable, Sendable {
        case hounsfieldUnits
        case becquerelsPerML
        case counts
        case standardisedUptakeValue
        /// Anything else, with the unit as the file writes it (empty when it has none).
        case other(unit: String)
    }

    package var modality: String
    package var seriesInstanceUID: String
    package var frameOfReferenceUID: String?
    package var quantity: Quantity
    package var volume: Volume<Float>
    /// Facts of nuclear medicine and PET; `nil` for other modalities.
    package var radiopharmaceutical: Radiopharmaceutical?
    package var findings: [Finding]

    package init(
        modality: String, seriesInstanceUID: String, frameOfReferenceUID: String?,
        quantity: Quantity, volume: Volume<Float>, radiopharmaceutical: Radiopharmaceutical?,
        findings: [Finding]
    ) {
        self.modality = modality
        self.seriesInstanceUID = seriesInstanceUID
        self.frameOfReferenceUID = frameOfReferenceUID
        self.quantity = quantity
        self.volume = volume
        self.radiopharmaceutical = radiopharmaceutical
        self.findings = findings
    }
}

/// What an emission image says about the activity it shows.
package struct Radiopharmaceutical: Hashable, Sendable {
    /// Radionuclide code meaning or name as written (`^90^Yttrium`); `nil` when absent.
    package var nuclide: String?
    /// Radionuclide Total Dose, in becquerels, at injection.
    package var injectedBecquerels: Double?
    package var halfLifeSeconds: Double?
    /// Seconds from injection to the instant the voxel values are decay-corrected to.
    package var secondsFromInjectionToReference: Double?
    /// `START`, `ADMIN`, `NONE`, or `nil` when the file does not say.
    package var decayCorrection: String?
    package var patientWeightKg: Double?

    package init(
        nuclide: String?, injectedBecquerels: Double?, halfLifeSeconds: Double?,
        secondsFromInjectionToReference: Double?, decayCorrection: String?,
        patientWeightKg: Double?
    ) {
        self.nuclide = nuclide
        self.injectedBecquerels = injectedBecquerels
        self.halfLifeSeconds = halfLifeSeconds
        self.secondsFromInjectionToReference = secondsFromInjectionToReference
        self.decayCorrection = decayCorrection
        self.patientWeightKg = patientWeightKg
    }
}
