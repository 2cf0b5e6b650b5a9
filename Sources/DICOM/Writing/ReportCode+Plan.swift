/// The names and values of a plan's numbers.
///
/// Where the standard has no code, one of Grevy's own stands, in the scheme `99GREVY`.
extension ReportCode {
    package static let volume = CodedConcept("118565006", "SCT", "Volume")
    package static let mass = CodedConcept("118538004", "SCT", "Mass")
    package static let biologicallyEffectiveDose = own("bed", "Biologically effective dose")
    package static let injectedActivity = own(
        "planned-injected", "Planned injected activity")
    package static let vialActivity = own("planned-vial", "Planned vial activity")
    package static let lungShunt = own("lung-shunt", "Lung shunt fraction")

    package static let median = CodedConcept("373099004", "SCT", "Median")
    package static let d98 = own("D98", "Least dose of the hottest 98 %")
    package static let d95 = own("D95", "Least dose of the hottest 95 %")
    package static let d70 = own("D70", "Least dose of the hottest 70 %")
    package static let d2 = own("D2", "Least dose of the hottest 2 %")
    /// Of the mean of a simulated dose, one standard deviation.
    package static let statisticalUncertainty = own(
        "statistic-sigma", "Statistical standard deviation of the mean")

    /// A length of a projection: the patient's is smaller by the magnification.
    package static let onDetector = own("detector-plane", "Length in the plane of the detector")
    package static let byVoxels = own("voxel", "Mean over voxels")
    package static let byPartition = own("partition", "Partition model")
    package static let bySingleCompartment = own("single", "Single compartment")
    package static let byShunt = own("shunt-over-mass", "Shunted activity over lung mass")

    package static let cubicCentimetre = CodedConcept("cm3", "UCUM", "cubic centimeter")
    package static let gram = CodedConcept("g", "UCUM", "gram")
    package static let gigabecquerel = CodedConcept("GBq", "UCUM", "gigabecquerel")
    package static let percent = CodedConcept("%", "UCUM", "percent")

    package static let radionuclide = CodedConcept("89457008", "SCT", "Radionuclide")
    package static let yttrium90 = CodedConcept("14691008", "SCT", "^90^Yttrium")
    package static let holmium166 = CodedConcept("C1943", "NCIt", "^166^Holmium")

    /// A code that Grevy has made up, because no published scheme has it; of 16 characters at most (SH).
    static func own(_ value: String, _ meaning: String) -> CodedConcept {
        CodedConcept(value, ownSchemeName, meaning)
    }

    /// Private schemes begin with 99 (PS3.16 §8.2).
    private static let ownSchemeName = "99GREVY"

    /// Says what the codes of Grevy's own are (PS3.3 §C.12.1.1.9).
    static var ownScheme: DataSet {
        var item = DataSet()
        item.set(.codingSchemeDesignator, ownSchemeName)
        item.set(.codingSchemeName, "Codes of the program Grevy, which no published scheme has")
        item.set(.codingSchemeResponsibleOrganization, "Grevy")
        return item
    }

    /// Whether a code is one of Grevy's own as Grevy writes it.
    static func isOwn(_ code: CodedConcept) -> Bool { allOwn.contains(code) }

    private static let allOwn: Set<CodedConcept> = [
        pixelValue, sumOfDiameters, biologicallyEffectiveDose, injectedActivity, vialActivity,
        lungShunt, d98, d95, d70, d2, statisticalUncertainty, byVoxels, byPartition,
        bySingleCompartment, byShunt, onDetector,
    ]
}
