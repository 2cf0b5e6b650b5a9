package import Imaging

/// The names and values that Grevy's reports and selections use (PS3.16 annex D; SNOMED CT).
package enum ReportCode {
    package static let longAxis = CodedConcept("103339001", "SCT", "Long axis")
    package static let shortAxis = CodedConcept("103340004", "SCT", "Short axis")
    package static let area = CodedConcept("42798000", "SCT", "Area")
    package static let attenuation = CodedConcept("112031", "DCM", "Attenuation Coefficient")
    package static let suvBodyWeight = CodedConcept("126401", "DCM", "SUVbw")
    package static let tomographicActivity = CodedConcept(
        "110821", "DCM", "Nuclear Medicine Tomographic Activity")
    package static let projectionActivity = CodedConcept(
        "110820", "DCM", "Nuclear Medicine Projection Activity")
    package static let absorbedDose = CodedConcept("128513", "DCM", "Absorbed Dose")
    /// What an image holds that does not say what it is.
    package static let pixelValue = own("pixel-value", "Pixel value")

    package static let mean = CodedConcept("373098007", "SCT", "Mean")
    package static let minimum = CodedConcept("255605001", "SCT", "Minimum")
    package static let maximum = CodedConcept("56851009", "SCT", "Maximum")
    package static let standardDeviation = CodedConcept(
        "386136009", "SCT", "Standard Deviation")

    package static let millimetre = CodedConcept("mm", "UCUM", "millimeter")
    package static let squareMillimetre = CodedConcept("mm2", "UCUM", "square millimeter")
    package static let hounsfield = CodedConcept("[hnsf'U]", "UCUM", "Hounsfield unit")
    package static let suvUnit = CodedConcept(
        "{SUVbw}g/ml", "UCUM", "Standardized Uptake Value body weight")
    package static let becquerelsPerML = CodedConcept(
        "Bq/ml", "UCUM", "Becquerels per milliliter")
    package static let counts = CodedConcept("{counts}", "UCUM", "Counts")
    package static let gray = CodedConcept("Gy", "UCUM", "Gray")
    package static let noUnit = CodedConcept("1", "UCUM", "no units")

    package static let lesion = CodedConcept("52988006", "SCT", "Lesion")
    package static let tumour = CodedConcept("108369006", "SCT", "Neoplasm")
    /// What a target lesion's sum is: the standard has no code for it.
    package static let sumOfDiameters = own(
        "sum-of-diameters", "Sum of diameters of target lesions")
    package static let imagingProcedure = CodedConcept(
        "363679005", "SCT", "Imaging procedure")

    static let source = CodedConcept("260753009", "SCT", "Source")
    static let sourceOfMeasurement = CodedConcept("121112", "DCM", "Source of Measurement")
    static let findingSite = CodedConcept("363698007", "SCT", "Finding Site")
    static let timePoint = CodedConcept("C2348792", "UMLS", "Time Point")
    static let currentResponse = CodedConcept("112048", "DCM", "Current Response")
    static let derivation = CodedConcept("121401", "DCM", "Derivation")
    static let measurementMethod = CodedConcept("370129005", "SCT", "Measurement Method")
    static let upperUncertainty = CodedConcept(
        "371886008", "SCT", "+, range of upper measurement uncertainty")
    static let lowerUncertainty = CodedConcept(
        "371885007", "SCT", "-, range of lower measurement uncertainty")
    static let equivalentMeaning = CodedConcept(
        "121050", "DCM", "Equivalent Meaning of Concept Name")
}

/// One image, or one frame of it, as a report refers to it.
package struct FrameReference: Hashable, Sendable {
    package let studyInstanceUID: String
    package let seriesInstanceUID: String
    package let instance: InstanceReference
    /// Counted from 1 in its object; `nil` for an object of one frame.
    package let frame: Int?

    package init(
        studyInstanceUID: String, seriesInstanceUID: String, instance: InstanceReference,
        frame: Int? = nil
    ) {
        (self.studyInstanceUID, self.seriesInstanceUID) = (studyInstanceUID, seriesInstanceUID)
        (self.instance, self.frame) = (instance, frame)
    }
}

/// A shape on an image or in a patient, as a measurement was taken from it (PS3.3 C.18.6, C.18.9).
package struct MeasuredShape: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Two points and the straight line between them.
        case polyline = "POLYLINE"
        /// Corners of a closed outline; the first is not repeated at the end.
        case polygon = "POLYGON"
        /// The ends of the greater axis, then those of the smaller one.
        case ellipse = "ELLIPSE"
    }

    package enum Place: Hashable, Sendable {
        /// Points in a frame of reference: DICOM LPS, mm.
        case patient(frameOfReferenceUID: String, pointsMM: [Vector3<Double>])
        /// Column and row on a frame, the centre of the first pixel being (0, 0).
        case image(FrameReference, points: [PlanePoint])
    }

    package let kind: Kind
    package let place: Place

    package init(_ kind: Kind, _ place: Place) { (self.kind, self.place) = (kind, place) }

    /// Whether it needs an object that holds places in the patient.
    var isInPatient: Bool {
        if case .patient = place { true } else { false }
    }

    var image: FrameReference? {
        if case .image(let frame, _) = place { frame } else { nil }
    }
}

/// How a content item belongs to the one around it.
enum Relationship: String {
    case contains = "CONTAINS"
    case observationContext = "HAS OBS CONTEXT"
    case conceptModifier = "HAS CONCEPT MOD"
    case inferredFrom = "INFERRED FROM"
    case selectedFrom = "SELECTED FROM"
    case properties = "HAS PROPERTIES"
    case acquisitionContext = "HAS ACQ CONTEXT"
}

// Content items of PS3.3 C.17.3.
extension DataSet {
    private init(_ type: String, _ relationship: Relationship, _ name: CodedConcept?) {
        self.init()
        set(.relationshipType, relationship.rawValue)
        set(.valueType, type)
        if let name { set(.conceptNameCodeSequence, [name.item]) }
    }

    static func container(
        _ name: CodedConcept, template: String? = nil, _ content: [DataSet]
    ) -> DataSet {
        var item = DataSet("CONTAINER", .contains, name)
        item.setContainer(template: template, content)
        return item
    }

    /// Sets what makes a data set, or an item, a container.
    mutating func setContainer(template: String?, _ content: [DataSet]) {
        set(.continuityOfContent, "SEPARATE")
        if let template {
            var item = DataSet()
            item.set(.mappingResource, "DCMR")
            item.set(.templateIdentifier, template)
            set(.contentTemplateSequence, [item])
        }
        set(.contentSequence, content)
    }

    static func code(
        _ name: CodedConcept, _ value: CodedConcept, _ relationship: Relationship = .contains
    ) -> DataSet {
        var item = DataSet("CODE", relationship, name)
        item.set(.conceptCodeSequence, [value.item])
        return item
    }

    static func text(
        _ name: CodedConcept, _ value: String, _ relationship: Relationship = .contains
    ) -> DataSet {
        var item = DataSet("TEXT", relationship, name)
        item.setFitted(.textValue, value)
        return item
    }

    static func uid(
        _ name: CodedConcept, _ value: String, _ relationship: Relationship
    ) -> DataSet {
        var item = DataSet("UIDREF", relationship, name)
        item.set(.uid, value)
        return item
    }

    static func person(
        _ name: CodedConcept, _ value: String, _ relationship: Relationship
    ) -> DataSet {
        var item = DataSet("PNAME", relationship, name)
        item.setFitted(.personName, value)
        return item
    }

    static func number(
        _ name: CodedConcept, _ value: Double, _ unit: CodedConcept, _ content: [DataSet],
        _ relationship: Relationship = .contains
    ) -> DataSet {
        var measured = DataSet()
        measured.set(.numericValue, value)
        // Text of 16 characters is not every number.
        measured.set(.floatingPointValue, value)
        measured.set(.measurementUnitsCodeSequence, [unit.item])
        var item = DataSet("NUM", relationship, name)
        item.set(.measuredValueSequence, [measured])
        if !content.isEmpty { item.set(.contentSequence, content) }
        return item
    }

    static func image(
        _ frame: FrameReference, segment: Int? = nil, name: CodedConcept? = nil,
        _ relationship: Relationship
    ) -> DataSet {
        var reference = DataSet(reference: frame.instance)
        if let number = frame.frame { reference.set(.referencedFrameNumber, number) }
        if let segment { reference.set(.referencedSegmentNumber, segment) }
        var item = DataSet("IMAGE", relationship, name)
        item.set(.referencedSOPSequence, [reference])
        return item
    }

    static func shape(
        _ name: CodedConcept, _ shape: MeasuredShape, _ relationship: Relationship
    ) -> DataSet {
        switch shape.place {
        case .patient(let frame, let points):
            var item = DataSet("SCOORD3D", relationship, name)
            item.set(.graphicType, shape.kind.rawValue)
            item.set(
                .graphicData,
                closed(points, if: shape.kind == .polygon).flatMap { [$0.x, $0.y, $0.z] })
            item.set(.referencedFrameOfReferenceUID, frame)
            return item
        case .image(let frame, let points):
            var item = DataSet("SCOORD", relationship, name)
            // On images a closed outline is a polyline that ends where it began.
            item.set(.graphicType, (shape.kind == .polygon ? .polyline : shape.kind).rawValue)
            // The standard's origin is the corner of the first pixel, ours its centre.
            item.set(
                .graphicData,
                closed(points, if: shape.kind == .polygon).flatMap { [$0.u + 0.5, $0.v + 0.5] })
            item.set(.contentSequence, [image(frame, .selectedFrom)])
            return item
        }
    }

    private static func closed<Point>(_ points: [Point], if isOutline: Bool) -> [Point] {
        isOutline ? points + points.prefix(1) : points
    }

    /// Sets which objects the content refers to, by study and series.
    mutating func setEvidence(_ frames: [FrameReference]) {
        var studies: [String: [String: Set<InstanceReference>]] = [:]
        for frame in frames {
            studies[frame.studyInstanceUID, default: [:]][
                frame.seriesInstanceUID, default: []
            ].insert(frame.instance)
        }
        guard !studies.isEmpty else { return }
        let items = studies.sorted { $0.key < $1.key }.map { uid, series in
            var study = DataSet()
            study.set(.studyInstanceUID, uid)
            study.set(
                .referencedSeriesSequence,
                series.sorted { $0.key < $1.key }.map { uid, instances in
                    var item = DataSet()
                    item.set(.seriesInstanceUID, uid)
                    let sorted = instances.sorted { $0.sopInstanceUID < $1.sopInstanceUID }
                    item.set(.referencedSOPSequence, sorted.map(DataSet.init(reference:)))
                    return item
                })
            return study
        }
        set(.currentRequestedProcedureEvidenceSequence, items)
    }

    /// The language of the content (PS3.16, TID 1204).
    static var language: DataSet {
        code(
            CodedConcept("121049", "DCM", "Language of Content Item and Descendants"),
            CodedConcept("en-GB", "RFC5646", "English (United Kingdom)"), .conceptModifier)
    }
}
